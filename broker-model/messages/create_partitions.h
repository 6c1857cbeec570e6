// CreatePartitions (key 37): raises the number of partitions of topics to `count`, with replicas of
// the caller's choice or, assignments being null, of the controller's (KIP-195).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"

namespace kafka {

struct CreatePartitionsRequest {
  static constexpr ApiInfo api{ApiKey::kCreatePartitions, "CreatePartitions", 0, 3, 2};

  struct CreatePartitionsAssignment {
    std::vector<std::int32_t> broker_ids{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const CreatePartitionsAssignment&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "broker_ids", broker_ids);
    }
  };

  struct CreatePartitionsTopic {
    std::string name{};
    std::int32_t count = 0;
    std::optional<std::vector<CreatePartitionsAssignment>> assignments =
        std::vector<CreatePartitionsAssignment>{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const CreatePartitionsTopic&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "name", name);
      v(since<0>, "count", count);
      v(since<0> | nullable, "assignments", assignments);
    }
  };

  std::vector<CreatePartitionsTopic> topics{};
  std::int32_t timeout_ms = 0;
  bool validate_only = false;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const CreatePartitionsRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "topics", topics);
    v(since<0>, "timeout_ms", timeout_ms);
    v(since<0>, "validate_only", validate_only);
  }
};

struct CreatePartitionsResponse {
  static constexpr ApiInfo api{ApiKey::kCreatePartitions, "CreatePartitions", 0, 3, 2};

  struct CreatePartitionsTopicResult {
    std::string name{};
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const CreatePartitionsTopicResult&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "name", name);
      v(since<0>, "error_code", error_code);
      v(since<0> | nullable, "error_message", error_message);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<CreatePartitionsTopicResult> results{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const CreatePartitionsResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "throttle_time_ms", throttle_time_ms);
    v(since<0>, "results", results);
  }
};

}  // namespace kafka
