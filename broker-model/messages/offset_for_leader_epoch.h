// OffsetForLeaderEpoch (key 23): where an epoch ended in the leader's log, so that a follower or a
// consumer finds the point of divergence (KIP-101). Fenced by current_leader_epoch (KIP-320);
// replica_id since v3: -2 is a client that may see past the high watermark.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"

namespace kafka {

struct OffsetForLeaderEpochRequest {
  static constexpr ApiInfo api{ApiKey::kOffsetForLeaderEpoch, "OffsetForLeaderEpoch", 2, 4, 4};

  struct OffsetForLeaderPartition {
    std::int32_t partition = 0;
    std::int32_t current_leader_epoch = -1;
    std::int32_t leader_epoch = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const OffsetForLeaderPartition&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "partition", partition);
      v(since<2> | ignorable, "current_leader_epoch", current_leader_epoch);
      v(since<0>, "leader_epoch", leader_epoch);
    }
  };

  struct OffsetForLeaderTopic {
    std::string topic{};
    std::vector<OffsetForLeaderPartition> partitions{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const OffsetForLeaderTopic&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "topic", topic);
      v(since<0>, "partitions", partitions);
    }
  };

  std::int32_t replica_id = -2;
  std::vector<OffsetForLeaderTopic> topics{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const OffsetForLeaderEpochRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<3> | ignorable, "replica_id", replica_id);
    v(since<0>, "topics", topics);
  }
};

struct OffsetForLeaderEpochResponse {
  static constexpr ApiInfo api{ApiKey::kOffsetForLeaderEpoch, "OffsetForLeaderEpoch", 2, 4, 4};

  struct EpochEndOffset {
    ErrorCode error_code = ErrorCode::kNone;
    std::int32_t partition = 0;
    std::int32_t leader_epoch = -1;
    std::int64_t end_offset = -1;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const EpochEndOffset&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "error_code", error_code);
      v(since<0>, "partition", partition);
      v(since<1> | ignorable, "leader_epoch", leader_epoch);
      v(since<0>, "end_offset", end_offset);
    }
  };

  struct OffsetForLeaderTopicResult {
    std::string topic{};
    std::vector<EpochEndOffset> partitions{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const OffsetForLeaderTopicResult&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "topic", topic);
      v(since<0>, "partitions", partitions);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<OffsetForLeaderTopicResult> topics{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const OffsetForLeaderEpochResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<2> | ignorable, "throttle_time_ms", throttle_time_ms);
    v(since<0>, "topics", topics);
  }
};

}  // namespace kafka
