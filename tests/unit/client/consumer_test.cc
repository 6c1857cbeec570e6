#include "broker-model/client/consumer/consumer.h"

#include "broker-model/client/admin_client.h"
#include "broker-model/messages/create_topics.h"
#include "broker-model/messages/records/batch_builder.h"
#include "tests/unit/client/harness.h"

using namespace kafka;
using test::PlayedRequest;
using test::World;
using namespace std::chrono_literals;

namespace {

ConsumerOptions options(const std::vector<std::pair<std::string, std::string>>& keys = {}) {
  ConsumerOptions made{
      .client_id = "c1", .bootstrap = World::bootstrap(), .config = Config(ConfigDef::consumer())};
  for (const auto& [key, value] : keys) {
    const auto set = made.config.set(key, value);
    REQUIRE_MESSAGE(set.has_value(), set.error().message);
  }
  return made;
}

World one_topic(std::int32_t partitions = 1) {
  World world;
  world.topics["orders"].id = {7, 7};
  for (std::int32_t i = 0; i < partitions; ++i) world.topics["orders"].partitions.push_back({});
  return world;
}

RecordBatch batch(Offset base, int count, bool is_control = false) {
  BatchOptions made;
  made.base_offset = base;
  made.leader_epoch = 3;
  made.is_control = is_control;
  BatchBuilder builder(made);
  const std::string value = "v";
  for (int i = 0; i < count; ++i) {
    NewRecord record;
    record.timestamp = WallTime{WallTime::duration{1}};
    record.value = ByteView{reinterpret_cast<const std::uint8_t*>(value.data()), value.size()};
    builder.append(record);
  }
  return builder.close();
}

ListOffsetsResponse offsets(const PlayedRequest& request, Offset offset,
                            ErrorCode error = ErrorCode::kNone) {
  ListOffsetsResponse response;
  for (const auto& topic : World::read<ListOffsetsRequest>(request).topics) {
    ListOffsetsResponse::ListOffsetsTopicResponse into;
    into.name = topic.name;
    for (const auto& partition : topic.partitions) {
      ListOffsetsResponse::ListOffsetsPartitionResponse answer;
      answer.partition_index = partition.partition_index;
      answer.error_code = error;
      answer.offset = offset;
      into.partitions.push_back(std::move(answer));
    }
    response.topics.push_back(std::move(into));
  }
  return response;
}

FetchResponse fetched(const PlayedRequest& request, std::vector<RecordBatch> batches,
                      ErrorCode error = ErrorCode::kNone) {
  FetchResponse response;
  for (const auto& topic : World::read<FetchRequest>(request).topics) {
    FetchResponse::FetchableTopicResponse into;
    into.topic = topic.topic;
    into.topic_id = topic.topic_id;
    for (const auto& partition : topic.partitions) {
      FetchResponse::PartitionData data;
      data.partition_index = partition.partition;
      data.error_code = error;
      data.records = Records{};
      data.records->batches = batches;
      into.partitions.push_back(std::move(data));
    }
    response.responses.push_back(std::move(into));
  }
  return response;
}

Offset fetch_offset(const PlayedRequest& request) {
  return World::read<FetchRequest>(request).topics.at(0).partitions.at(0).fetch_offset;
}

// Assigned, with a first position.
void begin(World& world, Consumer& consumer, Offset position) {
  world.start(consumer);
  world.command(AssignTopic{"orders"});
  world.advance(100ms);
  const PlayedRequest request = world.take();
  REQUIRE(request.api() == ApiKey::kListOffsets);
  world.respond(request, offsets(request, position));
}

}  // namespace

TEST_CASE("consumer: auto.offset.reset decides the timestamp that is looked up") {
  for (const std::string reset : {"earliest", "latest"}) {
    World world = one_topic();
    Consumer consumer(options({{"auto.offset.reset", reset}}));
    world.start(consumer);
    world.command(AssignPartitions{{{"orders", 0}}});
    world.advance(100ms);
    const PlayedRequest request = world.take();
    const auto asked = World::read<ListOffsetsRequest>(request);
    CHECK(asked.replica_id == -1);
    CHECK(asked.topics[0].partitions[0].timestamp == (reset == "earliest" ? -2 : -1));
    world.respond(request, offsets(request, 5));
    REQUIRE(world.seen("position").size() == 1);
    CHECK(world.seen("position")[0].find("offset=5") != std::string::npos);
    CHECK(fetch_offset(world.take()) == 5);
  }
}

