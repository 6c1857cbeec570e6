#include "broker-model/controller/metadata_image.h"

#include <algorithm>

namespace kafka {

bool contains(const std::vector<NodeId>& ids, NodeId id) {
  return std::ranges::find(ids, id) != ids.end();
}

std::vector<NodeId> to_node_ids(const std::vector<std::int32_t>& ids) {
  std::vector<NodeId> result;
  result.reserve(ids.size());
  for (const std::int32_t id : ids) result.push_back(NodeId(id));
  return result;
}

std::vector<std::int32_t> to_wire_ids(const std::vector<NodeId>& ids) {
  std::vector<std::int32_t> result;
  result.reserve(ids.size());
  for (const NodeId id : ids) result.push_back(id.value());
  return result;
}

const ListenerImage* BrokerImage::listener(std::string_view listener_name) const {
  for (const ListenerImage& candidate : listeners) {
    if (candidate.name == listener_name) return &candidate;
  }
  return nullptr;
}

bool PartitionImage::has_replica(NodeId id) const { return contains(replicas, id); }
bool PartitionImage::in_isr(NodeId id) const { return contains(isr, id); }

// PartitionRegistration.merge: an absent field stays as it was; naming a leader, even the same one,
// begins a new leader epoch; every change begins a new partition epoch.
void apply_change(PartitionImage& partition, const PartitionChangeRecord& change) {
  if (change.isr) partition.isr = to_node_ids(*change.isr);
  if (change.leader != kNoLeaderChange) {
    partition.leader =
        change.leader == kNoLeader ? std::nullopt : std::optional(NodeId(change.leader));
    partition.leader_epoch = LeaderEpoch(partition.leader_epoch.value() + 1);
  }
  if (change.replicas) partition.replicas = to_node_ids(*change.replicas);
  if (change.directories) partition.directories = *change.directories;
  if (change.removing_replicas)
    partition.removing_replicas = to_node_ids(*change.removing_replicas);
  if (change.adding_replicas) partition.adding_replicas = to_node_ids(*change.adding_replicas);
  if (change.leader_recovery_state >= 0) {
    partition.leader_recovery_state =
        static_cast<LeaderRecoveryState>(change.leader_recovery_state);
  }
  if (change.eligible_leader_replicas) {
    partition.eligible_leader_replicas = to_node_ids(*change.eligible_leader_replicas);
  }
  if (change.last_known_elr) partition.last_known_elr = to_node_ids(*change.last_known_elr);
  partition.partition_epoch = PartitionEpoch(partition.partition_epoch.value() + 1);
}

PartitionRecord to_record(const PartitionImage& partition, const TopicIdPartition& id) {
  PartitionRecord record{
      .partition_id = id.partition,
      .topic_id = id.topic_id,
      .replicas = to_wire_ids(partition.replicas),
      .isr = to_wire_ids(partition.isr),
      .removing_replicas = to_wire_ids(partition.removing_replicas),
      .adding_replicas = to_wire_ids(partition.adding_replicas),
      .leader = partition.leader ? partition.leader->value() : kNoLeader,
      .leader_recovery_state = static_cast<std::int8_t>(partition.leader_recovery_state),
      .leader_epoch = partition.leader_epoch.value(),
      .partition_epoch = partition.partition_epoch.value(),
      .directories = partition.directories};
  if (!partition.eligible_leader_replicas.empty()) {
    record.eligible_leader_replicas = to_wire_ids(partition.eligible_leader_replicas);
  }
  if (!partition.last_known_elr.empty()) {
    record.last_known_elr = to_wire_ids(partition.last_known_elr);
  }
  return record;
}

PartitionImage to_partition(const PartitionRecord& record) {
  PartitionImage partition;
  partition.replicas = to_node_ids(record.replicas);
  partition.directories = record.directories;
  partition.isr = to_node_ids(record.isr);
  partition.removing_replicas = to_node_ids(record.removing_replicas);
  partition.adding_replicas = to_node_ids(record.adding_replicas);
  if (record.eligible_leader_replicas) {
    partition.eligible_leader_replicas = to_node_ids(*record.eligible_leader_replicas);
  }
  if (record.last_known_elr) partition.last_known_elr = to_node_ids(*record.last_known_elr);
  partition.leader_recovery_state = static_cast<LeaderRecoveryState>(record.leader_recovery_state);
  if (record.leader != kNoLeader) partition.leader = NodeId(record.leader);
  partition.leader_epoch = LeaderEpoch(record.leader_epoch);
  partition.partition_epoch = PartitionEpoch(record.partition_epoch);
  return partition;
}

void MetadataImage::replay(const MetadataRecord& record, Offset offset) {
  std::visit(
      [this]<class Record>(const Record& what) {
        if constexpr (std::is_same_v<Record, RegisterBrokerRecord>) {
          replay_register_broker(what);
        } else if constexpr (std::is_same_v<Record, UnregisterBrokerRecord>) {
          replay_unregister_broker(what);
        } else if constexpr (std::is_same_v<Record, FenceBrokerRecord>) {
          replay_fencing(NodeId(what.id), BrokerEpoch(what.epoch), true);
        } else if constexpr (std::is_same_v<Record, UnfenceBrokerRecord>) {
          replay_fencing(NodeId(what.id), BrokerEpoch(what.epoch), false);
        } else if constexpr (std::is_same_v<Record, BrokerRegistrationChangeRecord>) {
          replay_broker_change(what);
        } else if constexpr (std::is_same_v<Record, TopicRecord>) {
          replay_topic(what);
        } else if constexpr (std::is_same_v<Record, PartitionRecord>) {
          replay_partition(what);
        } else if constexpr (std::is_same_v<Record, PartitionChangeRecord>) {
          replay_partition_change(what);
        } else if constexpr (std::is_same_v<Record, RemoveTopicRecord>) {
          replay_remove_topic(what);
        } else if constexpr (std::is_same_v<Record, ConfigRecord>) {
          replay_config(what);
        } else if constexpr (std::is_same_v<Record, FeatureLevelRecord>) {
          replay_feature(what);
        } else if constexpr (std::is_same_v<Record, ClearElrRecord>) {
          replay_clear_elr(what);
        } else if constexpr (std::is_same_v<Record, RegisterControllerRecord>) {
          replay_register_controller(what);
        } else if constexpr (std::is_same_v<Record, ProducerIdsRecord>) {
          next_producer_id_ = what.next_producer_id;
        } else {
          // NoOp and the marks of metadata transactions: no state. The controller writes an outcome
          // as one batch here, so no transaction is ever open.
          static_assert(std::is_same_v<Record, NoOpRecord> ||
                        std::is_same_v<Record, BeginTransactionRecord> ||
                        std::is_same_v<Record, EndTransactionRecord> ||
                        std::is_same_v<Record, AbortTransactionRecord>);
        }
      },
      record);
  highest_offset_ = offset;
}

BrokerImage* MetadataImage::changing_broker(NodeId id) {
  const auto found = brokers_.find(id);
  if (found == brokers_.end()) return nullptr;
  delta_.brokers.try_emplace(id, found->second);
  return &found->second;
}

void MetadataImage::replay_register_broker(const RegisterBrokerRecord& record) {
  const NodeId id(record.broker_id);
  if (changing_broker(id) == nullptr) delta_.brokers.try_emplace(id, std::nullopt);
  BrokerImage broker{.id = id,
                     .epoch = BrokerEpoch(record.broker_epoch),
                     .incarnation_id = record.incarnation_id,
                     .listeners = {},
                     .rack = record.rack,
                     .log_dirs = record.log_dirs,
                     .features = {},
                     .is_fenced = record.fenced,
                     .in_controlled_shutdown = record.in_controlled_shutdown};
  for (const RegisterBrokerRecord::BrokerEndpoint& end_point : record.end_points) {
    broker.listeners.push_back({.name = end_point.name,
                                .endpoint = {.host = end_point.host, .port = end_point.port},
                                .security_protocol = end_point.security_protocol});
  }
  for (const RegisterBrokerRecord::BrokerFeature& feature : record.features) {
    broker.features.push_back({.name = feature.name,
                               .lowest = feature.min_supported_version,
                               .highest = feature.max_supported_version});
  }
  brokers_.insert_or_assign(id, std::move(broker));
}

void MetadataImage::replay_unregister_broker(const UnregisterBrokerRecord& record) {
  const NodeId id(record.broker_id);
  if (changing_broker(id) != nullptr) brokers_.erase(id);
}

void MetadataImage::replay_fencing(NodeId id, BrokerEpoch epoch, bool fenced) {
  BrokerImage* broker = changing_broker(id);
  TIT_ASSERT(broker != nullptr && broker->epoch == epoch,
             "a committed fencing names a broker that is registered in that epoch");
  broker->is_fenced = fenced;
}

void MetadataImage::replay_broker_change(const BrokerRegistrationChangeRecord& record) {
  BrokerImage* broker = changing_broker(NodeId(record.broker_id));
  TIT_ASSERT(broker != nullptr && broker->epoch == BrokerEpoch(record.broker_epoch),
             "a committed registration change names a broker that is registered in that epoch");
  // BrokerRegistrationFencingChange: 1 fence, -1 unfence, 0 as it was.
  if (record.fenced != 0) broker->is_fenced = record.fenced > 0;
  if (record.in_controlled_shutdown != 0) broker->in_controlled_shutdown = true;
  if (!record.log_dirs.empty()) broker->log_dirs = record.log_dirs;
}

void MetadataImage::replay_register_controller(const RegisterControllerRecord& record) {
  const NodeId id(record.controller_id);
  ControllerImage controller{
      .id = id, .incarnation_id = record.incarnation_id, .listeners = {}, .features = {}};
  for (const RegisterControllerRecord::ControllerEndpoint& end_point : record.end_points) {
    controller.listeners.push_back({.name = end_point.name,
                                    .endpoint = {.host = end_point.host, .port = end_point.port},
                                    .security_protocol = end_point.security_protocol});
  }
  for (const RegisterControllerRecord::ControllerFeature& feature : record.features) {
    controller.features[feature.name] = {feature.min_supported_version,
                                         feature.max_supported_version};
  }
  controllers_.insert_or_assign(id, std::move(controller));
}

void MetadataImage::replay_topic(const TopicRecord& record) {
  topics_.insert_or_assign(
      record.topic_id, TopicImage{.name = record.name, .id = record.topic_id, .partitions = {}});
  topic_ids_.insert_or_assign(record.name, record.topic_id);
  delta_.created_topics.insert(record.topic_id);
}

void MetadataImage::note_partition(const TopicIdPartition& id, const PartitionImage* before) {
  delta_.partitions.try_emplace(
      id, before == nullptr ? std::nullopt : std::optional<PartitionImage>(*before));
}

void MetadataImage::replay_partition(const PartitionRecord& record) {
  const auto topic = topics_.find(record.topic_id);
  TIT_ASSERT(topic != topics_.end(), "a committed partition belongs to a topic that exists");
  const auto found = topic->second.partitions.find(record.partition_id);
  note_partition({record.topic_id, record.partition_id},
                 found == topic->second.partitions.end() ? nullptr : &found->second);
  topic->second.partitions.insert_or_assign(record.partition_id, to_partition(record));
}

void MetadataImage::replay_partition_change(const PartitionChangeRecord& record) {
  const auto topic = topics_.find(record.topic_id);
  TIT_ASSERT(topic != topics_.end(), "a committed change belongs to a topic that exists");
  const auto found = topic->second.partitions.find(record.partition_id);
  TIT_ASSERT(found != topic->second.partitions.end(),
             "a committed change belongs to a partition that exists");
  note_partition({record.topic_id, record.partition_id}, &found->second);
  apply_change(found->second, record);
}

void MetadataImage::replay_remove_topic(const RemoveTopicRecord& record) {
  const auto topic = topics_.find(record.topic_id);
  TIT_ASSERT(topic != topics_.end(), "a committed removal names a topic that exists");
  for (const auto& [number, partition] : topic->second.partitions) {
    delta_.partitions.erase({record.topic_id, number});
  }
  const ConfigResource resource{ConfigResourceType::kTopic, topic->second.name};
  if (configs_.erase(resource) > 0) delta_.configs.insert(resource);
  topic_ids_.erase(topic->second.name);
  if (delta_.created_topics.erase(record.topic_id) == 0) {
    delta_.deleted_topics.insert_or_assign(record.topic_id, std::move(topic->second));
  }
  topics_.erase(topic);
}

void MetadataImage::replay_config(const ConfigRecord& record) {
  const ConfigResource resource{static_cast<ConfigResourceType>(record.resource_type),
                                record.resource_name};
  if (record.value) {
    configs_[resource].insert_or_assign(record.name, *record.value);
  } else if (const auto found = configs_.find(resource); found != configs_.end()) {
    found->second.erase(record.name);
    if (found->second.empty()) configs_.erase(found);
  }
  delta_.configs.insert(resource);
}

void MetadataImage::replay_feature(const FeatureLevelRecord& record) {
  if (record.feature_level == 0) {
    features_.erase(record.name);
  } else {
    features_.insert_or_assign(record.name, record.feature_level);
  }
}

bool has_elr(const PartitionImage& partition) {
  return !partition.eligible_leader_replicas.empty() || !partition.last_known_elr.empty();
}

PartitionChangeRecord clearing_elr() {
  PartitionChangeRecord change;
  change.eligible_leader_replicas = std::vector<std::int32_t>{};
  change.last_known_elr = std::vector<std::int32_t>{};
  return change;
}

// ReplicationControlManager.removeTopicElrs, TopicDelta.replay(ClearElrRecord).
void MetadataImage::clear_elrs(TopicImage& topic) {
  for (auto& [number, partition] : topic.partitions) {
    if (!has_elr(partition)) continue;
    note_partition({topic.id, number}, &partition);
    apply_change(partition, clearing_elr());
  }
}

void MetadataImage::replay_clear_elr(const ClearElrRecord& record) {
  if (record.topic_name.empty()) {
    for (auto& [id, topic] : topics_) clear_elrs(topic);
    return;
  }
  const auto id = topic_ids_.find(record.topic_name);
  TIT_ASSERT(id != topic_ids_.end(), "ELRs are cleared of a topic that exists");
  clear_elrs(topics_.at(id->second));
}

const BrokerImage* MetadataImage::broker(NodeId id) const {
  const auto found = brokers_.find(id);
  return found == brokers_.end() ? nullptr : &found->second;
}

bool MetadataImage::is_unfenced(NodeId id) const {
  const BrokerImage* found = broker(id);
  return found != nullptr && !found->is_fenced;
}

bool MetadataImage::is_active(NodeId id) const {
  const BrokerImage* found = broker(id);
  return found != nullptr && !found->is_fenced && !found->in_controlled_shutdown;
}

const TopicImage* MetadataImage::topic(const Uuid& id) const {
  const auto found = topics_.find(id);
  return found == topics_.end() ? nullptr : &found->second;
}

const TopicImage* MetadataImage::topic(std::string_view name) const {
  const auto found = topic_ids_.find(name);
  return found == topic_ids_.end() ? nullptr : topic(found->second);
}

const PartitionImage* MetadataImage::partition(const Uuid& topic_id, std::int32_t number) const {
  const TopicImage* found = topic(topic_id);
  if (found == nullptr) return nullptr;
  const auto at = found->partitions.find(number);
  return at == found->partitions.end() ? nullptr : &at->second;
}

const PartitionImage* MetadataImage::partition(TopicPartitionView name) const {
  const auto found = topic_ids_.find(name.topic);
  return found == topic_ids_.end() ? nullptr : partition(found->second, name.partition);
}

const ConfigMap* MetadataImage::find_config(const ConfigResource& resource) const {
  const auto found = configs_.find(resource);
  return found == configs_.end() ? nullptr : &found->second;
}

std::int16_t MetadataImage::feature_level(std::string_view name) const {
  const auto found = features_.find(name);
  return found == features_.end() ? std::int16_t{0} : found->second;
}

void MetadataImage::check_invariants() const {
  TIT_ASSERT(topics_.size() == topic_ids_.size(), "each topic has one name and one id");
  for (const auto& [id, topic] : topics_) {
    for (const auto& [number, partition] : topic.partitions) {
      for (const NodeId member : partition.isr) {
        TIT_ASSERT(partition.has_replica(member), "the ISR is a part of the replicas");
      }
      TIT_ASSERT(partition.eligible_leader_replicas.empty() ||
                     std::ranges::none_of(partition.eligible_leader_replicas,
                                          [&](NodeId member) { return partition.in_isr(member); }),
                 "ISR and ELR have no member in common");
    }
  }
}

}  // namespace kafka
