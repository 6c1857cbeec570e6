// Batches of Kafka's own classes (tests/data/records): ours are the same bytes, and theirs read
// back.
#include <doctest/doctest.h>

#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "broker-model/messages/records/batch_builder.h"
#include "broker-model/messages/records/record_reader.h"

using namespace kafka;

namespace {

constexpr std::int64_t kBase = 1700000000000;

WallTime at(std::int64_t offset_ms) { return WallTime{WallTime::duration{kBase + offset_ms}}; }
ByteView bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
std::string_view text(const std::optional<ByteView>& view) {
  REQUIRE(view);
  return {reinterpret_cast<const char*>(view->data()), view->size()};
}

std::map<std::string, std::string> load() {
  std::ifstream in(std::string(TITORELLI_SOURCE_DIR) + "/tests/data/records/batches.txt");
  REQUIRE(in.good());
  std::map<std::string, std::string> vectors;
  for (std::string line; std::getline(in, line);) {
    const std::size_t space = line.find(' ');
    if (line.empty() || line[0] == '#' || space == std::string::npos) continue;
    vectors[line.substr(0, space)] = line.substr(space + 1);
  }
  return vectors;
}

std::string hex(const env::Rope& rope) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string result;
  const env::Bytes whole = rope.contiguous();
  for (const std::uint8_t byte : whole.span()) {
    result += kDigits[byte >> 4];
    result += kDigits[byte & 15];
  }
  return result;
}

env::Bytes from_hex(const std::string& digits) {
  env::BytesBuilder builder(digits.size() / 2 + 1);
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    *builder.extend(1) = static_cast<std::uint8_t>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  return builder.finish();
}

void add(BatchBuilder& builder, std::int64_t offset_ms, std::optional<std::string_view> key,
         std::optional<std::string_view> value, std::span<const HeaderView> headers = {}) {
  NewRecord record{.timestamp = at(offset_ms), .key = {}, .value = {}, .headers = headers};
  if (key) record.key = bytes(*key);
  if (value) record.value = bytes(*value);
  builder.append(record);
}

RecordBatch plain(const std::function<void(BatchBuilder&)>& fill, BatchOptions options = {}) {
  BatchBuilder builder(options);
  fill(builder);
  const std::size_t announced = builder.size();
  RecordBatch batch = builder.close();
  CHECK(batch.size() == announced);
  return batch;
}

RecordBatch many() {
  return plain([](BatchBuilder& b) {
    for (int i = 0; i < 150; ++i) {
      std::string value;
      for (int k = 0; k < i % 40; ++k) value += "value ";
      add(b, i * 100, "key-" + std::to_string(i), value);
    }
  });
}

std::map<std::string, RecordBatch> ours() {
  std::map<std::string, RecordBatch> batches;
  batches["one-record"] = plain([](BatchBuilder& b) { add(b, 0, "key", "value"); });
  batches["nulls"] = plain([](BatchBuilder& b) {
    add(b, 0, {}, "no key");
    add(b, 1, "tombstone", {});
    add(b, 2, "", "");
  });
  batches["headers"] = plain([](BatchBuilder& b) {
    const std::vector<HeaderView> headers{
        {"trace", bytes("abc")}, {"null", std::nullopt}, {"", bytes("")}};
    add(b, 0, "k", "v", headers);
  });
  batches["timestamps"] = plain([](BatchBuilder& b) {
    add(b, 500, {}, "later");
    add(b, 0, {}, "earlier");
    add(b, 100000, {}, "much later");
  });
  batches["no-timestamp"] = plain([](BatchBuilder& b) { add(b, -1 - kBase, {}, "no timestamp"); });
  BatchOptions options{.base_offset = 42, .leader_epoch = 5, .producer = {}};
  options.producer = {ProducerId(9000), ProducerEpoch(3), 17};
  const auto two = [](BatchBuilder& b) {
    add(b, 0, "a", "1");
    add(b, 10, "b", "2");
  };
  batches["idempotent"] = plain(two, options);
  options = {.is_transactional = true, .producer = {}};
  options.producer = {ProducerId(4611686018427387904), ProducerEpoch(32767), 2147483646};
  batches["sequence-wrap"] = plain(
      [&](BatchBuilder& b) {
        two(b);
        add(b, 20, "c", "3");
      },
      options);
  options = {.base_offset = 7,
             .leader_epoch = 2,
             .timestamp_type = TimestampType::kLogAppendTime,
             .log_append_time = at(9999),
             .producer = {}};
  batches["log-append-time"] = plain(
      [](BatchBuilder& b) {
        add(b, 0, {}, "x");
        add(b, 1, {}, "y");
      },
      options);
  batches["many"] = many();

  LeaderChange change{.version = 0, .leader = NodeId(3000), .voters = {}, .granting_voters = {}};
  change.voters = change.granting_voters = {{NodeId(3000), {}}};
  batches["leader-change"] = leader_change_batch(12, 4, at(0), change);
  const ProducerState three{ProducerId(9000), ProducerEpoch(3), kNoSequence};
  const ProducerState four{ProducerId(9000), ProducerEpoch(4), kNoSequence};
  batches["commit"] =
      end_txn_marker_batch(99, 6, at(0), three, {.is_commit = true, .coordinator_epoch = 11});
  batches["abort"] =
      end_txn_marker_batch(100, 6, at(1), four, {.is_commit = false, .coordinator_epoch = 12});
  return batches;
}

