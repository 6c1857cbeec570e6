// BeginQuorumEpoch (key 53): a new leader of the metadata quorum tells the voters of its epoch,
// until they fetch from it (KIP-595). v1 says which voter is meant and where the leader listens
// (KIP-853).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"
#include "broker-model/types/ids.h"

namespace kafka {

struct BeginQuorumEpochRequest {
  static constexpr ApiInfo api{ApiKey::kBeginQuorumEpoch, "BeginQuorumEpoch", 0, 1, 1};

  struct PartitionData {
    std::int32_t partition_index = 0;
    Uuid voter_directory_id{};
    std::int32_t leader_id = 0;
    std::int32_t leader_epoch = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const PartitionData&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "partition_index", partition_index);
      v(since<1> | ignorable, "voter_directory_id", voter_directory_id);
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
  std::int32_t voter_id = -1;
  std::vector<TopicData> topics{};
  std::vector<LeaderEndpoint> leader_endpoints{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const BeginQuorumEpochRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0> | nullable, "cluster_id", cluster_id);
    v(since<1> | ignorable, "voter_id", voter_id);
    v(since<0>, "topics", topics);
    v(since<1> | ignorable, "leader_endpoints", leader_endpoints);
  }
};

struct BeginQuorumEpochResponse {
  static constexpr ApiInfo api{ApiKey::kBeginQuorumEpoch, "BeginQuorumEpoch", 0, 1, 1};

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
  bool operator==(const BeginQuorumEpochResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "error_code", error_code);
    v(since<0>, "topics", topics);
    v(since<1> | tagged<0>, "node_endpoints", node_endpoints);
  }
};

}  // namespace kafka
