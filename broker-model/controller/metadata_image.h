// The cluster's metadata as every broker and controller sees it: what replaying the committed
// records of __cluster_metadata-0 yields (Kafka's org.apache.kafka.image.MetadataImage).
//
// One per node, changed in place by replay() and by nothing else. What changed since the last
// take_delta() is noted beside it (MetadataDelta), so that a broker publishes differences only.
// References into an image are valid until the next replay().
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker-model/messages/metadata_record.h"
#include "broker-model/types/ids.h"

namespace kafka {

// One listener of a broker or controller, as registered.
struct ListenerImage {
  std::string name;  // "PLAINTEXT", "CONTROLLER"
  env::Endpoint endpoint;
  std::int16_t security_protocol = 0;
  friend bool operator==(const ListenerImage&, const ListenerImage&) = default;
};

struct FeatureRange {
  std::string name;
  std::int16_t lowest = 0;
  std::int16_t highest = 0;
  friend bool operator==(const FeatureRange&, const FeatureRange&) = default;
};

// org.apache.kafka.metadata.BrokerRegistration.
struct BrokerImage {
  NodeId id;
  BrokerEpoch epoch;
  Uuid incarnation_id;
  std::vector<ListenerImage> listeners;
  std::optional<std::string> rack;
  std::vector<Uuid> log_dirs;
  std::vector<FeatureRange> features;  // what it supports
  bool is_fenced = true;
  bool in_controlled_shutdown = false;

  const ListenerImage* listener(std::string_view name) const;  // nullptr when there is none
  friend bool operator==(const BrokerImage&, const BrokerImage&) = default;
};

// org.apache.kafka.metadata.ControllerRegistration.
struct ControllerImage {
  NodeId id;
  Uuid incarnation_id;
  std::vector<ListenerImage> listeners;
  std::map<std::string, std::pair<std::int16_t, std::int16_t>> features;  // lowest, highest level
  friend bool operator==(const ControllerImage&, const ControllerImage&) = default;
};

enum class LeaderRecoveryState : std::int8_t { kRecovered = 0, kRecovering = 1 };

// org.apache.kafka.metadata.PartitionRegistration.
struct PartitionImage {
  std::vector<NodeId> replicas;   // the first is the preferred leader
  std::vector<Uuid> directories;  // parallel to replicas
  std::vector<NodeId> isr;
  std::vector<NodeId> removing_replicas;
  std::vector<NodeId> adding_replicas;
  std::vector<NodeId> eligible_leader_replicas;  // KIP-966
  std::vector<NodeId> last_known_elr;
  LeaderRecoveryState leader_recovery_state = LeaderRecoveryState::kRecovered;
  std::optional<NodeId> leader;
  LeaderEpoch leader_epoch;        // +1 at every change that names a leader
  PartitionEpoch partition_epoch;  // +1 at every change

  bool has_replica(NodeId id) const;
  bool in_isr(NodeId id) const;
  bool has_preferred_leader() const { return leader && leader == replicas.front(); }
  bool is_reassigning() const { return !adding_replicas.empty() || !removing_replicas.empty(); }
  friend bool operator==(const PartitionImage&, const PartitionImage&) = default;
};

// The wire's sentinels in records: no leader, and leader as it was.
inline constexpr std::int32_t kNoLeader = -1;
inline constexpr std::int32_t kNoLeaderChange = -2;

// What a ClearElrRecord does to a partition that has an ELR or a last known one.
bool has_elr(const PartitionImage& partition);
PartitionChangeRecord clearing_elr();

// PartitionRegistration.merge, for replay and for who asks what a change would make.
void apply_change(PartitionImage& partition, const PartitionChangeRecord& change);

std::vector<NodeId> to_node_ids(const std::vector<std::int32_t>& ids);
std::vector<std::int32_t> to_wire_ids(const std::vector<NodeId>& ids);
bool contains(const std::vector<NodeId>& ids, NodeId id);

struct TopicIdPartition {
  Uuid topic_id;
  std::int32_t partition = 0;
  friend auto operator<=>(const TopicIdPartition&, const TopicIdPartition&) = default;
};

// The partition as a whole, in one record (PartitionRegistration.toRecord).
PartitionImage to_partition(const PartitionRecord& record);
PartitionRecord to_record(const PartitionImage& partition, const TopicIdPartition& id);

struct TopicImage {
  std::string name;
  Uuid id;
  std::map<std::int32_t, PartitionImage> partitions;
};

// org.apache.kafka.common.config.ConfigResource. Wire values.
enum class ConfigResourceType : std::int8_t { kTopic = 2, kBroker = 4 };
struct ConfigResource {
  ConfigResourceType type = ConfigResourceType::kTopic;
  std::string name;  // topic name; broker id in decimal, "" for all brokers
  friend auto operator<=>(const ConfigResource&, const ConfigResource&) = default;
};
using ConfigMap = std::map<std::string, std::string, std::less<>>;

// What replay() touched since the last take_delta().
struct MetadataDelta {
  // Partitions created or changed: their state before (nullopt: new). Not those of deleted topics.
  std::map<TopicIdPartition, std::optional<PartitionImage>> partitions;
  std::set<Uuid> created_topics;
  std::map<Uuid, TopicImage> deleted_topics;  // as they were when they went
  // Brokers registered, changed or gone: their state before (nullopt: new).
  std::map<NodeId, std::optional<BrokerImage>> brokers;
  std::set<ConfigResource> configs;
};

class MetadataImage {
 public:
  // Applies one committed record. `offset` is the record's own. Records of a kind that this model
  // does not keep (ACLs, quotas, SCRAM, delegation tokens) change nothing.
  void replay(const MetadataRecord& record, Offset offset);

