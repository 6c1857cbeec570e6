// One replica of the quorum, its peers played by the story: tests/datadriven/raft/*.txt.
#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <memory>
#include <sstream>

#include "broker-model/messages/records/batch_builder.h"
#include "broker-model/raft/control_batch.h"
#include "broker-model/raft/raft_client.h"
#include "tests/datadriven/datadriven.h"
#include "tests/support/fake_env.h"
#include "tests/unit/raft/raft_text.h"

namespace kafka::test {
namespace {

using ::test::DatadrivenCommand;
using ::test::FakeDisk;
using ::test::FakeEnv;

constexpr std::string_view kTopic = kMetadataTopicName;

std::string id_text(const std::optional<NodeId>& id) {
  return id ? std::to_string(id->value()) : "none";
}

struct Story final : RaftHost {
  FakeDisk disk;
  std::unique_ptr<FakeEnv> env;
  std::unique_ptr<RaftClient> raft;
  RaftOptions options;
  Instant now{Duration(0)};
  std::string news;
  struct Sent {
    std::uint64_t correlation = 0;
    RaftRequest what;
  };
  std::map<NodeId, Sent> sent;  // the last to each
  std::uint64_t last_token = 0;
  std::vector<std::string> loaded;
  CommittedUpTo committed;

  // --- RaftHost
  void send_raft_request(const QuorumVoter& to, std::uint64_t correlation,
                         const RaftRequest& request) override {
    news += "-> " + std::to_string(to.id.value()) + " " + text_of(request) + "\n";
    sent.insert_or_assign(to.id, Sent{correlation, request});
  }
  void on_raft_answer(std::uint64_t, const RaftResponse& response) override {
    news += "<- " + text_of(response) + "\n";
  }
  void load(const MetadataRecord& record, Offset) override {
    if (const auto* topic = std::get_if<TopicRecord>(&record)) loaded.push_back(topic->name);
  }
  void load_snapshot(const SnapshotId& id, const std::vector<MetadataRecord>& records) override {
    loaded.clear();
    for (const MetadataRecord& record : records)
      loaded.push_back(std::get<TopicRecord>(record).name);
    news += "loaded the snapshot of " + std::to_string(id.end_offset) + ":";
    for (const std::string& name : loaded) news += " " + name;
    news += "\n";
  }
  void replay(const MetadataRecord& record, Offset offset) override {
    if (const auto* topic = std::get_if<TopicRecord>(&record))
      news += "replayed " + topic->name + " at " + std::to_string(offset) + "\n";
  }
  void replay_snapshot(const SnapshotId& id, const std::vector<MetadataRecord>& records) override {
    news += "replayed " + std::to_string(records.size()) + " records of the snapshot of " +
            std::to_string(id.end_offset) + "\n";
  }
  void on_commit(const CommittedUpTo& up_to) override {
    committed = up_to;
    news += "committed up to " + std::to_string(up_to.high_watermark) + "\n";
  }
  void on_leader(LeaderEpoch epoch) override {
    news += "leads in epoch " + std::to_string(epoch.value()) + "\n";
  }
  void on_resigned() override { news += "leads no more\n"; }

  // --- moving it
  void settle() {
    for (bool is_busy = true; is_busy;) {
      is_busy = false;
      while (const auto job = env->next_job()) {
        raft->on_timer(*job);
        is_busy = true;
      }
      env->run_disk([&](env::DiskOpId op, const env::DiskResult& result) {
        is_busy = true;
        raft->on_disk(op, result);
      });
      raft->check_invariants();
    }
  }
  void start() {
    env = std::make_unique<FakeEnv>(disk);
    env->advance(now - env->monotonic);
    raft = std::make_unique<RaftClient>(options, *env, *this);
    raft->start();
    settle();
  }
  void advance(Duration by) {
    const Instant until = env->monotonic + by;
    settle();
    while (const auto key = env->next_timer(until)) {
      raft->on_timer(*key);
      settle();
    }
    env->advance(until - env->monotonic);
    now = until;
  }
  std::string take_news() {
    settle();
    std::string result = std::exchange(news, "");
    if (raft->has_failed()) result += "failed\n";
    return result.empty() ? "ok\n" : result;
  }

