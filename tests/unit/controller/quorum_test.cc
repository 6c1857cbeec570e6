// One controller and one broker's observer over fake environments, fetches carried by hand.
#include "broker-model/controller/quorum.h"

#include <doctest/doctest.h>

#include "broker-model/controller/metadata_log.h"
#include "tests/support/fake_env.h"

namespace kafka {
namespace {

const QuorumVoter kVoter{NodeId(3000), {"controller", 9093}};

RecordList topic(const char* name, std::uint64_t id) {
  return {{TopicRecord{.name = name, .topic_id = {id, 1}}, 0}};
}

// A leader over a disk that outlives it.
struct LeaderHost final : QuorumListener {
  explicit LeaderHost(test::FakeDisk& disk)
      : env(disk), quorum({.self = kVoter, .cluster_id = "c"}, env, *this) {
    quorum.start();
    run_disk();
  }
  void replay(const MetadataRecord& record, Offset offset) override {
    image.replay(record, offset);
  }
  void on_leader(LeaderEpoch) override { ++elections; }
  void on_commit(Offset offset) override { committed = offset; }
  void on_fetch_answer(std::uint64_t, const FetchResponse& response) override {
    answers.push_back(response);
  }
  void run_disk() {
    env.run_disk([&](env::DiskOpId op, const env::DiskResult& r) { quorum.on_disk(op, r); });
    quorum.check_invariants();
  }
  // Until the linger has passed and all is on disk.
  void settle() {
    while (auto key = env.next_timer(env.monotonic + 100ms)) quorum.on_timer(*key);
    run_disk();
  }

  test::FakeEnv env;
  Quorum quorum;
  MetadataImage image;
  int elections = 0;
  Offset committed = 0;
  std::vector<FetchResponse> answers;
};

struct ObserverHost final : QuorumObserverHost {
  explicit ObserverHost(test::FakeDisk& disk)
      : env(disk),
        observer({.node = NodeId(1), .directory_id = {1, 1}, .cluster_id = "c", .voters = {kVoter}},
                 env, *this) {
    observer.start();
    run_disk();
  }
  void send_quorum_fetch(const QuorumVoter& to, const FetchRequest& request, Duration) override {
    CHECK(to.id == kVoter.id);
    CHECK(!fetch.has_value());
    fetch = request;
  }
  void on_metadata_changed() override { ++changes; }
  void run_disk() {
    env.run_disk([&](env::DiskOpId op, const env::DiskResult& r) { observer.on_disk(op, r); });
    observer.check_invariants();
  }