TEST_CASE("consumer: auto.offset.reset=none rests until a seek") {
  World world = one_topic();
  Consumer consumer(options({{"auto.offset.reset", "none"}}));
  world.start(consumer);
  world.command(AssignPartitions{{{"orders", 0}}});
  world.advance(1s);
  CHECK(world.requests.empty());
  world.command(Seek{{"orders", 0}, 12});
  world.advance(10ms);
  CHECK(fetch_offset(world.take()) == 12);
}

TEST_CASE("consumer: fetches by topic id and asks for a session, with its configured limits") {
  World world = one_topic();
  Consumer consumer(options({{"fetch.min.bytes", "7"}, {"fetch.max.wait.ms", "250"}}));
  begin(world, consumer, 0);
  const PlayedRequest request = world.take();
  CHECK(request.version() == 18);
  const auto fetch = World::read<FetchRequest>(request);
  CHECK(fetch.topics[0].topic_id == Uuid{7, 7});
  CHECK(fetch.session_id == 0);
  CHECK(fetch.session_epoch == 0);
  CHECK(fetch.min_bytes == 7);
  CHECK(fetch.max_wait_ms == 250);
  CHECK(fetch.max_bytes == 52428800);
  CHECK(fetch.topics[0].partitions[0].partition_max_bytes == 1048576);
}

TEST_CASE("consumer: records below the position and control batches are skipped") {
  World world = one_topic();
  Consumer consumer(options());
  begin(world, consumer, 2);
  const PlayedRequest request = world.take();
  world.respond(request, fetched(request, {batch(0, 4), batch(4, 1, true), batch(5, 1)}));
  const auto delivered = world.seen("delivered");
  REQUIRE(delivered.size() == 3);
  CHECK(delivered[0].find("offset=2") != std::string::npos);
  CHECK(delivered[1].find("offset=3") != std::string::npos);
  CHECK(delivered[2].find("offset=5") != std::string::npos);
  CHECK(delivered[0].find("batch_epoch=3") != std::string::npos);
  CHECK(fetch_offset(world.take()) == 6);
}

TEST_CASE("consumer: a gap of compaction is passed over") {
  World world = one_topic();
  Consumer consumer(options());
  begin(world, consumer, 0);
  const PlayedRequest request = world.take();
  world.respond(request, fetched(request, {batch(10, 2)}));
  CHECK(world.seen("delivered").size() == 2);
  CHECK(fetch_offset(world.take()) == 12);
}

TEST_CASE("consumer: max.poll.records at a turn, all of them in the end, no fetch in between") {
  World world = one_topic();
  Consumer consumer(options({{"max.poll.records", "2"}}));
  begin(world, consumer, 0);
  const PlayedRequest request = world.take();
  world.respond(request, fetched(request, {batch(0, 5)}));
  CHECK(world.seen("delivered").size() == 5);
  REQUIRE(world.requests.size() == 1);
  CHECK(fetch_offset(world.take()) == 5);
}

TEST_CASE("consumer: OFFSET_OUT_OF_RANGE resets the position") {
  World world = one_topic();
  Consumer consumer(options({{"auto.offset.reset", "earliest"}}));
  begin(world, consumer, 100);
  const PlayedRequest request = world.take();
  world.respond(request, fetched(request, {}, ErrorCode::kOffsetOutOfRange));
  const PlayedRequest lookup = world.take();
  REQUIRE(lookup.api() == ApiKey::kListOffsets);
  world.respond(lookup, offsets(lookup, 30));
  const auto positions = world.seen("position");
  REQUIRE(positions.size() == 2);
  CHECK(positions[0] != positions[1]);
  CHECK(positions[1].find("offset=30") != std::string::npos);
  CHECK(fetch_offset(world.take()) == 30);
}

TEST_CASE("consumer: a new leader is found through metadata, the position stays") {
  World world = one_topic();
  Consumer consumer(options());
  begin(world, consumer, 8);
  const PlayedRequest request = world.take();
  CHECK(request.broker == 1);
  world.topics["orders"].partitions[0] = {2, 1};
  world.respond(request, fetched(request, {}, ErrorCode::kNotLeaderOrFollower));
  world.advance(2s);
  const PlayedRequest next = world.take();
  CHECK(next.broker == 2);
  CHECK(fetch_offset(next) == 8);
  CHECK(World::read<FetchRequest>(next).topics[0].partitions[0].current_leader_epoch == 1);
}

