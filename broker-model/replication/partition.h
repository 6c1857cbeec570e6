// Partition: one replica of a partition on one broker, as leader or follower
// (kafka.cluster.Partition).
//
// Made by ReplicaManager when the metadata image first gives this broker the replica, destroyed
// when it is taken away or the broker dies. It sees no Env: time comes as an argument (the wall
// clock, as Partition.scala reads Time.milliseconds), everything else goes through PartitionHost.
//
// Invariants (check_invariants):
//   1. high watermark <= log end offset of the own log.
//   2. A leader's maximal ISR contains the leader.
//   3. Leader epoch and partition epoch never go back.
//   4. A leader knows the start offset of its epoch, and it is not above the log's next offset.
//   5. Only a leader holds states of remote replicas, one per other member of the assignment.
//   6. A pending ISR change has the epochs of the partition: metadata that moves them replaces it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "broker-model/types/error_code.h"
#include "broker-model/types/ids.h"
#include "broker-model/types/mutations.h"

namespace kafka {

class Partition;
class PartitionLog;

// What the metadata log says of a partition (PartitionRegistration).
struct PartitionRegistrationView {
  std::optional<NodeId> leader;
  LeaderEpoch leader_epoch;
  PartitionEpoch partition_epoch;
  std::vector<NodeId> isr;
  std::vector<NodeId> replicas;
};

// A member of a proposed ISR. The epoch is absent when the member has not fetched from this leader
// yet (on the wire -1).
struct IsrMember {
  NodeId broker;
  std::optional<BrokerEpoch> broker_epoch;
  friend bool operator==(const IsrMember&, const IsrMember&) = default;
};

// One partition's share of an AlterPartition request.
struct ProposedIsr {
  LeaderEpoch leader_epoch;
  PartitionEpoch partition_epoch;
  std::vector<IsrMember> isr;
};

// The controller's answer for one partition.
struct AlteredPartition {
  ErrorCode error = ErrorCode::kNone;  // the rest is valid with kNone only
  std::optional<NodeId> leader;
  LeaderEpoch leader_epoch;
  PartitionEpoch partition_epoch;
  std::vector<NodeId> isr;
};

// What a Partition asks of its broker. The broker outlives its partitions.
class PartitionHost {
 public:
  virtual ~PartitionHost() = default;
  // The epoch of a registered, unfenced broker by this broker's metadata.
  virtual std::optional<BrokerEpoch> alive_broker_epoch(NodeId) const = 0;
  virtual bool is_fenced(NodeId) const = 0;         // an unknown broker answers false, as in Kafka
  virtual bool is_shutting_down(NodeId) const = 0;  // in controlled shutdown
  virtual BrokerEpoch local_broker_epoch() const = 0;
  // Hands a change to the AlterPartition manager; the answer comes by on_alter_partition(), never
  // from within the call. False: one is already queued for this partition
  // (OPERATION_NOT_ATTEMPTED).
  virtual bool submit_alter_partition(const Partition&, const ProposedIsr&) = 0;
  // The own log records that the epoch starts at its next offset (LeaderEpochFileCache).
  virtual void assign_epoch_start(PartitionLog&, LeaderEpoch) = 0;
  virtual void on_high_watermark_moved(const Partition&, Offset old_high_watermark) = 0;
  virtual void on_isr_changed(const Partition&) = 0;  // maximal_isr() may be another one
};

// A follower as its leader sees it (org.apache.kafka.server.replica.Replica, ReplicaState).
struct RemoteReplica {
  NodeId broker;
  std::optional<Offset> log_end_offset;  // absent until it has fetched from this leadership
  Offset log_start_offset = -1;
  Offset last_fetch_leader_end_offset = -1;  // the leader's end at the time of that fetch
  std::int64_t last_fetch_time_ms = 0;       // wall clock
  std::int64_t last_caught_up_time_ms = 0;   // wall clock
  std::optional<BrokerEpoch> broker_epoch;   // of its last fetch; wire -1 is kept as -1

  Offset end_or_unknown() const { return log_end_offset.value_or(-1); }
  bool is_caught_up(Offset leader_end, std::int64_t now_ms, std::int64_t lag_max_ms) const {
    return end_or_unknown() == leader_end || now_ms - last_caught_up_time_ms <= lag_max_ms;
  }
};

enum class IsrChange : std::uint8_t { kNone, kExpand, kShrink };  // what is pending

struct PartitionOptions {
  NodeId local_broker;
  TopicPartition topic_partition;
  Uuid topic_id;
  Duration replica_lag_time_max{};
  std::int32_t min_insync_replicas = 1;
  BrokerMutations mutations;
};

// A follower's fetch that was answered without a diverging epoch.
struct FollowerFetch {
  NodeId replica;
  Offset fetch_offset = 0;
  Offset log_start_offset = -1;
  WallTime fetch_time;
  Offset leader_end_offset = 0;  // before the read
  BrokerEpoch broker_epoch;      // -1: unknown, not checked
};

class Partition {
 public:
  Partition(PartitionOptions options, PartitionHost& host, PartitionLog& log);

  const TopicPartition& topic_partition() const { return options_.topic_partition; }
  const Uuid& topic_id() const { return options_.topic_id; }
  PartitionLog& log() { return *log_; }
  const PartitionLog& log() const { return *log_; }

