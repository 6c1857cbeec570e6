#include "broker-model/replication/isr.h"

#include <doctest/doctest.h>

namespace test {

using namespace kafka;

namespace {

ProposedIsr proposal(int leader_epoch) {
  return {.leader_epoch = LeaderEpoch{leader_epoch},
          .partition_epoch = PartitionEpoch{7},
          .isr = {{.broker = NodeId{1}, .broker_epoch = BrokerEpoch{11}},
                  {.broker = NodeId{2}, .broker_epoch = std::nullopt}}};
}

}  // namespace

TEST_CASE("ISR changes: what waits travels together, one request at a time") {
  AlterPartitionManager manager;
  const Uuid topic{1, 1};
  CHECK_FALSE(manager.take_request(NodeId{1}, BrokerEpoch{11}).has_value());
  CHECK(manager.submit(topic, 0, proposal(0)));
  CHECK_FALSE(manager.submit(topic, 0, proposal(1)));  // one per partition
  const auto first = manager.take_request(NodeId{1}, BrokerEpoch{11});
  REQUIRE(first.has_value());
  CHECK(first->broker_epoch == 11);
  const auto& said = first->topics.at(0).partitions.at(0);
  CHECK(said.partition_epoch == 7);
  CHECK(said.new_isr_with_epochs.at(0).broker_epoch == 11);
  CHECK(said.new_isr_with_epochs.at(1).broker_epoch == -1);

  CHECK(manager.submit(topic, 1, proposal(0)));
  CHECK(manager.submit({2, 2}, 0, proposal(0)));
  CHECK_FALSE(manager.take_request(NodeId{1}, BrokerEpoch{11}).has_value());
  manager.check_invariants();

  AlterPartitionResponse response;
  auto& answered = response.topics.emplace_back();
  answered.topic_id = topic;
  auto& data = answered.partitions.emplace_back();
  data.error_code = ErrorCode::kFencedLeaderEpoch;
  const auto answers = manager.on_response(response);
  REQUIRE(answers.outcomes.size() == 1);
  CHECK(answers.outcomes[0].answer.error == ErrorCode::kFencedLeaderEpoch);
  CHECK_FALSE(answers.retry_later);
  const auto second = manager.take_request(NodeId{1}, BrokerEpoch{11});
  REQUIRE(second.has_value());
  CHECK(second->topics.size() == 2);
}

TEST_CASE("ISR changes: a refusal as a whole keeps them, a partition left out is sent again") {
  AlterPartitionManager manager;
  CHECK(manager.submit({1, 1}, 0, proposal(0)));
  REQUIRE(manager.take_request(NodeId{1}, BrokerEpoch{11}).has_value());
  AlterPartitionResponse stale;
  stale.error_code = ErrorCode::kStaleBrokerEpoch;
  const auto refused = manager.on_response(stale);
  CHECK(refused.retry_later);
  CHECK(refused.outcomes.empty());
  REQUIRE(manager.take_request(NodeId{1}, BrokerEpoch{12}).has_value());
  CHECK(manager.on_response(AlterPartitionResponse{}).outcomes.empty());
  CHECK(manager.waiting() == 1);
  CHECK(manager.take_request(NodeId{1}, BrokerEpoch{12}).has_value());
}

}  // namespace test
