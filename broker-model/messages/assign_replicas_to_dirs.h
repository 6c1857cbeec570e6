// AssignReplicasToDirs (key 73): a broker with several log directories tells the controller which
// replica lies in which (KIP-858).
#pragma once

#include <cstdint>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"
#include "broker-model/types/ids.h"

namespace kafka {

struct AssignReplicasToDirsRequest {
  static constexpr ApiInfo api{ApiKey::kAssignReplicasToDirs, "AssignReplicasToDirs", 0, 0, 0};

  struct PartitionData {
    std::int32_t partition_index = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const PartitionData&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "partition_index", partition_index);
    }
  };

  struct TopicData {
    Uuid topic_id{};
    std::vector<PartitionData> partitions{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const TopicData&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "topic_id", topic_id);
      v(since<0>, "partitions", partitions);
    }
  };

  struct DirectoryData {
    Uuid id{};
    std::vector<TopicData> topics{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const DirectoryData&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "id", id);
      v(since<0>, "topics", topics);
    }
  };

  std::int32_t broker_id = 0;
  std::int64_t broker_epoch = -1;
  std::vector<DirectoryData> directories{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const AssignReplicasToDirsRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "broker_id", broker_id);
    v(since<0>, "broker_epoch", broker_epoch);
    v(since<0>, "directories", directories);
  }
};

struct AssignReplicasToDirsResponse {
  static constexpr ApiInfo api{ApiKey::kAssignReplicasToDirs, "AssignReplicasToDirs", 0, 0, 0};

  struct PartitionData {
    std::int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::kNone;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const PartitionData&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "partition_index", partition_index);
      v(since<0>, "error_code", error_code);
    }
  };

  struct TopicData {
    Uuid topic_id{};
    std::vector<PartitionData> partitions{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const TopicData&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "topic_id", topic_id);
      v(since<0>, "partitions", partitions);
    }
  };

  struct DirectoryData {
    Uuid id{};
    std::vector<TopicData> topics{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const DirectoryData&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "id", id);
      v(since<0>, "topics", topics);
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<DirectoryData> directories{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const AssignReplicasToDirsResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "throttle_time_ms", throttle_time_ms);
    v(since<0>, "error_code", error_code);
    v(since<0>, "directories", directories);
  }
};

}  // namespace kafka
