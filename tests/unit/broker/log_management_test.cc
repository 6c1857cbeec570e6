// Three brokers, orders-0 with three replicas: retention, DeleteRecords, flushing, compaction and
// the checkpoints that go with them.
#include <doctest/doctest.h>

#include "tests/unit/broker/replica_cluster.h"

namespace test {
namespace {

using Cluster = ReplicaCluster;

Records keyed(const std::string& key, std::size_t value_size) {
  BatchBuilder builder(BatchOptions{});
  const std::string value(value_size, 'v');
  const auto view = [](std::string_view text) {
    return ByteView{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
  };
  builder.append({.timestamp = WallTime{WallTime::duration{1'700'000'000'000}},
                  .key = view(key),
                  .value = view(value),
                  .headers = {}});
  return {.batches = {builder.close()}, .trailing = {}};
}

ErrorCode produce(Cluster& cluster, Records records) {
  const auto response =
      cluster.ask<ProduceResponse>(1, Cluster::produce_request(-1, std::move(records)), 13);
  REQUIRE(response.has_value());
  return response->responses.at(0).partition_responses.at(0).error_code;
}

DeleteRecordsRequest delete_before(Offset offset, std::int32_t timeout_ms = 2000) {
  DeleteRecordsRequest request;
  request.timeout_ms = timeout_ms;
  auto& topic = request.topics.emplace_back();
  topic.name = "orders";
  topic.partitions.push_back({.partition_index = 0, .offset = offset});
  return request;
}

DeleteRecordsResponse::DeleteRecordsPartitionResult only(
    const std::optional<DeleteRecordsResponse>& response) {
  REQUIRE(response.has_value());
  return response->topics.at(0).partitions.at(0);
}

ErrorCode delete_error(Cluster& cluster, int broker, const DeleteRecordsRequest& request) {
  const env::ConnId conn = cluster.send(broker, request, 2);
  cluster.run_for(3s);
  return only(cluster.answer<DeleteRecordsResponse>(broker, conn, 2)).error_code;
}

Offset log_start(Cluster& cluster, int broker) {
  return cluster.partition(broker).log().log_start_offset();
}

// Two segments of a megabyte each and an active one.
constexpr std::size_t kLarge = 500'000;

}  // namespace

TEST_CASE("DeleteRecords is answered when every living replica has moved its log start offset") {
  Cluster cluster;
  cluster.settle();
  for (int i = 0; i < 5; ++i) CHECK(produce(cluster, some_records(2)) == ErrorCode::kNone);
  const env::ConnId conn = cluster.send(1, delete_before(4), 2);
  cluster.settle();
  CHECK(log_start(cluster, 1) == 4);
  CHECK_FALSE(cluster.answer<DeleteRecordsResponse>(1, conn, 2).has_value());
  CHECK(cluster.at(1).replicas->parked_deletes() == 1);
  // The next answers of their fetches tell the followers, and the fetches after these the leader.
  cluster.run_for(1s);
  const auto answer = only(cluster.answer<DeleteRecordsResponse>(1, conn, 2));
  CHECK(answer.error_code == ErrorCode::kNone);
  CHECK(answer.low_watermark == 4);
  for (const int id : {1, 2, 3}) CHECK(log_start(cluster, id) == 4);
  CHECK(cluster.told(2, "log-start").size() == 1);

  const env::ConnId all = cluster.send(1, delete_before(-1), 2);  // up to the high watermark
  cluster.run_for(1s);
  CHECK(only(cluster.answer<DeleteRecordsResponse>(1, all, 2)).low_watermark == 10);
  const auto fetched = cluster.ask<FetchResponse>(1, Cluster::fetch_request(9), 12);
  CHECK(fetched->responses[0].partitions[0].error_code == ErrorCode::kOffsetOutOfRange);
}

TEST_CASE("DeleteRecords refuses what Kafka refuses") {
  Cluster cluster;
  cluster.settle();
  CHECK(produce(cluster, some_records(2)) == ErrorCode::kNone);
  CHECK(delete_error(cluster, 1, delete_before(3)) == ErrorCode::kOffsetOutOfRange);
  CHECK(delete_error(cluster, 1, delete_before(-2)) == ErrorCode::kOffsetOutOfRange);
  CHECK(delete_error(cluster, 2, delete_before(1)) == ErrorCode::kNotLeaderOrFollower);
  DeleteRecordsRequest unknown = delete_before(1);
  unknown.topics[0].partitions[0].partition_index = 9;
  CHECK(delete_error(cluster, 1, unknown) == ErrorCode::kUnknownTopicOrPartition);
  CHECK(log_start(cluster, 1) == 0);

  Cluster compacted(Cluster::Configs{{"log.cleanup.policy", "compact"}});
  compacted.settle();
  CHECK(produce(compacted, keyed("a", 10)) == ErrorCode::kNone);
  CHECK(delete_error(compacted, 1, delete_before(1)) == ErrorCode::kPolicyViolation);
  // And a compacted topic takes no record without a key.
  CHECK(produce(compacted, some_records(1)) == ErrorCode::kInvalidRecord);
}

TEST_CASE("DeleteRecords times out while a follower is silent, though the leader has deleted") {
  Cluster cluster;
  cluster.settle();
  CHECK(produce(cluster, some_records(2)) == ErrorCode::kNone);
  cluster.cut = {{3, 1}};
  cluster.run_for(600ms);
  CHECK(delete_error(cluster, 1, delete_before(1)) == ErrorCode::kRequestTimedOut);
  CHECK(log_start(cluster, 1) == 1);
  CHECK(log_start(cluster, 2) == 1);
  CHECK(log_start(cluster, 3) == 0);
  // A new leader ends the wait.
  const env::ConnId conn = cluster.send(1, delete_before(2, 60'000), 2);
  cluster.settle();
  cluster.change(2, {1, 2});
  CHECK(only(cluster.answer<DeleteRecordsResponse>(1, conn, 2)).error_code ==
        ErrorCode::kNotLeaderOrFollower);
}

TEST_CASE("a follower that comes back below the leader's log start offset begins anew there") {
  Cluster cluster(Cluster::Configs{{"log.segment.bytes", "1048576"},
                                   {"log.retention.ms", "1"},
                                   {"log.retention.check.interval.ms", "10000"}});
  cluster.settle();
  CHECK(produce(cluster, some_records(2)) == ErrorCode::kNone);
  cluster.kill(3);
  cluster.change(1, {1, 2});
  CHECK(produce(cluster, some_records(3)) == ErrorCode::kNone);
  cluster.run_for(41s);  // the first check after 30 seconds, the second ten later
  CHECK(log_start(cluster, 1) == 5);
  CHECK(produce(cluster, some_records(2)) == ErrorCode::kNone);
  cluster.start(3);
  cluster.run_for(3s);
  CHECK(log_start(cluster, 3) == 5);
  CHECK(cluster.partition(3).log_end_offset() == 7);
  CHECK(cluster.told(3, "truncate").size() == 1);
}

TEST_CASE("log start offsets and cleaner offsets come back from their checkpoints") {
  Cluster cluster(Cluster::Configs{{"log.cleanup.policy", "compact,delete"},
                                   {"log.segment.bytes", "1048576"},
                                   {"log.cleaner.min.cleanable.ratio", "0.1"}});
  cluster.settle();
  for (int i = 0; i < 5; ++i) CHECK(produce(cluster, keyed("a", kLarge)) == ErrorCode::kNone);
  CHECK(delete_error(cluster, 1, delete_before(1)) == ErrorCode::kNone);
  cluster.run_for(61s);
  // Segments hold two records of half a megabyte: 1 and 2 and 3 are superseded by 4 (the active one
  // stays), and each of the two old segments is told of as it is replaced.
  CHECK(cluster.told(1, "cleaned").size() == 2);
  CHECK(cluster.told(2, "cleaned").size() == 2);
  const auto read = [&](std::string_view file) {
    std::string text;
    for (const env::FileInfo& info : cluster.at(1).env.list())
      if (info.name == file) text = "there";
    return text;
  };
  CHECK(read("log-start-offset-checkpoint") == "there");
  CHECK(read("cleaner-offset-checkpoint") == "there");
  BootState boot;
  boot.log_starts[{"orders", 0}] = 1;
  boot.cleaned[{"orders", 0}] = 4;
  cluster.kill(1);
  cluster.start(1, boot);
  cluster.run_for(1s);
  CHECK(log_start(cluster, 1) == 1);
  CHECK(cluster.told(1, "cleaned").empty());
}

TEST_CASE("flush.messages: an acknowledgement waits for the sync of leader and followers") {
  Cluster cluster(Cluster::Configs{{"log.flush.interval.messages", "1"}});
  cluster.settle();
  CHECK(produce(cluster, some_records(2)) == ErrorCode::kNone);
  for (const int id : {1, 2, 3}) CHECK(cluster.partition(id).log().recovery_point() == 2);
}

TEST_CASE("flush.ms alone does nothing: the flusher has to be told to look") {
  for (const bool looks : {false, true}) {
    Cluster::Configs configs{{"log.flush.interval.ms", "1000"}};
    if (looks) configs.emplace_back("log.flush.scheduler.interval.ms", "500");
    Cluster cluster(configs);
    cluster.settle();
    CHECK(produce(cluster, some_records(2)) == ErrorCode::kNone);
    cluster.run_for(40s);
    CHECK(cluster.partition(1).log().recovery_point() == (looks ? 2 : 0));
  }
}

}  // namespace test
