#include "broker-model/env/basics.h"

#include <cstdio>
#include <cstdlib>

namespace env {
namespace {
thread_local AssertionContext* newest_context = nullptr;  // diagnostics only, no run reads it
constexpr int kExitInternal = 70;
}  // namespace

AssertionContext::AssertionContext() : outer_(newest_context) { newest_context = this; }
AssertionContext::~AssertionContext() { newest_context = outer_; }

void assertion_failed(const char* condition, const char* sentence, const char* file, int line) {
  std::fprintf(stderr, "internal error: %s\n  %s:%d: assertion failed: %s\n", sentence, file, line,
               condition);
  while (newest_context != nullptr) {
    const AssertionContext* context = newest_context;
    newest_context = context->outer_;  // a failing describe() must not come back here
    std::fprintf(stderr, "%s\n", context->describe().c_str());
  }
  std::fflush(nullptr);
  std::_Exit(kExitInternal);
}

}  // namespace env
