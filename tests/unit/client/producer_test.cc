#include "broker-model/client/producer/producer.h"

#include "broker-model/messages/produce.h"
#include "tests/unit/client/harness.h"

using namespace kafka;
using test::PlayedRequest;
using test::World;
using namespace std::chrono_literals;

namespace {

ProducerOptions options(const std::vector<std::pair<std::string, std::string>>& keys = {}) {
  ProducerOptions made{
      .client_id = "p1", .bootstrap = World::bootstrap(), .config = Config(ConfigDef::producer())};
  for (const auto& [key, value] : keys) {
    const auto set = made.config.set(key, value);
    REQUIRE_MESSAGE(set.has_value(), set.error().message);
  }
  return made;
}

SendRecord record(std::uint64_t tag, std::int32_t partition = 0, std::size_t size = 10) {
  return {.topic = "orders",
          .partition = partition,
          .key = {},
          .value = env::Bytes::copy_of(std::string(size, 'x')),
          .tag = tag,
          .intended = {}};
}

World one_topic(std::int32_t partitions = 1) {
  World world;
  world.topics["orders"].id = {7, 7};
  for (std::int32_t i = 0; i < partitions; ++i) world.topics["orders"].partitions.push_back({});
  return world;
}

struct Batch {
  std::int32_t sequence;
  std::int16_t epoch;
  std::int32_t count;
  std::int64_t producer_id;
};

Batch batch_of(const PlayedRequest& request) {
  const auto produce = World::read<ProduceRequest>(request);
  REQUIRE(produce.topic_data.size() == 1);
  REQUIRE(produce.topic_data[0].partition_data.size() == 1);
  const Records& records = *produce.topic_data[0].partition_data[0].records;
  REQUIRE(records.batches.size() == 1);
  const RecordBatch& batch = records.batches[0];
  CHECK(batch.is_crc_good());
  return {batch.base_sequence(), batch.producer_epoch().value(), batch.record_count(),
          batch.producer_id().value()};
}

ProduceResponse answer(const PlayedRequest& request, ErrorCode error, Offset base_offset = -1,
                       Offset log_start_offset = 0) {
  const auto produce = World::read<ProduceRequest>(request);
  ProduceResponse response;
  for (const auto& topic : produce.topic_data) {
    ProduceResponse::TopicProduceResponse into;
    into.name = topic.name;
    into.topic_id = topic.topic_id;
    for (const auto& partition : topic.partition_data) {
      ProduceResponse::PartitionProduceResponse result;
      result.index = partition.index;
      result.error_code = error;
      result.base_offset = base_offset;
      result.log_start_offset = log_start_offset;
      into.partition_responses.push_back(std::move(result));
    }
    response.responses.push_back(std::move(into));
  }
  return response;
}

// Sends one record so that metadata, connection and producer id are there.
void warm_up(World& world) {
  world.command(record(9000));
  world.advance(200ms);
  const PlayedRequest request = world.take();
  world.respond(request, answer(request, ErrorCode::kNone, 0));
  REQUIRE(world.seen("acked").size() == 1);
}

}  // namespace

TEST_CASE("producer: records of one linger.ms share a batch, by topic id, and are acknowledged") {
  World world = one_topic();
  Producer producer(options());
  world.start(producer);
  world.command(record(1));
  world.command(record(2));
  world.advance(100ms);
  REQUIRE(world.requests.size() == 1);
  const PlayedRequest request = world.take();
  CHECK(request.version() == 13);
  const auto produce = World::read<ProduceRequest>(request);
  CHECK(produce.acks == -1);
  CHECK(produce.topic_data[0].topic_id == Uuid{7, 7});
  const Batch batch = batch_of(request);
  CHECK(batch.count == 2);
  CHECK(batch.sequence == 0);
  CHECK(batch.producer_id == 1000);
  world.respond(request, answer(request, ErrorCode::kNone, 40));
  const auto acked = world.seen("acked");
  REQUIRE(acked.size() == 2);
  CHECK(acked[0].find("offset=40") != std::string::npos);
  CHECK(acked[1].find("offset=41") != std::string::npos);
}

