// Raft clients whose voters change, whose logs give way to snapshots and whose disks are replaced.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "broker-model/raft/control_batch.h"
#include "broker-model/raft/raft_client.h"
#include "broker-model/raft/voter_history.h"
#include "broker-model/types/probe.h"
#include "tests/unit/raft/raft_cluster.h"

namespace kafka::test {
namespace {

void check_sound(RaftCluster& cluster) {
  for (const std::string& contradiction : cluster.committed().contradictions) {
    FAIL_CHECK(contradiction);
  }
  for (std::size_t i = 0; i < cluster.size(); ++i) {
    if (cluster.is_up(i)) CHECK_MESSAGE(!cluster.raft(i).has_failed(), cluster.describe());
  }
}

RaftCluster::Setting changing(std::uint64_t seed, const RaftMutations& mutations = {}) {
  return {.seed = seed,
          .election_timeout = 200ms,
          .mutations = mutations,
          .kraft_version = 1,
          .snapshot_piece = 60,
          .retention_bytes = 0};
}

bool is_voter(RaftCluster& cluster, std::size_t i) {
  return cluster.raft(*cluster.leader()).quorum().voters().is_voter(cluster.key_of(i));
}

// All are there, know of the same voters, and so many of these have their disk.
std::optional<std::size_t> intact_voters(RaftCluster& cluster) {
  const auto leader = cluster.leader();
  if (!leader) return std::nullopt;
  for (std::size_t i = 0; i < cluster.size(); ++i) {
    if (!cluster.is_up(i)) return std::nullopt;
    if (cluster.raft(i).quorum().voters() != cluster.raft(*leader).quorum().voters())
      return std::nullopt;
  }
  std::size_t intact = 0;
  for (std::size_t i = 0; i < cluster.size(); ++i) intact += is_voter(cluster, i) ? 1 : 0;
  return intact;
}

// What an operator may do: never so much that no majority is left.
void change_voters(RaftCluster& cluster, std::size_t victim, std::uint64_t what) {
  const auto intact = intact_voters(cluster);
  if (!intact) return;
  const VoterSet voters = cluster.raft(*cluster.leader()).quorum().voters();
  const bool votes = is_voter(cluster, victim);
  if (what == 0 && (!votes || *intact - 1 > voters.size() / 2)) {
    cluster.wipe(victim);
  } else if (what == 1 && !votes && !voters.has_id(RaftCluster::id_of(victim))) {
    cluster.add_voter(victim);
  } else if (what == 2 && votes && *intact - 1 > (voters.size() - 1) / 2) {
    cluster.remove_voter(victim);
  } else if (what == 3 && !votes && voters.has_id(RaftCluster::id_of(victim))) {
    cluster.remove_voter(voters.voters().at(RaftCluster::id_of(victim)).key);  // of the old disk
  }
}

void storm(RaftCluster& cluster, std::uint64_t seed) {
  env::Rng rng(seed);
  if (rng.chance(1, 2)) cluster.set_disk_time(std::chrono::milliseconds(rng.between(1, 20)));
  for (int round = 0; round < 100; ++round) {
    const std::size_t victim = rng.below(cluster.size());
    switch (rng.below(14)) {
      case 0: cluster.kill(victim); break;
      case 1: cluster.lose_power(victim); break;
      case 2: cluster.cut_off({victim}); break;
      case 3: cluster.heal(); break;
      case 4:
      case 5:
        if (cluster.is_up(victim)) cluster.take_snapshot(victim);
        break;
      case 6: cluster.run_for(61s); break;  // logs are cleaned
      case 7:
      case 8:
      case 9:
      case 10: change_voters(cluster, victim, rng.below(4)); break;
      default: cluster.append("t" + std::to_string(round)); break;
    }
    cluster.run_for(rng.between(Duration(1ms), Duration(800ms)));
    if (rng.chance(1, 2)) cluster.start(rng.below(cluster.size()));
  }
  cluster.heal();
  for (std::size_t i = 0; i < cluster.size(); ++i) cluster.start(i);
}

}  // namespace

TEST_CASE("a controller that lost its disk comes back by a snapshot and is a voter again") {
  RaftCluster::Setting setting = changing(1);
  setting.auto_join = true;
  RaftCluster cluster(3, 0, setting);
  REQUIRE(cluster.wait_for_leader());
  for (int i = 0; i < 20; ++i) cluster.append("t" + std::to_string(i));
  cluster.run_for(1s);
  for (std::size_t i = 0; i < 3; ++i) cluster.take_snapshot(i);
  cluster.append("behind the snapshot");
  cluster.run_for(62s);
  const std::size_t lost = *cluster.leader() == 0 ? 1 : 0;
  cluster.wipe(lost);
  cluster.start(lost);
  CHECK(cluster.run_until(cluster.now() + 30s, [&] {
    return cluster.leader() && is_voter(cluster, lost) &&
           cluster.loaded(lost).size() == cluster.committed().records.size();
  }));
  CHECK(cluster.raft(lost).latest_snapshot().has_value());
  CHECK(cluster.log_start(lost) > 0);
  check_sound(cluster);
}

TEST_CASE("voters are replaced one by one, and the quorum keeps what it has committed") {
  RaftCluster cluster(3, 3, changing(2));
  REQUIRE(cluster.wait_for_leader());
  cluster.append("first");
  cluster.run_for(1s);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto ask_until_done = [&](auto ask, ErrorCode done_before) {
      for (int attempt = 0; attempt < 20; ++attempt) {
        if (!cluster.wait_for_leader() || !ask()) return false;
        cluster.run_until(cluster.now() + 3s, [&] { return cluster.last_answer().has_value(); });
        if (cluster.last_answer() == ErrorCode::kNone || cluster.last_answer() == done_before)
          return true;
        cluster.run_for(500ms);
      }
      return false;
    };
    CHECK_MESSAGE(
        ask_until_done([&] { return cluster.add_voter(i + 3); }, ErrorCode::kDuplicateVoter),
        cluster.describe());
    CHECK_MESSAGE(
        ask_until_done([&] { return cluster.remove_voter(i); }, ErrorCode::kVoterNotFound),
        cluster.describe());
    cluster.run_for(5s);
  }
  for (std::size_t i = 0; i < 3; ++i) cluster.kill(i);
  REQUIRE(cluster.wait_for_leader());
  CHECK(cluster.append("last"));
  cluster.run_for(5s);
  for (std::size_t i = 3; i < 6; ++i)
    CHECK(cluster.loaded(i) == std::vector<std::string>{"first", "last"});
  check_sound(cluster);
}

