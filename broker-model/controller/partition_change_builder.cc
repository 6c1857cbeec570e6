#include "broker-model/controller/partition_change_builder.h"

#include <algorithm>
#include <set>
#include <utility>

namespace kafka {
namespace {

std::int32_t wire_leader(std::optional<NodeId> leader) {
  return leader ? leader->value() : kNoLeader;
}

bool contains_all(const std::vector<NodeId>& ids, const std::vector<NodeId>& wanted) {
  return std::ranges::all_of(wanted, [&](NodeId id) { return contains(ids, id); });
}

std::vector<NodeId> without(std::vector<NodeId> ids, const std::vector<NodeId>& dropped) {
  std::erase_if(ids, [&](NodeId id) { return contains(dropped, id); });
  return ids;
}

}  // namespace

PartitionChangeBuilder::PartitionChangeBuilder(const PartitionImage& partition, TopicIdPartition id,
                                               const LeaderAcceptor& acceptor,
                                               PartitionChangeOptions options)
    : partition_(partition),
      id_(id),
      acceptor_(acceptor),
      options_(options),
      target_isr_(partition.isr),
      target_replicas_(partition.replicas),
      target_adding_(partition.adding_replicas),
      target_removing_(partition.removing_replicas),
      target_elr_(partition.eligible_leader_replicas),
      target_recovery_(partition.leader_recovery_state) {}

PartitionChangeBuilder& PartitionChangeBuilder::target_isr(std::vector<NodeId> isr) {
  target_isr_ = std::move(isr);
  return *this;
}

PartitionChangeBuilder& PartitionChangeBuilder::target_replicas(std::vector<NodeId> replicas) {
  target_replicas_ = std::move(replicas);
  return *this;
}

PartitionChangeBuilder& PartitionChangeBuilder::target_adding(std::vector<NodeId> replicas) {
  target_adding_ = std::move(replicas);
  return *this;
}

PartitionChangeBuilder& PartitionChangeBuilder::target_removing(std::vector<NodeId> replicas) {
  target_removing_ = std::move(replicas);
  return *this;
}

PartitionChangeBuilder& PartitionChangeBuilder::election(Election election) {
  election_ = election;
  return *this;
}

PartitionChangeBuilder& PartitionChangeBuilder::target_leader_recovery_state(
    LeaderRecoveryState state) {
  target_recovery_ = state;
  return *this;
}

PartitionChangeBuilder& PartitionChangeBuilder::unclean_shutdown_replica(NodeId id) {
  unclean_shutdown_replica_ = id;
  return *this;
}

bool PartitionChangeBuilder::is_valid_new_leader(NodeId id) const {
  const bool is_eligible =
      contains(target_isr_, id) || (target_isr_.empty() && contains(target_elr_, id));
  return is_eligible && acceptor_.accepts(id);
}

bool PartitionChangeBuilder::can_elect_last_known_leader() const {
  return options_.elr_enabled && target_elr_.empty() && target_isr_.empty() &&
         partition_.last_known_elr.size() == 1 && acceptor_.accepts(partition_.last_known_elr[0]);
}

PartitionChangeBuilder::Elected PartitionChangeBuilder::elect() const {
  const NodeId preferred = target_replicas_.front();
  if (election_ == Election::kPreferred && is_valid_new_leader(preferred)) return {preferred};
  if (partition_.leader && is_valid_new_leader(*partition_.leader)) return {partition_.leader};
  if (options_.mutations.elect_outside_isr) {
    for (const NodeId replica : target_replicas_) {
      if (!partition_.in_isr(replica) && acceptor_.accepts(replica)) return {replica};
    }
  }
  for (const NodeId replica : target_replicas_) {
    if (is_valid_new_leader(replica)) return {replica};
  }
  if (can_elect_last_known_leader()) {
    return {.leader = partition_.last_known_elr[0], .is_unclean = true};
  }
  if (election_ == Election::kUnclean) {
    for (const NodeId replica : target_replicas_) {
      if (acceptor_.accepts(replica)) return {.leader = replica, .is_unclean = true};
    }
  }
  return {};
}

void PartitionChangeBuilder::try_election(PartitionChangeRecord& record) {
  const Elected elected = elect();
  if (elected.leader == partition_.leader) return;
  record.leader = wire_leader(elected.leader);
  if (!elected.leader) return;
  if (contains(target_elr_, *elected.leader)) {
    target_isr_ = {*elected.leader};
    std::erase(target_elr_, *elected.leader);
  } else if (elected.is_unclean) {
    // The ISR shrinks to the new leader: what only others had is lost.
    record.isr = std::vector<std::int32_t>{elected.leader->value()};
    if (partition_.leader_recovery_state != LeaderRecoveryState::kRecovering) {
      record.leader_recovery_state = static_cast<std::int8_t>(LeaderRecoveryState::kRecovering);
    }
  } else if (!contains(target_isr_, *elected.leader)) {
    target_isr_.push_back(*elected.leader);  // only the planted election comes here
  }
}

// KIP-966: members that leave an ISR which falls below min ISR stay eligible, but for those that
// stopped uncleanly.
void PartitionChangeBuilder::populate_target_elr() {
  if (!options_.elr_enabled) return;
  if (target_isr_.size() >= options_.min_isr) {
    target_elr_.clear();
    return;
  }
  std::set<NodeId> candidates(target_elr_.begin(), target_elr_.end());
  candidates.insert(partition_.isr.begin(), partition_.isr.end());
  target_elr_.clear();
  for (const NodeId candidate : candidates) {
    if (!contains(target_isr_, candidate) && candidate != unclean_shutdown_replica_) {
      target_elr_.push_back(candidate);
    }
  }
}

void PartitionChangeBuilder::update_record_elr(PartitionChangeRecord& record) {
  const bool was_forced = record.isr.has_value();  // by an unclean election
  if (was_forced || !options_.elr_enabled) target_elr_.clear();
  if (target_elr_ != partition_.eligible_leader_replicas) {
    record.eligible_leader_replicas = to_wire_ids(target_elr_);
  }
}

// The last known leader is kept in last_known_elr from the moment a partition becomes leaderless.
void PartitionChangeBuilder::update_last_known_leader(PartitionChangeRecord& record) const {
  if (!options_.elr_enabled) return;
  if (record.leader == kNoLeader && partition_.last_known_elr.empty() && partition_.leader) {
    record.last_known_elr = std::vector<std::int32_t>{partition_.leader->value()};
  } else if (record.leader >= 0 && !partition_.last_known_elr.empty()) {
    record.last_known_elr = std::vector<std::int32_t>{};
  }
}

// PartitionReassignmentReplicas.maybeCompleteReassignment: when every replica that is added is in
// the ISR, and, when the replication factor falls, every one that stays.
void PartitionChangeBuilder::complete_reassignment() {
  if (target_adding_.empty() && target_removing_.empty()) return;
  std::vector<NodeId> isr = without(target_isr_, target_removing_);
  std::vector<NodeId> replicas = without(target_replicas_, target_removing_);
  if (isr.empty() && !target_removing_.empty()) return;
  if (replicas.empty() || !contains_all(isr, target_adding_)) return;
  if (target_adding_.size() < target_removing_.size() && !contains_all(isr, replicas)) return;
  target_isr_ = std::move(isr);
  target_replicas_ = std::move(replicas);
  target_adding_.clear();
  target_removing_.clear();
}

void PartitionChangeBuilder::bump_leader_epoch_on_removal(PartitionChangeRecord& record) const {
  if (record.leader != kNoLeaderChange) return;
  if (contains_all(target_replicas_, partition_.replicas)) return;
  record.leader = wire_leader(partition_.leader);
}

void PartitionChangeBuilder::update_assignment(PartitionChangeRecord& record) const {
  if (target_replicas_ != partition_.replicas) {
    std::vector<Uuid> directories;
    for (const NodeId replica : target_replicas_) {
      const auto at = std::ranges::find(partition_.replicas, replica);
      const auto index = static_cast<std::size_t>(at - partition_.replicas.begin());
      directories.push_back(index < partition_.directories.size()
                                ? partition_.directories[index]
                                : acceptor_.default_directory(replica));
    }
    if (directories != partition_.directories) record.directories = std::move(directories);
    record.replicas = to_wire_ids(target_replicas_);
  }
  if (target_removing_ != partition_.removing_replicas) {
    record.removing_replicas = to_wire_ids(target_removing_);
  }
  if (target_adding_ != partition_.adding_replicas) {
    record.adding_replicas = to_wire_ids(target_adding_);
  }
}

std::optional<PartitionChangeRecord> PartitionChangeBuilder::build() {
  PartitionChangeRecord record{.partition_id = id_.partition, .topic_id = id_.topic_id};
  const PartitionChangeRecord no_change = record;
  complete_reassignment();
  populate_target_elr();
  try_election(record);
  bump_leader_epoch_on_removal(record);
  update_record_elr(record);
  if (!record.isr && (!target_isr_.empty() || options_.elr_enabled) &&
      target_isr_ != partition_.isr) {
    record.isr = to_wire_ids(target_isr_);
  }
  update_last_known_leader(record);
  update_assignment(record);
  if (target_recovery_ != partition_.leader_recovery_state) {
    record.leader_recovery_state = static_cast<std::int8_t>(target_recovery_);
  }
  if (record == no_change) {
    return std::nullopt;
  }
  return record;
}

}  // namespace kafka