TEST_CASE("producer: a full batch does not linger") {
  World world = one_topic();
  Producer producer(
      options({{"linger.ms", "60000"}, {"delivery.timeout.ms", "120000"}, {"batch.size", "200"}}));
  world.start(producer);
  world.command(record(1, 0, 100));
  world.advance(1s);
  CHECK(world.requests.empty());
  world.command(record(2, 0, 100));  // no room: the first batch is closed, a second begun
  world.advance(10ms);
  REQUIRE(world.requests.size() == 1);
  CHECK(batch_of(world.requests[0]).count == 1);
  world.command(record(3, 0, 100));
  world.advance(10ms);
  REQUIRE(world.requests.size() == 2);
  CHECK(batch_of(world.requests[1]).sequence == 1);
}

TEST_CASE(
    "producer: five in flight, the first fails: all come back in sequence order, one by one") {
  World world = one_topic();
  Producer producer(options({{"linger.ms", "0"}}));
  world.start(producer);
  warm_up(world);
  for (std::uint64_t tag = 1; tag <= 6; ++tag) world.command(record(tag));
  REQUIRE(world.requests.size() == 5);  // max.in.flight
  const std::vector<PlayedRequest> first = std::exchange(world.requests, {});
  for (int i = 0; i < 5; ++i) CHECK(batch_of(first[static_cast<std::size_t>(i)]).sequence == 1 + i);
  world.respond(first[0], answer(first[0], ErrorCode::kNotEnoughReplicas));
  for (std::size_t i = 1; i < 5; ++i) {
    world.respond(first[i], answer(first[i], ErrorCode::kOutOfOrderSequenceNumber));
  }
  for (std::int32_t expected = 1; expected <= 6; ++expected) {
    world.advance(3s);
    REQUIRE(world.requests.size() >= 1);
    // One retry at a time; the last one may be followed by the batch that was never sent.
    if (expected < 5) CHECK(world.requests.size() == 1);
    const PlayedRequest again = world.take();
    CHECK(batch_of(again).sequence == expected);
    world.respond(again, answer(again, ErrorCode::kNone, expected));
  }
  CHECK(world.seen("acked").size() == 7);
  CHECK(world.seen("send-failed").empty());
}

TEST_CASE("producer: DUPLICATE_SEQUENCE_NUMBER is success without an offset") {
  World world = one_topic();
  Producer producer(options({{"linger.ms", "0"}}));
  world.start(producer);
  warm_up(world);
  world.command(record(1));
  const PlayedRequest request = world.take();
  world.respond(request, answer(request, ErrorCode::kDuplicateSequenceNumber));
  REQUIRE(world.seen("acked").size() == 2);
  CHECK(world.seen("acked")[1].find("offset=0") == std::string::npos);
  CHECK(world.seen("acked")[1].find("offset=1") == std::string::npos);
}

TEST_CASE("producer: a connection lost with a request in flight: sent again, same sequence") {
  World world = one_topic();
  Producer producer(options({{"linger.ms", "0"}}));
  world.start(producer);
  warm_up(world);
  world.command(record(1));
  const PlayedRequest lost = world.take();
  world.reset(lost.conn);
  world.advance(1s);
  const PlayedRequest again = world.take();
  CHECK(again.conn != lost.conn);
  CHECK(batch_of(again).sequence == batch_of(lost).sequence);
  world.respond(again, answer(again, ErrorCode::kNone, 1));
  CHECK(world.seen("acked").size() == 2);
}

TEST_CASE(
    "producer: request.timeout.ms closes the connection, delivery.timeout.ms ends the record") {
  World world = one_topic();
  Producer producer(options(
      {{"linger.ms", "0"}, {"request.timeout.ms", "1000"}, {"delivery.timeout.ms", "2500"}}));
  world.start(producer);
  warm_up(world);
  world.command(record(1));
  const PlayedRequest first = world.take();
  world.advance(1100ms);
  CHECK(world.is_closed(first.conn));
  world.advance(2s);
  const auto failed = world.seen("send-failed");
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].find("REQUEST_TIMED_OUT") != std::string::npos);
  CHECK(failed[0].find("maybe_written=true") != std::string::npos);
}

TEST_CASE("producer: a record expires on the wire exactly once; its late success is ignored") {
  World world = one_topic();
  Producer producer(options(
      {{"linger.ms", "0"}, {"request.timeout.ms", "2000"}, {"delivery.timeout.ms", "2000"}}));
  world.start(producer);
  warm_up(world);
  world.command(record(1));
  const PlayedRequest request = world.take();
  world.advance(2000ms);
  REQUIRE(world.seen("send-failed").size() == 1);
  world.respond(request, answer(request, ErrorCode::kNone, 1));
  CHECK(world.seen("acked").size() == 1);  // that of the warm-up
  CHECK(world.seen("send-failed").size() == 1);
}

