#include "broker-model/controller/replication_control.h"

#include <algorithm>
#include <set>

#include "broker-model/types/features.h"

namespace kafka {
namespace {

RecordList::value_type registration_change(const BrokerImage& broker, std::int8_t fenced) {
  return {
      BrokerRegistrationChangeRecord{
          .broker_id = broker.id.value(), .broker_epoch = broker.epoch.value(), .fenced = fenced},
      0};
}

}  // namespace

bool ActiveBrokers::accepts(NodeId id) const {
  if (id == change_.remove || id == change_.unclean_shutdown) return false;
  return id == change_.add || image_.is_active(id);
}

Uuid ActiveBrokers::default_directory(NodeId id) const {
  const BrokerImage* broker = image_.broker(id);
  return broker != nullptr && broker->log_dirs.size() == 1 ? broker->log_dirs.front() : Uuid{};
}

void ReplicationControl::on_replayed(const MetadataDelta& delta) {
  for (const auto& [id, before] : delta.partitions) {
    index_.update(id, before ? &*before : nullptr, image_.partition(id.topic_id, id.partition));
  }
  for (const auto& [topic_id, topic] : delta.deleted_topics) {
    for (const auto& [number, partition] : topic.partitions) {
      index_.update({topic_id, number}, &partition, nullptr);
    }
  }
}

bool ReplicationControl::is_elr_enabled() const {
  return image_.feature_level(kElrFeature) >= 1 && !mutations_.no_elr;
}

// The replication factor is that of the topic's first partition, as getTopicEffectiveMinIsr has it.
PartitionChangeOptions ReplicationControl::change_options(const TopicImage& topic) const {
  const std::size_t replication_factor = topic.partitions.begin()->second.replicas.size();
  return {.min_isr = std::min(configuration_.min_insync_replicas(topic.name), replication_factor),
          .elr_enabled = is_elr_enabled(),
          .mutations = mutations_};
}

Election ReplicationControl::election_for(std::string_view topic) const {
  return configuration_.unclean_leader_election_enabled(topic) ? Election::kUnclean
                                                               : Election::kOnline;
}

void ReplicationControl::add_change(const PartitionImage& partition, PartitionChangeRecord change,
                                    RecordList& records) const {
  const bool has_new_leader =
      change.leader >= 0 && partition.leader != std::optional(NodeId(change.leader));
  const bool goes_back = mutations_.leader_epoch_moves_back && partition.leader_epoch.value() > 0;
  if ((mutations_.reuse_leader_epoch || goes_back) && has_new_leader) {
    PartitionImage after = partition;
    apply_change(after, change);
    after.leader_epoch = LeaderEpoch(partition.leader_epoch.value() - (goes_back ? 1 : 0));
    records.push_back(
        {to_record(after, {change.topic_id, change.partition_id}), kPartitionRecordVersion});
    return;
  }
  records.push_back({std::move(change), kPartitionChangeRecordVersion});
}

// ReplicationControlManager.generateLeaderAndIsrUpdates.
void ReplicationControl::update_leaders_and_isrs(const PartitionIndex::Ids& partitions,
                                                 const BrokerChange& change,
                                                 RecordList& records) const {
  const ActiveBrokers acceptor(image_, change);
  const std::optional<NodeId> gone = change.remove ? change.remove : change.unclean_shutdown;
  for (const TopicIdPartition& id : partitions) {
    const TopicImage& topic = *image_.topic(id.topic_id);
    const PartitionImage& partition = topic.partitions.at(id.partition);
    std::vector<NodeId> isr = partition.isr;
    if (gone) std::erase(isr, *gone);
    PartitionChangeBuilder builder(partition, id, acceptor, change_options(topic));
    builder.target_isr(std::move(isr)).election(election_for(topic.name));
    if (change.unclean_shutdown) builder.unclean_shutdown_replica(*change.unclean_shutdown);
    if (auto record = builder.build()) add_change(partition, std::move(*record), records);
  }
}

void ReplicationControl::broker_fenced(NodeId id, RecordList& records) const {
  update_leaders_and_isrs(index_.with_isr_member(id), {.remove = id}, records);
  records.push_back(registration_change(*image_.broker(id), 1));
}

void ReplicationControl::broker_unfenced(NodeId id, RecordList& records) const {
  records.push_back(registration_change(*image_.broker(id), -1));
  update_leaders_and_isrs(index_.leaderless(), {.add = id}, records);
}

void ReplicationControl::broker_in_controlled_shutdown(NodeId id, RecordList& records) const {
  const BrokerImage& broker = *image_.broker(id);
  if (!broker.in_controlled_shutdown) {
    records.push_back({BrokerRegistrationChangeRecord{.broker_id = id.value(),
                                                      .broker_epoch = broker.epoch.value(),
                                                      .in_controlled_shutdown = 1},
                       1});
  }
  update_leaders_and_isrs(index_.with_isr_member(id), {.remove = id}, records);
}

void ReplicationControl::broker_shut_down(NodeId id, bool is_clean, RecordList& records) const {
  if (is_elr_enabled() && !is_clean) {
    const BrokerChange change{.unclean_shutdown = id};
    update_leaders_and_isrs(index_.with_isr_member(id), change, records);
    update_leaders_and_isrs(index_.with_elr_member(id), change, records);
  } else {
    update_leaders_and_isrs(index_.with_isr_member(id), {.remove = id}, records);
  }
}

ControllerResult<UnregisterBrokerResponse> ReplicationControl::unregister_broker(
    const UnregisterBrokerRequest& request) const {
  const NodeId id(request.broker_id);
  const BrokerImage* broker = image_.broker(id);
  if (broker == nullptr) {
    return {.response = {.error_code = ErrorCode::kBrokerIdNotRegistered,
                         .error_message = "Broker ID " + std::to_string(id.value()) +
                                          " is not currently registered"}};
  }
  ControllerResult<UnregisterBrokerResponse> result;
  result.response.error_message = std::nullopt;
  update_leaders_and_isrs(index_.with_isr_member(id), {.remove = id}, result.records);
  update_leaders_and_isrs(index_.with_elr_member(id), {.remove = id}, result.records);
  result.records.push_back(
      {UnregisterBrokerRecord{.broker_id = id.value(), .broker_epoch = broker->epoch.value()}, 0});
  return result;
}

ControllerResult<BrokerHeartbeatResponse> ReplicationControl::broker_heartbeat(
    const BrokerHeartbeatRequest& request) const {
  const NodeId id(request.broker_id);
  const ErrorCode error = cluster_.check_broker_epoch(id, BrokerEpoch(request.broker_epoch));
  const std::optional<Offset> registered = cluster_.register_record_offset(id);
  if (error != ErrorCode::kNone || !registered) {
    return {.response = {.error_code = ErrorCode::kStaleBrokerEpoch}};
  }
  const BrokerControlState current = cluster_.current_state(id);
  const BrokerControlState next = cluster_.next_state(request, *registered, has_leaderships(id));
  ControllerResult<BrokerHeartbeatResponse> result;
  if (current != next) {
    switch (next) {
      case BrokerControlState::kFenced:
      case BrokerControlState::kShutdownNow: broker_fenced(id, result.records); break;
      case BrokerControlState::kUnfenced: broker_unfenced(id, result.records); break;
      case BrokerControlState::kControlledShutdown:
        broker_in_controlled_shutdown(id, result.records);
        break;
    }
  }
  result.response = {.is_caught_up = request.current_metadata_offset >= *registered,
                     .is_fenced = is_fenced(next),
                     .should_shut_down = next == BrokerControlState::kShutdownNow};
  return result;
}

// --- AlterPartition ------------------------------------------------------------------------------

// ReplicationControlManager.validateAlterPartitionData, in its order.
ErrorCode ReplicationControl::check_alter(const AlterPartitionRequest& request,
                                          const AlterPartitionRequest::PartitionData& data,
                                          const PartitionImage* partition) const {
  if (partition == nullptr) return ErrorCode::kUnknownTopicOrPartition;
  const std::int32_t leader_epoch = partition->leader_epoch.value();
  const std::int32_t partition_epoch = partition->partition_epoch.value();
  // The sender knows more than this controller: it must look for the active one.
  if (data.leader_epoch > leader_epoch) return ErrorCode::kNotController;
  if (data.partition_epoch > partition_epoch) return ErrorCode::kNotController;
  if (!mutations_.accept_deposed_leader) {
    if (data.leader_epoch < leader_epoch) return ErrorCode::kFencedLeaderEpoch;
    if (partition->leader != NodeId(request.broker_id)) return ErrorCode::kInvalidRequest;
    if (data.partition_epoch < partition_epoch) return ErrorCode::kInvalidUpdateVersion;
  }
  return check_new_isr(NodeId(request.broker_id), data, *partition);
}

ErrorCode ReplicationControl::check_new_isr(NodeId request_broker,
                                            const AlterPartitionRequest::PartitionData& data,
                                            const PartitionImage& partition) const {
  std::set<NodeId> members;
  for (const AlterPartitionRequest::BrokerState& state : data.new_isr_with_epochs) {
    const NodeId id(state.broker_id);
    if (!partition.has_replica(id)) return ErrorCode::kInvalidRequest;
    if (!members.insert(id).second) return ErrorCode::kInvalidRequest;
  }
  if (!mutations_.accept_deposed_leader &&
      (!partition.leader || !members.contains(*partition.leader))) {
    return ErrorCode::kInvalidRequest;
  }
  if (data.leader_recovery_state < 0 || data.leader_recovery_state > 1) {
    return ErrorCode::kInvalidRequest;
  }
  const auto recovery = static_cast<LeaderRecoveryState>(data.leader_recovery_state);
  if (recovery == LeaderRecoveryState::kRecovering) {
    if (members.size() > 1) return ErrorCode::kInvalidRequest;
    if (partition.leader_recovery_state == LeaderRecoveryState::kRecovered) {
      return ErrorCode::kInvalidRequest;
    }
  }
  for (const AlterPartitionRequest::BrokerState& state : data.new_isr_with_epochs) {
    const BrokerImage* broker = image_.broker(NodeId(state.broker_id));
    const bool is_believed =
        mutations_.accept_deposed_leader && state.broker_id == request_broker.value();
    const bool is_admitted = is_believed || mutations_.fenced_replica_admitted;
    if (broker == nullptr || broker->in_controlled_shutdown ||
        (broker->is_fenced && !is_admitted)) {
      return ErrorCode::kIneligibleReplica;
    }
    // KIP-903: the leader's word must be about this incarnation; -1 asks for no check.
    if (state.broker_epoch != -1 && BrokerEpoch(state.broker_epoch) != broker->epoch) {
      return ErrorCode::kIneligibleReplica;
    }
  }
  return ErrorCode::kNone;
}

AlterPartitionResponse::PartitionData ReplicationControl::alter_one(
    const AlterPartitionRequest& request, const TopicImage& topic,
    const AlterPartitionRequest::PartitionData& data, RecordList& records) const {
  const auto found = topic.partitions.find(data.partition_index);
  const PartitionImage* partition = found == topic.partitions.end() ? nullptr : &found->second;
  const ErrorCode error = check_alter(request, data, partition);
  if (error != ErrorCode::kNone) {
    return {.partition_index = data.partition_index, .error_code = error};
  }
  std::vector<NodeId> isr;
  for (const AlterPartitionRequest::BrokerState& state : data.new_isr_with_epochs) {
    isr.push_back(NodeId(state.broker_id));
  }
  const ActiveBrokers acceptor(image_, kNoBrokerChange);
  PartitionChangeBuilder builder(*partition, {topic.id, data.partition_index}, acceptor,
                                 change_options(topic));
  const auto change = builder.target_isr(std::move(isr))
                          .election(election_for(topic.name))
                          .target_leader_recovery_state(
                              static_cast<LeaderRecoveryState>(data.leader_recovery_state))
                          .build();
  PartitionImage after = *partition;
  if (change) {
    apply_change(after, *change);
    add_change(*partition, *change, records);
    if (change->leader != kNoLeaderChange && change->leader != request.broker_id) {
      return {.partition_index = data.partition_index, .error_code = ErrorCode::kNewLeaderElected};
    }
  }
  return {.partition_index = data.partition_index,
          .leader_id = after.leader ? after.leader->value() : kNoLeader,
          .leader_epoch = after.leader_epoch.value(),
          .isr = to_wire_ids(after.isr),
          .leader_recovery_state = static_cast<std::int8_t>(after.leader_recovery_state),
          .partition_epoch = after.partition_epoch.value()};
}

ControllerResult<AlterPartitionResponse> ReplicationControl::alter_partition(
    const AlterPartitionRequest& request, std::int16_t version) const {
  ControllerResult<AlterPartitionResponse> result;
  result.response.error_code =
      cluster_.check_broker_epoch(NodeId(request.broker_id), BrokerEpoch(request.broker_epoch));
  if (result.response.error_code != ErrorCode::kNone) return result;
  for (const AlterPartitionRequest::TopicData& topic_data : request.topics) {
    AlterPartitionResponse::TopicData answer{.topic_id = topic_data.topic_id};
    const TopicImage* topic = image_.topic(topic_data.topic_id);
    for (AlterPartitionRequest::PartitionData data : topic_data.partitions) {
      if (topic == nullptr) {
        answer.partitions.push_back(
            {.partition_index = data.partition_index, .error_code = ErrorCode::kUnknownTopicId});
        continue;
      }
      if (version < 3) {  // plain ids, without epochs to check
        data.new_isr_with_epochs.clear();
        for (const std::int32_t id : data.new_isr) {
          data.new_isr_with_epochs.push_back({.broker_id = id});
        }
      }
      answer.partitions.push_back(alter_one(request, *topic, data, result.records));
    }
    result.response.topics.push_back(std::move(answer));
  }
  return result;
}

void ReplicationControl::check_invariants() const {
  for (const auto& [topic_id, topic] : image_.topics()) {
    for (const auto& [number, partition] : topic.partitions) {
      TIT_ASSERT(index_.agrees({topic_id, number}, partition), "the index agrees with the image");
    }
  }
}

}  // namespace kafka
