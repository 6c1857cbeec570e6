// The parts of RaftClient: its loop (raft_client.cc), what its listeners hear (raft_listeners.cc),
// elections (raft_elections.cc), the log with its fetches (raft_fetch.cc), snapshots
// (raft_snapshots.cc), and voters that come and go (raft_voters.cc).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker-model/log/checkpoint_file.h"
#include "broker-model/raft/control_batch.h"
#include "broker-model/raft/metadata_log.h"
#include "broker-model/raft/raft_client.h"
#include "broker-model/raft/request_manager.h"
#include "broker-model/raft/voter_history.h"

namespace kafka {

// KafkaRaftClient looks so often for snapshots that are too old or too many.
inline constexpr Duration kCleanInterval = 60s;

struct RaftClient::Impl {
  enum Timer : std::uint32_t { kPoll, kLinger, kParked, kAnswered };

  struct Request {
    std::uint64_t token = 0;
    std::int16_t version = 0;
    RaftRequest what;
  };
  struct Answer {  // from another node; nothing when it failed
    NodeId from;
    std::uint64_t correlation = 0;
    std::optional<RaftResponse> what;
  };
  struct ParkedFetch {
    std::int16_t version = 0;
    FetchRequest request;
    FetchResponse response;  // if nothing comes while it waits
  };
  // A change of the voters that is under way (AddVoterHandlerState, RemoveVoterHandlerState).
  struct VoterChange {
    std::uint64_t token = 0;
    RaftTimer timer;
    std::optional<VoterSet::Voter> added{};  // nothing: one is removed
    bool ack_when_committed = true;
    std::optional<Offset> offset{};  // of the VotersRecord, once it is appended
  };
  // What an answer says of the quorum, whatever else it says.
  struct LeaderNews {
    ErrorCode error = ErrorCode::kNone;
    std::optional<NodeId> leader;
    LeaderEpoch epoch{0};
    std::optional<QuorumVoter> node{};  // of the leader, where its endpoint is known
  };

  Impl(RaftOptions o, env::Env& e, RaftHost& h);

  env::TimerKey timer(Timer which, std::uint64_t id = 0) const {
    return {.kind = options.timer_kind + static_cast<std::uint32_t>(which), .id = id};
  }
  WallTime now() const { return env.wall_clock(); }
  LeaderState* leading() { return quorum.as<LeaderState>(); }

  // --- the loop
  void run();
  bool is_waiting_for_disk() const;
  void initialize();  // log and quorum-state have been read
  bool settle();      // false: the disk is at work
  void handle_next();
  void emit(std::move_only_function<void()> effect) { effects.push_back(std::move(effect)); }
  void perform_effects();
  void answer(std::uint64_t token, RaftResponse response) {
    emit([this, token, response = std::move(response)] { host.on_raft_answer(token, response); });
  }
  void after_disk(std::move_only_function<void()> step) { steps.push_back(std::move(step)); }
  Duration poll();
  Duration poll_role();
  Duration poll_leader();
  Duration poll_nominee();
  Duration poll_follower();
  Duration poll_unattached();
  Duration poll_resigned();
  bool is_shutting_down() const { return shutdown_deadline.has_value(); }
  bool is_shutdown_over();
  Duration shutdown_left() const {
    return std::max(Duration::zero(), *shutdown_deadline - env.now());
  }

  // --- listeners
  void poll_listeners();
  bool give_snapshot(Offset committed);  // false: it is damaged
  void give_batches(Offset from, Offset replay_to, CommittedUpTo& committed);

  // --- sending
  // Sends what make() makes, unless something is under way or the node is left alone for a while.
  template <class Make>
  bool send_if_ready(const QuorumVoter& to, Make make);
  // The same; answers how long until there is something to do about that node.
  template <class Make>
  Duration maybe_send(const QuorumVoter& to, Make make);
  Duration fetch_from_any();
  Duration fetch_from_best(const QuorumState::Follower& follower);