TEST_CASE("producer: a gap after a fatal error bumps the epoch and starts at sequence 0") {
  World world = one_topic();
  Producer producer(options({{"linger.ms", "0"}}));
  world.start(producer);
  warm_up(world);
  world.command(record(1));
  const PlayedRequest refused = world.take();
  CHECK(batch_of(refused).epoch == 0);
  world.respond(refused, answer(refused, ErrorCode::kInvalidTimestamp));
  REQUIRE(world.seen("send-failed").size() == 1);
  CHECK(world.seen("send-failed")[0].find("maybe_written=false") != std::string::npos);
  world.command(record(2));
  const PlayedRequest next = world.take();
  CHECK(batch_of(next).epoch == 1);
  CHECK(batch_of(next).sequence == 0);
}

TEST_CASE("producer: OUT_OF_ORDER for the next batch in line: retried in a new epoch from 0") {
  World world = one_topic();
  Producer producer(options({{"linger.ms", "0"}}));
  world.start(producer);
  warm_up(world);
  world.command(record(1));
  const PlayedRequest first = world.take();
  CHECK(batch_of(first).sequence == 1);
  world.respond(first, answer(first, ErrorCode::kOutOfOrderSequenceNumber));
  world.advance(1s);
  const PlayedRequest again = world.take();
  CHECK(batch_of(again).epoch == 1);
  CHECK(batch_of(again).sequence == 0);
}

TEST_CASE("producer: UNKNOWN_PRODUCER_ID is retried in a new epoch") {
  World world = one_topic();
  Producer producer(options({{"linger.ms", "0"}}));
  world.start(producer);
  warm_up(world);
  world.command(record(1));
  const PlayedRequest first = world.take();
  world.respond(first, answer(first, ErrorCode::kUnknownProducerId, -1, 50));
  world.advance(1s);
  const PlayedRequest again = world.take();
  CHECK(batch_of(again).epoch == 1);
  CHECK(batch_of(again).sequence == 0);
}

TEST_CASE("producer: MESSAGE_TOO_LARGE splits the batch, in order and with its own sequences") {
  World world = one_topic();
  Producer producer(options({{"linger.ms", "20"}, {"batch.size", "400"}}));
  world.start(producer);
  warm_up(world);
  for (std::uint64_t tag = 1; tag <= 3; ++tag) world.command(record(tag, 0, 80));
  world.advance(20ms);
  const PlayedRequest big = world.take();
  CHECK(batch_of(big).count == 3);
  world.respond(big, answer(big, ErrorCode::kMessageTooLarge));
  world.advance(100ms);
  // The first split keeps batch.size, so all fits again; the next halves it.
  const PlayedRequest same = world.take();
  CHECK(batch_of(same).count == 3);
  world.respond(same, answer(same, ErrorCode::kMessageTooLarge));
  world.advance(100ms);
  std::int32_t sequence = 1;
  std::int32_t records = 0;
  while (!world.requests.empty()) {
    const PlayedRequest part = world.take();
    CHECK(batch_of(part).sequence == sequence);
    CHECK(batch_of(part).count < 3);
    sequence += batch_of(part).count;
    records += batch_of(part).count;
    world.respond(part, answer(part, ErrorCode::kNone, records));
    world.advance(100ms);
  }
  CHECK(records == 3);
  CHECK(world.seen("acked").size() == 4);
}

TEST_CASE("producer: a leader hint of the answer is followed at once, without backoff (KIP-951)") {
  World world = one_topic();
  Producer producer(options({{"linger.ms", "0"}, {"retry.backoff.ms", "1000"}}));
  world.start(producer);
  warm_up(world);
  world.command(record(1));
  const PlayedRequest first = world.take();
  CHECK(first.broker == 1);
  world.topics["orders"].partitions[0] = {2, 1};
  ProduceResponse moved = answer(first, ErrorCode::kNotLeaderOrFollower);
  moved.responses[0].partition_responses[0].current_leader = {.leader_id = 2, .leader_epoch = 1};
  moved.node_endpoints.push_back({.node_id = 2, .host = "b2", .port = 9092});
  world.respond(first, moved);
  world.advance(10ms);
  const PlayedRequest second = world.take();
  CHECK(second.broker == 2);
}

