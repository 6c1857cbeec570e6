// CreateTopics (key 19). Forwarded by brokers to the controller inside an Envelope (KIP-590).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"
#include "broker-model/types/ids.h"

namespace kafka {

struct CreateTopicsRequest {
  static constexpr ApiInfo api{ApiKey::kCreateTopics, "CreateTopics", 2, 7, 5};

  struct CreatableReplicaAssignment {
    std::int32_t partition_index = 0;
    std::vector<std::int32_t> broker_ids{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const CreatableReplicaAssignment&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "partition_index", partition_index);
      v(since<0>, "broker_ids", broker_ids);
    }
  };

  struct CreatableTopicConfig {
    std::string name{};
    std::optional<std::string> value = "";
    UnknownTags unknown_tagged_fields{};
    bool operator==(const CreatableTopicConfig&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "name", name);
      v(since<0> | nullable, "value", value);
    }
  };

  struct CreatableTopic {
    std::string name{};
    std::int32_t num_partitions = 0;
    std::int16_t replication_factor = 0;
    std::vector<CreatableReplicaAssignment> assignments{};
    std::vector<CreatableTopicConfig> configs{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const CreatableTopic&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "name", name);
      v(since<0>, "num_partitions", num_partitions);
      v(since<0>, "replication_factor", replication_factor);
      v(since<0>, "assignments", assignments);
      v(since<0>, "configs", configs);
    }
  };

  std::vector<CreatableTopic> topics{};
  std::int32_t timeout_ms = 60000;
  bool validate_only = false;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const CreateTopicsRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "topics", topics);
    v(since<0>, "timeout_ms", timeout_ms);
    v(since<1>, "validate_only", validate_only);
  }
};

struct CreateTopicsResponse {
  static constexpr ApiInfo api{ApiKey::kCreateTopics, "CreateTopics", 2, 7, 5};

  struct CreatableTopicConfigs {
    std::string name{};
    std::optional<std::string> value = "";
    bool read_only = false;
    std::int8_t config_source = -1;
    bool is_sensitive = false;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const CreatableTopicConfigs&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<5>, "name", name);
      v(since<5> | nullable, "value", value);
      v(since<5>, "read_only", read_only);
      v(since<5> | ignorable, "config_source", config_source);
      v(since<5>, "is_sensitive", is_sensitive);
    }
  };

  struct CreatableTopicResult {
    std::string name{};
    Uuid topic_id{};
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message = "";
    std::int16_t topic_config_error_code = 0;
    std::int32_t num_partitions = -1;
    std::int16_t replication_factor = -1;
    std::optional<std::vector<CreatableTopicConfigs>> configs =
        std::vector<CreatableTopicConfigs>{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const CreatableTopicResult&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "name", name);
      v(since<7> | ignorable, "topic_id", topic_id);
      v(since<0>, "error_code", error_code);
      v(since<1> | nullable | ignorable, "error_message", error_message);
      v(since<5> | tagged<0> | ignorable, "topic_config_error_code", topic_config_error_code);
      v(since<5> | ignorable, "num_partitions", num_partitions);
      v(since<5> | ignorable, "replication_factor", replication_factor);
      v(since<5> | nullable | ignorable, "configs", configs);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<CreatableTopicResult> topics{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const CreateTopicsResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<2> | ignorable, "throttle_time_ms", throttle_time_ms);
    v(since<0>, "topics", topics);
  }
};

}  // namespace kafka