TEST_CASE("consumer: an answer from before a seek is not delivered") {
  World world = one_topic();
  Consumer consumer(options());
  begin(world, consumer, 0);
  const PlayedRequest old = world.take();
  world.command(Seek{{"orders", 0}, 50});
  world.respond(old, fetched(old, {batch(0, 3)}));
  CHECK(world.seen("delivered").empty());
  CHECK(fetch_offset(world.take()) == 50);
}

TEST_CASE("consumer: a damaged batch is not delivered, and is fetched again") {
  World world = one_topic();
  Consumer consumer(options());
  begin(world, consumer, 0);
  const PlayedRequest request = world.take();
  RecordBatch damaged = batch(0, 1);
  std::vector<std::uint8_t> body(damaged.body.span().begin(), damaged.body.span().end());
  body.back() ^= 1;
  damaged.body = env::Bytes::copy_of(body);
  world.respond(request, fetched(request, {damaged}));
  CHECK(world.seen("delivered").empty());
  world.advance(1s);
  const PlayedRequest again = world.take();
  CHECK(fetch_offset(again) == 0);
  world.respond(again, fetched(again, {batch(0, 1)}));
  CHECK(world.seen("delivered").size() == 1);
}

TEST_CASE("consumer: a lost connection: the same offset is fetched over a new one") {
  World world = one_topic();
  Consumer consumer(options());
  begin(world, consumer, 3);
  const PlayedRequest request = world.take();
  world.reset(request.conn);
  world.advance(2s);
  const PlayedRequest again = world.take();
  CHECK(again.conn != request.conn);
  CHECK(fetch_offset(again) == 3);
}

TEST_CASE("consumer: a malformed answer ends the connection, not the consumer") {
  World world = one_topic();
  Consumer consumer(options());
  begin(world, consumer, 3);
  const PlayedRequest request = world.take();
  env::BytesBuilder bytes;
  const std::int32_t correlation_id = request.header.correlation_id;
  for (int shift = 24; shift >= 0; shift -= 8) {
    *bytes.extend(1) = static_cast<std::uint8_t>(correlation_id >> shift);
  }
  for (int i = 0; i < 9; ++i) *bytes.extend(1) = 0xff;
  consumer.on_frame(world.env, request.conn, env::Frame(bytes.finish()));
  world.settle();
  CHECK(world.is_closed(request.conn));
  world.advance(2s);
  CHECK(fetch_offset(world.take()) == 3);
}

// --- admin ---------------------------------------------------------------------------------------

namespace {

AdminOptions admin_options(const std::vector<std::pair<std::string, std::string>>& keys = {}) {
  AdminOptions made{
      .client_id = "a1", .bootstrap = World::bootstrap(), .config = Config(ConfigDef::admin())};
  for (const auto& [key, value] : keys) REQUIRE(made.config.set(key, value).has_value());
  return made;
}

CreateTopicsResponse created(const PlayedRequest& request, ErrorCode error,
                             std::optional<std::string> message = {}) {
  CreateTopicsResponse response;
  for (const auto& topic : World::read<CreateTopicsRequest>(request).topics) {
    CreateTopicsResponse::CreatableTopicResult result;
    result.name = topic.name;
    result.error_code = error;
    result.error_message = message;
    response.topics.push_back(std::move(result));
  }
  return response;
}

}  // namespace

TEST_CASE("admin: a topic's order carries its configuration and ends with the broker's answer") {
  World world;
  AdminClient admin(admin_options());
  world.start(admin);
  world.command(AdminOrder{.order = 4,
                           .what = CreateTopic{.name = "orders",
                                               .partitions = 3,
                                               .replication_factor = 2,
                                               .configs = {{"min.insync.replicas", "2"}}}});
  world.advance(100ms);
  const PlayedRequest request = world.take();
  const auto asked = World::read<CreateTopicsRequest>(request);
  CHECK(asked.topics[0].num_partitions == 3);
  CHECK(asked.topics[0].replication_factor == 2);
  CHECK(asked.topics[0].configs[0].name == "min.insync.replicas");
  world.respond(request, created(request, ErrorCode::kInvalidReplicationFactor, "too many"));
  REQUIRE(world.seen("order-done").size() == 1);
  CHECK(world.seen("order-done")[0].find("too many") != std::string::npos);
}

