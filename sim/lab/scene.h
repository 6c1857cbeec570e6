// The scene of a failure: the machines involved when a check was first violated, in words by which
// failures of many seeds are told apart. No names and no numbers of brokers: what differs from seed
// to seed by chance is left out.
#pragma once

#include "sim/lab/lab.h"

namespace sim {

// `observation` is the one that violated a check, told by `source` in the event under way.
Scene take_scene(Lab& lab, const Member& source, const kafka::Observation& observation);

}  // namespace sim
