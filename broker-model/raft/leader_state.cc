#include "broker-model/raft/leader_state.h"

#include <algorithm>
#include <utility>

namespace kafka {
namespace {

// LeaderState.OBSERVER_SESSION_TIMEOUT_MS, and what isReplicaCaughtUp allows.
constexpr Duration kObserverSession = std::chrono::minutes(5);
constexpr Duration kCaughtUpWithin = std::chrono::hours(1);

bool matches(const ReplicaKey& known, const ReplicaKey& key) {
  return known.id == key.id && (!known.directory_id || known.directory_id == key.directory_id);
}

}  // namespace

LeaderState::LeaderState(Options options, const VoterSet& voters, WallTime now)
    : options_(std::move(options)),
      check_quorum_(now, options_.fetch_timeout * 3 / 2),
      begin_quorum_(now, Duration::zero()) {
  for (const auto& [id, voter] : voters.voters()) voters_.emplace(id, Replica{.key = voter.key});
  TIT_ASSERT(voters_.contains(options_.self.id), "a leader is a voter");
}

void LeaderState::set_voters(const VoterSet& voters) {
  std::map<NodeId, Replica> before = std::exchange(voters_, {});
  for (const auto& [id, voter] : voters.voters()) {
    Replica replica{.key = voter.key};
    if (const auto known = before.find(id);
        known != before.end() && matches(known->second.key, voter.key)) {
      replica = known->second;
      before.erase(known);
    } else if (const auto observer = observers_.find(voter.key); observer != observers_.end()) {
      replica = observer->second;
    }
    observers_.erase(voter.key);
    replica.key = voter.key;
    voters_.emplace(id, std::move(replica));
  }
  for (auto& [id, replica] : before) observers_.try_emplace(replica.key, std::move(replica));
}

bool LeaderState::is_voter(const ReplicaKey& key) const {
  const auto found = voters_.find(key.id);
  return found != voters_.end() && matches(found->second.key, key);
}

LeaderState::Replica& LeaderState::replica_of(const ReplicaKey& key) {
  if (is_voter(key)) return voters_.at(key.id);
  return observers_.try_emplace(key, Replica{.key = key}).first->second;
}

bool LeaderState::update_local(Offset end_offset) {
  Replica& self = replica_of(options_.self);
  TIT_ASSERT(!self.end_offset || *self.end_offset <= end_offset, "a leader's log only grows");
  self.end_offset = end_offset;
  return advance();
}

bool LeaderState::update_replica(const ReplicaKey& key, Offset fetch_offset, WallTime now) {
  if (is_self(key.id)) return false;
  const std::optional<Offset> own_end = replica_of(options_.self).end_offset;
  Replica& replica = replica_of(key);
  if (own_end) {
    if (fetch_offset >= *own_end) {
      replica.last_caught_up = std::max(replica.last_caught_up.value_or(now), now);
    } else if (replica.leader_end_at_fetch.value_or(0) > 0 &&
               fetch_offset >= *replica.leader_end_at_fetch) {
      replica.last_caught_up =
          std::max(replica.last_caught_up.value_or(*replica.last_fetch), *replica.last_fetch);
    }
    replica.leader_end_at_fetch = own_end;
  }
  replica.end_offset = fetch_offset;
  replica.last_fetch = std::max(replica.last_fetch.value_or(now), now);
  note_fetch_by(key, now);
  return is_voter(key) && advance();
}

void LeaderState::note_fetch_by(const ReplicaKey& key, WallTime now) {
  if (is_self(key.id) || !is_voter(key)) return;
  fetched_.insert(key.id);
  // A leader that votes counts itself.
  const std::size_t others_needed = voters_.size() / 2 + (is_voter(options_.self) ? 0 : 1);
  if (fetched_.size() < others_needed) return;
  fetched_.clear();
  check_quorum_.reset(now, options_.fetch_timeout * 3 / 2);
}

bool LeaderState::is_caught_up(const ReplicaKey& key, WallTime now) const {
  const auto found = observers_.find(key);
  return found != observers_.end() && found->second.last_caught_up && found->second.last_fetch &&
         now - *found->second.last_fetch < kCaughtUpWithin;
}

const std::map<ReplicaKey, LeaderState::Replica>& LeaderState::observers(WallTime now) {
  std::erase_if(observers_, [&](const auto& entry) {
    const Replica& replica = entry.second;
    return !is_self(replica.key.id) &&
           (!replica.last_fetch || now - *replica.last_fetch >= kObserverSession);
  });
  return observers_;
}

// Those whose end is not known come last; ties by id.
std::vector<const LeaderState::Replica*> LeaderState::by_descending_offset() const {
  std::vector<const Replica*> sorted;
  for (const auto& [id, voter] : voters_) sorted.push_back(&voter);
  std::ranges::sort(sorted, [](const Replica* a, const Replica* b) {
    const Offset x = a->end_offset.value_or(-1);
    const Offset y = b->end_offset.value_or(-1);
    return x != y ? x > y : a->key.id < b->key.id;
  });
  return sorted;
}

bool LeaderState::advance() {
  const std::optional<Offset> majority =
      options_.mutations.commits_alone ? replica_of(options_.self).end_offset
                                       : by_descending_offset()[voters_.size() / 2]->end_offset;
  const Offset reached = options_.epoch_start_offset;
  const Offset needed = options_.mutations.commit_rule_epoch_start ? reached : reached + 1;
  if (!majority || *majority < needed) return false;
  // Lower than before when a voter has lost its disk: what is committed stays so.
  if (high_watermark_ && *majority <= *high_watermark_) return false;
  high_watermark_ = majority;
  return true;
}

std::vector<ReplicaKey> LeaderState::other_voters_by_descending_offset() const {
  std::vector<ReplicaKey> keys;
  for (const Replica* voter : by_descending_offset()) {
    if (!is_self(voter->key.id)) keys.push_back(voter->key);
  }
  return keys;
}

Duration LeaderState::until_quorum_is_lost(WallTime now) {
  if (options_.mutations.no_check_quorum) return Duration::max();
  return voters_.size() == 1 ? Duration::max() : check_quorum_.remaining(now);
}

std::vector<ReplicaKey> LeaderState::voters_to_begin_with(WallTime now) const {
  std::vector<ReplicaKey> silent;
  for (const auto& [id, voter] : voters_) {
    if (is_self(id)) continue;
    if (voter.last_fetch && now - *voter.last_fetch < options_.fetch_timeout / 2) continue;
    silent.push_back(voter.key);
  }
  return silent;
}

void LeaderState::check_invariants(Offset log_end_offset) const {
  TIT_ASSERT(!high_watermark_ || *high_watermark_ <= log_end_offset,
             "what is committed is in the leader's log");
  TIT_ASSERT(!high_watermark_ || options_.mutations.commit_rule_epoch_start ||
                 *high_watermark_ > options_.epoch_start_offset,
             "a leader commits only past the start of its own epoch");
}

}  // namespace kafka