TEST_CASE("producer: acks=0 succeeds when the request is on its way") {
  World world = one_topic();
  Producer producer(options({{"linger.ms", "0"}, {"acks", "0"}}));
  world.start(producer);
  world.command(record(1));
  world.advance(10ms);
  CHECK(world.seen("acked").size() == 1);
  CHECK(World::read<ProduceRequest>(world.take()).acks == 0);
}

TEST_CASE("producer: send() of an absent topic blocks later sends and fails after max.block.ms") {
  World world = one_topic();
  Producer producer(options({{"linger.ms", "0"}, {"max.block.ms", "3000"}}));
  world.start(producer);
  warm_up(world);
  SendRecord absent = record(1);
  absent.topic = "absent";
  world.command(absent);
  world.command(record(2));
  world.advance(2900ms);
  CHECK(world.requests.empty());
  world.advance(200ms);
  REQUIRE(world.seen("send-failed").size() == 1);
  CHECK(world.seen("send-failed")[0].find("not present in metadata after 3000 ms") !=
        std::string::npos);
  CHECK(world.requests.size() == 1);  // the one behind it
}

TEST_CASE("producer: buffer.memory is full: send() waits, and nothing lingers meanwhile") {
  World world = one_topic(2);
  Producer producer(options({{"linger.ms", "10000"},
                             {"delivery.timeout.ms", "60000"},
                             {"batch.size", "1000"},
                             {"buffer.memory", "1000"}}));
  world.start(producer);
  world.advance(50ms);
  world.command(record(1, 0));
  world.advance(50ms);
  CHECK(world.requests.empty());
  world.command(record(2, 1));
  world.advance(10ms);
  REQUIRE(world.requests.size() == 1);  // sent although it lingers
  const PlayedRequest first = world.take();
  world.respond(first, answer(first, ErrorCode::kNone, 0));
  CHECK(world.seen("acked").size() == 1);
  world.command(ShutDown{});
  const PlayedRequest second = world.take();
  CHECK_FALSE(producer.has_stopped());
  world.respond(second, answer(second, ErrorCode::kNone, 0));
  CHECK(producer.has_stopped());
  CHECK(world.seen("acked").size() == 2);
}

// BufferPool.allocate throws; it does not wait for what can never come.
TEST_CASE("producer: a batch that buffer.memory can never hold is refused at once") {
  World world = one_topic();
  Producer producer(options({{"batch.size", "16384"}, {"buffer.memory", "2000"}}));
  world.start(producer);
  world.command(record(1));
  world.advance(100ms);
  REQUIRE(world.seen("send-failed").size() == 1);
  CHECK(world.seen("send-failed")[0].find("hard limit of 2000 on memory allocations") !=
        std::string::npos);
}

TEST_CASE("producer: a record above max.request.size is refused") {
  World world = one_topic();
  Producer producer(options({{"max.request.size", "500"}}));
  world.start(producer);
  world.command(record(1, 0, 1000));
  world.advance(100ms);
  REQUIRE(world.seen("send-failed").size() == 1);
  CHECK(world.seen("send-failed")[0].find("MESSAGE_TOO_LARGE") != std::string::npos);
}

TEST_CASE("producer: one request takes the batches of all partitions of a leader") {
  World world = one_topic(3);
  Producer producer(options());
  world.start(producer);
  for (std::int32_t i = 0; i < 3; ++i) world.command(record(static_cast<std::uint64_t>(i), i));
  world.advance(100ms);
  REQUIRE(world.requests.size() == 1);
  const PlayedRequest request = world.take();
  CHECK(World::read<ProduceRequest>(request).topic_data[0].partition_data.size() == 3);
  world.respond(request, answer(request, ErrorCode::kNone, 0));
  CHECK(world.seen("acked").size() == 3);
}

TEST_CASE("producer config: what Kafka refuses") {
  CHECK_FALSE(producer_config_error(options().config).has_value());
  CHECK_FALSE(producer_config_error(options({{"acks", "1"}}).config).has_value());
  CHECK(producer_config_error(options({{"acks", "1"}, {"enable.idempotence", "true"}}).config)
            .has_value());
  CHECK(producer_config_error(options({{"delivery.timeout.ms", "100"}}).config).has_value());
}
