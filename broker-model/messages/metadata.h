// Metadata (key 3): brokers, topics, partitions and their leaders, as one broker sees them.
// Topics null asks for all (v1+; v0 says it with an empty list); ids since v10 (KIP-516).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"
#include "broker-model/types/ids.h"

namespace kafka {

struct MetadataRequest {
  static constexpr ApiInfo api{ApiKey::kMetadata, "Metadata", 0, 13, 9};

  struct MetadataRequestTopic {
    Uuid topic_id{};
    std::optional<std::string> name = "";
    UnknownTags unknown_tagged_fields{};
    bool operator==(const MetadataRequestTopic&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<10> | ignorable, "topic_id", topic_id);
      v(since<0> | nullable_since<10>, "name", name);
    }
  };

  std::optional<std::vector<MetadataRequestTopic>> topics = std::vector<MetadataRequestTopic>{};
  bool allow_auto_topic_creation = true;
  bool include_cluster_authorized_operations = false;
  bool include_topic_authorized_operations = false;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const MetadataRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0> | nullable_since<1>, "topics", topics);
    v(since<4>, "allow_auto_topic_creation", allow_auto_topic_creation);
    v(between<8, 10>, "include_cluster_authorized_operations",
      include_cluster_authorized_operations);
    v(since<8>, "include_topic_authorized_operations", include_topic_authorized_operations);
  }
};

struct MetadataResponse {
  static constexpr ApiInfo api{ApiKey::kMetadata, "Metadata", 0, 13, 9};

  struct MetadataResponseBroker {
    std::int32_t node_id = 0;
    std::string host{};
    std::int32_t port = 0;
    std::optional<std::string> rack{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const MetadataResponseBroker&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "node_id", node_id);
      v(since<0>, "host", host);
      v(since<0>, "port", port);
      v(since<1> | nullable | ignorable, "rack", rack);
    }
  };

  struct MetadataResponsePartition {
    ErrorCode error_code = ErrorCode::kNone;
    std::int32_t partition_index = 0;
    std::int32_t leader_id = 0;
    std::int32_t leader_epoch = -1;
    std::vector<std::int32_t> replica_nodes{};
    std::vector<std::int32_t> isr_nodes{};
    std::vector<std::int32_t> offline_replicas{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const MetadataResponsePartition&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "error_code", error_code);
      v(since<0>, "partition_index", partition_index);
      v(since<0>, "leader_id", leader_id);
      v(since<7> | ignorable, "leader_epoch", leader_epoch);
      v(since<0>, "replica_nodes", replica_nodes);
      v(since<0>, "isr_nodes", isr_nodes);
      v(since<5> | ignorable, "offline_replicas", offline_replicas);
    }
  };

  struct MetadataResponseTopic {
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> name = "";
    Uuid topic_id{};
    bool is_internal = false;
    std::vector<MetadataResponsePartition> partitions{};
    std::int32_t topic_authorized_operations = INT32_MIN;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const MetadataResponseTopic&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "error_code", error_code);
      v(since<0> | nullable_since<12>, "name", name);
      v(since<10> | ignorable, "topic_id", topic_id);
      v(since<1> | ignorable, "is_internal", is_internal);
      v(since<0>, "partitions", partitions);
      v(since<8>, "topic_authorized_operations", topic_authorized_operations);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<MetadataResponseBroker> brokers{};
  std::optional<std::string> cluster_id{};
  std::int32_t controller_id = -1;
  std::vector<MetadataResponseTopic> topics{};
  std::int32_t cluster_authorized_operations = INT32_MIN;
  ErrorCode error_code = ErrorCode::kNone;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const MetadataResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<3> | ignorable, "throttle_time_ms", throttle_time_ms);
    v(since<0>, "brokers", brokers);
    v(since<2> | nullable | ignorable, "cluster_id", cluster_id);
    v(since<1> | ignorable, "controller_id", controller_id);
    v(since<0>, "topics", topics);
    v(between<8, 10>, "cluster_authorized_operations", cluster_authorized_operations);
    v(since<13> | ignorable, "error_code", error_code);
  }
};

}  // namespace kafka
