#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/checkers/history.h"

namespace kafka {
namespace {

// --- compaction_keeps_newest -------------------------------------------------------------------

TEST_CASE("compaction_keeps_newest: superseded records and tombstones may go, is ok") {
  History h("compaction_keeps_newest");
  h.append_keys(1, 0, {"a", "b", "a"});
  h.append_keys(1, 3, {"b-", "a"});
  h.high_watermark(1, 0, 5);
  h.clean(1, 4, {0, 1, 3});
  h.clean(1, 5, {2});
  CHECK(h.result().verdict == Verdict::kOk);
  CHECK(h.result().evaluated == 4);
}

TEST_CASE("compaction_keeps_newest: the newest of its key, or what only a later part supersedes") {
  History newest("compaction_keeps_newest");
  newest.append_keys(1, 0, {"a", "b", "a"});
  newest.high_watermark(1, 0, 3);
  newest.at(2000);
  newest.clean(1, 3, {2});
  CHECK(newest.result().verdict == Verdict::kViolated);
  CHECK(newest.result().detail ==
        "orders-0 at 2.000s: broker 1 removed offset 2, the newest record of its key");

  History later("compaction_keeps_newest");
  later.append_keys(1, 0, {"a", "b", "a"});
  later.high_watermark(1, 0, 3);
  later.clean(1, 2, {0});
  CHECK(later.result().verdict == Verdict::kViolated);

  History truncated("compaction_keeps_newest");
  truncated.append_keys(1, 0, {"a", "b", "a"});
  truncated.truncate(1, 3, 2);
  truncated.append_keys(1, 2, {"c"});
  truncated.high_watermark(1, 0, 3);
  truncated.clean(1, 3, {0});
  CHECK(truncated.result().verdict == Verdict::kViolated);
}

TEST_CASE("compaction_keeps_newest: above the high watermark is violated; nothing is unknown") {
  History h("compaction_keeps_newest");
  h.append_keys(1, 0, {"a", "a", "a"});
  h.high_watermark(1, 0, 1);
  h.clean(1, 2, {0});
  CHECK(h.result().verdict == Verdict::kViolated);
  CHECK(History("compaction_keeps_newest").result().verdict == Verdict::kUnknown);
}

TEST_CASE("replicas that compact at their own pace agree, and one that copies what is left") {
  History h("replicas_agree");
  h.append_keys(1, 0, {"a", "b", "a"});
  h.append_keys(2, 0, {"a", "b", "a"});
  h.high_watermark(1, 0, 3);
  h.clean(1, 3, {0});
  h.high_watermark(2, 0, 3, false);
  h.append_keys(3, 1, {"b", "a"});
  h.tell(3, LogStartMoved{.partition = History::kPartition, .log_start_offset = 0});
  h.high_watermark(3, 0, 3, false);
  CHECK(h.result().verdict == Verdict::kOk);
  CHECK(h.result().evaluated > 5);

  History hole("replicas_agree");
  hole.append_keys(1, 0, {"a", "b"});
  hole.append_keys(2, 0, {"a"});
  hole.append_keys(2, 2, {"c"});  // offset 1 is empty, and no cleaner has emptied it
  hole.append_keys(1, 2, {"c"});
  hole.high_watermark(1, 0, 3);
  hole.high_watermark(2, 0, 3, false);
  CHECK(hole.result().verdict == Verdict::kViolated);
}

TEST_CASE("a consumer that skips what was compacted away, or got it before, is given no gap") {
  History h("in_order_without_gaps");
  h.append(1, 0, 0, {"a", "b", "c", "d"});
  h.lead(1, 0, 0);
  h.position(0);
  h.deliver(0, "a");
  h.clean(1, 4, {1, 2});
  h.deliver(1, "b");  // fetched before
  h.deliver(3, "d");
  CHECK(h.result().verdict == Verdict::kOk);
  h.append(1, 4, 0, {"e", "f"});
  h.deliver(5, "f");
  CHECK(h.result().verdict == Verdict::kViolated);
}

// --- replicas_agree ----------------------------------------------------------------------------

TEST_CASE("replicas_agree: the same log below both high watermarks is ok, above it may differ") {
  History h("replicas_agree");
  for (int broker : {1, 2}) h.append(broker, 0, 0, {"a", "b"});
  h.append(1, 2, 0, {"mine"});
  h.append(2, 2, 0, {"yours"});
  h.high_watermark(1, 0, 2);
  h.high_watermark(2, 0, 2, false);
  const CheckResult result = h.result();
  CHECK(result.verdict == Verdict::kOk);
  CHECK(result.evaluated == 2);
  CHECK(result.detail.empty());
}

TEST_CASE("replicas_agree: one replica's high watermark alone compares nothing, unknown") {
  History h("replicas_agree");
  h.append(1, 0, 0, {"a"});
  h.high_watermark(1, 0, 1);
  CHECK(h.result().verdict == Verdict::kUnknown);
}

TEST_CASE("replicas_agree: other content, or another epoch, below both is violated") {
  History content("replicas_agree");
  content.append(1, 0, 0, {"a", "b"});
  content.append(2, 0, 0, {"a", "x"});
  content.at(1500);
  content.high_watermark(2, 0, 2, false);
  content.high_watermark(1, 0, 2);
  const CheckResult result = content.result();
  CHECK(result.verdict == Verdict::kViolated);
  CHECK(result.evaluated == 2);
  CHECK(result.detail.find("1 offset on which two replicas differ; first orders-0 offset 1 at "
                           "1.500s: broker 1 holds a record of epoch 0") == 0);

  History epoch("replicas_agree");
  epoch.append(1, 0, 0, {"a"});
  epoch.append(2, 0, 1, {"a"});
  epoch.high_watermark(1, 0, 1);
  epoch.high_watermark(2, 0, 1, false);
  CHECK(epoch.result().verdict == Verdict::kViolated);
}

TEST_CASE("replicas_agree: a restarted broker's old high watermark counts after truncation only") {
  History h("replicas_agree");
  h.append(1, 0, 0, {"a", "zombie"});
  h.append(2, 0, 0, {"a"});
  h.append(2, 1, 1, {"b"});
  h.high_watermark(2, 1, 2);
  h.open(1, 2, 2);
  h.follow(1, 1, 2);
  CHECK(h.set.results().at(0).verdict == Verdict::kUnknown);
  h.truncate(1, 2, 1);
  h.append(1, 1, 1, {"b"});
  h.high_watermark(1, 1, 2, false);
  const CheckResult result = h.result();
  CHECK(result.verdict == Verdict::kOk);
  CHECK(result.evaluated == 2);
}

TEST_CASE("replicas_agree: what was compared, truncated and written anew is compared anew") {
  History h("replicas_agree");
  for (int broker : {1, 2}) h.append(broker, 0, 0, {"a", "b"});
  h.high_watermark(1, 0, 2);
  h.high_watermark(2, 0, 2, false);
  h.truncate(2, 2, 1);
  h.append(2, 1, 0, {"x"});
  CHECK(h.set.results().at(0).verdict == Verdict::kOk);
  h.high_watermark(2, 0, 2, false);
  CHECK(h.result().verdict == Verdict::kViolated);
}

// --- high_watermark_monotonic ------------------------------------------------------------------

TEST_CASE("high_watermark_monotonic: a rising one is ok, a new leader may start lower") {
  History h("high_watermark_monotonic");
  h.lead(1, 0, 0);
  h.high_watermark(1, 0, 5);
  h.high_watermark(1, 0, 9);
  h.lead(2, 1, 9, 5);
  h.high_watermark(2, 1, 9);
  h.follow(1, 1, 2);
  h.high_watermark(1, 1, 4, false);
  h.truncate(1, 9, 4);
  CHECK(h.result().verdict == Verdict::kOk);
  CHECK(h.result().evaluated == 3);
}

TEST_CASE("high_watermark_monotonic: no leader, unknown") {
  History h("high_watermark_monotonic");
  h.high_watermark(1, 0, 5, false);
  CHECK(h.result().verdict == Verdict::kUnknown);
}

TEST_CASE("high_watermark_monotonic: going back, or truncating below it, is violated") {
  History back("high_watermark_monotonic");
  back.lead(1, 0, 0, 7);
  back.at(2000);
  back.high_watermark(1, 0, 6);
  CHECK(back.result().verdict == Verdict::kViolated);
  CHECK(back.result().detail ==
        "orders-0 at 2.000s: on broker 1, leader of epoch 0, the high "
        "watermark 7 went back to 6");
  History cut("high_watermark_monotonic");
  cut.lead(1, 0, 9, 7);
  cut.truncate(1, 9, 7);
  CHECK(cut.set.results().at(0).verdict == Verdict::kOk);
  cut.truncate(1, 7, 6);
  CHECK(cut.result().verdict == Verdict::kViolated);
}

TEST_CASE(
    "high_watermark_monotonic: after a restart it may be lower, though the epoch is the same") {
  History h("high_watermark_monotonic");
  h.lead(1, 0, 0);
  h.high_watermark(1, 0, 9);
  h.open(1, 9, 5);
  h.high_watermark(1, 0, 6);
  CHECK(h.result().verdict == Verdict::kOk);
}

// --- one_leader_per_epoch ----------------------------------------------------------------------

TEST_CASE("one_leader_per_epoch: broker and controller agree, ok; nothing told, unknown") {
  History h("one_leader_per_epoch");
  CHECK(h.set.results().at(0).verdict == Verdict::kUnknown);
  h.elect(1, 0);
  h.lead(1, 0, 0);
  h.elect(2, 1);
  h.lead(2, 1, 0);
  CHECK(h.result().verdict == Verdict::kOk);
  CHECK(h.result().evaluated == 4);
}

TEST_CASE("one_leader_per_epoch: two brokers, or broker against controller, violated") {
  History brokers("one_leader_per_epoch");
  brokers.lead(1, 3, 0);
  brokers.at(1000);
  brokers.lead(2, 3, 0);
  CHECK(brokers.result().verdict == Verdict::kViolated);
  CHECK(brokers.result().detail ==
        "orders-0 epoch 3 has two leaders: at 0.000s broker 1 took the "
        "lead, at 1.000s it was 2");
  History controller("one_leader_per_epoch");
  controller.elect(1, 3);
  controller.lead(2, 3, 0);
  CHECK(controller.result().verdict == Verdict::kViolated);
}

// --- quorum_agrees -----------------------------------------------------------------------------

TEST_CASE("quorum_agrees: two leaders of an epoch, or two records at an offset, violated") {
  History leaders("quorum_agrees");
  leaders.tell(3000, QuorumLeaderElected{NodeId(3000), LeaderEpoch(1)});
  leaders.tell(3001, QuorumLeaderElected{NodeId(3001), LeaderEpoch(2)});
  CHECK(leaders.result().verdict == Verdict::kOk);
  leaders.tell(3002, QuorumLeaderElected{NodeId(3002), LeaderEpoch(2)});
  CHECK(leaders.result().verdict == Verdict::kViolated);
  CHECK(leaders.result().detail == "epoch 2 has two leaders: 3001 at 0.000s and 3002 at 0.000s");

  History records("quorum_agrees");
  records.tell(3000, MetadataCommitted{.offset = 7, .batch_epoch = LeaderEpoch(1), .content = 5});
  records.tell(1, MetadataCommitted{.offset = 7, .batch_epoch = LeaderEpoch(1), .content = 5});
  CHECK(records.result().verdict == Verdict::kOk);
  CHECK(records.result().evaluated == 2);
  records.tell(2, MetadataCommitted{.offset = 7, .batch_epoch = LeaderEpoch(2), .content = 5});
  CHECK(records.result().verdict == Verdict::kViolated);
  CHECK(
      records.result().detail.starts_with("metadata at offset 7 was committed as a record of "
                                          "epoch 1"));
}

TEST_CASE("quorum_agrees: a snapshot of another state, or of another epoch, violated") {
  const MetadataSnapshotted snapshot{.end_offset = 8, .epoch = LeaderEpoch(1), .content = 5};
  History states("quorum_agrees");
  states.tell(3000, snapshot);
  states.tell(1, snapshot);
  CHECK(states.result().verdict == Verdict::kOk);
  CHECK(states.result().evaluated == 2);
  states.tell(2, MetadataSnapshotted{.end_offset = 8, .epoch = LeaderEpoch(1), .content = 6});
  CHECK(states.result().verdict == Verdict::kViolated);
  CHECK(states.result().detail.starts_with("the snapshot of 8 is of epoch 1"));

  History epochs("quorum_agrees");
  epochs.tell(3000, MetadataCommitted{.offset = 7, .batch_epoch = LeaderEpoch(2), .content = 1});
  epochs.tell(1, snapshot);
  CHECK(epochs.result().verdict == Verdict::kViolated);
  CHECK(epochs.result().detail ==
        "the snapshot of 8 says that the record before it is of epoch 1, and it was committed as "
        "one of epoch 2 (node-3000 at 0.000s)");
}

// --- in_order_without_gaps ---------------------------------------------------------------------

History leader_with(std::vector<std::string> values) {
  History h("in_order_without_gaps");
  h.append(1, 0, 0, std::move(values));
  h.lead(1, 0, 0);
  return h;
}

TEST_CASE("in_order_without_gaps: every record once is ok, for each consumer by itself") {
  History h = leader_with({"a", "b", "c"});
  h.position(0);
  h.position(1, PositionReason::kSeek, "consumer-2");
  h.deliver(0, "a");
  h.deliver(1, "b", "consumer-2");
  h.deliver(1, "b");
  h.deliver(2, "c");
  CHECK(h.result().verdict == Verdict::kOk);
  CHECK(h.result().evaluated == 4);
}

TEST_CASE("in_order_without_gaps: a consumer that was given nothing is unknown") {
  History h = leader_with({"a"});
  h.position(0);
  CHECK(h.result().verdict == Verdict::kUnknown);
}

TEST_CASE("in_order_without_gaps: a record left out is violated and named") {
  History h = leader_with({"a", "b", "c", "d"});
  h.position(0);
  h.deliver(0, "a");
  h.at(3000);
  h.deliver(3, "d");
  CHECK(h.result().verdict == Verdict::kViolated);
  CHECK(h.result().detail ==
        "orders-0 at 3.000s: consumer-1 was never given offsets 1..2 and then got 3");
}

TEST_CASE("in_order_without_gaps: the first record after the position counts as well") {
  History h = leader_with({"a", "b"});
  h.position(0);
  h.deliver(1, "b");
  CHECK(h.result().verdict == Verdict::kViolated);
}

TEST_CASE("in_order_without_gaps: control batches, transactions and a new position make no gap") {
  History h = leader_with({"a"});
  h.append(1, 1, 0, {"aborted"}, false, true);
  h.append(1, 2, 0, {"marker"}, true);
  h.append(1, 3, 0, {"b", "c", "d"});
  h.position(0);
  h.deliver(0, "a");
  h.deliver(3, "b");
  h.position(5, PositionReason::kReset);
  h.deliver(5, "d");
  h.position(0, PositionReason::kSeek);
  h.deliver(0, "a");
  CHECK(h.result().verdict == Verdict::kOk);
  CHECK(h.result().evaluated == 4);
}

TEST_CASE("in_order_without_gaps: a record twice, or other content than any log's, violated") {
  History twice = leader_with({"a", "b"});
  twice.deliver(1, "b");
  twice.deliver(1, "b");
  CHECK(twice.result().verdict == Verdict::kViolated);
  History other = leader_with({"a", "b"});
  other.deliver(0, "x");
  CHECK(other.result().verdict == Verdict::kViolated);
  CHECK(other.result().detail.find("offset 0 that no replica holds there") != std::string::npos);
}

// --- the set, the registry, the words ----------------------------------------------------------

TEST_CASE("registry: names are sorted and unique, and every checker starts unknown") {
  const auto all = checkers();
  REQUIRE(all.size() == 13);
  CHECK(std::ranges::is_sorted(all, {}, &CheckerInfo::name));
  CheckerSet set;
  for (const CheckerInfo& info : all) {
    set.add(info);
    set.add(info);
    set.add(info, "orders");
    CHECK(find_checker(info.name) == &info);
  }
  CHECK(find_checker("no_such") == nullptr);
  REQUIRE(set.results().size() == 2 * all.size());
  for (const CheckResult& result : set.results()) {
    CHECK(result.verdict == Verdict::kUnknown);
    CHECK(result.detail.empty());
  }
}

TEST_CASE("offset ranges merge neighbours from both sides and name a limited number") {
  OffsetRanges ranges;
  for (Offset offset : {5, 7, 6, 1, 6, 9}) ranges.add(offset);
  CHECK(ranges.count() == 5);
  CHECK(ranges.text() == "1, 5..7, 9");
  CHECK(ranges.text(2) == "1, 5..7 and 1 more ranges");
}

TEST_CASE("truth: gaps, re-opened and re-started logs keep offsets and entries apart") {
  ReplicaLog log(NodeId(1));
  History h("replicas_agree");
  h.append(1, 0, 0, {"a", "b"});
  h.append(1, 5, 1, {"f"});
  const ReplicaLog* held = h.set.truth().partition(0).replica(NodeId(1));
  REQUIRE(held != nullptr);
  CHECK(held->end() == 6);
  CHECK(held->at(3)->kind == EntryKind::kAbsent);
  CHECK(held->at(5)->leader_epoch == 1);
  h.open(1, 8);
  CHECK(held->at(7)->kind == EntryKind::kUnknown);
  h.open(1, 1);
  CHECK(held->end() == 1);
  CHECK(held->at(0)->content == content_hash({}, History::view("a")));
  h.truncate(1, 1, 40);
  CHECK(held->end() == 1);
  log.truncate(40);
  CHECK(log.start() == 40);
}

}  // namespace
}  // namespace kafka
