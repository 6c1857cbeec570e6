#include "broker-model/replication/partition.h"

#include <algorithm>

#include "broker-model/log/partition_log.h"
#include "broker-model/types/probe.h"

namespace kafka {
namespace {

bool contains(std::span<const NodeId> nodes, NodeId node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

}  // namespace

Partition::Partition(PartitionOptions options, PartitionHost& host, PartitionLog& log)
    : options_(std::move(options)), host_(&host), log_(&log) {}

Offset Partition::log_end_offset() const { return log_->log_end_offset(); }

std::vector<NodeId> Partition::maximal_isr() const {
  std::vector<NodeId> result = isr_;
  if (pending_ == IsrChange::kExpand && counts_as_pending(*pending_member_)) {
    result.insert(std::upper_bound(result.begin(), result.end(), *pending_member_),
                  *pending_member_);
  }
  return result;
}

bool Partition::in_maximal_isr(NodeId node) const {
  return contains(isr_, node) || counts_as_pending(node);
}

bool Partition::counts_as_pending(NodeId node) const {
  return pending_ == IsrChange::kExpand && pending_member_ == node &&
         !options_.mutations.pending_isr_ignored;
}

RemoteReplica* Partition::find_remote(NodeId node) {
  for (RemoteReplica& replica : remote_)
    if (replica.broker == node) return &replica;
  return nullptr;
}

const RemoteReplica* Partition::remote_replica(NodeId node) const {
  return const_cast<Partition*>(this)->find_remote(node);
}

std::size_t Partition::effective_min_isr() const {
  return std::min(static_cast<std::size_t>(std::max(options_.min_insync_replicas, 1)),
                  remote_.size() + 1);
}

// --- roles ---------------------------------------------------------------------------------------

void Partition::set_assignment(const PartitionRegistrationView& registration, bool as_leader) {
  replicas_ = registration.replicas;
  pending_ = IsrChange::kNone;
  pending_member_.reset();
  isr_.clear();
  if (!as_leader) {
    remote_.clear();
    return;
  }
  isr_ = registration.isr;
  std::sort(isr_.begin(), isr_.end());
  std::vector<RemoteReplica> remote;
  for (const NodeId node : replicas_) {
    if (node == options_.local_broker) continue;
    RemoteReplica& replica = remote.emplace_back();
    if (const RemoteReplica* known = find_remote(node)) {
      replica = *known;
    } else {
      replica.broker = node;
      replica.last_fetch_leader_end_offset = 0;  // ReplicaState.EMPTY
    }
  }
  std::sort(remote.begin(), remote.end(),
            [](const RemoteReplica& a, const RemoteReplica& b) { return a.broker < b.broker; });
  remote_ = std::move(remote);
}

// Replica.resetReplicaState: a member of the ISR counts as caught up at the moment of the election,
// anyone else as never, so that it does not hold back the high watermark.
void Partition::reset_remote_replicas(const PartitionRegistrationView& registration, WallTime now,
                                      bool is_new_leader, Offset epoch_start) {
  for (RemoteReplica& replica : remote_) {
    const bool in_sync = contains(registration.isr, replica.broker);
    replica.last_caught_up_time_ms = in_sync ? env::millis(now) : 0;
    if (is_new_leader) {
      replica.log_end_offset.reset();
      replica.log_start_offset = -1;
      replica.last_fetch_leader_end_offset = -1;
      replica.last_fetch_time_ms = 0;
      replica.broker_epoch.reset();
    } else {
      replica.last_fetch_leader_end_offset = epoch_start;
      replica.last_fetch_time_ms = in_sync ? env::millis(now) : 0;
    }
  }
}

bool Partition::make_leader(const PartitionRegistrationView& registration, WallTime now) {
  // Equal is allowed: the AlterPartition response may have told of this epoch before the metadata.
  if (registration.partition_epoch < partition_epoch_) return false;
  const bool is_new_leader = !is_leader();
  const bool is_new_epoch = registration.leader_epoch > leader_epoch_;
  set_assignment(registration, true);
  if (is_new_epoch) {
    const Offset epoch_start = log_->next_offset();
    // A follower may hold entries of a later epoch than any in this log: the epoch is recorded at
    // once so that its question can be answered before the first append.
    host_->assign_epoch_start(*log_, registration.leader_epoch);
    reset_remote_replicas(registration, now, is_new_leader, epoch_start);
    leader_epoch_ = registration.leader_epoch;
    epoch_start_offset_ = epoch_start;
  }
  partition_epoch_ = registration.partition_epoch;
  leader_ = options_.local_broker;
  host_->on_isr_changed(*this);
  maybe_increment_high_watermark(now);  // the ISR may be down to one
  return is_new_leader;
}

bool Partition::make_follower(const PartitionRegistrationView& registration) {
  if (registration.partition_epoch < partition_epoch_) return false;
  if (options_.mutations.no_leader_epoch_fencing && is_leader()) return false;
  const bool is_new_epoch = registration.leader_epoch > leader_epoch_;
  leader_ = registration.leader;
  leader_epoch_ = registration.leader_epoch;
  epoch_start_offset_.reset();
  partition_epoch_ = registration.partition_epoch;
  set_assignment(registration, false);
  return is_new_epoch;
}

// --- fences --------------------------------------------------------------------------------------

ErrorCode Partition::check_leader_epoch(std::optional<LeaderEpoch> request_epoch,
                                        bool leader_only) const {
  if (request_epoch && !options_.mutations.no_leader_epoch_fencing) {
    if (*request_epoch < leader_epoch_) return ErrorCode::kFencedLeaderEpoch;
    if (*request_epoch > leader_epoch_) return ErrorCode::kUnknownLeaderEpoch;
  }
  if (leader_only && !is_leader()) return ErrorCode::kNotLeaderOrFollower;
  return ErrorCode::kNone;
}

ErrorCode Partition::check_follower(NodeId replica,
                                    std::optional<LeaderEpoch> request_epoch) const {
  if (remote_replica(replica) != nullptr) return ErrorCode::kNone;
  return request_epoch ? ErrorCode::kUnknownLeaderEpoch : ErrorCode::kNotLeaderOrFollower;
}

ErrorCode Partition::check_append(std::int16_t acks) const {
  if (!is_leader()) return ErrorCode::kNotLeaderOrFollower;
  if (acks == -1 && isr_.size() < effective_min_isr()) return ErrorCode::kNotEnoughReplicas;
  return ErrorCode::kNone;
}

// --- high watermark ------------------------------------------------------------------------------

bool Partition::on_leader_append(WallTime now) {
  return is_leader() && maybe_increment_high_watermark(now);
}

// Partition.maybeIncrementLeaderHW. The minimum over the maximal ISR, and over followers that are
// caught up and may join it: such a one is about to be in the ISR, and the high watermark must not
// run away from it. Under min ISR it does not move at all (KIP-966), else a record could count as
// committed that too few replicas hold.
bool Partition::maybe_increment_high_watermark(WallTime now) {
  if (isr_.size() < effective_min_isr() && !options_.mutations.high_watermark_below_min_isr) {
    return false;
  }
  const Offset leader_end = log_->log_end_offset();
  const std::int64_t now_ms = env::millis(now);
  const std::int64_t lag_max_ms = env::millis(options_.replica_lag_time_max);
  Offset candidate = leader_end;
  for (const RemoteReplica& replica : remote_) {
    if (options_.mutations.high_watermark_ignores_followers) break;
    if (replica.end_or_unknown() >= candidate) continue;
    if (in_maximal_isr(replica.broker) ||
        (replica.is_caught_up(leader_end, now_ms, lag_max_ms) && is_isr_eligible(replica))) {
      candidate = replica.end_or_unknown();
    }
  }
  const Offset old = high_watermark_;
  const bool may_move_back = options_.mutations.high_watermark_moves_back && candidate >= 0;
  if (candidate == old || (candidate < old && !may_move_back)) return false;
  high_watermark_ = candidate;
  host_->on_high_watermark_moved(*this, old);
  return true;
}

bool Partition::update_follower_high_watermark(Offset leader_high_watermark) {
  const Offset old = high_watermark_;
  const Offset candidate =
      std::min(std::max(leader_high_watermark, log_->log_start_offset()), log_->log_end_offset());
  if (candidate == old) return false;
  high_watermark_ = candidate;
  host_->on_high_watermark_moved(*this, old);
  return true;
}

void Partition::restore_high_watermark(Offset checkpoint) {
  high_watermark_ = std::clamp(checkpoint, log_->log_start_offset(), log_->log_end_offset());
}

void Partition::on_log_cut() { restore_high_watermark(high_watermark_); }

std::optional<ErrorCode> Partition::check_enough_replicas_reach(Offset required) const {
  if (!is_leader()) return ErrorCode::kNotLeaderOrFollower;
  if (options_.mutations.ack_before_isr_has_it) return ErrorCode::kNone;
  if (high_watermark_ < required) return std::nullopt;
  return effective_min_isr() <= maximal_isr_size() ? ErrorCode::kNone
                                                   : ErrorCode::kNotEnoughReplicasAfterAppend;
}

// --- followers -----------------------------------------------------------------------------------

Partition::FetchUpdate Partition::update_follower_fetch_state(const FollowerFetch& fetch) {
  RemoteReplica* replica = find_remote(fetch.replica);
  if (replica == nullptr) return {.error = ErrorCode::kNotLeaderOrFollower};
  const std::optional<BrokerEpoch> known_epoch = host_->alive_broker_epoch(fetch.replica);
  if (fetch.broker_epoch.value() != -1 && known_epoch && *known_epoch > fetch.broker_epoch)
    return {.error = ErrorCode::kNotLeaderOrFollower};

  // Caught up now, or caught up with what the leader had at the previous fetch: a follower of a
  // busy partition is never at the leader's end and still in sync.
  const std::int64_t now_ms = env::millis(fetch.fetch_time);
  if (fetch.fetch_offset >= fetch.leader_end_offset) {
    replica->last_caught_up_time_ms = std::max(replica->last_caught_up_time_ms, now_ms);
  } else if (fetch.fetch_offset >= replica->last_fetch_leader_end_offset) {
    replica->last_caught_up_time_ms =
        std::max(replica->last_caught_up_time_ms, replica->last_fetch_time_ms);
  }
  const std::optional<Offset> previous_end = replica->log_end_offset;
  replica->log_start_offset = fetch.log_start_offset;
  replica->log_end_offset = fetch.fetch_offset;
  replica->last_fetch_leader_end_offset =
      std::max(fetch.leader_end_offset, replica->last_fetch_leader_end_offset);
  replica->last_fetch_time_ms = now_ms;
  replica->broker_epoch = fetch.broker_epoch;

  maybe_expand_isr(*replica);
  FetchUpdate result;
  if (is_leader() && previous_end != replica->log_end_offset)
    result.high_watermark_moved = maybe_increment_high_watermark(fetch.fetch_time);
  return result;
}

// Not fenced, not leaving, and the incarnation that fetched is the one the metadata knows
// (KIP-903).
bool Partition::is_isr_eligible(const RemoteReplica& replica) const {
  if (options_.mutations.fenced_replica_admitted) return true;
  if (host_->is_fenced(replica.broker) || host_->is_shutting_down(replica.broker)) return false;
  const std::optional<BrokerEpoch> known = host_->alive_broker_epoch(replica.broker);
  return replica.broker_epoch && known &&
         (replica.broker_epoch->value() == -1 || *replica.broker_epoch == *known);
}

void Partition::maybe_expand_isr(const RemoteReplica& replica) {
  if (!is_leader() || pending_ != IsrChange::kNone || contains(isr_, replica.broker)) return;
  if (!is_isr_eligible(replica)) return;
  const Offset end = replica.end_or_unknown();
  // No start of an epoch: whoever was a follower of this epoch leads in it (a reused epoch).
  if (end < high_watermark_ || !epoch_start_offset_ || end < *epoch_start_offset_) return;
  std::vector<NodeId> isr = isr_;
  isr.insert(std::upper_bound(isr.begin(), isr.end(), replica.broker), replica.broker);
  reached(Probe::kIsrExpandProposed);
  pending_member_ = replica.broker;
  propose(IsrChange::kExpand, std::move(isr));
}

std::vector<NodeId> Partition::out_of_sync_replicas(WallTime now) const {
  std::vector<NodeId> result;
  if (!is_leader() || pending_ != IsrChange::kNone) return result;
  for (const NodeId node : isr_) {
    if (node == options_.local_broker) continue;
    const RemoteReplica* replica = remote_replica(node);
    if (replica == nullptr || !replica->is_caught_up(log_->log_end_offset(), env::millis(now),
                                                     env::millis(options_.replica_lag_time_max))) {
      result.push_back(node);
    }
  }
  return result;
}

void Partition::maybe_shrink_isr(WallTime now) {
  const std::vector<NodeId> lagging = out_of_sync_replicas(now);
  if (lagging.empty()) return;
  reached(Probe::kReplicaLag);
  reached(Probe::kIsrShrinkProposed);
  std::vector<NodeId> isr;
  for (const NodeId node : isr_)
    if (!contains(lagging, node)) isr.push_back(node);
  propose(IsrChange::kShrink, std::move(isr));
}

// --- AlterPartition ------------------------------------------------------------------------------

void Partition::propose(IsrChange change, std::vector<NodeId> isr) {
  pending_ = change;
  proposed_ = {.leader_epoch = leader_epoch_, .partition_epoch = partition_epoch_, .isr = {}};
  for (const NodeId node : isr) {
    if (node == options_.local_broker) {
      proposed_.isr.push_back({.broker = node, .broker_epoch = host_->local_broker_epoch()});
      continue;
    }
    // Without an epoch when this leader has not heard of the member yet: if it has crashed since,
    // the controller has moved the partition epoch and refuses.
    const RemoteReplica* replica = remote_replica(node);
    const bool is_known = replica != nullptr && replica->broker_epoch;
    proposed_.isr.push_back(
        {.broker = node, .broker_epoch = is_known ? replica->broker_epoch : std::nullopt});
  }
  host_->on_isr_changed(*this);
  submit();
}

void Partition::submit() {
  if (!host_->submit_alter_partition(*this, proposed_))
    on_alter_partition_error(ErrorCode::kOperationNotAttempted);
}

bool Partition::on_alter_partition(const ProposedIsr& sent, const AlteredPartition& answer,
                                   WallTime now) {
  // An election or newer metadata replaced the pending change: the answer speaks of the past.
  const bool is_current =
      pending_ != IsrChange::kNone && sent.leader_epoch == proposed_.leader_epoch &&
      sent.partition_epoch == proposed_.partition_epoch && sent.isr == proposed_.isr;
  if (!is_current || !is_leader()) return false;
  if (answer.error != ErrorCode::kNone) {
    if (on_alter_partition_error(answer.error)) submit();
    return false;
  }
  if (answer.leader_epoch != leader_epoch_ || answer.partition_epoch < partition_epoch_)
    return false;
  pending_ = IsrChange::kNone;
  pending_member_.reset();
  isr_ = answer.isr;
  std::sort(isr_.begin(), isr_.end());
  partition_epoch_ = answer.partition_epoch;
  host_->on_isr_changed(*this);
  return maybe_increment_high_watermark(now);
}

// True: send again. Where the controller knows better, the change stays pending until its metadata
// arrives: whether it was applied is not known, so the maximal ISR must keep covering both.
bool Partition::on_alter_partition_error(ErrorCode error) {
  const bool is_deposed_but_unfenced =
      options_.mutations.no_leader_epoch_fencing && error == ErrorCode::kFencedLeaderEpoch;
  if (is_deposed_but_unfenced) {
    isr_.clear();
    for (const IsrMember& member : proposed_.isr) isr_.push_back(member.broker);
  }
  if (is_deposed_but_unfenced || error == ErrorCode::kOperationNotAttempted ||
      error == ErrorCode::kIneligibleReplica) {
    pending_ = IsrChange::kNone;  // certainly not applied
    pending_member_.reset();
    host_->on_isr_changed(*this);
    return false;
  }
  const bool is_sent_again =
      error != ErrorCode::kUnknownTopicOrPartition && error != ErrorCode::kUnknownTopicId &&
      error != ErrorCode::kFencedLeaderEpoch && error != ErrorCode::kInvalidUpdateVersion &&
      error != ErrorCode::kInvalidRequest && error != ErrorCode::kNewLeaderElected;
  if (!is_sent_again) reached(Probe::kIsrChangeUnknown);
  return is_sent_again;
}

// --- invariants ----------------------------------------------------------------------------------

void Partition::check_invariants() const {
  TIT_ASSERT(high_watermark_ <= log_->log_end_offset(),
             "the high watermark is above the log end offset");
  TIT_ASSERT(log_->log_start_offset() <= high_watermark_,
             "the high watermark is below the log start offset");
  if (!is_leader()) {
    TIT_ASSERT(remote_.empty() && isr_.empty(), "a follower keeps a leader's state");
    TIT_ASSERT(pending_ == IsrChange::kNone, "a follower waits for an ISR change");
    return;
  }
  if (!options_.mutations.no_leader_epoch_fencing)
    TIT_ASSERT(in_maximal_isr(options_.local_broker), "the maximal ISR lacks the leader");
  TIT_ASSERT(epoch_start_offset_.has_value(), "a leader without the start of its epoch");
  TIT_ASSERT(*epoch_start_offset_ <= log_->next_offset(),
             "the leader's epoch starts after the end of its log");
  TIT_ASSERT(std::is_sorted(isr_.begin(), isr_.end()), "the ISR is not sorted");
  for (const RemoteReplica& replica : remote_) {
    TIT_ASSERT(replica.broker != options_.local_broker, "the leader is its own follower");
    TIT_ASSERT(contains(replicas_, replica.broker), "a follower outside the assignment");
  }
  if (pending_ != IsrChange::kNone) {
    TIT_ASSERT(proposed_.leader_epoch == leader_epoch_, "a pending ISR change of another epoch");
    TIT_ASSERT(proposed_.partition_epoch == partition_epoch_,
               "a pending ISR change of another partition epoch");
  }
  if (pending_ == IsrChange::kExpand)
    TIT_ASSERT(pending_member_.has_value(), "a pending expand without its member");
}

}  // namespace kafka
