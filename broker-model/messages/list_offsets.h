// ListOffsets (key 2): the offset for a timestamp, or for one of the special timestamps: -1 latest,
// -2 earliest, -3 maximum timestamp (KIP-734), -4 earliest local, -5 latest tiered.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"

namespace kafka {

struct ListOffsetsRequest {
  static constexpr ApiInfo api{ApiKey::kListOffsets, "ListOffsets", 1, 11, 6};

  struct ListOffsetsPartition {
    std::int32_t partition_index = 0;
    std::int32_t current_leader_epoch = -1;
    std::int64_t timestamp = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const ListOffsetsPartition&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "partition_index", partition_index);
      v(since<4> | ignorable, "current_leader_epoch", current_leader_epoch);
      v(since<0>, "timestamp", timestamp);
    }
  };

  struct ListOffsetsTopic {
    std::string name{};
    std::vector<ListOffsetsPartition> partitions{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const ListOffsetsTopic&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "name", name);
      v(since<0>, "partitions", partitions);
    }
  };

  std::int32_t replica_id = 0;
  std::int8_t isolation_level = 0;
  std::vector<ListOffsetsTopic> topics{};
  std::int32_t timeout_ms = 0;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const ListOffsetsRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "replica_id", replica_id);
    v(since<2>, "isolation_level", isolation_level);
    v(since<0>, "topics", topics);
    v(since<10> | ignorable, "timeout_ms", timeout_ms);
  }
};

struct ListOffsetsResponse {
  static constexpr ApiInfo api{ApiKey::kListOffsets, "ListOffsets", 1, 11, 6};

  struct ListOffsetsPartitionResponse {
    std::int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::kNone;
    std::int64_t timestamp = -1;
    std::int64_t offset = -1;
    std::int32_t leader_epoch = -1;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const ListOffsetsPartitionResponse&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "partition_index", partition_index);
      v(since<0>, "error_code", error_code);
      v(since<1>, "timestamp", timestamp);
      v(since<1>, "offset", offset);
      v(since<4>, "leader_epoch", leader_epoch);
    }
  };

  struct ListOffsetsTopicResponse {
    std::string name{};
    std::vector<ListOffsetsPartitionResponse> partitions{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const ListOffsetsTopicResponse&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "name", name);
      v(since<0>, "partitions", partitions);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<ListOffsetsTopicResponse> topics{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const ListOffsetsResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<2> | ignorable, "throttle_time_ms", throttle_time_ms);
    v(since<0>, "topics", topics);
  }
};

}  // namespace kafka
