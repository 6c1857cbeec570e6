// SIGINT and SIGTERM: noted by a handler, looked at between slices of virtual time and before a run
// is put in place, so that a run that was broken off leaves nothing behind.
#pragma once

namespace sim {

// From now on both signals are noted instead of ending the process.
void catch_interrupts();
// 0, or the exit code of the first signal: 130 for SIGINT, 143 for SIGTERM.
int interrupted();

}  // namespace sim
