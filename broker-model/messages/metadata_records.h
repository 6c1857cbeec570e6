// The records of `__cluster_metadata` (KIP-631), one struct each, as Kafka's metadata schemas name
// them; those of nodes are in registration_records.h. metadata_record.h frames them.
// PartitionChangeRecord tells only what changed: null and the sentinels (leader -2,
// leader_recovery_state -1) mean "as it was".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/messages/metadata_record_type.h"
#include "broker-model/messages/registration_records.h"
#include "broker-model/types/ids.h"

namespace kafka {

struct TopicRecord {
  static constexpr RecordInfo record{MetadataRecordType::kTopic, "TopicRecord", 0, 0, 0};

  std::string name{};
  Uuid topic_id{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const TopicRecord&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "name", name);
    v(since<0>, "topic_id", topic_id);
  }
};

struct PartitionRecord {
  static constexpr RecordInfo record{MetadataRecordType::kPartition, "PartitionRecord", 0, 2, 0};

  std::int32_t partition_id = -1;
  Uuid topic_id{};
  std::vector<std::int32_t> replicas{};
  std::vector<std::int32_t> isr{};
  std::vector<std::int32_t> removing_replicas{};
  std::vector<std::int32_t> adding_replicas{};
  std::int32_t leader = -1;
  std::int8_t leader_recovery_state = 0;
  std::int32_t leader_epoch = -1;
  std::int32_t partition_epoch = -1;
  std::vector<Uuid> directories{};
  std::optional<std::vector<std::int32_t>> eligible_leader_replicas{};
  std::optional<std::vector<std::int32_t>> last_known_elr{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const PartitionRecord&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "partition_id", partition_id);
    v(since<0>, "topic_id", topic_id);
    v(since<0>, "replicas", replicas);
    v(since<0>, "isr", isr);
    v(since<0>, "removing_replicas", removing_replicas);
    v(since<0>, "adding_replicas", adding_replicas);
    v(since<0>, "leader", leader);
    v(since<0> | tagged<0>, "leader_recovery_state", leader_recovery_state);
    v(since<0>, "leader_epoch", leader_epoch);
    v(since<0>, "partition_epoch", partition_epoch);
    v(since<1>, "directories", directories);
    v(since<2> | tagged<1> | nullable, "eligible_leader_replicas", eligible_leader_replicas);
    v(since<2> | tagged<2> | nullable, "last_known_elr", last_known_elr);
  }
};

struct ConfigRecord {
  static constexpr RecordInfo record{MetadataRecordType::kConfig, "ConfigRecord", 0, 0, 0};

  std::int8_t resource_type = 0;
  std::string resource_name{};
  std::string name{};
  std::optional<std::string> value = "";
  UnknownTags unknown_tagged_fields{};
  bool operator==(const ConfigRecord&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "resource_type", resource_type);
    v(since<0>, "resource_name", resource_name);
    v(since<0>, "name", name);
    v(since<0> | nullable, "value", value);
  }
};

struct PartitionChangeRecord {
  static constexpr RecordInfo record{MetadataRecordType::kPartitionChange, "PartitionChangeRecord",
                                     0, 2, 0};

  std::int32_t partition_id = -1;
  Uuid topic_id{};
  std::optional<std::vector<std::int32_t>> isr{};
  std::int32_t leader = -2;
  std::optional<std::vector<std::int32_t>> replicas{};
  std::optional<std::vector<std::int32_t>> removing_replicas{};
  std::optional<std::vector<std::int32_t>> adding_replicas{};
  std::int8_t leader_recovery_state = -1;
  std::optional<std::vector<std::int32_t>> eligible_leader_replicas{};
  std::optional<std::vector<std::int32_t>> last_known_elr{};
  std::optional<std::vector<Uuid>> directories{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const PartitionChangeRecord&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "partition_id", partition_id);
    v(since<0>, "topic_id", topic_id);
    v(since<0> | tagged<0> | nullable, "isr", isr);
    v(since<0> | tagged<1>, "leader", leader);
    v(since<0> | tagged<2> | nullable, "replicas", replicas);
    v(since<0> | tagged<3> | nullable, "removing_replicas", removing_replicas);
    v(since<0> | tagged<4> | nullable, "adding_replicas", adding_replicas);
    v(since<0> | tagged<5>, "leader_recovery_state", leader_recovery_state);
    v(since<2> | tagged<6> | nullable, "eligible_leader_replicas", eligible_leader_replicas);
    v(since<2> | tagged<7> | nullable, "last_known_elr", last_known_elr);
    v(since<1> | tagged<8> | nullable, "directories", directories);
  }
};

struct RemoveTopicRecord {
  static constexpr RecordInfo record{MetadataRecordType::kRemoveTopic, "RemoveTopicRecord", 0, 0,
                                     0};

  Uuid topic_id{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const RemoveTopicRecord&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "topic_id", topic_id);
  }
};

struct FeatureLevelRecord {
  static constexpr RecordInfo record{MetadataRecordType::kFeatureLevel, "FeatureLevelRecord", 0, 0,
                                     0};

  std::string name{};
  std::int16_t feature_level = 0;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const FeatureLevelRecord&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "name", name);
    v(since<0>, "feature_level", feature_level);
  }
};

struct ProducerIdsRecord {
  static constexpr RecordInfo record{MetadataRecordType::kProducerIds, "ProducerIdsRecord", 0, 0,
                                     0};

  std::int32_t broker_id = 0;
  std::int64_t broker_epoch = -1;
  std::int64_t next_producer_id = 0;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const ProducerIdsRecord&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "broker_id", broker_id);
    v(since<0>, "broker_epoch", broker_epoch);
    v(since<0>, "next_producer_id", next_producer_id);
  }
};

struct NoOpRecord {
  static constexpr RecordInfo record{MetadataRecordType::kNoOp, "NoOpRecord", 0, 0, 0};

  UnknownTags unknown_tagged_fields{};
  bool operator==(const NoOpRecord&) const = default;

  template <class V>
  void fields(V&) {}
};

struct BeginTransactionRecord {
  static constexpr RecordInfo record{MetadataRecordType::kBeginTransaction,
                                     "BeginTransactionRecord", 0, 0, 0};

  std::optional<std::string> name{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const BeginTransactionRecord&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0> | tagged<0> | nullable, "name", name);
  }
};

struct EndTransactionRecord {
  static constexpr RecordInfo record{MetadataRecordType::kEndTransaction, "EndTransactionRecord", 0,
                                     0, 0};

  UnknownTags unknown_tagged_fields{};
  bool operator==(const EndTransactionRecord&) const = default;

  template <class V>
  void fields(V&) {}
};

struct AbortTransactionRecord {
  static constexpr RecordInfo record{MetadataRecordType::kAbortTransaction,
                                     "AbortTransactionRecord", 0, 0, 0};

  std::optional<std::string> reason{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const AbortTransactionRecord&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0> | tagged<0> | nullable, "reason", reason);
  }
};

// The ELRs of a topic, or of all topics when the name is empty, are void (KIP-966).
struct ClearElrRecord {
  static constexpr RecordInfo record{MetadataRecordType::kClearElr, "ClearElrRecord", 0, 0, 0};

  std::string topic_name{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const ClearElrRecord&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "topic_name", topic_name);
  }
};

}  // namespace kafka
