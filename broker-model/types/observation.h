// Observations: the truth of a run, told by the nodes themselves as it happens. Checkers, recorder,
// plots, traces and the digest are made of them; nothing flows back into the model.
//
// Views in an observation are valid during the call only: a sink copies what it keeps. Each struct
// says its fields once (fields()), from which digest, text and trace are derived. The sink knows
// the node and the time from its own arguments.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "broker-model/env/frame.h"
#include "broker-model/types/error_code.h"
#include "broker-model/types/ids.h"
#include "broker-model/types/quorum_observations.h"
#include "broker-model/types/replica_observations.h"

namespace kafka {

// --- logs of partitions, told by the broker that holds them ------------------------------------

// A replica's log was opened (created empty, or recovered after a start). What it holds is a prefix
// of what this broker held before: [log_start_offset, log_end_offset).
struct LogOpened {
  static constexpr std::string_view kName = "log-opened";
  TopicPartitionView partition;
  Offset log_start_offset = 0;
  Offset log_end_offset = 0;
  Offset high_watermark = 0;
  template <class V>
  void fields(V& v) const {
    v("partition", partition);
    v("log_start_offset", log_start_offset);
    v("log_end_offset", log_end_offset);
    v("high_watermark", high_watermark);
  }
};

// One batch became part of the log: log end offset is now last_offset + 1.
struct RecordsAppended {
  static constexpr std::string_view kName = "append";
  TopicPartitionView partition;
  bool as_leader = false;
  Offset base_offset = 0;
  Offset last_offset = 0;
  LeaderEpoch batch_epoch;           // the partition leader epoch in the batch
  const env::Bytes* body = nullptr;  // the batch from its magic byte on: records::RecordBatch::body
  template <class V>
  void fields(V& v) const {
    v("partition", partition);
    v("as_leader", as_leader);
    v("base_offset", base_offset);
    v("last_offset", last_offset);
    v("batch_epoch", batch_epoch);
    v("body", *body);
  }
};

struct LogTruncated {
  static constexpr std::string_view kName = "truncate";
  TopicPartitionView partition;
  Offset old_end_offset = 0;
  Offset new_end_offset = 0;
  template <class V>
  void fields(V& v) const {
    v("partition", partition);
    v("old_end_offset", old_end_offset);
    v("new_end_offset", new_end_offset);
  }
};

struct LogStartMoved {
  static constexpr std::string_view kName = "log-start";
  TopicPartitionView partition;
  Offset log_start_offset = 0;
  template <class V>
  void fields(V& v) const {
    v("partition", partition);
    v("log_start_offset", log_start_offset);
  }
};

// The cleaner went over the log below `end_offset` and removed these records; their offsets stay.
struct RecordsCleaned {
  static constexpr std::string_view kName = "cleaned";
  TopicPartitionView partition;
  Offset end_offset = 0;
  std::span<const Offset> removed;
  template <class V>
  void fields(V& v) const {
    v("partition", partition);
    v("end_offset", end_offset);
    v("removed", removed);
  }
};

struct HighWatermarkMoved {
  static constexpr std::string_view kName = "high-watermark";
  TopicPartitionView partition;
  bool as_leader = false;
  LeaderEpoch leader_epoch;
  Offset old_high_watermark = 0;
  Offset high_watermark = 0;
  template <class V>
  void fields(V& v) const {
    v("partition", partition);
    v("as_leader", as_leader);
    v("leader_epoch", leader_epoch);
    v("old_high_watermark", old_high_watermark);
    v("high_watermark", high_watermark);
  }
};

struct BecameLeader {
  static constexpr std::string_view kName = "became-leader";
  TopicPartitionView partition;
  LeaderEpoch leader_epoch;
  PartitionEpoch partition_epoch;
  Offset log_end_offset = 0;  // start offset of the new epoch
  Offset high_watermark = 0;
  std::span<const NodeId> isr;
  template <class V>
  void fields(V& v) const {
    v("partition", partition);
    v("leader_epoch", leader_epoch);
    v("partition_epoch", partition_epoch);
    v("log_end_offset", log_end_offset);
    v("high_watermark", high_watermark);
    v("isr", isr);
  }
};

struct BecameFollower {
  static constexpr std::string_view kName = "became-follower";
  TopicPartitionView partition;
  LeaderEpoch leader_epoch;
  std::optional<NodeId> leader;
  Offset log_end_offset = 0;
  template <class V>
  void fields(V& v) const {
    v("partition", partition);
    v("leader_epoch", leader_epoch);
    v("leader", leader);
    v("log_end_offset", log_end_offset);
  }
};

// --- the controller ------------------------------------------------------------------------------

// The active controller committed a new state of a partition.
struct PartitionChanged {
  static constexpr std::string_view kName = "partition-change";
  TopicPartitionView partition;
  std::optional<NodeId> leader;
  LeaderEpoch leader_epoch;
  PartitionEpoch partition_epoch;
  std::span<const NodeId> isr;
  std::span<const NodeId> eligible_leader_replicas;  // KIP-966; empty where it is off
  std::span<const NodeId> replicas;
  bool leader_changed = false;  // or the epoch was raised: an election
  // Of the new ISR nobody was in ISR or ELR: an unclean election, be it of the last known leader,
  // or a reassignment taken back whose new replicas were the whole ISR.
  bool is_unclean = false;
  // Not so when a controller that takes over tells of a partition that has never changed.
  bool is_creation() const { return partition_epoch == PartitionEpoch(0) && leader_changed; }
  template <class V>
  void fields(V& v) const {
    v("partition", partition);
    v("leader", leader);
    v("leader_epoch", leader_epoch);
    v("partition_epoch", partition_epoch);
    v("isr", isr);
    v("eligible_leader_replicas", eligible_leader_replicas);
    v("replicas", replicas);
    v("leader_changed", leader_changed);
    v("is_unclean", is_unclean);
  }
};

enum class BrokerState : std::uint8_t {
  kRegistered,
  kFenced,
  kUnfenced,
  kInControlledShutdown,
  kUnregistered
};
std::string_view name(BrokerState);

struct BrokerStateChanged {
  static constexpr std::string_view kName = "broker-state";
  NodeId broker;
  BrokerEpoch broker_epoch;
  BrokerState state = BrokerState::kRegistered;
  template <class V>
  void fields(V& v) const {
    v("broker", broker);
    v("broker_epoch", broker_epoch);
    v("state", state);
  }
};

struct ControllerElected {
  static constexpr std::string_view kName = "controller-elected";
  NodeId controller;
  ControllerEpoch epoch;
  template <class V>
  void fields(V& v) const {
    v("controller", controller);
    v("epoch", epoch);
  }
};

// --- clients -------------------------------------------------------------------------------------

// A record was handed to producer.send(). `tag` is unique in the run and comes back in its outcome;
// `content` is content_hash(key, value). `intended` is when an open-loop load meant to send it.
struct SendStarted {
  static constexpr std::string_view kName = "send";
  std::uint64_t tag = 0;
  std::string_view topic;
  std::uint64_t content = 0;
  Instant intended;
  template <class V>
  void fields(V& v) const {
    v("tag", tag);
    v("topic", topic);
    v("content", content);
    v("intended", intended);
  }
};

// The producer's callback said success. With acks=0 there is no offset.
struct SendAcked {
  static constexpr std::string_view kName = "acked";
  std::uint64_t tag = 0;
  TopicPartitionView partition;
  std::optional<Offset> offset;
  std::uint64_t content = 0;
  std::int16_t acks = -1;  // as configured: 0, 1 or -1 (all)
  Instant intended;
  template <class V>
  void fields(V& v) const {
    v("tag", tag);
    v("partition", partition);
    v("offset", offset);
    v("content", content);
    v("acks", acks);
    v("intended", intended);
  }
};

// The producer's callback said failure. `maybe_written`: a request that held it was sent and its
// fate is unknown.
struct SendFailed {
  static constexpr std::string_view kName = "send-failed";
  std::uint64_t tag = 0;
  std::string_view topic;
  std::optional<std::int32_t> partition;
  ErrorCode error = ErrorCode::kNone;
  std::string_view reason;  // a sentence, e.g. "delivery.timeout.ms has passed"
  bool maybe_written = false;
  Instant intended;
  template <class V>
  void fields(V& v) const {
    v("tag", tag);
    v("topic", topic);
    v("partition", partition);
    v("error", error);
    v("reason", reason);
    v("maybe_written", maybe_written);
    v("intended", intended);
  }
};

// poll() returned a record.
struct RecordDelivered {
  static constexpr std::string_view kName = "delivered";
  TopicPartitionView partition;
  Offset offset = 0;
  LeaderEpoch batch_epoch;
  std::uint64_t content = 0;
  WallTime timestamp;  // CreateTime of the record
  template <class V>
  void fields(V& v) const {
    v("partition", partition);
    v("offset", offset);
    v("batch_epoch", batch_epoch);
    v("content", content);
    v("timestamp", timestamp);
  }
};

enum class PositionReason : std::uint8_t { kAssigned, kSeek, kReset, kTruncated };
std::string_view name(PositionReason);

// The consumer's next offset was set by something other than a delivery: continuity starts anew
// here.
struct PositionSet {
  static constexpr std::string_view kName = "position";
  TopicPartitionView partition;
  Offset offset = 0;
  PositionReason reason = PositionReason::kAssigned;
  template <class V>
  void fields(V& v) const {
    v("partition", partition);
    v("offset", offset);
    v("reason", reason);
  }
};

// An answer to an order from outside (create topic and the like): `order` is the command's number.
struct OrderDone {
  static constexpr std::string_view kName = "order-done";
  std::uint64_t order = 0;
  ErrorCode error = ErrorCode::kNone;
  std::string_view message;
  template <class V>
  void fields(V& v) const {
    v("order", order);
    v("error", error);
    v("message", message);
  }
};

// A request left a client or broker, or its fate is known at the sender. For metrics and traces.
struct RequestDone {
  static constexpr std::string_view kName = "request";
  std::int16_t api_key = 0;
  std::int16_t api_version = 0;
  Duration elapsed{};
  bool timed_out = false;
  bool disconnected = false;
  template <class V>
  void fields(V& v) const {
    v("api_key", api_key);
    v("api_version", api_version);
    v("elapsed", elapsed);
    v("timed_out", timed_out);
    v("disconnected", disconnected);
  }
};

struct Observation {
  std::variant<LogOpened, RecordsAppended, LogTruncated, LogFlushed, LogStartMoved, RecordsCleaned,
               HighWatermarkMoved, BecameLeader, MaximalIsrChanged, BecameFollower,
               PartitionChanged, TopicDeleted, BrokerStateChanged, ControllerElected,
               QuorumLeaderElected, MetadataCommitted, MetadataSnapshotted, Halted, SendStarted,
               SendAcked, SendFailed, RecordDelivered, PositionSet, OrderDone, RequestDone>
      what;
  template <class T>
  Observation(T observed) : what(std::move(observed)) {}  // NOLINT
};

// Identity of a record's content: xxh3 over key (or its absence) and value.
std::uint64_t content_hash(std::optional<std::span<const std::uint8_t>> key,
                           std::span<const std::uint8_t> value);

// One line for people: "append orders-0 base_offset=12 ...".
std::string to_string(const Observation&);

// 64 bits over every field, the same on every machine. For the digest.
std::uint64_t hash(const Observation&);

}  // namespace kafka