// A snapshot ends at the high watermark, where the record of a change may lie that nobody has yet.
TEST_CASE("voters that are cut off give way to those before, whatever a snapshot has made forget") {
  VoterSet one;
  one.add({{NodeId(1), Uuid{0, 1}}, {"c1", 9093}, kSupportedKRaftVersions});
  const VoterSet two = *one.with({{NodeId(2), Uuid{0, 1}}, {"c2", 9093}, kSupportedKRaftVersions});
  VoterHistory history({});
  history.load({5, LeaderEpoch(1)}, {.kraft_version = 1, .voters = one, .records = {}});
  history.replay(ControlBatch(100, LeaderEpoch(2), WallTime{})
                     .add(ControlRecordType::kKRaftVoters, two.to_record())
                     .close());
  CHECK(history.voters() == two);
  history.forget_before(100);
  CHECK(history.voters_at(99) == one);
  CHECK(history.kraft_version_at(99) == 1);
  history.truncate_to(100);
  CHECK(history.voters() == one);
  CHECK(history.kraft_version() == 1);
}

TEST_CASE("storm of changes: what is committed stays, whoever votes and whatever is lost") {
  const auto count_of = [](Probe probe) { return probe_counts()[static_cast<std::size_t>(probe)]; };
  std::map<Probe, std::uint64_t> before;
  for (const Probe probe : {Probe::kVoterAdded, Probe::kVoterRemoved, Probe::kVotersReverted,
                            Probe::kSnapshotFetched, Probe::kMetadataLogCleaned})
    before[probe] = count_of(probe);
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    RaftCluster cluster(3, 2, changing(seed));
    storm(cluster, seed);
    REQUIRE_MESSAGE(cluster.wait_for_leader(60s), cluster.describe());
    cluster.run_for(20s);
    REQUIRE_MESSAGE(cluster.append("last"), cluster.describe());
    cluster.run_for(10s);
    for (std::size_t i = 0; i < cluster.size(); ++i) {
      CHECK_MESSAGE(cluster.loaded(i).size() == cluster.committed().records.size(),
                    cluster.describe());
    }
    check_sound(cluster);
  }
  for (const auto& [probe, count] : before) {
    CAPTURE(probes()[static_cast<std::size_t>(probe)].name);
    CHECK(count_of(probe) > count);
  }
}

// KAFKA-12619: the third of five has only what came before the epoch. scenarios/replication has
// what becomes of it.
TEST_CASE("old logic: the start of an epoch is committed without a record of it") {
  for (const bool is_old : {false, true}) {
    VoterSet voters;
    for (std::int32_t id = 1; id <= 5; ++id)
      voters.add({.key = {.id = NodeId(id)}, .endpoint = {}});
    LeaderState::Options options{.self = {.id = NodeId(1)},
                                 .epoch = LeaderEpoch(4),
                                 .epoch_start_offset = 11,
                                 .fetch_timeout = 2s,
                                 .granting_voters = {}};
    options.mutations.commit_rule_epoch_start = is_old;
    LeaderState leader(options, voters, WallTime{});
    leader.update_local(12);
    leader.update_replica({.id = NodeId(2)}, 12, WallTime{});
    CHECK(leader.update_replica({.id = NodeId(3)}, 11, WallTime{}) == is_old);
    CHECK(leader.high_watermark() == (is_old ? std::optional<Offset>(11) : std::nullopt));
    CHECK(leader.update_replica({.id = NodeId(3)}, 12, WallTime{}));
    CHECK(leader.high_watermark() == 12);
  }
}

TEST_CASE("old logic: a leader that nobody fetches from never resigns") {
  for (const bool is_old : {false, true}) {
    VoterSet voters;
    for (std::int32_t id = 1; id <= 3; ++id)
      voters.add({.key = {.id = NodeId(id)}, .endpoint = {}});
    LeaderState::Options options{
        .self = {.id = NodeId(1)}, .fetch_timeout = 2s, .granting_voters = {}};
    options.mutations.no_check_quorum = is_old;
    LeaderState leader(options, voters, WallTime{});
    const Duration left = leader.until_quorum_is_lost(WallTime{std::chrono::seconds(3)});
    CHECK(left == (is_old ? Duration::max() : Duration::zero()));
  }
}

}  // namespace kafka::test
