// The state of one thing of a run, for people: what `titorelli replay --show` prints.
//
//   broker/2, broker-2, controller, producer-1   a node: its process, and what it holds
//   orders-0, orders                             a partition, or all of a topic: truth and replicas
//
// Nothing here changes anything.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "sim/core/host.h"
#include "sim/lab/selectors.h"

namespace sim {

class Lab;

std::string_view name_of(HostState);  // "up", "down", "paused"

// Lines, the last one ended. An error names what there is.
std::expected<std::string, SelectorError> describe(Lab& lab, std::string_view thing);

// All nodes and all partitions, a line each, and the checks so far.
std::string describe_all(Lab& lab);

}  // namespace sim