  test::FakeEnv env;
  QuorumObserver observer;
  std::optional<FetchRequest> fetch;
  int changes = 0;
};

// Carries fetches and answers until the observer waits for news (or `limit` exchanges).
int exchange(LeaderHost& leader, ObserverHost& follower, int limit = 20) {
  int rounds = 0;
  while (rounds < limit && follower.fetch) {
    const FetchRequest request = std::move(*follower.fetch);
    follower.fetch.reset();
    leader.answers.clear();
    leader.quorum.handle_fetch(1, 18, request);
    if (leader.answers.empty()) {
      follower.fetch = request;  // parked
      leader.quorum.forget_fetch(1);
      return rounds;
    }
    ++rounds;
    follower.observer.on_fetch_response(leader.answers.front());
    while (auto key = follower.env.next_job()) follower.observer.on_timer(*key);
    follower.run_disk();
  }
  return rounds;
}

}  // namespace

TEST_CASE("one voter: elected alone, an epoch higher at each start, whatever the stop") {
  test::FakeDisk disk;
  for (int epoch = 1; epoch <= 3; ++epoch) {
    LeaderHost leader(disk);
    CHECK(leader.elections == 1);
    CHECK(leader.quorum.epoch() == LeaderEpoch(epoch));
    leader.quorum.append(topic("t", static_cast<std::uint64_t>(epoch)));
    leader.settle();
    CHECK(leader.committed == leader.quorum.next_offset());
    if (epoch == 2) disk.lose_power();
  }
  LeaderHost leader(disk);
  CHECK(leader.image.topics().size() == 3);
}

TEST_CASE("one voter: nothing is committed before it is synced; what was not synced may go") {
  test::FakeDisk disk;
  {
    LeaderHost leader(disk);
    const Offset before = leader.committed;
    leader.quorum.append(topic("orders", 1));
    while (auto key = leader.env.next_timer(leader.env.monotonic + 100ms)) {
      leader.quorum.on_timer(*key);
    }
    // Every write done, no sync yet.
    while (!leader.env.disk_ops.empty() &&
           leader.env.disk_ops.front().kind != test::FakeEnv::DiskOpKind::kSync) {
      leader.env.complete_disk_op(
          [&](env::DiskOpId op, const env::DiskResult& r) { leader.quorum.on_disk(op, r); });
    }
    CHECK(leader.committed == before);
    CHECK(leader.quorum.log_end_offset() == leader.quorum.next_offset());
    disk.lose_power();
  }
  LeaderHost leader(disk);
  CHECK(leader.image.topics().empty());
  CHECK(leader.quorum.epoch() == LeaderEpoch(2));
}

TEST_CASE("observer: follows, replays what is committed, continues after a restart") {
  test::FakeDisk controller_disk;
  test::FakeDisk broker_disk;
  LeaderHost leader(controller_disk);
  leader.quorum.append(topic("orders", 1));
  leader.settle();
  {
    ObserverHost follower(broker_disk);
    exchange(leader, follower);
    CHECK(follower.observer.leader() == kVoter);
    CHECK(follower.observer.epoch() == LeaderEpoch(1));
    CHECK(follower.observer.image().topic("orders") != nullptr);
    CHECK(follower.observer.high_watermark() == leader.committed);
    CHECK(follower.observer.image_offset() == leader.committed - 1);
  }
  leader.quorum.append(topic("payments", 2));
  leader.settle();
  ObserverHost follower(broker_disk);
  CHECK(follower.observer.log_end_offset() == leader.committed - 1);
  CHECK(follower.changes == 0);  // nothing is known to be committed yet
  exchange(leader, follower);
  CHECK(follower.observer.image().topics().size() == 2);
  CHECK(follower.changes > 0);
}

TEST_CASE("observer: holds uncommitted records back, truncates them when the leader lost them") {
  test::FakeDisk controller_disk;
  test::FakeDisk broker_disk;
  ObserverHost follower(broker_disk);
  {
    LeaderHost leader(controller_disk);
    exchange(leader, follower);
    leader.quorum.append(topic("lost", 1));
    while (auto key = leader.env.next_timer(leader.env.monotonic + 100ms)) {
      leader.quorum.on_timer(*key);
    }
    while (!leader.env.disk_ops.empty() &&
           leader.env.disk_ops.front().kind != test::FakeEnv::DiskOpKind::kSync) {
      leader.env.complete_disk_op(
          [&](env::DiskOpId op, const env::DiskResult& r) { leader.quorum.on_disk(op, r); });
    }
    exchange(leader, follower);
    CHECK(follower.observer.log_end_offset() == leader.quorum.log_end_offset());
    CHECK(follower.observer.image().topics().empty());
    controller_disk.lose_power();
  }
  LeaderHost leader(controller_disk);
  leader.quorum.append(topic("kept", 2));
  leader.settle();
  exchange(leader, follower);
  CHECK(!follower.observer.has_failed());
  CHECK(follower.observer.image().topic("lost") == nullptr);
  CHECK(follower.observer.image().topic("kept") != nullptr);
  CHECK(follower.observer.log_end_offset() == leader.quorum.log_end_offset());
}

TEST_CASE("fetch: wrong cluster, topic or epoch is refused; a caught-up one is parked") {
  test::FakeDisk disk;
  LeaderHost leader(disk);
  FetchRequest request{.cluster_id = "c", .max_wait_ms = 500};
  request.topics.push_back({.topic = "__cluster_metadata", .topic_id = kMetadataTopicId});
  request.topics[0].partitions.push_back({.current_leader_epoch = 1,
                                          .fetch_offset = leader.committed,
                                          .last_fetched_epoch = 1,
                                          .high_watermark = leader.committed});
  const auto ask = [&](FetchRequest r) {
    leader.answers.clear();
    leader.quorum.handle_fetch(7, 18, r);
    return leader.answers.size() == 1 ? leader.answers[0] : FetchResponse{};
  };
  FetchRequest bad = request;
  bad.cluster_id = "other";
  CHECK(ask(bad).error_code == ErrorCode::kInconsistentClusterId);
  bad = request;
  bad.topics[0].topic_id = {9, 9};
  CHECK(ask(bad).error_code == ErrorCode::kInvalidRequest);
  bad = request;
  bad.topics[0].partitions[0].current_leader_epoch = 0;
  const FetchResponse fenced = ask(bad);
  CHECK(fenced.responses[0].partitions[0].error_code == ErrorCode::kFencedLeaderEpoch);
  CHECK(fenced.responses[0].partitions[0].current_leader.leader_epoch == 1);
  bad.topics[0].partitions[0].current_leader_epoch = 2;
  CHECK(ask(bad).responses[0].partitions[0].error_code == ErrorCode::kUnknownLeaderEpoch);

  CHECK(ask(request).responses.empty());  // parked
  leader.quorum.append(topic("orders", 1));
  leader.settle();
  REQUIRE(!leader.answers.empty());
  CHECK(!leader.answers[0].responses[0].partitions[0].records->empty());

  request.topics[0].partitions[0].fetch_offset = leader.committed;
  request.topics[0].partitions[0].high_watermark = leader.committed;
  CHECK(ask(request).responses.empty());
  const auto timer = leader.env.next_timer(leader.env.monotonic + 501ms);
  REQUIRE(timer);
  leader.quorum.on_timer(*timer);
  REQUIRE(leader.answers.size() == 1);
  CHECK(leader.answers[0].responses[0].partitions[0].records->empty());
}

}  // namespace kafka
