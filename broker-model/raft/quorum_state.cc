#include "broker-model/raft/quorum_state.h"

#include <algorithm>
#include <utility>

#include "broker-model/types/probe.h"

namespace kafka {

QuorumState::QuorumState(QuorumStateOptions options, VoterSet voters, env::Rng& rng)
    : options_(std::move(options)),
      voters_(std::move(voters)),
      rng_(rng),
      state_(Unattached{.election = {WallTime{}, Duration::max()}}) {}

void QuorumState::initialize(const std::optional<ElectionState>& saved, LeaderEpoch log_epoch,
                             WallTime now) {
  const ElectionState before = saved.value_or(ElectionState{});
  epoch_ = std::max(before.epoch, log_epoch);
  const bool is_own_vote =
      before.voted && before.voted->id == options_.self.id &&
      (!before.voted->directory_id || before.voted->directory_id == options_.self.directory_id);
  if (before.epoch < log_epoch) {
    enter(Unattached{.election = election_timer(now)});
  } else if (before.leader == options_.self.id) {
    // It must not vote for another in an epoch that it led, nor write in it again: what it had not
    // synced may be gone, and an offset with an epoch names one record for ever.
    Resigned resigned{.election = drawn_timer(now)};
    for (const auto& [id, voter] : voters_.voters()) {
      if (id != options_.self.id) resigned.unacknowledged.insert(id);
    }
    enter(std::move(resigned));
  } else if (is_own_vote && is_voter()) {
    enter(Candidate{.votes = own_vote(), .election = election_timer(now)});
  } else if (const auto leader = before.leader ? voters_.node(*before.leader) : std::nullopt) {
    enter(Follower{.leader = *leader,
                   .voted = before.voted,
                   .fetch = {now, options_.fetch_timeout},
                   .update_voters = {now, options_.fetch_timeout}});
  } else {
    enter(Unattached{
        .leader = before.leader, .voted = before.voted, .election = election_timer(now)});
  }
  save();
}

void QuorumState::set_voters(const VoterSet& voters) {
  voters_ = voters;
  if (auto* leading = as<LeaderState>()) leading->set_voters(voters);
}

// --- what it is ----------------------------------------------------------------------------------

std::optional<NodeId> QuorumState::leader_id() const {
  if (const auto* unattached = as<Unattached>()) return unattached->leader;
  if (as<LeaderState>() != nullptr || as<Resigned>() != nullptr) return options_.self.id;
  const std::optional<QuorumVoter> node = leader_node();
  return node ? std::optional(node->id) : std::nullopt;
}

std::optional<QuorumVoter> QuorumState::leader_node() const {
  if (const auto* prospective = as<Prospective>()) return prospective->leader;
  if (const auto* follower = as<Follower>()) return follower->leader;
  if (as<LeaderState>() != nullptr || as<Resigned>() != nullptr) {
    return QuorumVoter{options_.self.id, options_.endpoint};
  }
  return std::nullopt;
}

std::optional<ReplicaKey> QuorumState::voted() const {
  if (const auto* unattached = as<Unattached>()) return unattached->voted;
  if (const auto* prospective = as<Prospective>()) return prospective->voted;
  if (const auto* follower = as<Follower>()) return follower->voted;
  if (as<Candidate>() != nullptr) return options_.self;
  return std::nullopt;
}

std::optional<Offset> QuorumState::high_watermark() const {
  if (const auto* leading = as<LeaderState>()) return leading->high_watermark();
  return high_watermark_;
}

EpochElection* QuorumState::votes() {
  if (auto* prospective = as<Prospective>()) return &prospective->votes;
  if (auto* candidate = as<Candidate>()) return &candidate->votes;
  return nullptr;
}

// KIP-996: a pre-vote costs nothing, so all but a leader and its content followers give it.
bool QuorumState::can_grant_vote(const ReplicaKey& candidate, bool is_log_up_to_date,
                                 bool is_pre_vote) const {
  if (as<LeaderState>() != nullptr) return false;
  if (const auto* follower = as<Follower>()) {
    return is_pre_vote && !follower->has_fetched && is_log_up_to_date;
  }
  if (is_pre_vote) return is_log_up_to_date;
  if (as<Candidate>() != nullptr || as<Resigned>() != nullptr) return false;
  if (options_.mutations.votes_twice) return is_log_up_to_date;
  if (const auto before = voted()) {
    return before->id == candidate.id &&
           (!before->directory_id || before->directory_id == candidate.directory_id);
  }
  return !leader_id() && is_log_up_to_date;
}

// --- transitions ---------------------------------------------------------------------------------

void QuorumState::enter(State state) {
  state_ = std::move(state);
  static constexpr Probe kEntered[] = {Probe::kQuorumUnattached, Probe::kQuorumProspective,
                                       Probe::kQuorumCandidate,  Probe::kQuorumFollower,
                                       Probe::kQuorumLeader,     Probe::kQuorumResigned};
  static_assert(std::size(kEntered) == std::variant_size_v<State>);
  reached(kEntered[state_.index()]);
}

// Leader and Resigned are saved as a leader without a vote, a candidate as a vote without a leader.
ElectionState QuorumState::election() const {
  return {.epoch = epoch_, .leader = leader_id(), .voted = voted()};
}

void QuorumState::save() { unsaved_ = election(); }

RaftTimer QuorumState::election_timer(WallTime now) {
  if (!is_voter()) return {now, Duration::max()};
  return drawn_timer(now);
}

RaftTimer QuorumState::drawn_timer(WallTime now) {
  const std::int64_t base = env::millis(options_.election_timeout);
  if (base == 0) return {now, Duration::zero()};
  const auto jitter = static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(base)));
  return {now, std::chrono::milliseconds(base + jitter)};
}