  // All that was replayed before is replaced by what these records make: a snapshot whose last
  // record has that offset. The delta is what differs.
  void load_snapshot(const std::vector<MetadataRecord>& records, Offset last_offset);

  // What changed since the last call; the image starts noting afresh.
  MetadataDelta take_delta() { return std::exchange(delta_, {}); }

  // Of the newest record replayed; -1 before the first.
  Offset highest_offset() const { return highest_offset_; }

  // --- cluster
  const std::map<NodeId, BrokerImage>& brokers() const { return brokers_; }
  const BrokerImage* broker(NodeId id) const;  // nullptr when not registered
  bool is_unfenced(NodeId id) const;           // registered and not fenced
  bool is_active(NodeId id) const;             // and not in controlled shutdown either
  const std::map<NodeId, ControllerImage>& controllers() const { return controllers_; }

  // --- topics
  const std::map<Uuid, TopicImage>& topics() const { return topics_; }
  const std::map<std::string, Uuid, std::less<>>& topic_ids() const { return topic_ids_; }
  const TopicImage* topic(const Uuid& id) const;         // nullptr when unknown
  const TopicImage* topic(std::string_view name) const;  // nullptr when unknown
  const PartitionImage* partition(const Uuid& topic_id, std::int32_t partition) const;
  const PartitionImage* partition(TopicPartitionView) const;

  // --- configs: only what was set dynamically; topic defaults come from the broker's own Config
  const std::map<ConfigResource, ConfigMap>& configs() const { return configs_; }
  const ConfigMap* find_config(const ConfigResource& resource) const;  // nullptr: nothing is set

  // --- features and producer ids
  const std::map<std::string, std::int16_t, std::less<>>& features() const { return features_; }
  std::int16_t feature_level(std::string_view name) const;  // 0 when not finalised
  std::int64_t next_producer_id() const { return next_producer_id_; }

  void check_invariants() const;

 private:
  void replay_register_broker(const RegisterBrokerRecord&);
  void replay_unregister_broker(const UnregisterBrokerRecord&);
  void replay_fencing(NodeId id, BrokerEpoch epoch, bool fenced);
  void replay_broker_change(const BrokerRegistrationChangeRecord&);
  void replay_register_controller(const RegisterControllerRecord&);
  void replay_topic(const TopicRecord&);
  void replay_partition(const PartitionRecord&);
  void replay_partition_change(const PartitionChangeRecord&);
  void replay_remove_topic(const RemoveTopicRecord&);
  void replay_config(const ConfigRecord&);
  void replay_feature(const FeatureLevelRecord&);
  void replay_clear_elr(const ClearElrRecord&);
  void clear_elrs(TopicImage&);
  BrokerImage* changing_broker(NodeId id);  // notes its old state in the delta
  void note_partition(const TopicIdPartition& id, const PartitionImage* before);

  std::map<NodeId, BrokerImage> brokers_;
  std::map<NodeId, ControllerImage> controllers_;
  std::map<Uuid, TopicImage> topics_;
  std::map<std::string, Uuid, std::less<>> topic_ids_;
  std::map<ConfigResource, ConfigMap> configs_;
  std::map<std::string, std::int16_t, std::less<>> features_;
  std::int64_t next_producer_id_ = 0;
  Offset highest_offset_ = -1;
  MetadataDelta delta_;
};

}  // namespace kafka
