// One replica of the quorum, its peers played by the story: tests/datadriven/raft/*.txt.
#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <memory>
#include <sstream>

#include "broker-model/messages/records/batch_builder.h"
#include "broker-model/raft/raft_client.h"
#include "tests/datadriven/datadriven.h"
#include "tests/support/fake_env.h"

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

  // --- RaftHost
  void send_raft_request(const QuorumVoter& to, std::uint64_t correlation,
                         const RaftRequest& request) override {
    news += "-> " + std::to_string(to.id.value()) + " " + text(request) + "\n";
    sent.insert_or_assign(to.id, Sent{correlation, request});
  }
  void on_raft_answer(std::uint64_t, const RaftResponse& response) override {
    news += "<- " + text(response) + "\n";
  }
  void replay(const MetadataRecord& record, Offset offset) override {
    if (const auto* topic = std::get_if<TopicRecord>(&record))
      news += "replayed " + topic->name + " at " + std::to_string(offset) + "\n";
  }
  void on_commit(Offset high_watermark) override {
    news += "committed up to " + std::to_string(high_watermark) + "\n";
  }
  void on_leader(LeaderEpoch epoch) override {
    news += "leads in epoch " + std::to_string(epoch.value()) + "\n";
  }
  void on_resigned() override { news += "leads no more\n"; }

  // --- text
  static std::string text(const RaftRequest& request) {
    if (const auto* vote = std::get_if<VoteRequest>(&request)) {
      const auto& asked = vote->topics[0].partitions[0];
      return std::string(asked.pre_vote ? "pre-vote" : "vote") + "? epoch " +
             std::to_string(asked.replica_epoch) + ", log ends at " +
             std::to_string(asked.last_offset) + " of epoch " +
             std::to_string(asked.last_offset_epoch);
    }
    if (const auto* begin = std::get_if<BeginQuorumEpochRequest>(&request))
      return "begin epoch " + std::to_string(begin->topics[0].partitions[0].leader_epoch);
    if (const auto* end = std::get_if<EndQuorumEpochRequest>(&request)) {
      std::string text =
          "end epoch " + std::to_string(end->topics[0].partitions[0].leader_epoch) + ", successors";
      for (const auto& candidate : end->topics[0].partitions[0].preferred_candidates)
        text += " " + std::to_string(candidate.candidate_id);
      return text;
    }
    const auto& fetch = std::get<FetchRequest>(request).topics[0].partitions[0];
    return "fetch epoch " + std::to_string(fetch.current_leader_epoch) + " from " +
           std::to_string(fetch.fetch_offset) + " after epoch " +
           std::to_string(fetch.last_fetched_epoch) + ", high watermark " +
           std::to_string(fetch.high_watermark);
  }
  static std::string of_leader(ErrorCode error, std::int32_t leader, std::int32_t epoch) {
    std::string text = error == ErrorCode::kNone ? "" : std::string(name(error)) + ", ";
    return text + "epoch " + std::to_string(epoch) + ", leader " +
           (leader < 0 ? "none" : std::to_string(leader));
  }
  static std::string text(const RaftResponse& response) {
    return std::visit(
        [](const auto& what) -> std::string {
          using Response = std::remove_cvref_t<decltype(what)>;
          if (what.error_code != ErrorCode::kNone) return std::string(name(what.error_code));
          if constexpr (std::is_same_v<Response, FetchResponse>) {
            const auto& p = what.responses[0].partitions[0];
            std::string text =
                of_leader(p.error_code, p.current_leader.leader_id, p.current_leader.leader_epoch);
            if (p.diverging_epoch.epoch >= 0) {
              text += ", diverges: epoch " + std::to_string(p.diverging_epoch.epoch) + " ends at " +
                      std::to_string(p.diverging_epoch.end_offset);
            }
            if (p.records && !p.records->batches.empty()) {
              text += ", records up to " + std::to_string(p.records->batches.back().last_offset());
            }
            return text + ", high watermark " + std::to_string(p.high_watermark);
          } else {
            const auto& p = what.topics[0].partitions[0];
            std::string text;
            if constexpr (std::is_same_v<Response, VoteResponse>)
              text = p.vote_granted ? "granted, " : "refused, ";
            return text + of_leader(p.error_code, p.leader_id, p.leader_epoch);
          }
        },
        response);
  }

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
      options.voters.add({.key = {.id = node(std::stoi(id))}, .endpoint = {"c" + id, 9093}});
    }
    if (options.self.id < node(3000)) options.self.directory_id = Uuid{7, 7};
    sent.clear();
    start();
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
      p.leader_epoch = epoch;
    }
    return request;
  }
  void request(const DatadrivenCommand& command) {
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
    if (std::holds_alternative<VoteRequest>(found->second.what)) return fill(VoteResponse{});
    if (std::holds_alternative<BeginQuorumEpochRequest>(found->second.what))
      return fill(BeginQuorumEpochResponse{});
    if (std::holds_alternative<EndQuorumEpochRequest>(found->second.what))
      return fill(EndQuorumEpochResponse{});
    respond(fetched(command, leader, epoch));
  }
  FetchResponse fetched(const DatadrivenCommand& command, std::int32_t leader, std::int32_t epoch) {
    FetchResponse response;
    response.responses.push_back({.topic_id = kMetadataTopicId});
    auto& p = response.responses[0].partitions.emplace_back();
    p.current_leader = {.leader_id = leader, .leader_epoch = epoch};
    p.high_watermark = command.get_int("high_watermark", -1);
    if (command.has("not_leader")) p.error_code = ErrorCode::kNotLeaderOrFollower;
    if (command.has("diverging")) {
      p.diverging_epoch = {.epoch = int_of(command, "diverging"),
                           .end_offset = command.get_int("end")};
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
           ", voted " + (quorum.voted() ? id_text(quorum.voted()->id) : "none") + ", log ends at " +
           std::to_string(raft->log_end_offset()) + ", high watermark " +
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
TEST_CASE("raft: a follower fetches, truncates, loses its leader") { run_story("follower.txt"); }

}  // namespace kafka::test
