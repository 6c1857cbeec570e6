// DescribeTopicPartitions (key 75): topics and their partitions page by page, with the eligible
// leader replicas (KIP-966). The cursor is the first partition of the next page; null: no more.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"
#include "broker-model/types/ids.h"

namespace kafka {

// Outside of the messages: a std::optional asks for a complete type.
struct DescribeTopicPartitionsCursor {
  std::string topic_name{};
  std::int32_t partition_index = 0;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const DescribeTopicPartitionsCursor&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "topic_name", topic_name);
    v(since<0>, "partition_index", partition_index);
  }
};

struct DescribeTopicPartitionsRequest {
  static constexpr ApiInfo api{ApiKey::kDescribeTopicPartitions, "DescribeTopicPartitions", 0, 0,
                               0};

  struct TopicRequest {
    std::string name{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const TopicRequest&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "name", name);
    }
  };

  std::vector<TopicRequest> topics{};
  std::int32_t response_partition_limit = 2000;
  std::optional<DescribeTopicPartitionsCursor> cursor{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const DescribeTopicPartitionsRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "topics", topics);
    v(since<0>, "response_partition_limit", response_partition_limit);
    v(since<0> | nullable, "cursor", cursor);
  }
};

struct DescribeTopicPartitionsResponse {
  static constexpr ApiInfo api{ApiKey::kDescribeTopicPartitions, "DescribeTopicPartitions", 0, 0,
                               0};

  struct DescribeTopicPartitionsResponsePartition {
    ErrorCode error_code = ErrorCode::kNone;
    std::int32_t partition_index = 0;
    std::int32_t leader_id = 0;
    std::int32_t leader_epoch = -1;
    std::vector<std::int32_t> replica_nodes{};
    std::vector<std::int32_t> isr_nodes{};
    std::optional<std::vector<std::int32_t>> eligible_leader_replicas{};
    std::optional<std::vector<std::int32_t>> last_known_elr{};
    std::vector<std::int32_t> offline_replicas{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const DescribeTopicPartitionsResponsePartition&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "error_code", error_code);
      v(since<0>, "partition_index", partition_index);
      v(since<0>, "leader_id", leader_id);
      v(since<0> | ignorable, "leader_epoch", leader_epoch);
      v(since<0>, "replica_nodes", replica_nodes);
      v(since<0>, "isr_nodes", isr_nodes);
      v(since<0> | nullable, "eligible_leader_replicas", eligible_leader_replicas);
      v(since<0> | nullable, "last_known_elr", last_known_elr);
      v(since<0> | ignorable, "offline_replicas", offline_replicas);
    }
  };

  struct DescribeTopicPartitionsResponseTopic {
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> name = "";
    Uuid topic_id{};
    bool is_internal = false;
    std::vector<DescribeTopicPartitionsResponsePartition> partitions{};
    std::int32_t topic_authorized_operations = INT32_MIN;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const DescribeTopicPartitionsResponseTopic&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "error_code", error_code);
      v(since<0> | nullable, "name", name);
      v(since<0> | ignorable, "topic_id", topic_id);
      v(since<0> | ignorable, "is_internal", is_internal);
      v(since<0>, "partitions", partitions);
      v(since<0>, "topic_authorized_operations", topic_authorized_operations);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<DescribeTopicPartitionsResponseTopic> topics{};
  std::optional<DescribeTopicPartitionsCursor> next_cursor{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const DescribeTopicPartitionsResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0> | ignorable, "throttle_time_ms", throttle_time_ms);
    v(since<0>, "topics", topics);
    v(since<0> | nullable, "next_cursor", next_cursor);
  }
};

}  // namespace kafka
