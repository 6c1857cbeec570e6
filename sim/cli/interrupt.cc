#include "sim/cli/interrupt.h"

#include <csignal>

namespace sim {
namespace {

// The one variable of the program that outlives its functions: a signal handler can reach no other.
volatile std::sig_atomic_t caught = 0;

extern "C" void note_signal(int signal) {
  if (caught == 0) caught = signal;
}

}  // namespace

void catch_interrupts() {
  std::signal(SIGINT, &note_signal);
  std::signal(SIGTERM, &note_signal);
}

int interrupted() { return caught == 0 ? 0 : 128 + caught; }

}  // namespace sim
