#include <doctest/doctest.h>

#include "tests/unit/checkers/history.h"

namespace kafka {
namespace {

// Broker 1 leads epoch 0 and holds a..e at 0..4; broker 2 follows and holds the first `copied`.
History two_brokers(Offset copied, std::string topic = "") {
  History h("no_lost_acks", std::move(topic));
  h.open(1, 0);
  h.open(2, 0);
  h.lead(1, 0, 0);
  h.follow(2, 0, 1);
  const std::vector<std::string> values = {"a", "b", "c", "d", "e"};
  for (Offset i = 0; i < 5; ++i) h.append(1, i, 0, {values[static_cast<std::size_t>(i)]});
  for (Offset i = 0; i < copied; ++i) h.append(2, i, 0, {values[static_cast<std::size_t>(i)]});
  return h;
}

TEST_CASE("no_lost_acks: nothing acknowledged is unknown") {
  History h = two_brokers(5);
  h.lead(2, 1, 5);
  CHECK(h.result().verdict == Verdict::kUnknown);
  CHECK(h.result().evaluated == 0);
}

TEST_CASE("no_lost_acks: 2 brokers, the follower has all when the leader dies, ok") {
  History h = two_brokers(5);
  h.ack(10, 0, "a");
  h.ack(11, 4, "e");
  h.lead(2, 1, 5);
  h.append(2, 5, 1, {"f"});
  h.ack(12, 5, "f");
  const CheckResult result = h.result();
  CHECK(result.verdict == Verdict::kOk);
  CHECK(result.evaluated == 3);
  CHECK(result.detail.empty());
  CHECK_FALSE(result.at.has_value());
}

TEST_CASE("no_lost_acks: acks=1, leader dies before the follower copied, the loss is named") {
  History h = two_brokers(2);
  h.at(19000);
  h.ack(10, 0, "a", 1);
  h.ack(11, 1, "b", 1);
  h.at(19500);
  h.ack(12, 2, "c", 1);
  h.ack(14, 4, "e", 1);
  h.at(29100);
  h.lead(2, 1, 2);
  const CheckResult result = h.result();
  CHECK(result.verdict == Verdict::kViolated);
  CHECK(result.evaluated == 4);
  REQUIRE(result.at.has_value());
  CHECK(seconds(*result.at) == "29.100s");
  CHECK(result.detail ==
        "2 acknowledged records lost: orders-0 offsets 2, 4 (acked at 19.500s..19.500s by broker 1 "
        "in epoch 0; tags 12, 14; broker 2 became leader of epoch 1 at 29.100s with log end offset "
        "2); acks=1 allows this");
}

TEST_CASE("no_lost_acks: an acknowledgement that arrives after the election counts too") {
  History h = two_brokers(2);
  h.lead(2, 1, 2);
  h.ack(12, 2, "c", 1);
  CHECK(h.result().verdict == Verdict::kViolated);
  CHECK(h.result().detail.find("had become leader of epoch 1") != std::string::npos);
}

TEST_CASE("no_lost_acks: late acknowledgement of an offset the new leader gave to another record") {
  History h = two_brokers(2);
  h.lead(2, 1, 2);
  h.append(2, 2, 1, {"x"});
  h.ack(20, 2, "x");
  h.ack(12, 2, "c", 1);
  const CheckResult result = h.result();
  CHECK(result.verdict == Verdict::kViolated);
  CHECK(result.evaluated == 2);
  CHECK(result.detail.find("1 acknowledged record lost: orders-0 offsets 2 ") == 0);
}

TEST_CASE("no_lost_acks: the third leader holds other content at the offset, whoever told first") {
  for (const bool ack_first : {true, false}) {
    CAPTURE(ack_first);
    History h = two_brokers(5);
    h.open(3, 0);
    if (ack_first) h.ack(10, 1, "b");
    h.append(3, 0, 0, {"a", "other"});
    if (!ack_first) h.ack(10, 1, "b");
    CHECK(h.set.results().at(0).verdict == Verdict::kOk);  // a follower's log loses nothing
    h.lead(3, 1, 2);
    CHECK(h.result().verdict == Verdict::kViolated);
  }
}

TEST_CASE("no_lost_acks: a follower that differed and truncated before it led loses nothing") {
  History h = two_brokers(5);
  h.open(3, 0);
  h.append(3, 0, 0, {"a", "other"});
  h.ack(10, 1, "b");
  h.truncate(3, 2, 1);
  h.append(3, 1, 0, {"b", "c", "d", "e"});
  h.lead(3, 1, 5);
  CHECK(h.result().verdict == Verdict::kOk);
}

TEST_CASE("no_lost_acks: acks=0, no offset and another topic are never counted") {
  History zero = two_brokers(2);
  zero.ack(10, 4, "e", 0);
  zero.ack(11, std::nullopt, "d", -1);
  zero.lead(2, 1, 2);
  CHECK(zero.result().verdict == Verdict::kUnknown);
  History other = two_brokers(2, "payments");
  other.ack(10, 4, "e");
  other.lead(2, 1, 2);
  CHECK(other.result().verdict == Verdict::kUnknown);
  CHECK(other.result().name == "no_lost_acks(payments)");
}

TEST_CASE("no_lost_acks: 1 replica, power loss of unsynced records, lost when it leads again") {
  History h = two_brokers(0);
  h.ack(10, 1, "b");
  h.ack(14, 4, "e");
  h.open(1, 3);
  h.ack(13, 3, "d");  // under way when the power went: nobody leads, nothing is judged yet
  CHECK(h.set.results().at(0).verdict == Verdict::kOk);
  h.lead(1, 1, 3);
  const CheckResult result = h.result();
  CHECK(result.verdict == Verdict::kViolated);
  CHECK(result.detail.find("2 acknowledged records lost: orders-0 offsets 3..4 ") == 0);
  CHECK(result.detail.find("allows") == std::string::npos);
}

TEST_CASE("no_lost_acks: an active leader that truncates loses, a deposed one does not") {
  History active = two_brokers(2);
  active.ack(14, 4, "e");
  active.truncate(1, 5, 4);
  CHECK(active.result().verdict == Verdict::kViolated);
  CHECK(active.result().detail.find("allow") == std::string::npos);

  History deposed = two_brokers(5);
  deposed.ack(14, 4, "e");
  deposed.lead(2, 1, 5);
  deposed.follow(1, 1, 2);
  deposed.truncate(1, 5, 2);
  CHECK(deposed.result().verdict == Verdict::kOk);
}

TEST_CASE("no_lost_acks: an unclean election is said to allow the loss of acks=all") {
  History h = two_brokers(2);
  h.ack(14, 4, "e");
  h.elect(2, 1, true);
  h.lead(2, 1, 2);
  CHECK(h.result().verdict == Verdict::kViolated);
  CHECK(h.result().detail.ends_with("; allowed: the election of epoch 1 at 0.000s was unclean"));
  CHECK(h.result().excused == 1);
}

TEST_CASE("no_lost_acks: a log longer than its broker told, after a kill, raises no alarm") {
  History h = two_brokers(0);
  h.ack(14, 4, "e");
  h.open(2, 5);  // written, never told
  h.lead(2, 1, 5);
  CHECK(h.result().verdict == Verdict::kOk);
}

TEST_CASE("no_lost_acks: records below the leader's log start are retention's, not lost") {
  History h = two_brokers(5);
  h.ack(10, 0, "a");
  h.tell(2, LogStartMoved{.partition = History::kPartition, .log_start_offset = 3});
  h.lead(2, 1, 5);
  h.ack(11, 1, "b");
  CHECK(h.result().verdict == Verdict::kOk);
}

}  // namespace
}  // namespace kafka
