// ListPartitionReassignments (key 46): the moves of partitions that are under way, of all topics
// when topics are null (KIP-455).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"

namespace kafka {

struct ListPartitionReassignmentsRequest {
  static constexpr ApiInfo api{ApiKey::kListPartitionReassignments, "ListPartitionReassignments", 0,
                               0, 0};

  struct ListPartitionReassignmentsTopics {
    std::string name{};
    std::vector<std::int32_t> partition_indexes{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const ListPartitionReassignmentsTopics&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "name", name);
      v(since<0>, "partition_indexes", partition_indexes);
    }
  };

  std::int32_t timeout_ms = 60000;
  std::optional<std::vector<ListPartitionReassignmentsTopics>> topics{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const ListPartitionReassignmentsRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "timeout_ms", timeout_ms);
    v(since<0> | nullable, "topics", topics);
  }
};

struct ListPartitionReassignmentsResponse {
  static constexpr ApiInfo api{ApiKey::kListPartitionReassignments, "ListPartitionReassignments", 0,
                               0, 0};

  struct OngoingPartitionReassignment {
    std::int32_t partition_index = 0;
    std::vector<std::int32_t> replicas{};
    std::vector<std::int32_t> adding_replicas{};
    std::vector<std::int32_t> removing_replicas{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const OngoingPartitionReassignment&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "partition_index", partition_index);
      v(since<0>, "replicas", replicas);
      v(since<0>, "adding_replicas", adding_replicas);
      v(since<0>, "removing_replicas", removing_replicas);
    }
  };

  struct OngoingTopicReassignment {
    std::string name{};
    std::vector<OngoingPartitionReassignment> partitions{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const OngoingTopicReassignment&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "name", name);
      v(since<0>, "partitions", partitions);
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message = "";
  std::vector<OngoingTopicReassignment> topics{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const ListPartitionReassignmentsResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "throttle_time_ms", throttle_time_ms);
    v(since<0>, "error_code", error_code);
    v(since<0> | nullable, "error_message", error_message);
    v(since<0>, "topics", topics);
  }
};

}  // namespace kafka