  bool is_leader() const { return leader_ == options_.local_broker; }
  std::optional<NodeId> leader() const { return leader_; }
  LeaderEpoch leader_epoch() const { return leader_epoch_; }
  PartitionEpoch partition_epoch() const { return partition_epoch_; }
  std::optional<Offset> epoch_start_offset() const { return epoch_start_offset_; }  // leader only
  std::span<const NodeId> isr() const { return isr_; }  // committed; leader only
  // With a pending expand the new member counts already, a pending shrink does not count yet: the
  // high watermark must be safe under both outcomes.
  std::vector<NodeId> maximal_isr() const;
  std::size_t maximal_isr_size() const {
    return isr_.size() + (pending_ == IsrChange::kExpand ? 1 : 0);
  }
  bool in_maximal_isr(NodeId) const;
  IsrChange pending_change() const { return pending_; }
  std::span<const NodeId> replicas() const { return replicas_; }
  std::span<const RemoteReplica> remote_replicas() const { return remote_; }
  const RemoteReplica* remote_replica(NodeId) const;
  Offset high_watermark() const { return high_watermark_; }
  Offset log_end_offset() const;

  // min(min.insync.replicas, number of replicas) (KIP-966).
  std::size_t effective_min_isr() const;
  bool is_under_min_isr() const { return is_leader() && isr_.size() < effective_min_isr(); }
  void set_min_insync_replicas(std::int32_t value) { options_.min_insync_replicas = value; }

  // Metadata says that this broker leads. Older partition epochs are ignored (false); true when it
  // did not lead before.
  bool make_leader(const PartitionRegistrationView&, WallTime now);
  // Metadata says that another broker leads, or none. True when the leader epoch is new: fetchers
  // must be restarted then.
  bool make_follower(const PartitionRegistrationView&);

  // The fence of Fetch, ListOffsets and the like: FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, or
  // NOT_LEADER_OR_FOLLOWER when only a leader may answer.
  ErrorCode check_leader_epoch(std::optional<LeaderEpoch> request_epoch,
                               bool leader_only = true) const;
  // A follower that is no member of the assignment: UNKNOWN_LEADER_EPOCH, or NOT_LEADER_OR_FOLLOWER
  // for a request without an epoch.
  ErrorCode check_follower(NodeId replica, std::optional<LeaderEpoch> request_epoch) const;

  // Before an append: NOT_LEADER_OR_FOLLOWER, or with acks=all NOT_ENOUGH_REPLICAS.
  ErrorCode check_append(std::int16_t acks) const;
  // Records became part of the leader's own log. True when the high watermark moved.
  bool on_leader_append(WallTime now);

  // NOT_LEADER_OR_FOLLOWER when the broker epoch is older than the one metadata knows.
  struct FetchUpdate {
    ErrorCode error = ErrorCode::kNone;
    bool high_watermark_moved = false;
  };
  FetchUpdate update_follower_fetch_state(const FollowerFetch&);

  // Is an acks=all append up to `required` answered? Nothing: not yet. Else NONE,
  // NOT_ENOUGH_REPLICAS_AFTER_APPEND or NOT_LEADER_OR_FOLLOWER.
  std::optional<ErrorCode> check_enough_replicas_reach(Offset required) const;

  // Every replica.lag.time.max.ms / 2.
  void maybe_shrink_isr(WallTime now);
  std::vector<NodeId> out_of_sync_replicas(WallTime now) const;

  // The controller's answer to what submit_alter_partition() was given. True when the high
  // watermark moved.
  bool on_alter_partition(const ProposedIsr& sent, const AlteredPartition&, WallTime now);

  // A follower's high watermark: min(leader's, own log end offset). True when it moved.
  bool update_follower_high_watermark(Offset leader_high_watermark);
  // The own log was opened with this checkpoint, or cut: the high watermark stays within it. No
  // word to the host: the log's own news says it.
  void restore_high_watermark(Offset checkpoint);
  void on_log_cut();

  void check_invariants() const;

 private:
  RemoteReplica* find_remote(NodeId);
  bool counts_as_pending(NodeId) const;
  void set_assignment(const PartitionRegistrationView&, bool as_leader);
  void reset_remote_replicas(const PartitionRegistrationView&, WallTime now, bool is_new_leader,
                             Offset epoch_start);
  bool is_isr_eligible(const RemoteReplica&) const;
  void maybe_expand_isr(const RemoteReplica&);
  void propose(IsrChange change, std::vector<NodeId> isr);
  void submit();
  bool maybe_increment_high_watermark(WallTime now);
  bool on_alter_partition_error(ErrorCode error);

  PartitionOptions options_;
  PartitionHost* host_;
  PartitionLog* log_;
  Offset high_watermark_ = 0;
  std::optional<NodeId> leader_;
  LeaderEpoch leader_epoch_{-1};
  PartitionEpoch partition_epoch_{0};
  std::optional<Offset> epoch_start_offset_;  // valid while leading
  std::vector<NodeId> replicas_;              // in the order of the assignment
  std::vector<NodeId> isr_;                   // committed, sorted; empty on a follower
  std::vector<RemoteReplica> remote_;         // sorted by broker; empty on a follower
  IsrChange pending_ = IsrChange::kNone;
  std::optional<NodeId> pending_member_;  // valid with a pending expand
  ProposedIsr proposed_;                  // valid with a pending change
};

}  // namespace kafka
