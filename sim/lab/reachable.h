// What a run can reach, whether or not it does: every kind that Reached counts, every error code
// that the model puts into a response, every time-out and change of state with a probe, every
// fault. A sweep that counts names all of them, so that what never happened shows as a zero.
#pragma once

#include <string>
#include <vector>

namespace sim {

// "broker-state fenced", "error Produce NOT_LEADER_OR_FOLLOWER", "fault kill": sorted.
std::vector<std::string> reachable();

}  // namespace sim
