// Vote (key 52): a candidate of the metadata quorum asks a voter for its vote (KIP-595). v1 names
// voters by id and directory and answers with endpoints (KIP-853); v2 may ask without raising the
// epoch, as a prospective candidate does: pre_vote (KIP-996).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"
#include "broker-model/types/ids.h"

namespace kafka {

struct VoteRequest {
  static constexpr ApiInfo api{ApiKey::kVote, "Vote", 0, 2, 0};

  struct PartitionData {
    std::int32_t partition_index = 0;
    std::int32_t replica_epoch = 0;
    std::int32_t replica_id = 0;
    Uuid replica_directory_id{};
    Uuid voter_directory_id{};
    std::int32_t last_offset_epoch = 0;
    std::int64_t last_offset = 0;
    bool pre_vote = false;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const PartitionData&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "partition_index", partition_index);
      v(since<0>, "replica_epoch", replica_epoch);
      v(since<0>, "replica_id", replica_id);
      v(since<1> | ignorable, "replica_directory_id", replica_directory_id);
      v(since<1> | ignorable, "voter_directory_id", voter_directory_id);
      v(since<0>, "last_offset_epoch", last_offset_epoch);
      v(since<0>, "last_offset", last_offset);
      v(since<2>, "pre_vote", pre_vote);
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

  std::optional<std::string> cluster_id{};
  std::int32_t voter_id = -1;
  std::vector<TopicData> topics{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const VoteRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0> | nullable, "cluster_id", cluster_id);
    v(since<1> | ignorable, "voter_id", voter_id);
    v(since<0>, "topics", topics);
  }
};

struct VoteResponse {
  static constexpr ApiInfo api{ApiKey::kVote, "Vote", 0, 2, 0};

  struct PartitionData {
    std::int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::kNone;
    std::int32_t leader_id = 0;
    std::int32_t leader_epoch = 0;
    bool vote_granted = false;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const PartitionData&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "partition_index", partition_index);
      v(since<0>, "error_code", error_code);
      v(since<0>, "leader_id", leader_id);
      v(since<0>, "leader_epoch", leader_epoch);
      v(since<0>, "vote_granted", vote_granted);
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
  bool operator==(const VoteResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "error_code", error_code);
    v(since<0>, "topics", topics);
    v(since<1> | tagged<0>, "node_endpoints", node_endpoints);
  }
};

}  // namespace kafka
