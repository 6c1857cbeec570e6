// What a leader of the quorum knows of the replicas that fetch from it (Kafka's LeaderState).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "broker-model/raft/raft_timer.h"
#include "broker-model/raft/voter_set.h"
#include "broker-model/types/mutations.h"

namespace kafka {

class LeaderState {
 public:
  struct Options {
    ReplicaKey self;
    LeaderEpoch epoch{0};
    Offset epoch_start_offset = 0;
    Duration fetch_timeout{};
    std::vector<NodeId> granting_voters;
    RaftMutations mutations{};
  };
  // A replica as the leader knows it (LeaderState.ReplicaState).
  struct Replica {
    ReplicaKey key;
    std::optional<Offset> end_offset{};
    std::optional<WallTime> last_fetch{};
    std::optional<WallTime> last_caught_up{};     // it had all that the leader had
    std::optional<Offset> leader_end_at_fetch{};  // when it fetched last
  };
  LeaderState(Options options, const VoterSet& voters, WallTime now);

  LeaderEpoch epoch() const { return options_.epoch; }
  Offset epoch_start_offset() const { return options_.epoch_start_offset; }
  const std::vector<NodeId>& granting_voters() const { return options_.granting_voters; }
  // Nothing until a record of this epoch is committed: before that, what a majority holds may
  // still be replaced (Raft, 5.4.2). Then it only rises.
  std::optional<Offset> high_watermark() const { return high_watermark_; }

  // Those in the log by now, committed or not; who is one no more goes on as an observer. The
  // leader need not be one: it counts itself no more then.
  void set_voters(const VoterSet& voters);

  // --- progress; true when the high watermark has risen
  bool update_local(Offset end_offset);
  bool update_replica(const ReplicaKey& replica, Offset fetch_offset, WallTime now);
  std::vector<ReplicaKey> other_voters_by_descending_offset() const;
  // An observer that has fetched within the hour and had all at a time: fit to become a voter.
  bool is_caught_up(const ReplicaKey& replica, WallTime now) const;
  const std::map<NodeId, Replica>& voters() const { return voters_; }
  // That have fetched within five minutes.
  const std::map<ReplicaKey, Replica>& observers(WallTime now);

  // --- check quorum: a leader that a majority does not fetch from for 1.5 fetch time-outs resigns
  Duration until_quorum_is_lost(WallTime now);  // Duration::max() for the only voter
  void note_fetch_by(const ReplicaKey& replica, WallTime now);  // of a snapshot; else by itself

  // --- BeginQuorumEpoch: at once, then to all that have not fetched for half a fetch time-out
  Duration until_begin_quorum(WallTime now) { return begin_quorum_.remaining(now); }
  void begin_quorum_sent(WallTime now) { begin_quorum_.reset(now, options_.fetch_timeout / 2); }
  std::vector<ReplicaKey> voters_to_begin_with(WallTime now) const;

  void check_invariants(Offset log_end_offset) const;

 private:
  bool advance();
  std::vector<const Replica*> by_descending_offset() const;
  Replica& replica_of(const ReplicaKey& key);  // voter or observer, made when it is new
  bool is_voter(const ReplicaKey& key) const;
  bool is_self(NodeId id) const { return id == options_.self.id; }

  Options options_;
  std::map<NodeId, Replica> voters_;
  std::map<ReplicaKey, Replica> observers_;
  std::optional<Offset> high_watermark_;
  std::set<NodeId> fetched_;  // voters since the check was last passed
  RaftTimer check_quorum_;
  RaftTimer begin_quorum_;
};

}  // namespace kafka