  // --- commands
  static NodeId node(std::int64_t id) { return NodeId(static_cast<std::int32_t>(id)); }
  static std::int32_t int_of(const DatadrivenCommand& c, std::string_view key,
                             std::int64_t otherwise = 0) {
    return static_cast<std::int32_t>(c.get_int(key, otherwise));
  }
  void make(const DatadrivenCommand& command) {
    disk = FakeDisk();
    now = Instant(Duration(0));
    options = RaftOptions{};
    options.self = {.id = node(command.get_int("id", 3000))};
    options.cluster_id = "c";
    std::istringstream list(command.get("voters", "3000,3001,3002"));
    for (std::string id; std::getline(list, id, ',');) {
      const VoterSet::Voter voter{
          .key = {.id = node(std::stoi(id))}, .endpoint = {"c" + id, 9093}, .kraft_versions = {}};
      if (command.has("kraft")) {
        options.bootstrap.push_back({voter.key.id, voter.endpoint});
      } else {
        options.voters.add(voter);
      }
    }
    if (options.self.id < node(3000)) options.self.directory_id = Uuid{7, 7};
    if (command.has("kraft")) format(command);
    options.is_observer = command.has("observer");
    options.retention_bytes = command.get_int("retention_bytes", -1);
    options.fetch_snapshot_max_bytes = int_of(command, "piece", 1024);
    sent.clear();
    loaded.clear();
    committed = {};
    start();
  }
  // A disk of kraft.version 1: directory 1, and those voters in the bootstrap snapshot, unless the
  // node is to be added.
  void format(const DatadrivenCommand& command) {
    options.self.directory_id =
        Uuid{0, static_cast<std::uint64_t>(command.get_int("directory", 1))};
    options.endpoint = {command.get("host", "c" + std::to_string(options.self.id.value())), 9093};
    options.can_become_voter = true;
    options.auto_join = command.has("auto_join");
    if (command.has("to_be_added")) return;
    VoterSet first;
    for (const QuorumVoter& voter : options.bootstrap)
      first.add({{voter.id, Uuid{0, 1}}, voter.endpoint, kSupportedKRaftVersions});
    const SnapshotHead head{.id = kBootstrapSnapshotId, .kraft_version = 1, .voters = first};
    disk.set_content(snapshot_file(kBootstrapSnapshotId), write_snapshot(head, {}, WallTime{}));
  }
  static RecordList topics(const std::vector<std::string>& names) {
    RecordList records;
    for (const std::string& name : names)
      records.push_back({TopicRecord{.name = name, .topic_id = {1, 1}}, 0});
    return records;
  }
  void take_snapshot() {
    raft->create_snapshot({committed.high_watermark, committed.epoch}, committed.timestamp,
                          topics(loaded));
  }
  template <class Request>
  Request about(std::int32_t leader_or_candidate, std::int32_t epoch) {
    Request request;
    request.cluster_id = "c";
    auto& partition = request.topics.emplace_back();
    partition.topic_name = kTopic;
    auto& p = partition.partitions.emplace_back();
    if constexpr (std::is_same_v<Request, VoteRequest>) {
      p.replica_id = leader_or_candidate;
      p.replica_epoch = epoch;
    } else {
      p.leader_id = leader_or_candidate;
      request.leader_endpoints.push_back({.name = std::string(kControllerListener),
                                          .host = "c" + std::to_string(leader_or_candidate),
                                          .port = 9093});
      p.leader_epoch = epoch;
    }
    return request;
  }
  static std::vector<std::string> words_of(const std::string& list) {
    std::vector<std::string> words;
    std::istringstream in(list);
    for (std::string word; std::getline(in, word, ',');) words.push_back(word);
    return words;
  }
  // About the voters, and snapshots. False: another one.
  bool request_of_kip_853(const DatadrivenCommand& command) {
    const std::uint64_t token = last_token + 1;
    const std::int32_t id = int_of(command, "id");
    const Uuid directory{0, static_cast<std::uint64_t>(command.get_int("directory", 1))};
    const std::string host = command.get("host", "c" + std::to_string(id));
    if (command.name == "fetch_snapshot") {
      FetchSnapshotRequest fetch{.cluster_id = "c",
                                 .replica_id = int_of(command, "from"),
                                 .max_bytes = int_of(command, "bytes", INT32_MAX)};
      fetch.topics.emplace_back().name = command.get("topic", kTopic);
      fetch.topics[0].partitions.push_back({.current_leader_epoch = int_of(command, "epoch"),
                                            .snapshot_id = {.end_offset = command.get_int("of"),
                                                            .epoch = int_of(command, "of_epoch")},
                                            .position = command.get_int("position")});
      raft->handle(token, 1, fetch);
    } else if (command.name == "add_voter") {
      AddRaftVoterRequest add{.cluster_id = command.get("cluster", "c"),
                              .voter_id = id,
                              .voter_directory_id = directory,
                              .ack_when_committed = !command.has("ack_at_once")};
      add.listeners.push_back(
          {.name = command.get("listener", "CONTROLLER"), .host = host, .port = 9093});
      raft->handle(token, 1, add);
    } else if (command.name == "remove_voter") {
      raft->handle(token, 0,
                   RemoveRaftVoterRequest{
                       .cluster_id = "c", .voter_id = id, .voter_directory_id = directory});
    } else if (command.name == "update_voter") {
      UpdateRaftVoterRequest update{
          .cluster_id = "c",
          .current_leader_epoch = int_of(command, "epoch"),
          .voter_id = id,
          .voter_directory_id = directory,
          .kraft_version_feature = {
              .min_supported_version = 0,
              .max_supported_version = static_cast<std::int16_t>(command.get_int("highest", 1))}};
      update.listeners.push_back({.name = "CONTROLLER", .host = host, .port = 9093});
      raft->handle(token, 0, update);
    } else if (command.name == "describe") {
      DescribeQuorumRequest describe;
      auto& topic = describe.topics.emplace_back();
      topic.topic_name = kTopic;
      topic.partitions.emplace_back();
      raft->handle(token, 2, describe);
    } else {
      return false;
    }
    ++last_token;
    return true;
  }
  void request(const DatadrivenCommand& command) {
    if (request_of_kip_853(command)) return;
    const std::int32_t from = int_of(command, "from");
    const std::int32_t epoch = int_of(command, "epoch");
    const std::uint64_t token = ++last_token;
    if (command.name == "vote") {
      auto vote = about<VoteRequest>(from, epoch);
      vote.voter_id = int_of(command, "to", -1);
      vote.topics[0].partitions[0].last_offset = command.get_int("end");
      vote.topics[0].partitions[0].last_offset_epoch = int_of(command, "end_epoch");
      vote.topics[0].partitions[0].pre_vote = command.has("pre");
      raft->handle(token, 2, vote);
    } else if (command.name == "begin") {
      raft->handle(token, 1, about<BeginQuorumEpochRequest>(from, epoch));
    } else if (command.name == "end") {
      auto end = about<EndQuorumEpochRequest>(from, epoch);
      std::istringstream list(command.get("successors"));
      for (std::string id; std::getline(list, id, ',');)
        end.topics[0].partitions[0].preferred_candidates.push_back({.candidate_id = std::stoi(id)});
      raft->handle(token, 1, end);
    } else {
      FetchRequest fetch{.cluster_id = "c", .max_wait_ms = int_of(command, "wait")};
      fetch.replica_state.replica_id = from;
      fetch.topics.push_back({.topic_id = kMetadataTopicId});
      fetch.topics[0].partitions.push_back(
          {.current_leader_epoch = epoch,
           .fetch_offset = command.get_int("offset"),
           .last_fetched_epoch = int_of(command, "after_epoch"),
           .replica_directory_id =
               Uuid{0, static_cast<std::uint64_t>(command.get_int("directory", 0))},
           .high_watermark = command.get_int("high_watermark", -1)});
      raft->handle(token, 18, fetch);
    }
  }
  // Of the last request to that node.
  void answer(const DatadrivenCommand& command) {
    const NodeId from = node(command.get_int("from"));
    const auto found = sent.find(from);
    REQUIRE_MESSAGE(found != sent.end(), command.file, ":", command.line, ": nothing was sent");
    if (command.has("nothing")) return raft->on_failed(from, found->second.correlation);
    const std::int32_t leader = int_of(command, "leader", -1);
    const std::int32_t epoch = int_of(command, "epoch", raft->quorum().epoch().value());
    const auto respond = [&](RaftResponse response) {
      raft->on_response(from, found->second.correlation, std::move(response));
    };
    const auto fill = [&](auto response) {
      auto& topic = response.topics.emplace_back();
      topic.topic_name = kTopic;
      auto& p = topic.partitions.emplace_back();
      p.leader_id = leader;
      p.leader_epoch = epoch;
      if (command.has("fenced")) p.error_code = ErrorCode::kFencedLeaderEpoch;
      if constexpr (requires { p.vote_granted; }) p.vote_granted = command.has("granted");
      respond(response);
    };
    const RaftRequest& what = found->second.what;
    if (std::holds_alternative<FetchSnapshotRequest>(what))
      return respond(piece(command, leader, epoch));
    const ErrorCode error =
        command.has("timed_out") ? ErrorCode::kRequestTimedOut : ErrorCode::kNone;
    if (std::holds_alternative<AddRaftVoterRequest>(what))
      return respond(AddRaftVoterResponse{.error_code = error});
    if (std::holds_alternative<RemoveRaftVoterRequest>(what))
      return respond(RemoveRaftVoterResponse{.error_code = error});
    if (std::holds_alternative<UpdateRaftVoterRequest>(what)) {
      UpdateRaftVoterResponse updated{.error_code = error};
      updated.current_leader = {.leader_id = leader, .leader_epoch = epoch, .host = "", .port = 0};
      return respond(updated);
    }
    if (std::holds_alternative<ApiVersionsRequest>(what)) {
      ApiVersionsResponse versions;
      versions.supported_features.push_back(
          {.name = "kraft.version",
           .min_version = 0,
           .max_version = static_cast<std::int16_t>(command.get_int("highest", 1))});
      return respond(versions);
    }
    if (std::holds_alternative<VoteRequest>(found->second.what)) return fill(VoteResponse{});
    if (std::holds_alternative<BeginQuorumEpochRequest>(found->second.what))
      return fill(BeginQuorumEpochResponse{});
    if (std::holds_alternative<EndQuorumEpochRequest>(found->second.what))
      return fill(EndQuorumEpochResponse{});
    respond(fetched(command, leader, epoch));
  }
  // Of a snapshot with those topics, what lies at the position that was asked for.
  FetchSnapshotResponse piece(const DatadrivenCommand& command, std::int32_t leader,
                              std::int32_t epoch) {
    FetchSnapshotResponse response;
    auto& topic = response.topics.emplace_back();
    topic.name = kTopic;
    auto& p = topic.partitions.emplace_back();
    p.current_leader = {.leader_id = leader, .leader_epoch = epoch};
    if (command.has("not_found")) {
      p.error_code = ErrorCode::kSnapshotNotFound;
      return response;
    }
    p.snapshot_id = {.end_offset = command.get_int("of"), .epoch = int_of(command, "of_epoch")};
    SnapshotHead head{.id = {p.snapshot_id.end_offset, LeaderEpoch(p.snapshot_id.epoch)},
                      .last_contained_log_timestamp = env->wall};
    if (command.has("voters")) {
      head.kraft_version = 1;
      head.voters.emplace();
      for (const std::string& id : words_of(command.get("voters")))
        head.voters->add({{node(std::stoi(id)), Uuid{0, 1}}, {"c" + id, 9093}, {0, 1}});
    }
    const env::Rope whole =
        write_snapshot(head, topics(words_of(command.get("topics"))), WallTime{});
    const std::int64_t from = command.get_int("position", 0);
    const std::int64_t upto = command.get_int("upto", static_cast<std::int64_t>(whole.size()));
    p.size = static_cast<std::int64_t>(whole.size());
    p.position = from;
    p.unaligned_records =
        whole.slice(static_cast<std::size_t>(from), static_cast<std::size_t>(upto - from))
            .contiguous();
    return response;
  }
  FetchResponse fetched(const DatadrivenCommand& command, std::int32_t leader, std::int32_t epoch) {
    FetchResponse response;
    response.responses.push_back({.topic_id = kMetadataTopicId});
    auto& p = response.responses[0].partitions.emplace_back();
    p.current_leader = {.leader_id = leader, .leader_epoch = epoch};
    p.high_watermark = command.get_int("high_watermark", -1);
    if (command.has("not_leader")) p.error_code = ErrorCode::kNotLeaderOrFollower;
    if (command.has("at")) {
      auto& endpoint = response.node_endpoints.emplace_back();
      endpoint.node_id = leader;
      endpoint.host = command.get("at");
      endpoint.port = 9093;
    }
    if (command.has("diverging")) {
      p.diverging_epoch = {.epoch = int_of(command, "diverging"),
                           .end_offset = command.get_int("end")};
    }
    if (command.has("snapshot")) {
      p.snapshot_id = {.end_offset = command.get_int("snapshot"),
                       .epoch = int_of(command, "of_epoch")};
    }
    if (command.has("voters")) {
      VoterSet set;
      for (const std::string& id : words_of(command.get("voters")))
        set.add({{node(std::stoi(id)), Uuid{0, 1}}, {"c" + id, 9093}, {0, 1}});
      p.records = Records{{ControlBatch(command.get_int("offset"), LeaderEpoch(epoch), env->wall)
                               .add(ControlRecordType::kKRaftVoters, set.to_record())
                               .close()},
                          {}};
    }
    if (command.has("record")) {
      BatchOptions batch_options;
      batch_options.base_offset = command.get_int("offset");
      batch_options.leader_epoch = epoch;
      BatchBuilder batch(batch_options);
      const env::Bytes value =
          encode_metadata_record(TopicRecord{.name = command.get("record"), .topic_id = {1, 1}}, 0);
      NewRecord fresh;
      fresh.timestamp = env->wall;
      fresh.value = value.span();
      batch.append(fresh);
      Records records;
      records.batches.push_back(batch.close());
      p.records = records;
    }
    return response;
  }
  std::string state() const {
    const QuorumState& quorum = raft->quorum();
    return std::string(quorum.name_of(quorum.state())) + ", epoch " +
           std::to_string(quorum.epoch().value()) + ", leader " + id_text(quorum.leader_id()) +
           ", voted " + (quorum.voted() ? id_text(quorum.voted()->id) : "none") +
           (raft->log_start_offset() > 0
                ? ", log begins at " + std::to_string(raft->log_start_offset())
                : "") +
           ", log ends at " + std::to_string(raft->log_end_offset()) + ", high watermark " +
           (quorum.high_watermark() ? std::to_string(*quorum.high_watermark()) : "unknown") + "\n";
  }

