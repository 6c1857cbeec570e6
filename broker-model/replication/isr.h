// AlterPartitionManager: collects the ISR changes that this broker's leaders propose and sends them
// to the controller, one request at a time with all that is waiting (DefaultAlterPartitionManager).
//
// Made with the broker. It sees no Env: the owner sends what take_request() gives, hands back the
// answer, and calls take_request() again at once, or kRetryBackoff later when retry_later said so.
//
// Invariants: at most one request in flight; at most one change per partition, queued or in flight.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "broker-model/messages/alter_partition.h"
#include "broker-model/replication/partition.h"

namespace kafka {

class AlterPartitionManager {
 public:
  using Key = std::pair<Uuid, std::int32_t>;  // topic id, partition
  static constexpr Duration kRetryBackoff = 50ms;

  // False: one is queued or in flight for this partition already.
  bool submit(const Uuid& topic_id, std::int32_t partition, ProposedIsr change);

  // The next request; nothing while one is in flight or when nothing waits.
  std::optional<AlterPartitionRequest> take_request(NodeId broker, BrokerEpoch epoch);

  struct Outcome {
    Key partition;
    ProposedIsr sent;
    AlteredPartition answer;
  };
  struct Answers {
    std::vector<Outcome> outcomes;  // in the order of the keys; a partition left out stays queued
    bool retry_later = false;       // the controller refused the request as a whole
  };
  Answers on_response(const AlterPartitionResponse& response);

  bool is_in_flight() const { return !in_flight_.empty(); }
  std::size_t waiting() const { return queued_.size(); }  // those in flight included
  void check_invariants() const;

 private:
  std::map<Key, ProposedIsr> queued_;
  std::vector<Key> in_flight_;
};

}  // namespace kafka
