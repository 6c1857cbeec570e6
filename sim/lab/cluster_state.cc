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

void ClusterState::on_observation(kafka::NodeId source, const kafka::Observation& observation) {
  std::visit(Overloaded{
                 [&](const kafka::LogOpened& o) {
                   at(o.partition).logs[source] = {.log_start_offset = o.log_start_offset,
                                                   .log_end_offset = o.log_end_offset,
                                                   .high_watermark = o.high_watermark};
                 },
                 [&](const kafka::RecordsAppended& o) {
                   at(o.partition).logs[source].log_end_offset = o.last_offset + 1;
                 },
                 [&](const kafka::LogTruncated& o) {
                   at(o.partition).logs[source].log_end_offset = o.new_end_offset;
                 },
                 [&](const kafka::LogStartMoved& o) {
                   at(o.partition).logs[source].log_start_offset = o.log_start_offset;
                 },
                 [&](const kafka::HighWatermarkMoved& o) {
                   at(o.partition).logs[source].high_watermark = o.high_watermark;
                 },
                 [&](const kafka::BecameLeader& o) {
                   const auto office = std::pair(source, o.leader_epoch);
                   if (in_office_.insert_or_assign(o.partition.owned(), office).second)
                     ++offices_[std::string(o.partition.topic)];
                 },
                 [&](const kafka::PartitionChanged& o) { on_change(o); },
                 [&](const kafka::BrokerStateChanged& o) {
                   brokers_[o.broker] = {.state = o.state, .epoch = o.broker_epoch};
                 },
                 [&](const kafka::ControllerElected& o) { controller_ = o.controller; },
                 [](const auto&) {},
             },
             observation.what);
}

}  // namespace sim
