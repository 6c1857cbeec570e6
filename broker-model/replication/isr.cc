#include "broker-model/replication/isr.h"

#include <algorithm>

namespace kafka {
namespace {

using PartitionData = AlterPartitionRequest::PartitionData;

PartitionData to_wire(std::int32_t partition, const ProposedIsr& change) {
  PartitionData data{.partition_index = partition,
                     .leader_epoch = change.leader_epoch.value(),
                     .new_isr = {},
                     .new_isr_with_epochs = {},
                     .leader_recovery_state = 0,
                     .partition_epoch = change.partition_epoch.value(),
                     .unknown_tagged_fields = {}};
  for (const IsrMember& member : change.isr) {
    auto& state = data.new_isr_with_epochs.emplace_back();
    state.broker_id = member.broker.value();
    if (member.broker_epoch) state.broker_epoch = member.broker_epoch->value();
  }
  return data;
}

AlteredPartition from_wire(const AlterPartitionResponse::PartitionData& data) {
  AlteredPartition answer{.error = data.error_code,
                          .leader = std::nullopt,
                          .leader_epoch = LeaderEpoch{data.leader_epoch},
                          .partition_epoch = PartitionEpoch{data.partition_epoch},
                          .isr = {}};
  if (data.leader_id >= 0) answer.leader = NodeId{data.leader_id};
  for (const std::int32_t id : data.isr) answer.isr.push_back(NodeId{id});
  return answer;
}

}  // namespace

bool AlterPartitionManager::submit(const Uuid& topic_id, std::int32_t partition,
                                   ProposedIsr change) {
  return queued_.try_emplace({topic_id, partition}, std::move(change)).second;
}

std::optional<AlterPartitionRequest> AlterPartitionManager::take_request(NodeId broker,
                                                                         BrokerEpoch epoch) {
  if (queued_.empty() || is_in_flight()) return std::nullopt;
  AlterPartitionRequest request;
  request.broker_id = broker.value();
  request.broker_epoch = epoch.value();
  for (const auto& [key, change] : queued_) {
    in_flight_.push_back(key);
    if (request.topics.empty() || request.topics.back().topic_id != key.first)
      request.topics.emplace_back().topic_id = key.first;
    request.topics.back().partitions.push_back(to_wire(key.second, change));
  }
  return request;
}

AlterPartitionManager::Answers AlterPartitionManager::on_response(
    const AlterPartitionResponse& response) {
  Answers result;
  const std::vector<Key> sent = std::exchange(in_flight_, {});
  if (response.error_code != ErrorCode::kNone) {
    result.retry_later = true;  // STALE_BROKER_EPOCH and the like: everything stays queued
    return result;
  }
  std::map<Key, AlteredPartition> answers;
  for (const auto& topic : response.topics)
    for (const auto& data : topic.partitions)
      answers.insert_or_assign({topic.topic_id, data.partition_index}, from_wire(data));
  for (const Key& key : sent) {
    const auto answer = answers.find(key);
    if (answer == answers.end()) continue;
    const auto queued = queued_.find(key);
    TIT_ASSERT(queued != queued_.end(), "an ISR change in flight is no longer known");
    result.outcomes.push_back(
        {.partition = key, .sent = std::move(queued->second), .answer = std::move(answer->second)});
    queued_.erase(queued);  // before its outcome is told: that may propose the next one
  }
  return result;
}

void AlterPartitionManager::check_invariants() const {
  for (const Key& key : in_flight_)
    TIT_ASSERT(queued_.contains(key), "an ISR change in flight is not queued");
}

}  // namespace kafka
