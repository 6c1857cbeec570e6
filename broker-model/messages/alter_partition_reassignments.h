// AlterPartitionReassignments (key 45): begins the move of partitions to other replicas; null
// replicas cancel one that is under way (KIP-455). v1 may forbid that their number changes
// (KIP-860).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"

namespace kafka {

struct AlterPartitionReassignmentsRequest {
  static constexpr ApiInfo api{ApiKey::kAlterPartitionReassignments, "AlterPartitionReassignments",
                               0, 1, 0};

  struct ReassignablePartition {
    std::int32_t partition_index = 0;
    std::optional<std::vector<std::int32_t>> replicas{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const ReassignablePartition&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "partition_index", partition_index);
      v(since<0> | nullable, "replicas", replicas);
    }
  };

  struct ReassignableTopic {
    std::string name{};
    std::vector<ReassignablePartition> partitions{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const ReassignableTopic&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "name", name);
      v(since<0>, "partitions", partitions);
    }
  };

  std::int32_t timeout_ms = 60000;
  bool allow_replication_factor_change = true;
  std::vector<ReassignableTopic> topics{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const AlterPartitionReassignmentsRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "timeout_ms", timeout_ms);
    v(since<1>, "allow_replication_factor_change", allow_replication_factor_change);
    v(since<0>, "topics", topics);
  }
};

struct AlterPartitionReassignmentsResponse {
  static constexpr ApiInfo api{ApiKey::kAlterPartitionReassignments, "AlterPartitionReassignments",
                               0, 1, 0};

  struct ReassignablePartitionResponse {
    std::int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message = "";
    UnknownTags unknown_tagged_fields{};
    bool operator==(const ReassignablePartitionResponse&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "partition_index", partition_index);
      v(since<0>, "error_code", error_code);
      v(since<0> | nullable, "error_message", error_message);
    }
  };

  struct ReassignableTopicResponse {
    std::string name{};
    std::vector<ReassignablePartitionResponse> partitions{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const ReassignableTopicResponse&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "name", name);
      v(since<0>, "partitions", partitions);
    }
  };

  std::int32_t throttle_time_ms = 0;
  bool allow_replication_factor_change = true;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message = "";
  std::vector<ReassignableTopicResponse> responses{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const AlterPartitionReassignmentsResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "throttle_time_ms", throttle_time_ms);
    v(since<1> | ignorable, "allow_replication_factor_change", allow_replication_factor_change);
    v(since<0>, "error_code", error_code);
    v(since<0> | nullable, "error_message", error_message);
    v(since<0>, "responses", responses);
  }
};

}  // namespace kafka