  std::string run(const DatadrivenCommand& command) {
    if (command.name == "new") {
      make(command);
    } else if (command.name == "restart") {
      raft.reset();
      if (command.has("power_lost")) disk.lose_power();
      sent.clear();
      start();
    } else if (command.name == "advance") {
      advance(std::chrono::milliseconds(command.get_int("ms")));
    } else if (command.name == "answer") {
      answer(command);
    } else if (command.name == "append") {
      raft->append({{TopicRecord{.name = command.words.at(0), .topic_id = {1, 1}}, 0}});
    } else if (command.name == "shut_down") {
      raft->shut_down(5s);
    } else if (command.name == "state") {
      return state();
    } else if (command.name == "snapshot") {
      take_snapshot();
    } else if (command.name == "voters") {
      return text_of(raft->quorum().voters()) + "\n";
    } else if (command.name == "files") {
      std::string list;
      for (const env::FileInfo& file : disk.list()) list += file.name + "\n";
      return list;
    } else if (command.name == "damage") {
      std::string content = disk.text(command.words.at(0));
      content.at(content.size() / 2) ^= 1;
      disk.set_content(command.words.at(0), env::Bytes::copy_of(content));
    } else if (command.name == "remove") {
      disk.remove(command.words.at(0));
    } else if (command.name == "saved") {
      return disk.text(kQuorumStateFile) + "\n";
    } else {
      request(command);
    }
    return take_news();
  }
};

void run_story(const std::string& file) {
  Story story;
  ::test::run_datadriven("raft/" + file,
                         [&](const DatadrivenCommand& command) { return story.run(command); });
}

}  // namespace

TEST_CASE("raft: an election is won, lost, refused") { run_story("election.txt"); }
TEST_CASE("raft: votes, given once, kept over a restart") { run_story("votes.txt"); }
TEST_CASE("raft: a leader replicates and commits") { run_story("leader.txt"); }
TEST_CASE("raft: snapshots are made, served, cleaned away") { run_story("snapshots.txt"); }
TEST_CASE("raft: a follower far behind fetches a snapshot") { run_story("fetch-snapshot.txt"); }
TEST_CASE("raft: voters are added, removed, updated") { run_story("voters.txt"); }
TEST_CASE("raft: a voter of the log follows, joins, is removed") { run_story("joining.txt"); }
TEST_CASE("raft: a follower fetches, truncates, loses its leader") { run_story("follower.txt"); }

}  // namespace kafka::test
