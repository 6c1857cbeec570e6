// DeleteRecords (key 21): raises the log start offset of partitions; offset -1 stands for the high
// watermark (KIP-107).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"

namespace kafka {

struct DeleteRecordsRequest {
  static constexpr ApiInfo api{ApiKey::kDeleteRecords, "DeleteRecords", 0, 2, 2};

  struct DeleteRecordsPartition {
    std::int32_t partition_index = 0;
    std::int64_t offset = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const DeleteRecordsPartition&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "partition_index", partition_index);
      v(since<0>, "offset", offset);
    }
  };

  struct DeleteRecordsTopic {
    std::string name{};
    std::vector<DeleteRecordsPartition> partitions{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const DeleteRecordsTopic&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "name", name);
      v(since<0>, "partitions", partitions);
    }
  };

  std::vector<DeleteRecordsTopic> topics{};
  std::int32_t timeout_ms = 0;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const DeleteRecordsRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "topics", topics);
    v(since<0>, "timeout_ms", timeout_ms);
  }
};

struct DeleteRecordsResponse {
  static constexpr ApiInfo api{ApiKey::kDeleteRecords, "DeleteRecords", 0, 2, 2};

  struct DeleteRecordsPartitionResult {
    std::int32_t partition_index = 0;
    std::int64_t low_watermark = 0;
    ErrorCode error_code = ErrorCode::kNone;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const DeleteRecordsPartitionResult&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "partition_index", partition_index);
      v(since<0>, "low_watermark", low_watermark);
      v(since<0>, "error_code", error_code);
    }
  };

  struct DeleteRecordsTopicResult {
    std::string name{};
    std::vector<DeleteRecordsPartitionResult> partitions{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const DeleteRecordsTopicResult&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "name", name);
      v(since<0>, "partitions", partitions);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<DeleteRecordsTopicResult> topics{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const DeleteRecordsResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "throttle_time_ms", throttle_time_ms);
    v(since<0>, "topics", topics);
  }
};

}  // namespace kafka