TEST_CASE("admin: NOT_CONTROLLER and lost connections are tried again") {
  World world;
  AdminClient admin(admin_options());
  world.start(admin);
  world.command(AdminOrder{.order = 1, .what = CreateTopic{.name = "orders"}});
  world.advance(100ms);
  const PlayedRequest first = world.take();
  world.respond(first, created(first, ErrorCode::kNotController));
  world.advance(1s);
  const PlayedRequest second = world.take();
  world.reset(second.conn);
  world.advance(2s);
  const PlayedRequest third = world.take();
  world.respond(third, created(third, ErrorCode::kNone));
  REQUIRE(world.seen("order-done").size() == 1);
  CHECK(world.seen("order-done")[0].find("error=NONE") != std::string::npos);
}

TEST_CASE("admin: without a reachable broker an order ends after default.api.timeout.ms") {
  World world;
  world.unreachable = {1, 2};
  AdminClient admin(admin_options({{"default.api.timeout.ms", "5000"}}));
  world.start(admin);
  world.command(AdminOrder{.order = 1, .what = CreateTopic{.name = "orders"}});
  world.advance(4900ms);
  CHECK(world.seen("order-done").empty());
  world.advance(300ms);
  REQUIRE(world.seen("order-done").size() == 1);
  CHECK(world.seen("order-done")[0].find("REQUEST_TIMED_OUT") != std::string::npos);
}

// --- fetch sessions ------------------------------------------------------------------------------

TEST_CASE("consumer: in a session a fetch names only what has moved") {
  World world = one_topic(2);
  Consumer consumer(options());
  begin(world, consumer, 0);
  PlayedRequest request = world.take();
  FetchResponse response = fetched(request, {});
  response.session_id = 77;
  response.responses[0].partitions[0].records->batches = {batch(0, 2)};
  world.respond(request, response);
  world.advance(10ms);

  request = world.take();
  auto fetch = World::read<FetchRequest>(request);
  CHECK(fetch.session_id == 77);
  CHECK(fetch.session_epoch == 1);
  REQUIRE(fetch.topics.size() == 1);
  REQUIRE(fetch.topics[0].partitions.size() == 1);
  CHECK(fetch.topics[0].partitions[0].fetch_offset == 2);
  // An empty answer: nothing is new. The next request is empty, too.
  FetchResponse nothing;
  nothing.session_id = 77;
  world.respond(request, nothing);
  world.advance(10ms);
  request = world.take();
  fetch = World::read<FetchRequest>(request);
  CHECK(fetch.session_epoch == 2);
  CHECK(fetch.topics.empty());
  // The broker forgot the session, as after a restart: everything is said again.
  FetchResponse forgotten;
  forgotten.error_code = ErrorCode::kFetchSessionIdNotFound;
  world.respond(request, forgotten);
  world.advance(10ms);
  fetch = World::read<FetchRequest>(world.take());
  CHECK(fetch.session_id == 0);
  CHECK(fetch.session_epoch == 0);
  CHECK(fetch.topics[0].partitions.size() == 2);
}

TEST_CASE("consumer: a lost answer closes the session and asks for a new one") {
  World world = one_topic();
  Consumer consumer(options());
  begin(world, consumer, 0);
  PlayedRequest request = world.take();
  FetchResponse response = fetched(request, {});
  response.session_id = 77;
  world.respond(request, response);
  world.advance(10ms);
  request = world.take();
  world.reset(request.conn);
  world.advance(500ms);
  const auto fetch = World::read<FetchRequest>(world.take());
  CHECK(fetch.session_id == 77);
  CHECK(fetch.session_epoch == 0);
  CHECK(fetch.topics.size() == 1);
}

TEST_CASE("consumer: a broker whose records are not all delivered is not asked for others") {
  World world = one_topic(2);
  Consumer consumer(options({{"max.poll.records", "1"}}));
  begin(world, consumer, 0);
  const PlayedRequest request = world.take();
  FetchResponse response = fetched(request, {});
  response.session_id = 77;
  response.responses[0].partitions[0].records->batches = {batch(0, 3)};
  world.respond(request, response);
  world.advance(10ms);
  CHECK(world.seen("delivered").size() == 3);
  REQUIRE(world.requests.size() == 1);
  const auto fetch = World::read<FetchRequest>(world.take());
  CHECK(fetch.session_epoch == 1);
  CHECK(fetch.forgotten_topics_data.empty());
}