  // --- elections
  void transitioned();  // every connection is fresh, as resetConnections
  void become_unattached(LeaderEpoch epoch, std::optional<NodeId> leader);
  void become_follower(LeaderEpoch epoch, const QuorumVoter& leader);
  void become_prospective();
  void become_candidate();
  void become_leader();
  void become_resigned();
  void lose_pre_vote();
  void move_forward();  // a nominee whose election may be won or lost
  Duration send_votes();
  void maybe_transition(const LeaderNews& news);
  // Nothing when the answer is to be looked at further, else whether it was a success.
  std::optional<bool> handle_common(const LeaderNews& news);
  LeaderNews news_of(ErrorCode error, std::int32_t leader, std::int32_t epoch) const;
  // As a response tells it, whose node_endpoints may know more than the set of voters.
  template <class Response>
  LeaderNews news_of(const Response& response, ErrorCode error, std::int32_t leader,
                     std::int32_t epoch) const;
  std::int32_t leader_on_wire() const {
    return quorum.leader_id() ? quorum.leader_id()->value() : -1;
  }
  ErrorCode validate_voter_only(std::int32_t remote, LeaderEpoch epoch) const;
  bool is_for_us(std::int32_t voter_id, const Uuid& directory) const;
  ErrorCode check_cluster(const std::optional<std::string>& cluster_id) const;
  // What is wrong with it as a whole: of another cluster, about another partition.
  template <class Message>
  ErrorCode check_addressee(const Message& request) const;
  // A leader says that it leads: BeginQuorumEpoch, EndQuorumEpoch.
  template <class Message>
  ErrorCode take_claim(const Message& request);
  // What any answer of an election says first; as handle_common.
  template <class Message>
  std::optional<bool> take_answer(const Message& response);

  void on_request(std::uint64_t token, std::int16_t version, const VoteRequest& request);
  void on_request(std::uint64_t token, std::int16_t version,
                  const BeginQuorumEpochRequest& request);
  void on_request(std::uint64_t token, std::int16_t version, const EndQuorumEpochRequest& request);
  VoteResponse answer_vote(std::int16_t version, ErrorCode error, bool is_granted) const;
  ErrorCode judge_vote(const VoteRequest& request, bool& is_granted);
  bool on_answer(NodeId from, const VoteResponse& response);
  bool on_answer(NodeId from, const BeginQuorumEpochResponse& response);
  bool on_answer(NodeId from, const EndQuorumEpochResponse& response);
  Duration election_backoff(const EndQuorumEpochRequest::PartitionData& partition) const;

  // --- log and fetches
  EpochEndOffset end() const { return {last_epoch(log, snapshots), log.log_end_offset()}; }
  FetchRequest make_fetch() const;
  void on_request(std::uint64_t token, std::int16_t version, const FetchRequest& request);
  bool on_answer(NodeId from, const FetchResponse& response);
  ErrorCode validate_fetch(const FetchRequest& request) const;
  ErrorCode validate_leader_only(LeaderEpoch epoch) const;
  FetchResponse try_complete(const FetchRequest& request, std::int16_t version);
  FetchResponse fetch_error(std::int16_t version, ErrorCode error) const;
  FetchResponse wrap(FetchResponse::PartitionData partition, std::int16_t version) const;
  FetchResponse::PartitionData base_partition() const;
  void complete_parked();  // with what there is now
  void fail_parked(ErrorCode error);
  bool truncate(const FetchResponse::EpochEndOffset& diverging);
  void append_as_follower(const Records& records);
  void update_follower(Offset leader_high_watermark);
  void write(std::vector<RecordBatch> batches);  // as the leader
  void gather(const MetadataRecord& record, std::int16_t version);
  void close_gathered();
  void drain();
  void local_end_moved();
  void high_watermark_has_risen();  // of a leader

