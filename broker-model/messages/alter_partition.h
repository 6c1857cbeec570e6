// AlterPartition (key 56): a leader asks the controller for a new ISR. With broker epochs since v3
// (KIP-497, KIP-903).
#pragma once

#include <cstdint>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"
#include "broker-model/types/ids.h"

namespace kafka {

struct AlterPartitionRequest {
  static constexpr ApiInfo api{ApiKey::kAlterPartition, "AlterPartition", 2, 3, 0};

  struct BrokerState {
    std::int32_t broker_id = 0;
    std::int64_t broker_epoch = -1;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const BrokerState&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<3>, "broker_id", broker_id);
      v(since<3>, "broker_epoch", broker_epoch);
    }
  };

  struct PartitionData {
    std::int32_t partition_index = 0;
    std::int32_t leader_epoch = 0;
    std::vector<std::int32_t> new_isr{};
    std::vector<BrokerState> new_isr_with_epochs{};
    std::int8_t leader_recovery_state = 0;
    std::int32_t partition_epoch = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const PartitionData&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "partition_index", partition_index);
      v(since<0>, "leader_epoch", leader_epoch);
      v(between<0, 2>, "new_isr", new_isr);
      v(since<3>, "new_isr_with_epochs", new_isr_with_epochs);
      v(since<1>, "leader_recovery_state", leader_recovery_state);
      v(since<0>, "partition_epoch", partition_epoch);
    }
  };

  struct TopicData {
    Uuid topic_id{};
    std::vector<PartitionData> partitions{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const TopicData&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<2> | ignorable, "topic_id", topic_id);
      v(since<0>, "partitions", partitions);
    }
  };

  std::int32_t broker_id = 0;
  std::int64_t broker_epoch = -1;
  std::vector<TopicData> topics{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const AlterPartitionRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "broker_id", broker_id);
    v(since<0>, "broker_epoch", broker_epoch);
    v(since<0>, "topics", topics);
  }
};

struct AlterPartitionResponse {
  static constexpr ApiInfo api{ApiKey::kAlterPartition, "AlterPartition", 2, 3, 0};

  struct PartitionData {
    std::int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::kNone;
    std::int32_t leader_id = 0;
    std::int32_t leader_epoch = 0;
    std::vector<std::int32_t> isr{};
    std::int8_t leader_recovery_state = 0;
    std::int32_t partition_epoch = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const PartitionData&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "partition_index", partition_index);
      v(since<0>, "error_code", error_code);
      v(since<0>, "leader_id", leader_id);
      v(since<0>, "leader_epoch", leader_epoch);
      v(since<0>, "isr", isr);
      v(since<1> | ignorable, "leader_recovery_state", leader_recovery_state);
      v(since<0>, "partition_epoch", partition_epoch);
    }
  };

  struct TopicData {
    Uuid topic_id{};
    std::vector<PartitionData> partitions{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const TopicData&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<2> | ignorable, "topic_id", topic_id);
      v(since<0>, "partitions", partitions);
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<TopicData> topics{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const AlterPartitionResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "throttle_time_ms", throttle_time_ms);
    v(since<0>, "error_code", error_code);
    v(since<0>, "topics", topics);
  }
};

}  // namespace kafka