EpochElection QuorumState::own_vote() const {
  EpochElection votes(voters_);
  votes.record(options_.self.id, true);
  return votes;
}

void QuorumState::become_unattached(LeaderEpoch epoch, std::optional<NodeId> leader, WallTime now) {
  const bool is_same = epoch == epoch_;
  TIT_ASSERT(epoch > epoch_ || (is_same && as<Prospective>() != nullptr),
             "unattached: in a higher epoch, or as a prospective that lost");
  // An election that is under way keeps its time-out, or epochs that rise would put it off for
  // ever.
  RaftTimer timer = {now, Duration::max()};
  if (is_voter()) {
    if (const auto* candidate = as<Candidate>()) {
      timer = candidate->election;
    } else if (const auto* unattached = as<Unattached>()) {
      timer = unattached->election;
    } else if (const auto* prospective = as<Prospective>();
               prospective != nullptr && !prospective->votes.is_lost()) {
      timer = prospective->election;
    } else if (const auto* resigned = as<Resigned>()) {
      timer = resigned->election;
    } else {
      timer = election_timer(now);
    }
  }
  high_watermark_ = high_watermark();
  const std::optional<ReplicaKey> vote = is_same ? voted() : std::nullopt;
  epoch_ = epoch;
  enter(Unattached{.leader = leader, .voted = vote, .election = timer});
  save();
}

void QuorumState::grant_vote(const ReplicaKey& candidate, WallTime now) {
  TIT_ASSERT(candidate.id != options_.self.id && !voted(), "a vote is given once, to another");
  if (auto* prospective = as<Prospective>()) {
    prospective->voted = candidate;
    prospective->election = election_timer(now);
  } else {
    TIT_ASSERT(as<Unattached>() != nullptr, "who votes has neither a leader nor led");
    auto* unattached = as<Unattached>();
    unattached->voted = candidate;
    unattached->election = election_timer(now);
  }
  save();
}

void QuorumState::become_prospective(WallTime now) {
  TIT_ASSERT(is_voter() && as<LeaderState>() == nullptr && as<Prospective>() == nullptr,
             "prospective: a voter that neither leads nor is it already");
  // Only the only voter comes here as Resigned: the leader that it knows is itself.
  const bool was_resigned = as<Resigned>() != nullptr;
  enter(Prospective{.leader = was_resigned ? std::nullopt : leader_node(),
                    .voted = voted(),
                    .votes = own_vote(),
                    .election = election_timer(now)});
}

void QuorumState::become_candidate(WallTime now) {
  TIT_ASSERT(is_voter() && as<Prospective>() != nullptr, "candidate: a prospective that won");
  epoch_ = LeaderEpoch(epoch_.value() + 1);
  enter(Candidate{.votes = own_vote(), .election = election_timer(now)});
  save();
}

void QuorumState::become_leader(Offset epoch_start_offset, WallTime now) {
  const auto* candidate = as<Candidate>();
  TIT_ASSERT(candidate != nullptr && candidate->votes.is_won(), "leader: a candidate that won");
  // It does not keep the high watermark: only that of its own epoch is sure to rise.
  LeaderState leading({.self = options_.self,
                       .epoch = epoch_,
                       .epoch_start_offset = epoch_start_offset,
                       .fetch_timeout = options_.fetch_timeout,
                       .granting_voters = candidate->votes.granting(),
                       .mutations = options_.mutations},
                      voters_, now);
  enter(std::move(leading));
  save();
}

void QuorumState::become_follower(LeaderEpoch epoch, const QuorumVoter& leader, WallTime now) {
  TIT_ASSERT(leader.id != options_.self.id, "nobody follows itself");
  const bool is_same = epoch == epoch_;
  TIT_ASSERT(epoch > epoch_ || (is_same && as<LeaderState>() == nullptr &&
                                (!leader_id() || *leader_id() == leader.id)),
             "follower: an epoch has one leader");
  high_watermark_ = high_watermark();
  const std::optional<ReplicaKey> vote = is_same ? voted() : std::nullopt;
  epoch_ = epoch;
  enter(Follower{.leader = leader,
                 .voted = vote,
                 .fetch = {now, options_.fetch_timeout},
                 .update_voters = {now, options_.fetch_timeout}});
  save();
}

void QuorumState::become_resigned(WallTime now) {
  const auto* leading = as<LeaderState>();
  TIT_ASSERT(leading != nullptr, "resigned: a leader");
  Resigned resigned{.preferred_successors = leading->other_voters_by_descending_offset(),
                    .election = drawn_timer(now)};
  for (const ReplicaKey& key : resigned.preferred_successors) {
    resigned.unacknowledged.insert(key.id);
  }
  high_watermark_ = leading->high_watermark();
  enter(std::move(resigned));  // soft: a leader that restarts is Resigned anyway
}

void QuorumState::update_follower_high_watermark(Offset high_watermark) {
  TIT_ASSERT(as<Follower>() != nullptr, "only a follower is told");
  high_watermark_ = std::max(high_watermark_.value_or(high_watermark), high_watermark);
}

void QuorumState::fetched(WallTime now) {
  auto* follower = as<Follower>();
  TIT_ASSERT(follower != nullptr, "only a follower fetches from a leader");
  follower->fetch.reset(now, options_.fetch_timeout);
  follower->has_fetched = true;
}

std::string_view QuorumState::name_of(const State& state) {
  static constexpr std::string_view kNames[] = {"unattached", "prospective", "candidate",
                                                "follower",   "leader",      "resigned"};
  return kNames[state.index()];
}

void QuorumState::check_invariants() const {
  TIT_ASSERT(is_voter() || (as<Prospective>() == nullptr && as<Candidate>() == nullptr),
             "an observer stands in no election");
}

}  // namespace kafka
