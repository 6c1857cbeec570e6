// All faults of hosts, links, disks and clocks: one line each, in the order of docs/faults.md.
// A fault is a function <name>_fault() in the file of that name.
#include "sim/faults/fault.h"

// One line serves as declaration and as entry.
#define TITORELLI_ENGINE_FAULTS(X) \
  X(partition)                     \
  X(one_way_partition)             \
  X(isolate_one)                   \
  X(ring)                          \
  X(bridge)                        \
  X(random_partition)              \
  X(flapping_link)                 \
  X(swizzle)                       \
  X(clog)                          \
  X(slow_link)                     \
  X(narrow_link)                   \
  X(packet_loss)                   \
  X(dead_link)                     \
  X(reset)                         \
  X(reset_storm)                   \
  X(half_open)                     \
  X(slow_receiver)                 \
  X(kill)                          \
  X(power_loss)                    \
  X(wipe)                          \
  X(restart)                       \
  X(pause)                         \
  X(slow_cpu)                      \
  X(slow_disk)                     \
  X(stalled_disk)                  \
  X(disk_full)                     \
  X(read_errors)                   \
  X(write_errors)                  \
  X(sync_errors)                   \
  X(clock_skew)                    \
  X(clock_drift)                   \
  X(clock_jump)

namespace sim {

#define X(name) FaultInfo name##_fault();
TITORELLI_ENGINE_FAULTS(X)
#undef X

std::span<const FaultInfo> engine_faults() {
#define X(name) name##_fault(),
  static const std::vector<FaultInfo> kFaults = {TITORELLI_ENGINE_FAULTS(X)};
#undef X
  return kFaults;
}

}  // namespace sim
