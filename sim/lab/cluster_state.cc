#include "sim/lab/cluster_state.h"

namespace sim {
namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

}  // namespace

ClusterState::Partition& ClusterState::at(kafka::TopicPartitionView partition) {
  const auto found = partitions_.find(partition);
  if (found != partitions_.end()) return found->second;
  leaderless_.insert(partition.owned());  // until the controller says otherwise
  return partitions_[partition.owned()];
}

const ClusterState::Partition* ClusterState::find(kafka::TopicPartitionView partition) const {
  const auto found = partitions_.find(partition);
  return found != partitions_.end() ? &found->second : nullptr;
}

bool ClusterState::is_topic_ready(std::string_view topic, std::int32_t partitions) const {
  const auto found = offices_.find(topic);
  return partitions == 0 || (found != offices_.end() && found->second >= partitions);
}

void ClusterState::on_change(const kafka::PartitionChanged& change) {
  if (const auto found = deleted_.find(change.partition.topic); found != deleted_.end())
    deleted_.erase(found);
  Partition& partition = at(change.partition);
  partition.leader = change.leader;
  partition.leader_epoch = change.leader_epoch;
  partition.partition_epoch = change.partition_epoch;
  partition.isr.assign(change.isr.begin(), change.isr.end());
  partition.replicas.assign(change.replicas.begin(), change.replicas.end());
  const auto keep = [&](std::set<kafka::TopicPartition>& set, bool is_in) {
    if (is_in) {
      set.insert(change.partition.owned());
    } else {
      set.erase(change.partition.owned());
    }
  };
  keep(leaderless_, !partition.leader);
  keep(under_replicated_, partition.isr.size() < partition.replicas.size());
}

void ClusterState::on_deleted(std::string_view topic) {
  const auto is_of_topic = [topic](const kafka::TopicPartition& partition) {
    return partition.topic == topic;
  };
  std::erase_if(partitions_, [&](const auto& entry) { return is_of_topic(entry.first); });
  std::erase_if(in_office_, [&](const auto& entry) { return is_of_topic(entry.first); });
  std::erase_if(leaderless_, is_of_topic);
  std::erase_if(under_replicated_, is_of_topic);
  if (const auto found = offices_.find(topic); found != offices_.end()) offices_.erase(found);
  deleted_.emplace(topic);
}

template <class Change>
void ClusterState::on_log(kafka::TopicPartitionView partition, kafka::NodeId broker,
                          Change change) {
  if (!deleted_.contains(partition.topic)) change(at(partition).logs[broker]);
}

void ClusterState::on_observation(kafka::NodeId source, const kafka::Observation& observation) {
  const auto say = [&](kafka::TopicPartitionView partition, auto change) {
    on_log(partition, source, change);
  };
  std::visit(Overloaded{
                 [&](const kafka::LogOpened& o) {
                   say(o.partition, [&](Replica& log) {
                     log = {.log_start_offset = o.log_start_offset,
                            .log_end_offset = o.log_end_offset,
                            .high_watermark = o.high_watermark};
                   });
                 },
                 [&](const kafka::RecordsAppended& o) {
                   say(o.partition, [&](Replica& log) { log.log_end_offset = o.last_offset + 1; });
                 },
                 [&](const kafka::LogTruncated& o) {
                   say(o.partition, [&](Replica& log) { log.log_end_offset = o.new_end_offset; });
                 },
                 [&](const kafka::LogStartMoved& o) {
                   say(o.partition,
                       [&](Replica& log) { log.log_start_offset = o.log_start_offset; });
                 },
                 [&](const kafka::HighWatermarkMoved& o) {
                   say(o.partition, [&](Replica& log) { log.high_watermark = o.high_watermark; });
                 },
                 [&](const kafka::BecameLeader& o) {
                   if (deleted_.contains(o.partition.topic)) return;
                   const auto office = std::pair(source, o.leader_epoch);
                   if (in_office_.insert_or_assign(o.partition.owned(), office).second)
                     ++offices_[std::string(o.partition.topic)];
                 },
                 [&](const kafka::PartitionChanged& o) { on_change(o); },
                 [&](const kafka::TopicDeleted& o) { on_deleted(o.topic); },
                 [&](const kafka::BrokerStateChanged& o) {
                   brokers_[o.broker] = {.state = o.state, .epoch = o.broker_epoch};
                 },
                 [&](const kafka::ControllerElected& o) { controller_ = o.controller; },
                 [](const auto&) {},
             },
             observation.what);
}

}  // namespace sim
