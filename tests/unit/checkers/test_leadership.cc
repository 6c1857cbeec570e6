// The checkers of what leaders hold and whom they count on, and the excuses that Truth knows.
#include <doctest/doctest.h>

#include "tests/unit/checkers/history.h"

namespace kafka {
namespace {

constexpr std::string_view kWords = "abcde";

void copy(History& h, int broker, Offset from, Offset to, int epoch = 0) {
  for (Offset i = from; i < to; ++i)
    h.append(broker, i, epoch, {std::string(1, kWords[static_cast<std::size_t>(i)])});
}

// Broker 1 leads epoch 0 with ISR 1, 2; both hold a..e, of which `committed` are below the high
// watermark. Broker 3 follows and holds the first two.
History led_by_one(std::string_view checker, Offset committed = 5, bool allows_excused = false) {
  History h(checker, "", allows_excused);
  h.change(1, 0, 0, {1, 2, 3});
  for (const int broker : {1, 2, 3}) h.open(broker, 0);
  h.lead_with(1, 0, 0, {1, 2, 3}, 0);
  copy(h, 1, 0, 5);
  copy(h, 2, 0, 5);
  copy(h, 3, 0, 2);
  h.at(1000);
  h.change(1, 0, 1, {1, 2});
  h.maximal_isr(1, 0, 1, {1, 2});
  h.high_watermark(1, 0, committed);
  return h;
}

// --- leader_completeness -------------------------------------------------------------------------

TEST_CASE("leader_completeness: the next leader has all that was committed, ok; nothing, unknown") {
  CHECK(History("leader_completeness").result().verdict == Verdict::kUnknown);
  History h = led_by_one("leader_completeness");
  h.change(2, 1, 2, {2});
  h.lead_with(2, 1, 2, {2}, 5, 4);
  copy(h, 3, 2, 5);
  h.append(2, 5, 1, {"f"});
  h.high_watermark(2, 1, 6);
  CHECK(h.result().verdict == Verdict::kOk);
  CHECK(h.result().evaluated == 2);
}

TEST_CASE("leader_completeness: a leader that lacks committed records, acknowledged or not") {
  History h = led_by_one("leader_completeness");
  h.at(9000);
  h.change(3, 1, 2, {3});
  h.lead_with(3, 1, 2, {3}, 2);
  const CheckResult result = h.result();
  CHECK(result.verdict == Verdict::kViolated);
  CHECK(result.excused == 0);
  CHECK(result.detail ==
        "orders-0: broker 3, leader of epoch 1, took the lead at 9.000s without committed offsets "
        "2..4");
}

TEST_CASE("leader_completeness: what was written and not committed may go") {
  History h = led_by_one("leader_completeness", 2);
  h.change(3, 1, 2, {3});
  h.lead_with(3, 1, 2, {3}, 2);
  CHECK(h.result().verdict == Verdict::kOk);
}

TEST_CASE("leader_completeness: writes under way are judged when they show") {
  for (const bool is_other : {false, true}) {
    CAPTURE(is_other);
    History h = led_by_one("leader_completeness");
    h.change(3, 1, 2, {3});
    h.lead_with(3, 1, 2, {3}, 5);  // it had fetched c, d, e
    CHECK(h.set.results().at(0).verdict == Verdict::kOk);
    if (is_other) {
      h.append(3, 2, 0, {"x", "y", "z"});
    } else {
      copy(h, 3, 2, 5);
    }
    CHECK(h.result().verdict == (is_other ? Verdict::kViolated : Verdict::kOk));
  }
}

TEST_CASE("leader_completeness: a leader in office cuts or overwrites, a follower may cut") {
  History cuts = led_by_one("leader_completeness");
  cuts.truncate(3, 2, 1);
  CHECK(cuts.set.results().at(0).verdict == Verdict::kOk);
  cuts.truncate(1, 5, 4);
  CHECK(cuts.result().verdict == Verdict::kViolated);
  CHECK(cuts.result().detail.find("truncated its log") != std::string::npos);
}

TEST_CASE("leader_completeness: retention takes committed records, and nobody misses them") {
  History h = led_by_one("leader_completeness");
  h.start_at(2, 3);
  h.change(2, 1, 2, {2});
  h.lead_with(2, 1, 2, {2}, 5);
  CHECK(h.result().verdict == Verdict::kOk);
}

// --- the excuses
// -----------------------------------------------------------------------------------

TEST_CASE("excuse: an unclean election, of this epoch or of one whose leader never spoke") {
  for (const bool dies_at_once : {false, true}) {
    CAPTURE(dies_at_once);
    History h = led_by_one("leader_completeness");
    h.at(9000);
    h.change(3, 1, 2, {3}, {}, true);
    if (dies_at_once) {
      h.change(std::nullopt, 2, 3, {3});
      h.change(3, 3, 4, {3});
      h.lead_with(3, 3, 4, {3}, 2);
    } else {
      h.lead_with(3, 1, 2, {3}, 2);
    }
    const CheckResult result = h.result();
    CHECK(result.verdict == Verdict::kViolated);
    CHECK(result.excused == 3);
    CHECK(result.detail.ends_with("; allowed: the election of epoch 1 at 9.000s was unclean"));
  }
}

// Broker 2 dies first, so 1 is the last of the ISR; it loses power, and what it never flushed.
History last_replica_loses_power(std::string_view checker, bool allows_excused = false) {
  History h = led_by_one(checker, 5, allows_excused);
  h.ack(1, 4, "e");
  h.at(5000);
  h.change(1, 0, 2, {1});
  h.maximal_isr(1, 0, 2, {1});
  h.at(8000);
  h.power_loss(1);
  h.change(std::nullopt, 1, 3, {1});
  h.at(12000);
  h.open(1, 3);
  return h;
}

TEST_CASE("excuse: all that could be elected had lost it, offsets and brokers are named") {
  for (const std::string_view checker : {"leader_completeness", "no_lost_acks"}) {
    CAPTURE(checker);
    History h = last_replica_loses_power(checker);
    h.at(13000);
    h.change(1, 2, 4, {1});
    h.lead_with(1, 2, 4, {1}, 3);
    const CheckResult result = h.result();
    CHECK(result.verdict == Verdict::kViolated);
    CHECK(result.excused == (checker == "no_lost_acks" ? 1 : 2));
    CHECK(result.detail.ends_with(
        "allowed: broker 1, elected from ISR and ELR [1], had lost storage with offsets 3..4 at "
        "12.000s, and none of the others held them"));
    CHECK(seconds(*result.at) == "13.000s");
  }
}

TEST_CASE("excuse: a check that allows excused losses stays ok and tells them") {
  History h = last_replica_loses_power("no_lost_acks", true);
  h.change(1, 2, 4, {1});
  h.lead_with(1, 2, 4, {1}, 3);
  CHECK(h.result().verdict == Verdict::kOk);
  CHECK(h.result().excused == 1);
  CHECK(h.result().detail.find("1 acknowledged record lost: orders-0 offsets 4 ") == 0);
  CHECK_FALSE(h.set.is_violated());
  h.ack(2, 2, "c");
  h.truncate(1, 3, 2);  // no excuse for this one
  CHECK(h.result().verdict == Verdict::kViolated);
}

TEST_CASE("no excuse: another replica that could have been elected still holds the record") {
  History h = led_by_one("leader_completeness");
  h.power_loss(1);
  h.change(std::nullopt, 1, 2, {1, 2});
  h.at(12000);
  h.open(1, 3);
  h.change(1, 2, 3, {1});
  h.lead_with(1, 2, 3, {1}, 3);
  CHECK(h.result().verdict == Verdict::kViolated);
  CHECK(h.result().excused == 0);
}

TEST_CASE("no excuse: the machine kept power, or what is missing had been flushed") {
  for (const bool has_power : {true, false}) {
    CAPTURE(has_power);
    History h = led_by_one("leader_completeness");
    h.change(1, 0, 2, {1});
    if (!has_power) {
      h.flushed(1, 5);
      h.power_loss(1);
    }
    h.change(std::nullopt, 1, 3, {1});
    h.at(12000);
    h.open(1, 3);
    h.change(1, 2, 4, {1});
    h.lead_with(1, 2, 4, {1}, 3);
    CHECK(h.result().verdict == Verdict::kViolated);
    CHECK(h.result().excused == 0);
  }
}

TEST_CASE("excuse: a failing medium may take what was flushed") {
  History h = led_by_one("leader_completeness");
  h.change(1, 0, 2, {1});
  h.flushed(1, 5);
  h.medium_fails(1);
  h.change(std::nullopt, 1, 3, {1});
  h.open(1, 0);
  h.change(1, 2, 4, {1});
  h.lead_with(1, 2, 4, {1}, 0);
  CHECK(h.result().excused == 5);
}

TEST_CASE("excuse: another disk excuses the log that is opened on it, and no later one") {
  for (const bool is_wiped_again : {true, false}) {
    CAPTURE(is_wiped_again);
    History h = led_by_one("flushed_logs_survive");
    h.flushed(1, 5);
    h.at(10000);
    h.wipe(1);
    h.at(11000);
    h.open(1, 0);
    CHECK(h.result().verdict == Verdict::kOk);
    h.append(1, 0, 1, {"a", "b", "c"});
    h.flushed(1, 3);
    h.at(12000);
    if (is_wiped_again) h.wipe(1);
    h.at(13000);
    h.open(1, 0);
    CHECK(h.result().verdict == (is_wiped_again ? Verdict::kOk : Verdict::kViolated));
  }
}

TEST_CASE("excuse: of several unclean elections the one that lost the record is named") {
  History h = led_by_one("leader_completeness");
  h.at(9000);
  h.change(2, 1, 2, {2}, {}, true);
  h.lead_with(2, 1, 2, {2}, 3);
  h.at(20000);
  h.change(3, 2, 3, {3}, {}, true);
  h.lead_with(3, 2, 3, {3}, 3);
  CHECK(h.result().detail.find("the election of epoch 1 at 9.000s was unclean") !=
        std::string::npos);
  CHECK(h.result().detail.find("epoch 2 at 20.000s was unclean") == std::string::npos);
}

TEST_CASE("replicas_agree: an unclean election excuses only what is older than it") {
  for (const int epoch : {1, 2}) {
    CAPTURE(epoch);
    History h("replicas_agree");
    h.open(1, 0);
    h.open(2, 0);
    h.lead(1, epoch, 0);
    h.elect(1, 2, true);
    h.append(1, 0, epoch, {"a"});
    h.append(2, 0, 2, {"b"});
    h.high_watermark(1, 2, 1);
    h.high_watermark(2, 2, 1, false);
    CHECK(h.result().verdict == Verdict::kViolated);
    CHECK(h.result().excused == (epoch == 1 ? 1 : 0));
  }
}

TEST_CASE("what a leader deletes is deleted for everybody, whoever leads next") {
  for (const bool is_deleted : {true, false}) {
    CAPTURE(is_deleted);
    for (const std::string_view checker : {"leader_completeness", "no_lost_acks"}) {
      CAPTURE(checker);
      History h = led_by_one(checker);
      h.ack(1, 2, "c");
      if (is_deleted) h.start_at(1, 5);
      h.change(3, 1, 2, {3});
      h.lead_with(3, 1, 2, {3}, 2);
      CHECK(h.result().verdict == (is_deleted ? Verdict::kOk : Verdict::kViolated));
    }
  }
}

TEST_CASE("replicas_agree: neither a replica that was taken away nor what is deleted is compared") {
  for (const bool is_replica : {true, false}) {
    for (const bool is_deleted : {true, false}) {
      CAPTURE(is_replica);
      CAPTURE(is_deleted);
      History h("replicas_agree");
      h.change(1, 0, 0, {1, 2, 3});
      h.open(1, 0);
      h.open(2, 0);
      h.open(3, 0);
      h.lead(1, 0, 0);
      h.append(1, 0, 0, {"a", "b"});
      h.append(3, 0, 0, {"x", "b"});
      h.high_watermark(1, 0, 2);
      if (is_deleted) h.start_at(1, 1);
      if (!is_replica) h.assign(1, 0, 1, {1, 2}, {1, 2});
      h.high_watermark(3, 0, 2, false);
      CHECK(h.result().verdict == (is_replica && !is_deleted ? Verdict::kViolated
                                   : is_replica              ? Verdict::kOk
                                                             : Verdict::kUnknown));
    }
  }
}

TEST_CASE("excuse: an unclean election that nobody told, and that a new controller has found") {
  for (const bool is_from_isr : {true, false}) {
    CAPTURE(is_from_isr);
    History h = led_by_one("leader_completeness");
    h.change(1, 0, 2, is_from_isr ? std::vector{1, 3} : std::vector{1});
    h.take_over(3, 2, 4, {3});
    h.lead_with(3, 2, 4, {3}, 3);
    CHECK(h.result().verdict == Verdict::kViolated);
    CHECK((h.result().excused > 0) == !is_from_isr);
  }
}

TEST_CASE(
    "a controller that takes over finds a partition as it was made: that makes it no new one") {
  for (const bool is_new : {true, false}) {
    CAPTURE(is_new);
    History h("flushed_logs_survive");
    h.change(1, 0, 0, {1, 2, 3});
    h.open(1, 0);
    h.append(1, 0, 0, {"a", "b", "c"});
    h.flushed(1, 3);
    h.take_over(1, 0, 0, {1, 2, 3});
    if (is_new) h.assign(1, 0, 0, {1, 2, 3}, {1, 2, 3}, true);  // a topic of that name, made anew
    h.open(1, 0);
    CHECK(h.result().verdict == (is_new ? Verdict::kOk : Verdict::kViolated));
  }
}

TEST_CASE("a check told twice allows excused losses only when both did") {
  const CheckerInfo& info = *find_checker("no_lost_acks");
  History h("no_lost_acks", "", true);
  h.set.add(info, "", false);
  h.ack(1, 0, "a");
  h.open(1, 0);
  h.elect(1, 1, true);
  h.lead(1, 1, 0);
  CHECK(h.result().excused == 1);
  CHECK(h.result().verdict == Verdict::kViolated);
}

TEST_CASE("excuse: an acknowledgement that arrives long after the loss is excused with it") {
  History h = last_replica_loses_power("no_lost_acks", true);
  h.change(1, 2, 4, {1});
  h.lead_with(1, 2, 4, {1}, 3);
  h.append(1, 3, 2, {"x", "y"});
  h.ack(9, 3, "d");
  CHECK(h.result().verdict == Verdict::kOk);
  CHECK(h.result().excused == 2);
}

TEST_CASE("replicas_agree: after an excused loss an old follower may still hold what was") {
  History h = led_by_one("replicas_agree", 5, true);
  h.high_watermark(2, 0, 5, false);
  h.change(1, 0, 2, {1});
  h.power_loss(1);
  h.change(std::nullopt, 1, 3, {1});
  h.open(1, 3);
  h.change(1, 2, 4, {1});
  h.lead_with(1, 2, 4, {1}, 3, 3);
  h.append(1, 3, 2, {"x"});
  h.high_watermark(1, 2, 4);
  CHECK(h.result().verdict == Verdict::kOk);
  CHECK(h.result().excused == 1);
}

// --- flushed_logs_survive
// --------------------------------------------------------------------------

TEST_CASE(
    "flushed_logs_survive: what was flushed is there after a loss of power, the rest may go") {
  History h = led_by_one("flushed_logs_survive");
  h.flushed(2, 3);
  h.power_loss(2);
  h.open(2, 3);
  CHECK(h.result().verdict == Verdict::kOk);
  h.power_loss(2);
  h.at(20000);
  h.open(2, 2);
  CHECK(h.result().verdict == Verdict::kViolated);
  CHECK(h.result().detail.find("broker 2 opened its log without offsets 2..2") !=
        std::string::npos);
}

TEST_CASE("flushed_logs_survive: a kill loses nothing, a truncation and a deletion are no loss") {
  History kill = led_by_one("flushed_logs_survive");
  kill.open(2, 4);
  CHECK(kill.result().verdict == Verdict::kViolated);

  History cut = led_by_one("flushed_logs_survive");
  cut.flushed(2, 5);
  cut.truncate(2, 5, 3);
  cut.power_loss(2);
  cut.open(2, 3);
  CHECK(cut.result().verdict == Verdict::kOk);
}

// --- isr_holds_committed
// ---------------------------------------------------------------------------

TEST_CASE("isr_holds_committed: a member that lacks something below the high watermark") {
  History good = led_by_one("isr_holds_committed");
  CHECK(good.result().verdict == Verdict::kOk);
  CHECK(good.result().evaluated > 0);

  History joins = led_by_one("isr_holds_committed");
  joins.change(1, 0, 2, {1, 2, 3});  // it holds two of five
  CHECK(joins.result().verdict == Verdict::kViolated);
  CHECK(joins.result().detail.find("broker 3 is in the ISR since 1.000s and ends at 2, below the "
                                   "high watermark 5 of broker 1") != std::string::npos);

  History early = led_by_one("isr_holds_committed", 2);
  early.change(1, 0, 2, {1, 2, 3});
  CHECK(early.set.results().at(0).verdict == Verdict::kOk);
  early.high_watermark(1, 0, 4);
  CHECK(early.result().verdict == Verdict::kViolated);
}

TEST_CASE("isr_holds_committed: a member that lost storage since it joined, and one before") {
  History since = led_by_one("isr_holds_committed");
  since.power_loss(2);
  since.at(2000);
  since.open(2, 3);
  since.high_watermark(1, 0, 5);
  CHECK(since.result().verdict == Verdict::kOk);

  History before = led_by_one("isr_holds_committed");
  before.change(1, 0, 2, {1});
  before.power_loss(2);
  before.at(2000);
  before.open(2, 3);
  before.at(3000);
  before.change(1, 0, 3, {1, 2});
  CHECK(before.result().verdict == Verdict::kViolated);
}

// --- isr_within_maximal
// ----------------------------------------------------------------------------

TEST_CASE("isr_within_maximal: a member that the leader has proposed, and one that it has not") {
  History good = led_by_one("isr_within_maximal");
  good.maximal_isr(1, 0, 1, {1, 2, 3});
  good.change(1, 0, 2, {1, 2, 3});
  CHECK(good.result().verdict == Verdict::kOk);

  History bad = led_by_one("isr_within_maximal");
  bad.change(1, 0, 2, {1, 2, 3});
  CHECK(bad.result().verdict == Verdict::kViolated);
  CHECK(bad.result().detail.find("broker 3 is in the controller's ISR, and the leader of epoch 0 "
                                 "does not count on it") != std::string::npos);
}

TEST_CASE("isr_within_maximal: a proposal that the leader took back may still be applied") {
  History h = led_by_one("isr_within_maximal");
  h.maximal_isr(1, 0, 1, {1, 2, 3});
  h.maximal_isr(1, 0, 1, {1, 2});  // metadata of the same partition epoch came in between
  h.change(1, 0, 2, {1, 2, 3});
  CHECK(h.result().verdict == Verdict::kOk);
  h.maximal_isr(1, 0, 2, {1, 2, 3});
  h.maximal_isr(1, 0, 3, {1, 2});
  h.change(1, 0, 4, {1, 2, 3});
  CHECK(h.result().verdict == Verdict::kViolated);
}

TEST_CASE("isr_within_maximal: a leader that knows more than any controller has told") {
  History h = led_by_one("isr_within_maximal");
  h.maximal_isr(1, 0, 2, {1});  // 2 was fenced; the controller died before it could say so
  h.change(1, 0, 3, {1});
  CHECK(h.result().verdict == Verdict::kOk);
}

TEST_CASE("isr_within_maximal: whoever joins is not fenced; whoever is the last may stay") {
  History h = led_by_one("isr_within_maximal");
  h.broker_state(3, BrokerState::kFenced);
  h.maximal_isr(1, 0, 1, {1, 2, 3});
  h.change(1, 0, 2, {1, 2, 3});
  CHECK(h.result().verdict == Verdict::kViolated);
  CHECK(h.result().detail.find("broker 3 joined the ISR while it was fenced") != std::string::npos);

  History leaving = led_by_one("isr_within_maximal");
  leaving.broker_state(3, BrokerState::kInControlledShutdown);
  leaving.maximal_isr(1, 0, 1, {1, 2, 3});
  leaving.change(1, 0, 2, {1, 2, 3});
  CHECK(leaving.result().detail.find(
            "broker 3 joined the ISR while it was in-controlled-shutdown") != std::string::npos);

  // Taken back, and nobody leads: the first of the old replicas is the ISR, alive or not.
  History reverted = led_by_one("isr_within_maximal");
  reverted.broker_state(3, BrokerState::kFenced);
  reverted.change(std::nullopt, 1, 2, {3});
  CHECK(reverted.result().verdict == Verdict::kOk);

  History last = led_by_one("isr_within_maximal");
  last.broker_state(1, BrokerState::kFenced);
  last.change(std::nullopt, 1, 2, {1});
  CHECK(last.result().verdict == Verdict::kOk);
}

// --- what moves forward only
// -----------------------------------------------------------------------

TEST_CASE("leader_epoch_monotonic: of the controller, of a broker, and anew in each incarnation") {
  History good = led_by_one("leader_epoch_monotonic");
  good.change(2, 1, 2, {2});
  good.follow(1, 1, 2);
  good.open(1, 5);
  good.follow(1, 0, 2);  // a broker that starts may hear old metadata first
  CHECK(good.result().verdict == Verdict::kOk);

  History controller = led_by_one("leader_epoch_monotonic");
  controller.change(2, 3, 2, {2});
  controller.change(1, 2, 3, {1});
  CHECK(controller.result().verdict == Verdict::kViolated);

  History broker = led_by_one("leader_epoch_monotonic");
  broker.follow(2, 4, 1);
  broker.follow(2, 3, 1);
  CHECK(broker.result().detail.find("broker 2 went back from leader epoch 4 to 3") !=
        std::string::npos);
}

TEST_CASE("log_start_monotonic: forward by retention, back by a follower's truncation alone") {
  History h = led_by_one("log_start_monotonic");
  h.start_at(2, 3);
  h.truncate(2, 5, 1);
  h.start_at(2, 1);
  CHECK(h.result().verdict == Verdict::kOk);
  h.start_at(1, 4);
  h.start_at(1, 2);
  CHECK(h.result().verdict == Verdict::kViolated);
  CHECK(h.result().detail.find("on broker 1 the log start offset went back from 4 to 2") !=
        std::string::npos);
}

}  // namespace
}  // namespace kafka
