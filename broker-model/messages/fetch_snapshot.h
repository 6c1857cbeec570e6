// FetchSnapshot (key 59): a piece of a metadata snapshot, from a position on (KIP-630). Who asks
// and who leads by directory id and endpoint since v1 (KIP-853). A piece may begin and end inside a
// batch, so unaligned_records are bytes here, not Records.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/env/frame.h"
#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"
#include "broker-model/types/ids.h"

namespace kafka {

struct FetchSnapshotRequest {
  static constexpr ApiInfo api{ApiKey::kFetchSnapshot, "FetchSnapshot", 0, 1, 0};

  struct SnapshotId {
    std::int64_t end_offset = 0;
    std::int32_t epoch = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const SnapshotId&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "end_offset", end_offset);
      v(since<0>, "epoch", epoch);
    }
  };

  struct PartitionSnapshot {
    std::int32_t partition = 0;
    std::int32_t current_leader_epoch = 0;
    SnapshotId snapshot_id{};
    std::int64_t position = 0;
    Uuid replica_directory_id{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const PartitionSnapshot&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "partition", partition);
      v(since<0>, "current_leader_epoch", current_leader_epoch);
      v(since<0>, "snapshot_id", snapshot_id);
      v(since<0>, "position", position);
      v(since<1> | tagged<0> | ignorable, "replica_directory_id", replica_directory_id);
    }
  };

  struct TopicSnapshot {
    std::string name{};
    std::vector<PartitionSnapshot> partitions{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const TopicSnapshot&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "name", name);
      v(since<0>, "partitions", partitions);
    }
  };

  std::optional<std::string> cluster_id{};
  std::int32_t replica_id = -1;
  std::int32_t max_bytes = INT32_MAX;
  std::vector<TopicSnapshot> topics{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const FetchSnapshotRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0> | tagged<0> | nullable, "cluster_id", cluster_id);
    v(since<0>, "replica_id", replica_id);
    v(since<0>, "max_bytes", max_bytes);
    v(since<0>, "topics", topics);
  }
};

struct FetchSnapshotResponse {
  static constexpr ApiInfo api{ApiKey::kFetchSnapshot, "FetchSnapshot", 0, 1, 0};

  struct SnapshotId {
    std::int64_t end_offset = 0;
    std::int32_t epoch = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const SnapshotId&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "end_offset", end_offset);
      v(since<0>, "epoch", epoch);
    }
  };

  struct LeaderIdAndEpoch {
    std::int32_t leader_id = 0;
    std::int32_t leader_epoch = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const LeaderIdAndEpoch&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "leader_id", leader_id);
      v(since<0>, "leader_epoch", leader_epoch);
    }
  };

  struct PartitionSnapshot {
    std::int32_t index = 0;
    ErrorCode error_code = ErrorCode::kNone;
    SnapshotId snapshot_id{};
    LeaderIdAndEpoch current_leader{};
    std::int64_t size = 0;
    std::int64_t position = 0;
    env::Bytes unaligned_records{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const PartitionSnapshot&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "index", index);
      v(since<0>, "error_code", error_code);
      v(since<0>, "snapshot_id", snapshot_id);
      v(since<0> | tagged<0>, "current_leader", current_leader);
      v(since<0>, "size", size);
      v(since<0>, "position", position);
      v(since<0>, "unaligned_records", unaligned_records);
    }
  };

  struct TopicSnapshot {
    std::string name{};
    std::vector<PartitionSnapshot> partitions{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const TopicSnapshot&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "name", name);
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

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<TopicSnapshot> topics{};
  std::vector<NodeEndpoint> node_endpoints{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const FetchSnapshotResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0> | ignorable, "throttle_time_ms", throttle_time_ms);
    v(since<0>, "error_code", error_code);
    v(since<0>, "topics", topics);
    v(since<1> | tagged<0>, "node_endpoints", node_endpoints);
  }
};

}  // namespace kafka
