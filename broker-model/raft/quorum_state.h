// The states of a replica of the metadata log, and which follows which (Kafka's QuorumState and its
// EpochStates; KIP-595, KIP-996).
//
//   Unattached --election time-out--> Prospective --majority of pre-votes--> Candidate (epoch + 1)
//   Candidate --majority of votes--> Leader --asked to, or no majority fetches--> Resigned
//   Prospective, lost --> Follower of the leader that it knows, else Unattached
//   Candidate --election time-out--> Prospective;  Resigned --election time-out--> Unattached (+ 1)
//   any --a leader of this epoch or a higher one is named--> Follower --fetch time-out-->
//   Prospective any --a higher epoch without a leader--> Unattached
//
// A replica that is no voter (an observer) is Unattached or Follower, and its time-outs never end;
// a leader that is removed leads on until that is committed, and resigns. The voters may change
// under a Follower or a Leader, which are the only ones whose log changes (KIP-853). The machine
// knows no log, no disk and no network; time comes in as the wall clock, which Kafka's raft client
// reads. Transitions that change what must survive leave it in take_unsaved(): the owner has it on
// the disk before anything that follows from it goes out.
//
// Invariants: the epoch never falls; within an epoch a vote is given once and never taken back, and
// a leader, once known, stays the same.
#pragma once

#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "broker-model/env/rng.h"
#include "broker-model/raft/election_state.h"
#include "broker-model/raft/epoch_election.h"
#include "broker-model/raft/leader_state.h"
#include "broker-model/raft/raft_timer.h"
#include "broker-model/raft/voter_set.h"
#include "broker-model/types/mutations.h"

namespace kafka {

struct QuorumStateOptions {
  ReplicaKey self;
  env::Endpoint endpoint{};        // of its own, for when it leads
  bool is_observer = false;        // whatever the log says of its id
  Duration election_timeout = 1s;  // controller.quorum.election.timeout.ms: drawn from [it, 2 x it)
  Duration fetch_timeout = 2s;     // controller.quorum.fetch.timeout.ms
  RaftMutations mutations{};
};

class QuorumState {
 public:
  struct Unattached {
    std::optional<NodeId> leader{};  // known by its id only
    std::optional<ReplicaKey> voted{};
    RaftTimer election;
  };
  struct Prospective {
    std::optional<QuorumVoter> leader{};
    std::optional<ReplicaKey> voted{};
    EpochElection votes;
    RaftTimer election;
  };
  struct Candidate {
    EpochElection votes;
    RaftTimer election;
  };
  struct Follower {
    QuorumVoter leader;
    std::optional<ReplicaKey> voted{};
    RaftTimer fetch;
    RaftTimer update_voters;   // when it looks next whether the voters should be told of it
    bool has_fetched = false;  // from this leader, with success
  };
  struct Resigned {
    std::set<NodeId> unacknowledged{};
    std::vector<ReplicaKey> preferred_successors{};
    RaftTimer election;
  };
  using State = std::variant<Unattached, Prospective, Candidate, Follower, LeaderState, Resigned>;

  // The rng outlives it.
  QuorumState(QuorumStateOptions options, VoterSet voters, env::Rng& rng);

  // From what the disk says, nothing where it has no file, and the epoch of the log's last record.
  void initialize(const std::optional<ElectionState>& saved, LeaderEpoch log_epoch, WallTime now);

  // --- what it is
  const State& state() const { return state_; }
  template <class T>
  T* as() {
    return std::get_if<T>(&state_);
  }
  template <class T>
  const T* as() const {
    return std::get_if<T>(&state_);
  }
  LeaderEpoch epoch() const { return epoch_; }
  std::optional<NodeId> leader_id() const;
  std::optional<QuorumVoter> leader_node() const;  // where its endpoint is known
  // Of followers what they were told, at most their own end; of a leader its own.
  std::optional<Offset> high_watermark() const;
  std::optional<ReplicaKey> voted() const;
  const VoterSet& voters() const { return voters_; }
  void set_voters(const VoterSet& voters);  // of a Leader or Follower, or before initialize()
  const ReplicaKey& self() const { return options_.self; }
  bool is_voter() const { return !options_.is_observer && voters_.is_voter(options_.self); }
  bool is_only_voter() const { return is_voter() && voters_.size() == 1; }
  EpochElection* votes();  // of Prospective and Candidate; nullptr in the others

  bool can_grant_vote(const ReplicaKey& candidate, bool is_log_up_to_date, bool is_pre_vote) const;

  // --- transitions. REQUIRES: one of the arrows above.
  void become_unattached(LeaderEpoch epoch, std::optional<NodeId> leader, WallTime now);
  // A vote for another, as Unattached or Prospective without one. Resets the election time-out:
  // the candidate has as good a chance as we.
  void grant_vote(const ReplicaKey& candidate, WallTime now);
  void become_prospective(WallTime now);
  void become_candidate(WallTime now);
  void become_leader(Offset epoch_start_offset, WallTime now);
  void become_follower(LeaderEpoch epoch, const QuorumVoter& leader, WallTime now);
  void become_resigned(WallTime now);

  void update_follower_high_watermark(Offset high_watermark);
  // A fetch was answered: the time-out begins anew, and pre-votes are refused from now on.
  void fetched(WallTime now);

  // What must be on the disk before anything that follows goes out; nothing when that is so.
  std::optional<ElectionState> take_unsaved() { return std::exchange(unsaved_, std::nullopt); }
  // "unattached", "prospective".
  static std::string_view name_of(const State& state);

  void check_invariants() const;

 private:
  void enter(State state);
  void save();
  ElectionState election() const;
  RaftTimer election_timer(WallTime now);  // of an observer: none
  RaftTimer drawn_timer(WallTime now);
  EpochElection own_vote() const;

  QuorumStateOptions options_;
  VoterSet voters_;
  env::Rng& rng_;
  LeaderEpoch epoch_{0};
  std::optional<Offset> high_watermark_;  // of states other than Leader
  State state_;
  std::optional<ElectionState> unsaved_;
};

}  // namespace kafka
