// EndQuorumEpoch (key 54): a leader of the metadata quorum resigns and ranks its successors, the
// best first (KIP-595): by id in v0, by id and directory since v1 (KIP-853).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"
#include "broker-model/types/ids.h"

namespace kafka {

struct EndQuorumEpochRequest {
  static constexpr ApiInfo api{ApiKey::kEndQuorumEpoch, "EndQuorumEpoch", 0, 1, 1};

  struct ReplicaInfo {
    std::int32_t candidate_id = 0;
    Uuid candidate_directory_id{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const ReplicaInfo&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<1>, "candidate_id", candidate_id);
      v(since<1>, "candidate_directory_id", candidate_directory_id);
    }
  };

  struct PartitionData {
    std::int32_t partition_index = 0;
    std::int32_t leader_id = 0;
    std::int32_t leader_epoch = 0;
    std::vector<std::int32_t> preferred_successors{};
    std::vector<ReplicaInfo> preferred_candidates{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const PartitionData&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "partition_index", partition_index);
      v(since<0>, "leader_id", leader_id);
      v(since<0>, "leader_epoch", leader_epoch);
      v(between<0, 0> | ignorable, "preferred_successors", preferred_successors);
      v(since<1> | ignorable, "preferred_candidates", preferred_candidates);
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

  struct LeaderEndpoint {
    std::string name{};
    std::string host{};
    std::uint16_t port = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const LeaderEndpoint&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<1>, "name", name);
      v(since<1>, "host", host);
      v(since<1>, "port", port);
    }
  };

  std::optional<std::string> cluster_id{};
  std::vector<TopicData> topics{};
  std::vector<LeaderEndpoint> leader_endpoints{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const EndQuorumEpochRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0> | nullable, "cluster_id", cluster_id);
    v(since<0>, "topics", topics);
    v(since<1> | ignorable, "leader_endpoints", leader_endpoints);
  }
};

struct EndQuorumEpochResponse {
  static constexpr ApiInfo api{ApiKey::kEndQuorumEpoch, "EndQuorumEpoch", 0, 1, 1};

  struct PartitionData {
    std::int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::kNone;
    std::int32_t leader_id = 0;
    std::int32_t leader_epoch = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const PartitionData&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "partition_index", partition_index);
      v(since<0>, "error_code", error_code);
      v(since<0>, "leader_id", leader_id);
      v(since<0>, "leader_epoch", leader_epoch);
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

  struct NodeEndpoint {
    std::int32_t node_id = 0;
    std::string host{};
    std::uint16_t port = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const NodeEndpoint&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<1>, "node_id", node_id);
      v(since<1>, "host", host);
      v(since<1>, "port", port);
    }
  };

  ErrorCode error_code = ErrorCode::kNone;
  std::vector<TopicData> topics{};
  std::vector<NodeEndpoint> node_endpoints{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const EndQuorumEpochResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "error_code", error_code);
    v(since<0>, "topics", topics);
    v(since<1> | tagged<0>, "node_endpoints", node_endpoints);
  }
};

}  // namespace kafka