TEST_CASE("consumer: closing tells the broker that its session is over") {
  World world = one_topic();
  Consumer consumer(options());
  begin(world, consumer, 0);
  PlayedRequest request = world.take();
  FetchResponse response = fetched(request, {});
  response.session_id = 77;
  world.respond(request, response);
  world.advance(10ms);
  world.requests.clear();
  world.command(ShutDown{});
  REQUIRE(world.requests.size() == 1);
  const auto fetch = World::read<FetchRequest>(world.take());
  CHECK(fetch.session_id == 77);
  CHECK(fetch.session_epoch == -1);
  CHECK(fetch.topics.empty());
}

// --- the preferred read replica (KIP-392) --------------------------------------------------------

namespace {

World one_replicated_topic() {
  World world = one_topic();
  world.topics["orders"].partitions[0].replicas = {1, 2};
  return world;
}

// The leader names broker 2; answers the fetch that goes there.
PlayedRequest sent_to_replica(World& world, Consumer& consumer) {
  begin(world, consumer, 0);
  const PlayedRequest request = world.take();
  CHECK(request.broker == 1);
  CHECK(World::read<FetchRequest>(request).rack_id == "rack-b");
  FetchResponse response = fetched(request, {});
  response.responses[0].partitions[0].preferred_read_replica = 2;
  world.respond(request, response);
  world.advance(10ms);
  CHECK(consumer.read_replica({"orders", 0}) == NodeId{2});
  const PlayedRequest next = world.take();
  CHECK(next.broker == 2);
  CHECK(fetch_offset(next) == 0);
  return next;
}

}  // namespace

TEST_CASE("consumer: reads from the replica that the leader names, for metadata.max.age.ms") {
  World world = one_replicated_topic();
  Consumer consumer(options({{"client.rack", "rack-b"}, {"metadata.max.age.ms", "2000"}}));
  PlayedRequest request = sent_to_replica(world, consumer);
  world.respond(request, fetched(request, {batch(0, 2)}));
  world.advance(10ms);
  request = world.take();
  CHECK(request.broker == 2);
  CHECK(fetch_offset(request) == 2);
  world.advance(2s);
  world.respond(request, fetched(request, {}));
  world.advance(10ms);
  CHECK(world.take().broker == 1);
}

TEST_CASE("consumer: an offset that the replica has not is asked of the leader, and not reset") {
  World world = one_replicated_topic();
  Consumer consumer(options({{"client.rack", "rack-b"}}));
  PlayedRequest request = sent_to_replica(world, consumer);
  world.respond(request, fetched(request, {}, ErrorCode::kOffsetOutOfRange));
  world.advance(10ms);
  request = world.take();
  CHECK(request.api() == ApiKey::kFetch);
  CHECK(request.broker == 1);
  // The leader says it, too: now the position is lost.
  world.respond(request, fetched(request, {}, ErrorCode::kOffsetOutOfRange));
  world.advance(10ms);
  CHECK(world.take().api() == ApiKey::kListOffsets);
}

TEST_CASE("consumer: back to the leader when the replica fails, is off-line, or the leader moves") {
  for (const std::string how : {"lost", "unfit", "off-line", "moved"}) {
    CAPTURE(how);
    World world = one_replicated_topic();
    Consumer consumer(options({{"client.rack", "rack-b"}, {"metadata.max.age.ms", "1000"}}));
    PlayedRequest request = sent_to_replica(world, consumer);
    auto& partition = world.topics["orders"].partitions[0];
    if (how == "lost") {
      world.reset(request.conn);
    } else if (how == "unfit") {
      world.respond(request, fetched(request, {}, ErrorCode::kNotLeaderOrFollower));
    } else {
      if (how == "off-line") partition.replicas = {1};
      if (how == "moved") partition.epoch = 1;
      world.advance(1001ms);  // metadata is fetched anew
      world.respond(request, fetched(request, {}));
    }
    world.advance(1s);
    CHECK(world.take().broker == 1);
    CHECK_FALSE(consumer.read_replica({"orders", 0}).has_value());
  }
}
