// DeleteTopics (key 20, KIP-4): by name, or since v6 by name or id (KIP-516); messages with the
// errors since v5 (KIP-599).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"
#include "broker-model/types/ids.h"

namespace kafka {

struct DeleteTopicsRequest {
  static constexpr ApiInfo api{ApiKey::kDeleteTopics, "DeleteTopics", 1, 6, 4};

  struct DeleteTopicState {
    std::optional<std::string> name{};
    Uuid topic_id{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const DeleteTopicState&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<6> | nullable, "name", name);
      v(since<6>, "topic_id", topic_id);
    }
  };

  std::vector<DeleteTopicState> topics{};
  std::vector<std::string> topic_names{};
  std::int32_t timeout_ms = 0;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const DeleteTopicsRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<6>, "topics", topics);
    v(between<0, 5> | ignorable, "topic_names", topic_names);
    v(since<0>, "timeout_ms", timeout_ms);
  }
};

struct DeleteTopicsResponse {
  static constexpr ApiInfo api{ApiKey::kDeleteTopics, "DeleteTopics", 1, 6, 4};

  struct DeletableTopicResult {
    std::optional<std::string> name = "";
    Uuid topic_id{};
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const DeletableTopicResult&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0> | nullable_since<6>, "name", name);
      v(since<6> | ignorable, "topic_id", topic_id);
      v(since<0>, "error_code", error_code);
      v(since<5> | nullable | ignorable, "error_message", error_message);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<DeletableTopicResult> responses{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const DeleteTopicsResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<1> | ignorable, "throttle_time_ms", throttle_time_ms);
    v(since<0>, "responses", responses);
  }
};

}  // namespace kafka
