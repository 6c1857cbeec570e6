// What the cluster looks like right now, as the truth tells it: for selectors ("the leader of
// orders-0"), for Lua and for events.csv. Built from observations only; the model never reads it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker-model/types/observation.h"

namespace sim {

class ClusterState {
 public:
  struct Replica {
    kafka::Offset log_start_offset = 0;
    kafka::Offset log_end_offset = 0;
    kafka::Offset high_watermark = 0;
  };
  struct Partition {
    std::optional<kafka::NodeId> leader;  // as the controller committed it
    kafka::LeaderEpoch leader_epoch;
    kafka::PartitionEpoch partition_epoch;
    std::vector<kafka::NodeId> isr;
    std::vector<kafka::NodeId> replicas;
    std::map<kafka::NodeId, Replica> logs;  // the latest each broker said of its own log
  };
  struct Broker {
    kafka::BrokerState state = kafka::BrokerState::kRegistered;
    kafka::BrokerEpoch epoch;
  };

  void on_observation(kafka::NodeId source, const kafka::Observation& observation);

  const Partition* find(kafka::TopicPartitionView partition) const;
  using Partitions = std::map<kafka::TopicPartition, Partition, std::less<>>;
  const Partitions& partitions() const { return partitions_; }
  // Kept as they come, so that a scenario may ask after every event of a large cluster.
  const std::set<kafka::TopicPartition>& leaderless() const { return leaderless_; }
  const std::set<kafka::TopicPartition>& under_replicated() const { return under_replicated_; }
  const std::map<kafka::NodeId, Broker>& brokers() const { return brokers_; }
  std::optional<kafka::NodeId> controller() const { return controller_; }

  // True when every partition 0..count-1 of the topic has a leader that has taken office in that
  // epoch.
  bool is_topic_ready(std::string_view topic, std::int32_t partitions) const;

 private:
  Partition& at(kafka::TopicPartitionView partition);
  // What that broker says of its own log, unless the topic is deleted and it has yet to hear so.
  template <class Change>
  void on_log(kafka::TopicPartitionView partition, kafka::NodeId broker, Change change);
  void on_change(const kafka::PartitionChanged&);
  void on_deleted(std::string_view topic);

  Partitions partitions_;
  std::map<kafka::NodeId, Broker> brokers_;
  std::set<kafka::TopicPartition> leaderless_;
  std::set<kafka::TopicPartition> under_replicated_;
  std::map<kafka::TopicPartition, std::pair<kafka::NodeId, kafka::LeaderEpoch>> in_office_;
  std::map<std::string, std::int32_t, std::less<>> offices_;  // entries of in_office_, by topic
  std::set<std::string, std::less<>> deleted_;                // topics, until they are made anew
  std::optional<kafka::NodeId> controller_;
};

}  // namespace sim
