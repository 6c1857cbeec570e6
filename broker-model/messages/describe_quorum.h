// DescribeQuorum (key 55): leader, voters and observers of the metadata quorum, with their log end
// offsets (KIP-595), times of the last fetch since v1 (KIP-836), directories and the endpoints of
// the nodes since v2 (KIP-853).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"
#include "broker-model/types/ids.h"

namespace kafka {

struct DescribeQuorumRequest {
  static constexpr ApiInfo api{ApiKey::kDescribeQuorum, "DescribeQuorum", 0, 2, 0};

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
    std::string topic_name{};
    std::vector<PartitionData> partitions{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const TopicData&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "topic_name", topic_name);
      v(since<0>, "partitions", partitions);
    }
  };

  std::vector<TopicData> topics{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const DescribeQuorumRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "topics", topics);
  }
};

struct DescribeQuorumResponse {
  static constexpr ApiInfo api{ApiKey::kDescribeQuorum, "DescribeQuorum", 0, 2, 0};

  struct ReplicaState {
    std::int32_t replica_id = 0;
    Uuid replica_directory_id{};
    std::int64_t log_end_offset = 0;
    std::int64_t last_fetch_timestamp = -1;
    std::int64_t last_caught_up_timestamp = -1;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const ReplicaState&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "replica_id", replica_id);
      v(since<2>, "replica_directory_id", replica_directory_id);
      v(since<0>, "log_end_offset", log_end_offset);
      v(since<1> | ignorable, "last_fetch_timestamp", last_fetch_timestamp);
      v(since<1> | ignorable, "last_caught_up_timestamp", last_caught_up_timestamp);
    }
  };

  struct PartitionData {
    std::int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message = "";
    std::int32_t leader_id = 0;
    std::int32_t leader_epoch = 0;
    std::int64_t high_watermark = 0;
    std::vector<ReplicaState> current_voters{};
    std::vector<ReplicaState> observers{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const PartitionData&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "partition_index", partition_index);
      v(since<0>, "error_code", error_code);
      v(since<2> | nullable | ignorable, "error_message", error_message);
      v(since<0>, "leader_id", leader_id);
      v(since<0>, "leader_epoch", leader_epoch);
      v(since<0>, "high_watermark", high_watermark);
      v(since<0>, "current_voters", current_voters);
      v(since<0>, "observers", observers);
    }
  };

  struct TopicData {
    std::string topic_name{};
    std::vector<PartitionData> partitions{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const TopicData&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "topic_name", topic_name);
      v(since<0>, "partitions", partitions);
    }
  };

  struct Listener {
    std::string name{};
    std::string host{};
    std::uint16_t port = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const Listener&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<2>, "name", name);
      v(since<2>, "host", host);
      v(since<2>, "port", port);
    }
  };

  struct Node {
    std::int32_t node_id = 0;
    std::vector<Listener> listeners{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const Node&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<2>, "node_id", node_id);
      v(since<2>, "listeners", listeners);
    }
  };

  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message = "";
  std::vector<TopicData> topics{};
  std::vector<Node> nodes{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const DescribeQuorumResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "error_code", error_code);
    v(since<2> | nullable | ignorable, "error_message", error_message);
    v(since<0>, "topics", topics);
    v(since<2>, "nodes", nodes);
  }
};

}  // namespace kafka
