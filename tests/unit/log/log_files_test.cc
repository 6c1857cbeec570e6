// Names, indexes, producer snapshots and filtered batches: the bytes that Kafka's tools would read.
#include "broker-model/log/log_files.h"

#include "broker-model/log/producer_snapshot.h"
#include "broker-model/log/record_filter.h"
#include "tests/unit/log/log_fixture.h"

using namespace kafka;

namespace {

std::string hex(const env::Bytes& bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes.span()) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::vector<RecordView> records_of(const RecordBatch& batch) {
  std::vector<RecordView> records;
  RecordReader reader(batch);
  while (reader.next()) records.push_back(reader.record());
  CHECK(reader.error() == ErrorCode::kNone);
  return records;
}

}  // namespace

TEST_CASE("names of log files: twenty digits, what it holds, what stands in its way") {
  const LogFileName swap{170, LogFileKind::kTimeIndex, LogFileState::kSwap};
  CHECK(to_string(swap) == "00000000000000000170.timeindex.swap");
  for (const LogFileKind kind :
       {LogFileKind::kLog, LogFileKind::kIndex, LogFileKind::kTimeIndex, LogFileKind::kSnapshot})
    for (const LogFileState state : {LogFileState::kInUse, LogFileState::kDeleted,
                                     LogFileState::kCleaned, LogFileState::kSwap}) {
      const LogFileName name{INT64_MAX, kind, state};
      CHECK(parse_log_file_name(to_string(name)) == name);
    }
  for (const std::string_view other :
       {"", "leader-epoch-checkpoint", "170.log", "0000000000000000017x.log",
        "00000000000000000170.log.tmp", "00000000000000000170.txnindex", "-0000000000000000170.log",
        "99999999999999999999.log"})
    CHECK_FALSE(parse_log_file_name(other).has_value());
}

TEST_CASE("indexes: an entry after each interval, the largest timestamp last") {
  Segment segment;
  segment.base_offset = 100;
  const auto add = [&](Offset base, int ms) {
    segment.add(
        test::make_batch(
            {.count = 2, .base_offset = base, .timestamp = WallTime{WallTime::duration{ms}}}),
        base + 1, 100);
  };
  const auto size = static_cast<int>(test::make_batch({.count = 2}).size());
  REQUIRE(size == 95);
  for (int i = 0; i < 5; ++i) add(100 + 2 * i, i == 3 ? 50 : 10 * (i + 1));
  // 190 bytes without an entry before the third, as many again before the fifth.
  CHECK(hex(segment.offset_index_bytes()) ==
        "00000005000000be"
        "000000090000017c");
  CHECK(hex(segment.time_index_bytes()) ==
        "000000000000001e00000005"
        "000000000000003200000007");
  CHECK_FALSE(segment.is_index_full(48));
  CHECK(segment.is_index_full(36));  // the time index keeps its last slot for the roll
  CHECK(segment.cut(105, 100));      // the batch that holds it goes
  CHECK(segment.next_offset() == 104);
  CHECK(segment.offset_index_bytes().empty());
  CHECK(hex(segment.time_index_bytes()) == "000000000000001400000003");
  CHECK_FALSE(segment.cut(104, 100));
}

TEST_CASE("producer snapshots: Kafka's form, back again, and no byte may differ") {
  ProducerStates producers(std::chrono::hours(24));
  const ProducerState state{ProducerId(9), ProducerEpoch(3), 40};
  for (int i = 0; i < 2; ++i) {
    RecordBatch batch =
        test::make_batch({.count = 5,
                          .base_offset = 100 + 5 * i,
                          .timestamp = WallTime{WallTime::duration{1000}},
                          .producer = {state.id, state.epoch, state.base_sequence + 5 * i}});
    REQUIRE(producers.append(batch, AppendOrigin::kReplication).has_value());
  }
  const env::Bytes bytes = encode_producer_snapshot(producers);
  CHECK(hex(bytes.slice(0, 2)) == "0001");
  CHECK(hex(bytes.slice(6, bytes.size() - 6)) ==
        "00000001"
        "0000000000000009"
        "0003"
        "00000031"
        "000000000000006d"
        "00000004"
        "00000000000003e8"
        "ffffffff"
        "ffffffffffffffff");
  const auto loaded = decode_producer_snapshot(bytes, std::chrono::hours(24), {});
  REQUIRE(loaded.has_value());
  const ProducerEntry* entry = loaded->find(ProducerId(9));
  REQUIRE(entry != nullptr);
  CHECK(entry->batch_count() == 1);
  CHECK(entry->last_sequence() == 49);
  CHECK(entry->last_offset() == 109);
  CHECK(entry->epoch == ProducerEpoch(3));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::vector<std::uint8_t> damaged(bytes.span().begin(), bytes.span().end());
    damaged[i] ^= 1;
    CHECK_FALSE(decode_producer_snapshot(env::Bytes::copy_of(damaged), {}, {}).has_value());
    CHECK_FALSE(decode_producer_snapshot(bytes.slice(0, i), {}, {}).has_value());
  }
}

TEST_CASE("a batch with fewer records keeps its offsets, sequence and epochs") {
  const ProducerState producer{ProducerId(9), ProducerEpoch(3), 40};
  const RecordBatch batch = test::make_keyed_batch(
      {"a", "b", "c-"}, {.base_offset = 100, .epoch = 7, .value_size = 3, .producer = producer});
  const std::vector<RecordView> all = records_of(batch);
  const WallTime horizon{WallTime::duration{1'700'000'005'000}};
  const RecordBatch kept = with_records(batch, std::vector<RecordView>{all[1], all[2]}, horizon);
  CHECK(kept.is_crc_good());
  CHECK(kept.base_offset == 100);
  CHECK(kept.last_offset() == 102);
  CHECK(kept.leader_epoch == 7);
  CHECK(kept.producer_id() == ProducerId(9));
  CHECK(kept.last_sequence() == 42);
  CHECK(kept.record_count() == 2);
  CHECK(delete_horizon(kept) == horizon);
  CHECK_FALSE(delete_horizon(batch).has_value());
  const std::vector<RecordView> left = records_of(kept);
  REQUIRE(left.size() == 2);
  CHECK(left[0].offset == 101);
  CHECK(left[0].timestamp == all[1].timestamp);
  CHECK(left[0].value->size() == 4);
  CHECK(left[1].offset == 102);
  CHECK_FALSE(left[1].value.has_value());
  // The horizon stays when more goes, and an empty batch has none.
  CHECK(delete_horizon(with_records(kept, std::vector<RecordView>{left[1]}, horizon)) == horizon);
  const RecordBatch empty = without_records(kept);
  CHECK(empty.is_crc_good());
  CHECK(empty.last_offset() == 102);
  CHECK(empty.last_sequence() == 42);
  CHECK(empty.record_count() == 0);
  CHECK_FALSE(empty.has_delete_horizon());
  CHECK(records_of(empty).empty());
  CHECK(empty.size() == kBatchOverhead);
}
