// Fetch (key 1): record batches from partitions, for consumers and followers. A follower says who
// it is by replica_id to v14, by replica_state since v15 (KIP-903); sessions since v7 (KIP-227),
// divergence by last_fetched_epoch since v12 (KIP-595), topic ids since v13 (KIP-516).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/messages/records/record_batch.h"
#include "broker-model/types/error_code.h"
#include "broker-model/types/ids.h"

namespace kafka {

struct FetchRequest {
  static constexpr ApiInfo api{ApiKey::kFetch, "Fetch", 4, 18, 12};

  struct ReplicaState {
    std::int32_t replica_id = -1;
    std::int64_t replica_epoch = -1;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const ReplicaState&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<15>, "replica_id", replica_id);
      v(since<15>, "replica_epoch", replica_epoch);
    }
  };

  struct FetchPartition {
    std::int32_t partition = 0;
    std::int32_t current_leader_epoch = -1;
    std::int64_t fetch_offset = 0;
    std::int32_t last_fetched_epoch = -1;
    std::int64_t log_start_offset = -1;
    std::int32_t partition_max_bytes = 0;
    Uuid replica_directory_id{};
    std::int64_t high_watermark = INT64_MAX;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const FetchPartition&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "partition", partition);
      v(since<9> | ignorable, "current_leader_epoch", current_leader_epoch);
      v(since<0>, "fetch_offset", fetch_offset);
      v(since<12>, "last_fetched_epoch", last_fetched_epoch);
      v(since<5> | ignorable, "log_start_offset", log_start_offset);
      v(since<0>, "partition_max_bytes", partition_max_bytes);
      v(since<17> | tagged<0> | ignorable, "replica_directory_id", replica_directory_id);
      v(since<18> | tagged<1> | ignorable, "high_watermark", high_watermark);
    }
  };

  struct FetchTopic {
    std::string topic{};
    Uuid topic_id{};
    std::vector<FetchPartition> partitions{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const FetchTopic&) const = default;

    template <class V>
    void fields(V& v) {
      v(between<0, 12> | ignorable, "topic", topic);
      v(since<13> | ignorable, "topic_id", topic_id);
      v(since<0>, "partitions", partitions);
    }
  };

  struct ForgottenTopic {
    std::string topic{};
    Uuid topic_id{};
    std::vector<std::int32_t> partitions{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const ForgottenTopic&) const = default;

    template <class V>
    void fields(V& v) {
      v(between<7, 12> | ignorable, "topic", topic);
      v(since<13> | ignorable, "topic_id", topic_id);
      v(since<7>, "partitions", partitions);
    }
  };

  std::optional<std::string> cluster_id{};
  std::int32_t replica_id = -1;
  ReplicaState replica_state{};
  std::int32_t max_wait_ms = 0;
  std::int32_t min_bytes = 0;
  std::int32_t max_bytes = INT32_MAX;
  std::int8_t isolation_level = 0;
  std::int32_t session_id = 0;
  std::int32_t session_epoch = -1;
  std::vector<FetchTopic> topics{};
  std::vector<ForgottenTopic> forgotten_topics_data{};
  std::string rack_id{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const FetchRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<12> | tagged<0> | nullable | ignorable, "cluster_id", cluster_id);
    v(between<0, 14>, "replica_id", replica_id);
    v(since<15> | tagged<1>, "replica_state", replica_state);
    v(since<0>, "max_wait_ms", max_wait_ms);
    v(since<0>, "min_bytes", min_bytes);
    v(since<3> | ignorable, "max_bytes", max_bytes);
    v(since<4> | ignorable, "isolation_level", isolation_level);
    v(since<7> | ignorable, "session_id", session_id);
    v(since<7> | ignorable, "session_epoch", session_epoch);
    v(since<0>, "topics", topics);
    v(since<7>, "forgotten_topics_data", forgotten_topics_data);
    v(since<11> | ignorable, "rack_id", rack_id);
  }
};

struct FetchResponse {
  static constexpr ApiInfo api{ApiKey::kFetch, "Fetch", 4, 18, 12};

  struct EpochEndOffset {
    std::int32_t epoch = -1;
    std::int64_t end_offset = -1;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const EpochEndOffset&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<12>, "epoch", epoch);
      v(since<12>, "end_offset", end_offset);
    }
  };

  struct LeaderIdAndEpoch {
    std::int32_t leader_id = -1;
    std::int32_t leader_epoch = -1;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const LeaderIdAndEpoch&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<12>, "leader_id", leader_id);
      v(since<12>, "leader_epoch", leader_epoch);
    }
  };

  struct SnapshotId {
    std::int64_t end_offset = -1;
    std::int32_t epoch = -1;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const SnapshotId&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "end_offset", end_offset);
      v(since<0>, "epoch", epoch);
    }
  };

  struct AbortedTransaction {
    std::int64_t producer_id = 0;
    std::int64_t first_offset = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const AbortedTransaction&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<4>, "producer_id", producer_id);
      v(since<4>, "first_offset", first_offset);
    }
  };

  struct PartitionData {
    std::int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::kNone;
    std::int64_t high_watermark = 0;
    std::int64_t last_stable_offset = -1;
    std::int64_t log_start_offset = -1;
    EpochEndOffset diverging_epoch{};
    LeaderIdAndEpoch current_leader{};
    SnapshotId snapshot_id{};
    std::optional<std::vector<AbortedTransaction>> aborted_transactions =
        std::vector<AbortedTransaction>{};
    std::int32_t preferred_read_replica = -1;
    std::optional<Records> records{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const PartitionData&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "partition_index", partition_index);
      v(since<0>, "error_code", error_code);
      v(since<0>, "high_watermark", high_watermark);
      v(since<4> | ignorable, "last_stable_offset", last_stable_offset);
      v(since<5> | ignorable, "log_start_offset", log_start_offset);
      v(since<12> | tagged<0>, "diverging_epoch", diverging_epoch);
      v(since<12> | tagged<1>, "current_leader", current_leader);
      v(since<12> | tagged<2>, "snapshot_id", snapshot_id);
      v(since<4> | nullable | ignorable, "aborted_transactions", aborted_transactions);
      v(since<11>, "preferred_read_replica", preferred_read_replica);
      v(since<0> | nullable, "records", records);
    }
  };

  struct FetchableTopicResponse {
    std::string topic{};
    Uuid topic_id{};
    std::vector<PartitionData> partitions{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const FetchableTopicResponse&) const = default;

    template <class V>
    void fields(V& v) {
      v(between<0, 12> | ignorable, "topic", topic);
      v(since<13> | ignorable, "topic_id", topic_id);
      v(since<0>, "partitions", partitions);
    }
  };

  struct NodeEndpoint {
    std::int32_t node_id = 0;
    std::string host{};
    std::int32_t port = 0;
    std::optional<std::string> rack{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const NodeEndpoint&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<16>, "node_id", node_id);
      v(since<16>, "host", host);
      v(since<16>, "port", port);
      v(since<16> | nullable, "rack", rack);
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::int32_t session_id = 0;
  std::vector<FetchableTopicResponse> responses{};
  std::vector<NodeEndpoint> node_endpoints{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const FetchResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<1> | ignorable, "throttle_time_ms", throttle_time_ms);
    v(since<7> | ignorable, "error_code", error_code);
    v(since<7>, "session_id", session_id);
    v(since<0>, "responses", responses);
    v(since<16> | tagged<0>, "node_endpoints", node_endpoints);
  }
};

}  // namespace kafka
