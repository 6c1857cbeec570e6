#include "sim/cli/build.h"

#include "reports/extract.h"
#include "sim/core/hash.h"

#ifndef TITORELLI_VERSION
#define TITORELLI_VERSION "unknown"
#endif

namespace sim {

std::string version_text() { return TITORELLI_VERSION; }

std::uint64_t build_hash() {
  static const std::uint64_t hash = [] {
    const auto program = reports::read_file("/proc/self/exe");
    return program.has_value() ? hash_text(*program) : std::uint64_t{0};
  }();
  return hash;
}

}  // namespace sim
