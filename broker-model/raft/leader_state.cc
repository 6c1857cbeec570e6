#include "broker-model/raft/leader_state.h"

#include <algorithm>
#include <utility>

namespace kafka {

LeaderState::LeaderState(Options options, const VoterSet& voters, WallTime now)
    : options_(std::move(options)),
      check_quorum_(now, options_.fetch_timeout * 3 / 2),
      begin_quorum_(now, Duration::zero()) {
  for (const auto& [id, voter] : voters.voters()) voters_.emplace(id, Replica{.key = voter.key});
  TIT_ASSERT(voters_.contains(options_.self.id), "a leader is a voter");
}

bool LeaderState::update_local(Offset end_offset) {
  Replica& self = voters_.at(options_.self.id);
  TIT_ASSERT(!self.end_offset || *self.end_offset <= end_offset, "a leader's log only grows");
  self.end_offset = end_offset;
  return advance();
}

bool LeaderState::update_replica(const ReplicaKey& replica, Offset fetch_offset, WallTime now) {
  const auto found = voters_.find(replica.id);
  if (is_self(replica.id) || found == voters_.end()) return false;
  Replica& voter = found->second;
  if (voter.key.directory_id && voter.key.directory_id != replica.directory_id) return false;
  voter.end_offset = fetch_offset;
  voter.last_fetch = voter.last_fetch ? std::max(*voter.last_fetch, now) : now;
  fetched_.insert(replica.id);
  const std::size_t others_needed = voters_.size() / 2;  // the leader counts itself
  if (fetched_.size() >= others_needed) {
    fetched_.clear();
    check_quorum_.reset(now, options_.fetch_timeout * 3 / 2);
  }
  return advance();
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
      options_.commits_alone ? voters_.at(options_.self.id).end_offset
                             : by_descending_offset()[voters_.size() / 2]->end_offset;
  if (!majority || *majority <= options_.epoch_start_offset) return false;
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
  TIT_ASSERT(!high_watermark_ || *high_watermark_ > options_.epoch_start_offset,
             "a leader commits only past the start of its own epoch");
}

}  // namespace kafka
