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
  return found != partitions_.end() ? found->second : partitions_[partition.owned()];
}

const ClusterState::Partition* ClusterState::find(kafka::TopicPartitionView partition) const {
  const auto found = partitions_.find(partition);
  return found != partitions_.end() ? &found->second : nullptr;
}

bool ClusterState::is_topic_ready(std::string_view topic, std::int32_t partitions) const {
  for (std::int32_t p = 0; p < partitions; ++p) {
    const auto office = in_office_.find(kafka::TopicPartition{std::string(topic), p});
    if (office == in_office_.end()) return false;
  }
  return true;
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
                   in_office_[o.partition.owned()] = {source, o.leader_epoch};
                 },
                 [&](const kafka::PartitionChanged& o) {
                   Partition& partition = at(o.partition);
                   partition.leader = o.leader;
                   partition.leader_epoch = o.leader_epoch;
                   partition.partition_epoch = o.partition_epoch;
                   partition.isr.assign(o.isr.begin(), o.isr.end());
                   partition.replicas.assign(o.replicas.begin(), o.replicas.end());
                 },
                 [&](const kafka::BrokerStateChanged& o) {
                   brokers_[o.broker] = {.state = o.state, .epoch = o.broker_epoch};
                 },
                 [&](const kafka::ControllerElected& o) { controller_ = o.controller; },
                 [](const auto&) {},
             },
             observation.what);
}

}  // namespace sim
