// A replica of `__cluster_metadata-0`: voter or observer (Kafka's KafkaRaftClient; KIP-595,
// KIP-630, KIP-853, KIP-996).
//
// It is one thread, as Kafka's is: events are handled one after another, each is followed by a poll
// of the state (requests that are due, time-outs that have run out), and a disk operation stops it
// until the disk has answered. So nothing goes out that rests on what is not on the disk: a vote
// before quorum-state is written, a follower's fetch before what it fetched is synced.
//
// Records of a leader are gathered for controller.quorum.append.linger.ms; offsets are given at
// once (prepareAppend). Two listeners hear of committed records: the loader of all, each once; the
// state machine of all but those that it appended itself as the leader, which it knows.
//
// Snapshots are made by create_snapshot(), fetched by who lags behind the leader's log, and replace
// a log that they cover; old ones and what they cover go by metadata.max.retention.*. The voters
// are those of the newest VotersRecord of the log, committed or not.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "broker-model/env/env.h"
#include "broker-model/messages/add_raft_voter.h"
#include "broker-model/messages/api_versions.h"
#include "broker-model/messages/begin_quorum_epoch.h"
#include "broker-model/messages/describe_quorum.h"
#include "broker-model/messages/end_quorum_epoch.h"
#include "broker-model/messages/fetch.h"
#include "broker-model/messages/fetch_snapshot.h"
#include "broker-model/messages/metadata_record.h"
#include "broker-model/messages/remove_raft_voter.h"
#include "broker-model/messages/update_raft_voter.h"
#include "broker-model/messages/vote.h"
#include "broker-model/raft/quorum_state.h"
#include "broker-model/raft/snapshot.h"
#include "broker-model/raft/voter_set.h"
#include "broker-model/types/ids.h"

namespace kafka {

class Config;

// ApiVersions is sent only: a leader asks a node that is to become a voter which kraft.version it
// supports.
using RaftRequest =
    std::variant<FetchRequest, VoteRequest, BeginQuorumEpochRequest, EndQuorumEpochRequest,
                 FetchSnapshotRequest, DescribeQuorumRequest, AddRaftVoterRequest,
                 RemoveRaftVoterRequest, UpdateRaftVoterRequest, ApiVersionsRequest>;
using RaftResponse =
    std::variant<FetchResponse, VoteResponse, BeginQuorumEpochResponse, EndQuorumEpochResponse,
                 FetchSnapshotResponse, DescribeQuorumResponse, AddRaftVoterResponse,
                 RemoveRaftVoterResponse, UpdateRaftVoterResponse, ApiVersionsResponse>;

struct RaftOptions {
  ReplicaKey self;
  env::Endpoint endpoint{};  // where it listens; of who can become a voter
  std::string cluster_id;
  VoterSet voters;                       // controller.quorum.voters; empty with kraft.version 1
  std::vector<QuorumVoter> bootstrap{};  // controller.quorum.bootstrap.servers; else the voters
  bool can_become_voter = false;         // a controller, which syncs what it fetches
  bool is_observer = false;              // a broker: it never votes, whatever the log says
  Duration election_timeout = 1s;        // controller.quorum.election.timeout.ms
  Duration fetch_timeout = 2s;           // controller.quorum.fetch.timeout.ms
  Duration election_backoff_max = 1s;    // controller.quorum.election.backoff.max.ms
  Duration request_timeout = 2s;         // controller.quorum.request.timeout.ms
  Duration retry_backoff = 20ms;         // controller.quorum.retry.backoff.ms
  Duration append_linger = 25ms;         // controller.quorum.append.linger.ms
  std::int32_t fetch_max_bytes = 1024 * 1024;  // controller.quorum.fetch.max.bytes
  std::int32_t fetch_snapshot_max_bytes =
      1024 * 1024;                                   // controller.quorum.fetch.snapshot.max.bytes
  bool auto_join = false;                            // controller.quorum.auto.join.enable
  std::int64_t segment_bytes = 1024 * 1024 * 1024;   // metadata.log.segment.bytes
  Duration segment_ms = std::chrono::hours(168);     // metadata.log.segment.ms
  std::int64_t retention_bytes = 100 * 1024 * 1024;  // metadata.max.retention.bytes; -1: never
  Duration retention_ms = std::chrono::hours(168);   // metadata.max.retention.ms; below 0: never
  std::uint32_t timer_kind = 0;                      // it uses kinds [timer_kind, timer_kind + 4)
  RaftMutations mutations{};

  // The keys above; who it is and who votes is for the caller to say.
  static RaftOptions from(const Config& config);
};

// How far the log is committed, and what a snapshot up to there is called (MetadataProvenance).
struct CommittedUpTo {
  Offset high_watermark = 0;  // the first that is not
  LeaderEpoch epoch{0};       // of the record before it
  WallTime timestamp{};       // likewise
  std::int64_t bytes = 0;     // of the batches that became known as committed since the last call
};

// What the node that hosts the client does for it. In these it may call append() and
// create_snapshot(), and ask.
class RaftHost {
 public:
  virtual ~RaftHost() = default;
  // At most one is under way to a node. The answer comes back as on_response or on_failed, later.
  virtual void send_raft_request(const QuorumVoter& to, std::uint64_t correlation,
                                 const RaftRequest& request) = 0;
  virtual void on_raft_answer(std::uint64_t token, const RaftResponse& response) = 0;

  // --- the loader (MetadataLoader): all that is committed, in order, each once
  virtual void load(const MetadataRecord& record, Offset offset) = 0;
  // All below the snapshot's end is as it says, whatever was loaded before.
  virtual void load_snapshot(const SnapshotId& id, const std::vector<MetadataRecord>& records) = 0;

  // --- the state machine (QuorumController): the same, but for the records that it appended
  virtual void replay(const MetadataRecord& record, Offset offset) = 0;
  virtual void replay_snapshot(const SnapshotId& id,
                               const std::vector<MetadataRecord>& records) = 0;
  // All below the high watermark has been loaded, and replayed or appended by this leader.
  virtual void on_commit(const CommittedUpTo& committed) = 0;
  // It leads. All that was committed before has been replayed; append() may be called from now on.
  virtual void on_leader(LeaderEpoch epoch) = 0;
  // It leads no more. What was appended may never be committed: the state machine forgets all
  // records, and those that are committed are replayed again, from the latest snapshot on.
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

  // --- snapshots
  // Writes the state that all records below id.end_offset make, unless there is one, one is being
  // written, or the log has moved past it. Holds nothing up. Calls nothing back.
  // REQUIRES: id is that of a CommittedUpTo.
  void create_snapshot(const SnapshotId& id, WallTime timestamp, const RecordList& records);
  bool is_writing_snapshot() const;
  std::optional<SnapshotId> latest_snapshot() const;

  // --- what it is; nothing here changes anything
  const QuorumState& quorum() const;
  std::int16_t kraft_version() const;  // as the log's end says
  Offset log_start_offset() const;     // 0 before the log is read
  Offset log_end_offset() const;       // 0 before the log is read
  // Its disk failed, or a leader contradicts what was committed here: Kafka's raft thread dies of
  // either, and the process with it.
  bool has_failed() const;
  void check_invariants() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kafka
