// Three brokers, orders-0 with three replicas; the test plays the controller.
#include <doctest/doctest.h>

#include "tests/unit/broker/replica_cluster.h"

namespace test {
namespace {

using Cluster = ReplicaCluster;

ErrorCode produce_error(const std::optional<ProduceResponse>& response) {
  REQUIRE(response.has_value());
  return response->responses.at(0).partition_responses.at(0).error_code;
}

const FetchResponse::PartitionData& only(const std::optional<FetchResponse>& response) {
  REQUIRE(response.has_value());
  return response->responses.at(0).partitions.at(0);
}

}  // namespace

TEST_CASE("3 brokers: acks=all is answered when all of the ISR have the record") {
  Cluster cluster;
  cluster.settle();
  CHECK(cluster.partition(1).is_leader());
  CHECK(cluster.partition(2).leader() == NodeId{1});
  const auto response =
      cluster.ask<ProduceResponse>(1, Cluster::produce_request(-1, some_records(3)), 13);
  CHECK(produce_error(response) == ErrorCode::kNone);
  CHECK(response->responses[0].partition_responses[0].base_offset == 0);
  CHECK(cluster.partition(1).high_watermark() == 3);
  for (const int id : {1, 2, 3}) CHECK(cluster.partition(id).log_end_offset() == 3);
  // A follower learns of the new high watermark with its next answer, half a second at most.
  cluster.run_for(1s);
  for (const int id : {2, 3}) CHECK(cluster.partition(id).high_watermark() == 3);
  CHECK(cluster.told(2, "append").size() == 1);
  CHECK(cluster.at(1).replicas->parked_produces() == 0);
}

TEST_CASE("3 brokers: acks=1 and acks=0 do not wait for followers") {
  Cluster cluster;
  cluster.settle();
  cluster.cut = {{2, 1}, {3, 1}};
  cluster.run_for(600ms);
  const auto one = cluster.ask<ProduceResponse>(1, Cluster::produce_request(1, some_records(2)), 9);
  CHECK(produce_error(one) == ErrorCode::kNone);
  const env::ConnId conn = cluster.send(1, Cluster::produce_request(0, some_records(1)), 9);
  cluster.settle();
  CHECK_FALSE(cluster.answer<ProduceResponse>(1, conn, 9).has_value());
  CHECK_FALSE(cluster.was_closed(1, conn));
  CHECK(cluster.partition(1).log_end_offset() == 3);
  CHECK(cluster.partition(1).high_watermark() == 0);
  // acks=0 at a broker that does not lead: there is no answer, so the connection closes.
  const env::ConnId wrong = cluster.send(2, Cluster::produce_request(0, some_records(1)), 9);
  cluster.settle();
  CHECK(cluster.was_closed(2, wrong));
}

TEST_CASE("3 brokers: acks=all times out while followers are silent, and nothing is lost") {
  Cluster cluster;
  cluster.settle();
  cluster.cut = {{2, 1}, {3, 1}};
  cluster.run_for(600ms);
  const env::ConnId conn = cluster.send(1, Cluster::produce_request(-1, some_records(1)), 13);
  cluster.run_for(1400ms);
  CHECK_FALSE(cluster.answer<ProduceResponse>(1, conn, 13).has_value());
  cluster.run_for(200ms);
  CHECK(produce_error(cluster.answer<ProduceResponse>(1, conn, 13)) == ErrorCode::kRequestTimedOut);
  cluster.cut.clear();
  cluster.run_for(31s);
  CHECK(cluster.partition(1).high_watermark() == 1);
}

TEST_CASE("3 brokers, min.insync 2: ISR shrinks by lag, refuses acks=all, and expands again") {
  Cluster cluster(
      Cluster::Configs{{"min.insync.replicas", "2"}, {"replica.lag.time.max.ms", "10000"}});
  cluster.settle();
  cluster.cut = {{2, 1}, {3, 1}};
  cluster.run_for(600ms);
  const env::ConnId waits = cluster.send(1, Cluster::produce_request(1, some_records(1)), 13);
  cluster.run_for(16s);
  CHECK(produce_error(cluster.answer<ProduceResponse>(1, waits, 13)) == ErrorCode::kNone);
  REQUIRE(cluster.at(1).alter_requests.size() == 1);
  CHECK(cluster.at(1).alter_requests[0].topics[0].partitions[0].new_isr_with_epochs.size() == 1);
  cluster.answer_alter_partitions();
  CHECK(cluster.partition(1).is_under_min_isr());
  CHECK(cluster.partition(1).high_watermark() == 0);
  const auto refused =
      cluster.ask<ProduceResponse>(1, Cluster::produce_request(-1, some_records(1)), 13);
  CHECK(produce_error(refused) == ErrorCode::kNotEnoughReplicas);
  cluster.cut.clear();
  for (int i = 0; i < 5; ++i) {
    cluster.run_for(20s);
    cluster.answer_alter_partitions();
  }
  CHECK(cluster.partition(1).isr().size() == 3);
  CHECK(cluster.partition(1).high_watermark() == 1);
}

TEST_CASE("3 brokers: leader killed, the returned one truncates by leader epoch") {
  Cluster cluster;
  cluster.settle();
  CHECK(produce_error(cluster.ask<ProduceResponse>(1, Cluster::produce_request(-1, some_records(4)),
                                                   13)) == ErrorCode::kNone);
  // Two records that only the leader has.
  cluster.cut = {{2, 1}, {3, 1}, {1, 2}, {1, 3}};
  cluster.run_for(600ms);
  cluster.ask<ProduceResponse>(1, Cluster::produce_request(1, some_records(2, "lost")), 13);
  CHECK(cluster.partition(1).log_end_offset() == 6);
  cluster.kill(1);
  cluster.cut.clear();
  cluster.change(2, {2, 3});
  CHECK(cluster.partition(2).is_leader());
  CHECK(cluster.partition(2).leader_epoch() == LeaderEpoch{1});
  CHECK(produce_error(cluster.ask<ProduceResponse>(
            2, Cluster::produce_request(-1, some_records(3, "kept")), 13)) == ErrorCode::kNone);
  cluster.register_broker(1);
  cluster.start(1);
  cluster.publish();
  cluster.run_for(3s);
  cluster.answer_alter_partitions();
  CHECK(cluster.partition(1).log_end_offset() == 7);
  CHECK(cluster.partition(2).isr().size() == 3);
  const auto cuts = cluster.told(1, "truncate");
  REQUIRE(cuts.size() == 1);
  CHECK(cuts[0].find("new_end_offset=4") != std::string::npos);
  const Records mine = cluster.partition(1).log().read(0, 1 << 20, 7, true);
  const Records theirs = cluster.partition(2).log().read(0, 1 << 20, 7, true);
  CHECK(mine == theirs);
}

TEST_CASE("3 brokers: a deposed leader answers its waiting producer and points to the new one") {
  Cluster cluster;
  cluster.settle();
  cluster.cut = {{2, 1}, {3, 1}};
  cluster.run_for(600ms);
  const env::ConnId conn = cluster.send(1, Cluster::produce_request(-1, some_records(1)), 13);
  cluster.settle();
  cluster.change(3, {1, 2, 3});
  const auto response = cluster.answer<ProduceResponse>(1, conn, 13);
  CHECK(produce_error(response) == ErrorCode::kNotLeaderOrFollower);
  const auto& hint = response->responses[0].partition_responses[0].current_leader;
  CHECK(hint.leader_id == 3);
  CHECK(hint.leader_epoch == 1);
  REQUIRE(response->node_endpoints.size() == 1);
  CHECK(response->node_endpoints[0].host == "broker-3");
}

TEST_CASE(
    "3 brokers: a consumer sees what is committed, waits for more, and is told of its errors") {
  Cluster cluster;
  cluster.settle();
  cluster.cut = {{3, 1}};
  cluster.run_for(600ms);
  cluster.ask<ProduceResponse>(1, Cluster::produce_request(1, some_records(2)), 13);
  // 3 is in the ISR and has nothing: the record is not committed.
  CHECK(only(cluster.ask<FetchResponse>(1, Cluster::fetch_request(0), 17)).records->empty());
  const env::ConnId waits = cluster.send(1, Cluster::fetch_request(0, 60'000), 12);
  cluster.settle();
  CHECK(cluster.at(1).replicas->parked_fetches() >= 1);
  CHECK_FALSE(cluster.answer<FetchResponse>(1, waits, 12).has_value());
  cluster.cut.clear();
  cluster.run_for(35s);
  const auto found = cluster.answer<FetchResponse>(1, waits, 12);
  CHECK(only(found).records->batches.size() == 1);
  CHECK(only(found).high_watermark == 2);

  CHECK(only(cluster.ask<FetchResponse>(1, Cluster::fetch_request(3), 17)).error_code ==
        ErrorCode::kOffsetOutOfRange);
  FetchRequest request = Cluster::fetch_request(0);
  request.topics[0].partitions[0].current_leader_epoch = 5;
  CHECK(only(cluster.ask<FetchResponse>(1, request, 17)).error_code ==
        ErrorCode::kUnknownLeaderEpoch);
  CHECK(only(cluster.ask<FetchResponse>(2, Cluster::fetch_request(0), 4)).error_code ==
        ErrorCode::kNotLeaderOrFollower);
  CHECK(only(cluster.ask<FetchResponse>(2, Cluster::fetch_request(0), 11)).error_code ==
        ErrorCode::kNone);  // KIP-392: any replica
  request = Cluster::fetch_request(0);
  request.topics[0].topic_id = {1, 1};
  CHECK(only(cluster.ask<FetchResponse>(1, request, 13)).error_code == ErrorCode::kUnknownTopicId);
}

TEST_CASE("broker: a produce request is refused with Kafka's codes") {
  Cluster cluster;
  cluster.settle();
  const auto error_of = [&](ProduceRequest request, std::int16_t version, int broker = 1) {
    return produce_error(cluster.ask<ProduceResponse>(broker, request, version));
  };
  CHECK(error_of(Cluster::produce_request(2, some_records(1)), 9) ==
        ErrorCode::kInvalidRequiredAcks);
  CHECK(error_of(Cluster::produce_request(1, some_records(1)), 13, 2) ==
        ErrorCode::kNotLeaderOrFollower);
  ProduceRequest request = Cluster::produce_request(1, some_records(1));
  request.transactional_id = "t";
  CHECK(error_of(request, 11) == ErrorCode::kInvalidTxnState);
  request = Cluster::produce_request(1, some_records(1));
  request.topic_data[0].name = "nothing";
  CHECK(error_of(request, 12) == ErrorCode::kUnknownTopicOrPartition);
  request = Cluster::produce_request(1, Records{});
  CHECK(error_of(request, 12) == ErrorCode::kInvalidRecord);
  CHECK(cluster.partition(1).log_end_offset() == 0);
}

TEST_CASE("broker: an append is answered when its write is visible, not before") {
  for (const bool planted : {false, true}) {
    Cluster cluster({}, {.ack_before_append = planted});
    cluster.settle();
    cluster.at(1).holds_disk = true;
    const env::ConnId conn = cluster.send(1, Cluster::produce_request(1, some_records(1)), 13);
    cluster.settle();
    CHECK(cluster.answer<ProduceResponse>(1, conn, 13).has_value() == planted);
    cluster.at(1).holds_disk = false;
    cluster.settle();
    CHECK(cluster.answer<ProduceResponse>(1, conn, 13).has_value());
    CHECK(cluster.told(1, "append").size() == 1);
  }
}

TEST_CASE("broker: ListOffsets finds the ends, a timestamp, and the largest timestamp") {
  Cluster cluster;
  cluster.settle();
  cluster.ask<ProduceResponse>(1, Cluster::produce_request(-1, some_records(5)), 13);
  const auto offset_of = [&](std::int64_t timestamp, std::int16_t version = 7) {
    ListOffsetsRequest request;
    request.replica_id = -1;
    auto& topic = request.topics.emplace_back();
    topic.name = "orders";
    topic.partitions.emplace_back().timestamp = timestamp;
    const auto response = cluster.ask<ListOffsetsResponse>(1, request, version);
    REQUIRE(response.has_value());
    CHECK(response->topics[0].partitions[0].error_code == ErrorCode::kNone);
    return response->topics[0].partitions[0].offset;
  };
  CHECK(offset_of(-1) == 5);
  CHECK(offset_of(-1, 1) == 5);
  CHECK(offset_of(-2) == 0);
  CHECK(offset_of(-3) == 4);
  CHECK(offset_of(1'700'000'000'002) == 2);
  CHECK(offset_of(1'800'000'000'000) == -1);
}

TEST_CASE("broker: an orderly end syncs the logs and writes both checkpoints") {
  Cluster cluster;
  cluster.settle();
  cluster.ask<ProduceResponse>(1, Cluster::produce_request(-1, some_records(2)), 13);
  cluster.at(1).replicas->begin_flush();
  cluster.settle();
  CHECK(cluster.at(1).is_flushed);
  const auto files = cluster.at(1).env.list();
  const auto has = [&](std::string_view name) {
    return std::ranges::any_of(files, [&](const env::FileInfo& f) { return f.name == name; });
  };
  CHECK(has("replication-offset-checkpoint"));
  CHECK(has("recovery-point-offset-checkpoint"));
  CHECK(cluster.partition(1).log().recovery_point() == 2);
}

// --- fetch sessions and fetch from follower ------------------------------------------------------

TEST_CASE("3 brokers: an idle follower fetches in a session, with empty messages") {
  Cluster cluster;
  cluster.settle();
  cluster.ask<ProduceResponse>(1, Cluster::produce_request(-1, some_records(3)), 13);
  cluster.run_for(3s);
  CHECK(cluster.at(1).replicas->fetch_sessions() == 2);
  for (const int id : {2, 3}) CHECK(cluster.partition(id).high_watermark() == 3);
  // The leader dies with its sessions; its successor hands out new ones.
  cluster.kill(1);
  cluster.change(2, {2, 3});
  cluster.run_for(3s);
  CHECK(cluster.at(2).replicas->fetch_sessions() == 1);
}

TEST_CASE("3 brokers in 3 racks: the leader names the in-sync replica of the consumer's rack") {
  Cluster cluster(Cluster::Configs{
      {"replica.selector.class", "org.apache.kafka.common.replica.RackAwareReplicaSelector"},
      {"replica.lag.time.max.ms", "10000"}});
  cluster.settle();
  cluster.ask<ProduceResponse>(1, Cluster::produce_request(-1, some_records(3)), 13);
  cluster.run_for(1s);
  const auto named = [&](int broker, const std::string& rack, Offset offset) {
    FetchRequest request = Cluster::fetch_request(offset);
    request.rack_id = rack;
    return only(cluster.ask<FetchResponse>(broker, request, 18));
  };
  CHECK(named(1, "rack-3", 1).preferred_read_replica == 3);
  CHECK(named(1, "rack-3", 1).records->batches.empty());
  CHECK(named(1, "rack-3", 1).high_watermark == 3);
  // The leader's own rack, no rack, one without a broker, an offset that no follower has yet.
  for (const std::string rack : {"rack-1", "", "rack-9"}) {
    CAPTURE(rack);
    CHECK(named(1, rack, 1).preferred_read_replica == -1);
    CHECK_FALSE(named(1, rack, 1).records->batches.empty());
  }
  CHECK(named(1, "rack-3", 4).preferred_read_replica == -1);
  // A follower serves up to its own high watermark and names nobody.
  CHECK(named(3, "rack-2", 1).preferred_read_replica == -1);
  CHECK(named(3, "rack-3", 1).records->batches.size() == 1);
  // Out of the ISR nobody is sent there.
  cluster.cut = {{3, 1}};
  cluster.ask<ProduceResponse>(1, Cluster::produce_request(1, some_records(1)), 13);
  cluster.run_for(16s);
  cluster.answer_alter_partitions();
  CHECK(named(1, "rack-3", 1).preferred_read_replica == -1);
}

TEST_CASE("3 brokers: a fetch that waits at a follower ends when its high watermark moves") {
  Cluster cluster;
  cluster.settle();
  const env::ConnId conn = cluster.send(3, Cluster::fetch_request(0, 10000), 18);
  cluster.run_for(1s);
  CHECK_FALSE(cluster.answer<FetchResponse>(3, conn, 18).has_value());
  cluster.ask<ProduceResponse>(1, Cluster::produce_request(-1, some_records(2)), 13);
  cluster.run_for(1s);
  const auto response = cluster.answer<FetchResponse>(3, conn, 18);
  CHECK(only(response).records->batches.size() == 1);
  CHECK(only(response).high_watermark == 2);
}

}  // namespace test
