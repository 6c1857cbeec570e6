// A replica of `__cluster_metadata-0`: voter or observer (Kafka's KafkaRaftClient; KIP-595,
// KIP-996).
//
// It is one thread, as Kafka's is: events are handled one after another, each is followed by a poll
// of the state (requests that are due, time-outs that have run out), and a disk operation stops it
// until the disk has answered. So nothing goes out that rests on what is not on the disk: a vote
// before quorum-state is written, a follower's fetch before what it fetched is synced.
//
// Records of a leader are gathered for controller.quorum.append.linger.ms; offsets are given at
// once (prepareAppend). The listener hears of committed records only, but a leader's own, which it
// knows.
//
// Snapshots and voters that change at run time (KIP-630, KIP-853) are not here yet.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "broker-model/env/env.h"
#include "broker-model/messages/begin_quorum_epoch.h"
#include "broker-model/messages/end_quorum_epoch.h"
#include "broker-model/messages/fetch.h"
#include "broker-model/messages/metadata_record.h"
#include "broker-model/messages/vote.h"
#include "broker-model/raft/quorum_state.h"
#include "broker-model/raft/voter_set.h"
#include "broker-model/types/ids.h"

namespace kafka {

class Config;

using RaftRequest =
    std::variant<FetchRequest, VoteRequest, BeginQuorumEpochRequest, EndQuorumEpochRequest>;
using RaftResponse =
    std::variant<FetchResponse, VoteResponse, BeginQuorumEpochResponse, EndQuorumEpochResponse>;

struct RaftOptions {
  ReplicaKey self;
  std::string cluster_id;
  VoterSet voters;                             // controller.quorum.voters; not empty
  Duration election_timeout = 1s;              // controller.quorum.election.timeout.ms
  Duration fetch_timeout = 2s;                 // controller.quorum.fetch.timeout.ms
  Duration election_backoff_max = 1s;          // controller.quorum.election.backoff.max.ms
  Duration request_timeout = 2s;               // controller.quorum.request.timeout.ms
  Duration retry_backoff = 20ms;               // controller.quorum.retry.backoff.ms
  Duration append_linger = 25ms;               // controller.quorum.append.linger.ms
  std::int32_t fetch_max_bytes = 1024 * 1024;  // controller.quorum.fetch.max.bytes
  std::uint32_t timer_kind = 0;                // it uses kinds [timer_kind, timer_kind + 4)
  RaftMutations mutations{};

  // The keys above; who it is and who votes is for the caller to say.
  static RaftOptions from(const Config& config);
};

// What the node that hosts the client does for it. In these it may call append(), and ask.
class RaftHost {
 public:
  virtual ~RaftHost() = default;
  // At most one is under way to a node. The answer comes back as on_response or on_failed, later.
  virtual void send_raft_request(const QuorumVoter& to, std::uint64_t correlation,
                                 const RaftRequest& request) = 0;
  virtual void on_raft_answer(std::uint64_t token, const RaftResponse& response) = 0;

  // --- Kafka's RaftClient.Listener
  // A committed record, in order; not of those that this leader appended.
  virtual void replay(const MetadataRecord& record, Offset offset) = 0;
  // All below `high_watermark` has been replayed, or was appended by this leader and is committed.
  virtual void on_commit(Offset high_watermark) = 0;
  // All that was committed before has been replayed; append() may be called from now on.
  virtual void on_leader(LeaderEpoch epoch) = 0;
  // It leads no more. What was appended may never be committed: the listener forgets all records,
  // and those that are committed are replayed again, from the first.
  virtual void on_resigned() = 0;
};

class RaftClient {
 public:
  RaftClient(RaftOptions options, env::Env& env, RaftHost& host);
  ~RaftClient();

  void start();

  // --- inputs; on_timer and on_disk answer false when the event is not the client's
  void handle(std::uint64_t token, std::int16_t version, RaftRequest request);
  void forget(std::uint64_t token);  // its connection is gone: nothing will be answered
  void on_response(NodeId from, std::uint64_t correlation, RaftResponse response);
  void on_failed(NodeId from, std::uint64_t correlation);
  bool on_timer(env::TimerKey key);
  bool on_disk(env::DiskOpId op, const env::DiskResult& result);

  // Hands leadership over (EndQuorumEpoch), for `patience` at most; is_shut_down() tells when that
  // is done.
  void shut_down(Duration patience);
  bool is_shut_down() const;

  // --- as the leader
  bool is_leader() const;      // and its listener has been told
  Offset next_offset() const;  // of the record that is appended next. REQUIRES: is_leader()
  // Answers the offset of the last one, and calls nothing back. REQUIRES: is_leader(), records not
  // empty.
  Offset append(const RecordList& records);

  // --- what it is; nothing here changes anything
  const QuorumState& quorum() const;
  Offset log_end_offset() const;  // 0 before the log is read
  // Its disk failed, or a leader contradicts what was committed here: Kafka's raft thread dies of
  // either, and the process with it.
  bool has_failed() const;
  void check_invariants() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kafka
