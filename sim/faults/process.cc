#include "sim/faults/process.h"

#include <fmt/format.h>

namespace sim {

std::optional<FaultRefusal> not_running(const Host& host) {
  if (host.state() != HostState::kDown) return std::nullopt;
  return FaultRefusal::of_state(fmt::format("{} is down already; start it first", host.name()));
}

}  // namespace sim