RecordBatch theirs(const std::string& name) {
  const Records records = parse_records(from_hex(load().at(name)));
  REQUIRE(records.batches.size() == 1);
  CHECK(records.trailing.empty());
  return records.batches[0];
}

}  // namespace

TEST_CASE("batches built here equal those of kafka-clients 4.3.1 byte for byte") {
  const std::map<std::string, std::string> vectors = load();
  const std::map<std::string, RecordBatch> batches = ours();
  CHECK(batches.size() == 12);
  for (const auto& [name, batch] : batches) {
    CAPTURE(name);
    REQUIRE(vectors.contains(name));
    CHECK(hex(to_rope(batch)) == vectors.at(name));
    CHECK(batch.is_crc_good());
  }
}

TEST_CASE("batches of kafka-clients parse to the same values, with a good CRC") {
  for (const auto& [name, batch] : ours()) {
    CAPTURE(name);
    const RecordBatch read = theirs(name);
    CHECK(read == batch);
    CHECK(read.body.memo() == env::BlockMemo::kNone);
    CHECK(read.is_crc_good());
    RecordReader reader(read);
    std::int32_t count = 0;
    while (reader.next()) CHECK(reader.record().offset == read.base_offset + count++);
    CHECK(reader.error() == ErrorCode::kNone);
    CHECK(count == read.record_count());
  }
}

TEST_CASE("size estimates are those of the producer's accumulator") {
  const std::map<std::string, std::string> vectors = load();
  const std::vector<HeaderView> headers{{"trace", bytes("abc")}};
  const NewRecord with_header{
      .timestamp = at(0), .key = bytes("key"), .value = bytes("value"), .headers = headers};
  CHECK(std::to_string(estimate_size_upper_bound(with_header)) == vectors.at("estimate"));

  BatchOptions options{.size_limit = 200, .producer = {}};
  BatchBuilder builder(options);
  int count = 0;
  while (true) {
    const NewRecord next{
        .timestamp = at(count), .key = bytes("key"), .value = bytes("0123456789"), .headers = {}};
    if (!builder.has_room_for(next)) break;
    builder.append(next);
    ++count;
  }
  CHECK(std::to_string(count) + " " + std::to_string(builder.size()) == vectors.at("room-200"));
}

