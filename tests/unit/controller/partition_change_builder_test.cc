// The cases of Kafka's PartitionChangeBuilderTest that concern elections, ISR and ELR.
#include "broker-model/controller/partition_change_builder.h"

#include <doctest/doctest.h>

#include <set>

namespace kafka {
namespace {

class Live final : public LeaderAcceptor {
 public:
  explicit Live(std::set<std::int32_t> ids) : ids_(std::move(ids)) {}
  bool accepts(NodeId id) const override { return ids_.contains(id.value()); }

 private:
  std::set<std::int32_t> ids_;
};

const TopicIdPartition kId{{7, 7}, 0};

PartitionImage partition(std::vector<std::int32_t> replicas, std::vector<std::int32_t> isr,
                         std::int32_t leader) {
  PartitionImage image;
  image.replicas = to_node_ids(replicas);
  image.isr = to_node_ids(isr);
  if (leader >= 0) image.leader = NodeId(leader);
  image.leader_epoch = LeaderEpoch(5);
  image.partition_epoch = PartitionEpoch(9);
  return image;
}

struct Case {
  const char* what;
  PartitionImage before;
  std::set<std::int32_t> live;
  std::vector<std::int32_t> target_isr;
  Election election = Election::kOnline;
  std::optional<std::int32_t> leader;  // of the record; nothing: no record at all
  std::optional<std::vector<std::int32_t>> isr;
};

}  // namespace

TEST_CASE("partition change: who is elected, and what becomes of the ISR") {
  const std::vector<Case> cases = {
      {"all is well: no record",
       partition({1, 2, 3}, {1, 2, 3}, 1),
       {1, 2, 3},
       {1, 2, 3},
       Election::kOnline,
       std::nullopt,
       std::nullopt},
      {"the leader leaves: the next in replica order",
       partition({1, 2, 3}, {1, 2, 3}, 1),
       {2, 3},
       {2, 3},
       Election::kOnline,
       2,
       std::vector{2, 3}},
      {"a live replica outside the ISR is passed over",
       partition({1, 2, 3}, {1, 3}, 1),
       {2, 3},
       {3},
       Election::kOnline,
       3,
       std::vector{3}},
      {"a follower leaves: the leader keeps its epoch",
       partition({1, 2, 3}, {1, 2, 3}, 1),
       {1, 2},
       {1, 2},
       Election::kOnline,
       kNoLeaderChange,
       std::vector{1, 2}},
      {"the last ISR member stays in the ISR without a leader",
       partition({1, 2, 3}, {1}, 1),
       {2, 3},
       {},
       Election::kOnline,
       kNoLeader,
       std::nullopt},
      {"it comes back",
       partition({1, 2, 3}, {1}, -1),
       {1, 2},
       {1},
       Election::kOnline,
       1,
       std::nullopt},
      {"unclean: the first live replica is the whole ISR",
       partition({1, 2, 3}, {1}, 1),
       {2, 3},
       {},
       Election::kUnclean,
       2,
       std::vector{2}},
      {"unclean is allowed but not needed",
       partition({1, 2, 3}, {1, 3}, 1),
       {2, 3},
       {3},
       Election::kUnclean,
       3,
       std::vector{3}},
      {"preferred: back to the first replica",
       partition({1, 2, 3}, {1, 2, 3}, 2),
       {1, 2, 3},
       {1, 2, 3},
       Election::kPreferred,
       1,
       std::nullopt},
      {"preferred is not in the ISR: nothing",
       partition({1, 2, 3}, {2, 3}, 2),
       {1, 2, 3},
       {2, 3},
       Election::kPreferred,
       std::nullopt,
       std::nullopt},
      {"the ISR grows",
       partition({1, 2, 3}, {1}, 1),
       {1, 2},
       {1, 2},
       Election::kOnline,
       kNoLeaderChange,
       std::vector{1, 2}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    const Live live(c.live);
    PartitionChangeBuilder builder(c.before, kId, live, {});
    const auto record = builder.target_isr(to_node_ids(c.target_isr)).election(c.election).build();
    REQUIRE(record.has_value() == c.leader.has_value());
    if (!record) continue;
    CHECK(record->leader == *c.leader);
    CHECK(record->isr == c.isr);
    PartitionImage after = c.before;
    apply_change(after, *record);
    CHECK(after.partition_epoch == PartitionEpoch(10));
    CHECK(after.leader_epoch == LeaderEpoch(*c.leader == kNoLeaderChange ? 5 : 6));
    CHECK(!after.isr.empty());
  }
}

TEST_CASE("partition change: an unclean leader recovers before the ISR may grow") {
  const PartitionImage before = partition({1, 2}, {1}, 1);
  const Live live({2});
  PartitionChangeBuilder builder(before, kId, live, {});
  const auto record = builder.target_isr({}).election(Election::kUnclean).build();
  REQUIRE(record);
  CHECK(record->leader_recovery_state == 1);
}

TEST_CASE("partition change with ELR: min ISR 2, members that leave stay eligible") {
  PartitionImage image = partition({1, 2, 3}, {1, 2}, 1);
  const PartitionChangeOptions options{.min_isr = 2, .elr_enabled = true};
  {
    const Live live({2});
    PartitionChangeBuilder builder(image, kId, live, options);
    const auto record = builder.target_isr({NodeId(2)}).build();
    REQUIRE(record);
    CHECK(record->leader == 2);
    CHECK(record->eligible_leader_replicas == std::vector{1});
    apply_change(image, *record);
  }
  {  // the last one goes too: the ISR is empty, both are eligible, the last leader is remembered
    const Live live({});
    PartitionChangeBuilder builder(image, kId, live, options);
    const auto record = builder.target_isr({}).build();
    REQUIRE(record);
    CHECK(record->leader == kNoLeader);
    CHECK(record->isr == std::vector<std::int32_t>{});
    CHECK(record->eligible_leader_replicas == std::vector{1, 2});
    CHECK(record->last_known_elr == std::vector{2});
    apply_change(image, *record);
  }
  {  // an eligible one returns: a clean election
    const Live live({1, 3});
    PartitionChangeBuilder builder(image, kId, live, options);
    const auto record = builder.build();
    REQUIRE(record);
    CHECK(record->leader == 1);
    CHECK(record->isr == std::vector{1});
    CHECK(record->eligible_leader_replicas == std::vector{2});
    CHECK(record->leader_recovery_state == -1);  // as it was
  }
}

TEST_CASE("planted bug: a live replica outside the ISR is elected as if clean") {
  const PartitionImage before = partition({1, 2, 3}, {1, 3}, 1);
  const Live live({2, 3});
  PartitionChangeBuilder builder(before, kId, live, {.mutations = {.elect_outside_isr = true}});
  const auto record = builder.target_isr({NodeId(3)}).build();
  REQUIRE(record);
  CHECK(record->leader == 2);
  CHECK(record->isr == std::vector{3, 2});
  CHECK(record->leader_recovery_state == -1);
}

}  // namespace kafka
