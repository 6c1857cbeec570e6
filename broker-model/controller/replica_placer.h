// Where the replicas of a new topic go: Kafka's StripedReplicaPlacer. Round robin over racks and
// over the brokers of each rack, from a random start, leaders on unfenced brokers only, shuffled
// again after as many partitions as there are unfenced brokers.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/env/rng.h"
#include "broker-model/types/ids.h"

namespace kafka {

struct UsableBroker {
  NodeId id;
  std::optional<std::string> rack;
  bool is_fenced = false;
};

// One list of replicas a partition, the leader first. The error is the sentence of Kafka's
// InvalidReplicationFactorException.
std::expected<std::vector<std::vector<NodeId>>, std::string> place_replicas(
    const std::vector<UsableBroker>& brokers, std::int32_t partitions,
    std::int32_t replication_factor, env::Rng& rng);

}  // namespace kafka