TEST_CASE("records read back with keys, nulls, headers, timestamps and wrapped sequences") {
  {
    const RecordBatch batch = theirs("headers");
    RecordReader reader(batch);
    REQUIRE(reader.next());
    const std::vector<HeaderView> headers = reader.record().headers();
    REQUIRE(headers.size() == 3);
    CHECK(headers[0].key == "trace");
    CHECK(text(headers[0].value) == "abc");
    CHECK_FALSE(headers[1].value.has_value());
    CHECK(text(headers[2].value).empty());
  }
  {
    const RecordBatch batch = theirs("nulls");
    RecordReader reader(batch);
    REQUIRE(reader.next());
    CHECK_FALSE(reader.record().key.has_value());
    CHECK(text(reader.record().value) == "no key");
    REQUIRE(reader.next());
    CHECK(text(reader.record().key) == "tombstone");
    CHECK_FALSE(reader.record().value.has_value());
    REQUIRE(reader.next());
    CHECK(text(reader.record().key).empty());
    CHECK_FALSE(reader.next());
  }
  {
    const RecordBatch batch = theirs("timestamps");
    CHECK(batch.max_timestamp() == at(100000));
    RecordReader reader(batch);
    REQUIRE(reader.next());
    CHECK(reader.record().timestamp == at(500));
    REQUIRE(reader.next());
    CHECK(reader.record().timestamp == at(0));
  }
  {
    const RecordBatch batch = theirs("log-append-time");
    RecordReader reader(batch);
    REQUIRE(reader.next());
    CHECK(reader.record().timestamp == at(9999));
  }
  {
    const RecordBatch batch = theirs("sequence-wrap");
    CHECK(batch.is_transactional());
    CHECK(batch.last_sequence() == 0);
    RecordReader reader(batch);
    REQUIRE(reader.next());
    CHECK(reader.record().sequence == 2147483646);
    REQUIRE(reader.next());
    CHECK(reader.record().sequence == 2147483647);
    REQUIRE(reader.next());
    CHECK(reader.record().sequence == 0);
  }
}

TEST_CASE("control records tell their type and content") {
  const RecordBatch change = theirs("leader-change");
  CHECK(change.is_control());
  RecordReader reader(change);
  REQUIRE(reader.next());
  CHECK(control_type(reader.record()) == ControlRecordType::kLeaderChange);
  const std::optional<LeaderChange> message = read_leader_change(reader.record());
  REQUIRE(message);
  CHECK(message->leader == NodeId(3000));
  REQUIRE(message->voters.size() == 1);
  CHECK(message->granting_voters == message->voters);
  CHECK_FALSE(read_end_txn_marker(reader.record()));

  const RecordBatch abort = theirs("abort");
  RecordReader abort_reader(abort);
  REQUIRE(abort_reader.next());
  const std::optional<EndTxnMarker> marker = read_end_txn_marker(abort_reader.record());
  REQUIRE(marker);
  CHECK_FALSE(marker->is_commit);
  CHECK(marker->coordinator_epoch == 12);
}

TEST_CASE("a leader change of version 1 carries directory ids") {
  LeaderChange change{.version = 1, .leader = NodeId(3000), .voters = {}, .granting_voters = {}};
  change.voters = {{NodeId(3000), {1, 2}},
                   {NodeId(3001), {0x0123456789abcdef, 0x1edcba9876543210}}};
  change.granting_voters = {change.voters[0]};
  const RecordBatch batch = leader_change_batch(0, 1, at(0), change);
  RecordReader reader(batch);
  REQUIRE(reader.next());
  REQUIRE(reader.record().value);
  CHECK(hex(env::Bytes::copy_of(*reader.record().value)) == load().at("leader-change-value-1"));
  CHECK(read_leader_change(reader.record()) == change);
}

TEST_CASE("a rewritten producer state or timestamp is what the builder would have made") {
  const RecordBatch old = theirs("one-record");
  const ProducerState state{ProducerId(1), ProducerEpoch(2), 3};
  BatchOptions options;
  options.producer = state;
  const RecordBatch wanted = plain([](BatchBuilder& b) { add(b, 0, "key", "value"); }, options);
  const RecordBatch changed = with_producer_state(old, state);
  CHECK(changed == wanted);
  CHECK(changed.is_crc_good());
  CHECK(with_max_timestamp(old, TimestampType::kCreateTime, at(0)).body.data() == old.body.data());
  const RecordBatch stamped = with_max_timestamp(old, TimestampType::kLogAppendTime, at(5));
  CHECK(stamped.timestamp_type() == TimestampType::kLogAppendTime);
  CHECK(stamped.max_timestamp() == at(5));
  CHECK(stamped.is_crc_good());
}