  // --- snapshots
  void on_request(std::uint64_t token, std::int16_t version, const FetchSnapshotRequest& request);
  bool on_answer(NodeId from, const FetchSnapshotResponse& response);
  FetchSnapshotResponse::PartitionSnapshot piece_of(
      const FetchSnapshotRequest::PartitionSnapshot& asked, std::int32_t max_bytes) const;
  FetchSnapshotRequest make_fetch_snapshot() const;
  bool take_snapshot_id(const FetchResponse::SnapshotId& id);
  void take_piece(const FetchSnapshotResponse::PartitionSnapshot& piece);
  void finish_download();
  void truncate_to_latest_snapshot();
  bool load_voters();  // from snapshot and log, at a start; false: the snapshot is damaged
  void snapshot_written();
  void clean();
  bool delete_before(const SnapshotId& id);
  Duration poll_cleaner();

  // --- voters that change
  VoterSet::Voter own_voter() const {
    return {options.self, options.endpoint, kSupportedKRaftVersions};
  }
  void voters_changed();  // what the log's end says of them may be new
  void on_request(std::uint64_t token, std::int16_t version, const DescribeQuorumRequest& request);
  void on_request(std::uint64_t token, std::int16_t version, const AddRaftVoterRequest& request);
  void on_request(std::uint64_t token, std::int16_t version, const RemoveRaftVoterRequest& request);
  void on_request(std::uint64_t token, std::int16_t version, const UpdateRaftVoterRequest& request);
  void on_request(std::uint64_t token, std::int16_t version, const ApiVersionsRequest& request);
  bool on_answer(NodeId from, const DescribeQuorumResponse& response);
  bool on_answer(NodeId from, const AddRaftVoterResponse& response);
  bool on_answer(NodeId from, const RemoveRaftVoterResponse& response);
  bool on_answer(NodeId from, const UpdateRaftVoterResponse& response);
  bool on_answer(NodeId from, const ApiVersionsResponse& response);
  // What keeps the voters from being changed now; kNone: nothing.
  ErrorCode check_voter_change();
  ErrorCode start_adding(std::uint64_t token, const AddRaftVoterRequest& request);
  ErrorCode start_removing(std::uint64_t token, const RemoveRaftVoterRequest& request);
  ErrorCode update_voter(const UpdateRaftVoterRequest& request);
  void add_voter(const ApiVersionsResponse& response);
  DescribeQuorumResponse describe(std::int16_t version);
  void new_voter_is_silent(NodeId from);
  Offset append_voters(const VoterSet& voters);
  void end_voter_change(ErrorCode error);
  Duration until_voter_change_expires();
  void voters_committed();  // the high watermark of a leader has risen
  void tell_leader_of_us(QuorumState::Follower& follower);

  RaftOptions options;
  env::Env& env;
  RaftHost& host;
  PartitionLog log;
  SnapshotStore snapshots;
  VoterHistory history;
  CheckpointWriter state_file;
  QuorumState quorum;
  RequestManager requests;

  bool is_initialized = false;
  bool is_failed = false;
  bool is_running = false;  // run() is on the stack
  std::optional<env::DiskOpId> state_read;
  std::optional<ElectionState> saved;

  std::deque<std::variant<Request, Answer>> inbox;
  std::deque<std::move_only_function<void()>> steps;    // what follows a disk operation
  std::deque<std::move_only_function<void()>> effects;  // what goes out when it is done
  std::map<std::uint64_t, Answer> answers;              // that wait for the CPU
  std::uint64_t next_correlation = 0;
  std::uint64_t next_answer = 0;

  std::map<std::uint64_t, ParkedFetch> parked;  // by token
  // Of the leader, not yet in the log: closed batches, and the one behind them.
  std::vector<RecordBatch> closed;
  std::optional<BatchBuilder> gathering;
  Offset append_offset = 0;          // of the record that is appended next
  std::optional<WallTime> drain_at;  // when the linger is over
  // The state machine has, or appended, all below; the loader has all below. Nothing: they have
  // not even a snapshot.
  std::optional<Offset> replayed_end;
  std::optional<Offset> loaded_end;
  bool is_activated = false;  // the state machine knows that it leads
  std::optional<VoterChange> voter_change;
  bool is_resign_requested = false;  // as a leader that is no voter any more
  RaftTimer cleaner;
  std::optional<Instant> shutdown_deadline;
};

}  // namespace kafka
