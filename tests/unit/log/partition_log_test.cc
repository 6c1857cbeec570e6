#include "broker-model/log/partition_log.h"

#include "tests/unit/log/log_fixture.h"

using namespace kafka;
using test::LogOnDisk;

namespace {

std::string file(Offset base_offset) {
  const std::string digits = std::to_string(base_offset);
  return "orders-0/" + std::string(20 - digits.size(), '0') + digits + ".log";
}

// The wire form of all that a log shows.
env::Rope content(const PartitionLog& log) {
  Records all;
  Offset next = log.log_start_offset();
  while (true) {
    Records some = log.read(next, INT64_MAX, log.log_end_offset(), true);
    if (some.batches.empty()) break;
    next = some.batches.back().next_offset();
    for (RecordBatch& batch : some.batches) all.batches.push_back(std::move(batch));
  }
  return to_rope(all);
}

}  // namespace

TEST_CASE("append: offsets are taken at once, visible when the write is in the page cache") {
  LogOnDisk t;
  REQUIRE(t.log->is_open());
  const Records first = test::make_records({.count = 3});
  const auto info = t.append(first, 4);
  REQUIRE(info);
  CHECK(info->base_offset == 0);
  CHECK(info->last_offset == 2);
  const auto second = t.append(test::BatchShape{.count = 2}, 4);
  CHECK(second->base_offset == 3);
  CHECK(t.log->next_offset() == 5);
  CHECK(t.log->log_end_offset() == 0);
  CHECK(t.log->read(0, 1000, 5, true).empty());
  CHECK(t.visible().empty());
  t.run();
  CHECK(t.log->log_end_offset() == 5);
  const std::vector<VisibleBatch> visible = t.visible();
  REQUIRE(visible.size() == 2);
  CHECK(visible[0].as_leader);
  CHECK(visible[0].batch.leader_epoch == 4);
  CHECK(visible[0].batch.body.data() == first.batches[0].body.data());
  CHECK(visible[1].batch.base_offset == 3);
  CHECK(t.visible().empty());
  CHECK(t.log->epochs().entries() == std::vector<EpochEntry>{{LeaderEpoch(4), 0}});
  CHECK(t.disk.text("orders-0/leader-epoch-checkpoint") == "0\n1\n4 0\n");
  CHECK(t.disk.text(file(0)) == content(*t.log).contiguous().text());
}

TEST_CASE("append: writes that complete out of order become visible in order") {
  LogOnDisk t;
  for (int i = 0; i < 3; ++i) REQUIRE(t.append(test::BatchShape{.count = 2}));
  std::erase_if(t.env->disk_ops, [](const test::FakeEnv::DiskOp& op) {
    return op.kind != test::FakeEnv::DiskOpKind::kWrite;  // the epoch checkpoint is not the matter
  });
  const auto receive = [&](env::DiskOpId op, const env::DiskResult& result) {
    CHECK(t.log->on_disk(*t.env, op, result));
  };
  t.env->complete_disk_op(receive, 1);
  CHECK(t.log->log_end_offset() == 0);
  t.env->complete_disk_op(receive, 0);
  CHECK(t.log->log_end_offset() == 4);
  CHECK(t.visible().size() == 2);
  t.env->complete_disk_op(receive, 0);
  CHECK(t.log->log_end_offset() == 6);
}

TEST_CASE("append: a failed write takes the log offline and shows nothing of it") {
  LogOnDisk t;
  REQUIRE(t.append(test::BatchShape{.count = 1}));
  t.run();
  REQUIRE(t.append(test::BatchShape{.count = 1}));
  t.env->next_error = env::DiskError::kIo;
  t.run();
  CHECK(t.log->has_failed());
  CHECK(t.log->log_end_offset() == 1);
  CHECK(t.append(test::BatchShape{}).error() == ErrorCode::kKafkaStorageError);
  CHECK(t.log->append_as_follower(*t.env, test::make_records({.base_offset = 2})).error() ==
        ErrorCode::kKafkaStorageError);
}

TEST_CASE("leader append refuses what LogValidator refuses, and nothing changes") {
  LogOnDisk t;
  t.config.max_message_bytes = 300;
  t.config.segment_bytes = 250;
  t.start({});
  const auto error_of = [&](const Records& records) {
    const auto info = t.append(records);
    CHECK(t.log->next_offset() == 0);
    return info ? ErrorCode::kNone : info.error();
  };
  const RecordBatch good = test::make_batch({.count = 2});
  const auto damaged = [&](std::size_t at, std::uint8_t value, bool fix_crc) {
    std::vector<std::uint8_t> body(good.body.span().begin(), good.body.span().end());
    body[at] = value;
    const RecordBatch batch{0, -1, env::Bytes::copy_of(body)};
    return fix_crc ? with_producer_state(batch, {batch.producer_id(), batch.producer_epoch(),
                                                 batch.base_sequence()})
                   : batch;
  };
  CHECK(error_of({}) == ErrorCode::kInvalidRecord);
  CHECK(error_of({.batches = {}, .trailing = env::Bytes::copy_of("short")}) ==
        ErrorCode::kInvalidRecord);
  CHECK(error_of({.batches = {}, .trailing = env::Bytes::copy_of(std::string(20, '\0'))}) ==
        ErrorCode::kCorruptMessage);
  CHECK(error_of(test::one(damaged(50, 0xFF, false))) == ErrorCode::kCorruptMessage);
  CHECK(error_of(test::one(damaged(0, 1, true))) == ErrorCode::kInvalidRecord);     // magic
  CHECK(error_of(test::one(damaged(10, 7, true))) == ErrorCode::kInvalidRecord);    // last delta
  CHECK(error_of(test::one(damaged(44, 1, true))) == ErrorCode::kInvalidRecord);    // count
  CHECK(error_of(test::one(damaged(6, 0x20, true))) == ErrorCode::kInvalidRecord);  // control
  CHECK(error_of(test::one(damaged(6, 0x04, true))) == ErrorCode::kUnsupportedCompressionType);
  CHECK(error_of(test::one(damaged(45, 0x7F, true))) == ErrorCode::kInvalidRecord);  // a length
  CHECK(error_of({.batches = {good, good}, .trailing = {}}) == ErrorCode::kInvalidRecord);
  CHECK(error_of(test::make_records({.base_offset = 1})) == ErrorCode::kInvalidRecord);
  CHECK(error_of(test::make_records({.value_size = 400})) == ErrorCode::kMessageTooLarge);
  CHECK(error_of(test::make_records({.value_size = 200})) == ErrorCode::kRecordListTooLarge);
  const ProducerState no_sequence{ProducerId(1), ProducerEpoch(0), kNoSequence};
  CHECK(error_of(test::make_records({.producer = no_sequence})) == ErrorCode::kInvalidRecord);
  const WallTime now = t.env->wall;
  CHECK(error_of(test::make_records({.timestamp = now + std::chrono::minutes(61)})) ==
        ErrorCode::kInvalidTimestamp);
  CHECK(t.append(test::BatchShape{.timestamp = now + std::chrono::minutes(59)}));
}

TEST_CASE("message.timestamp.before.max.ms refuses old records, LogAppendTime stamps them") {
  LogOnDisk t;
  t.config.timestamp_before_max = std::chrono::seconds(10);
  t.start({});
  const WallTime now = t.env->wall;
  CHECK(t.append(test::BatchShape{.timestamp = now - std::chrono::seconds(11)}).error() ==
        ErrorCode::kInvalidTimestamp);
  t.config.timestamp_type = TimestampType::kLogAppendTime;
  t.log->set_config(t.config);
  const auto info = t.append(test::BatchShape{.timestamp = now - std::chrono::seconds(11)});
  REQUIRE(info);
  CHECK(info->log_append_time == now);
  t.run();
  const Records read = t.log->read(0, 1000, 1, true);
  REQUIRE(read.batches.size() == 1);
  CHECK(read.batches[0].max_timestamp() == now);
  CHECK(read.batches[0].is_crc_good());
  // The type is the broker's to set, not the producer's.
  const RecordBatch stamped =
      with_max_timestamp(test::make_batch({}), TimestampType::kLogAppendTime, now);
  CHECK(t.append(test::one(stamped)).error() == ErrorCode::kInvalidTimestamp);
}

TEST_CASE(
    "a repeated idempotent batch is answered with its first offsets, though not yet visible") {
  LogOnDisk t;
  const ProducerState producer{ProducerId(9), ProducerEpoch(0), 0};
  const Records records = test::make_records({.count = 2, .producer = producer});
  REQUIRE(t.append(test::BatchShape{.count = 3}));
  CHECK(t.append(records)->base_offset == 3);
  const auto repeated = t.append(records);
  REQUIRE(repeated);
  CHECK(repeated->duplicate);
  CHECK(repeated->base_offset == 3);
  CHECK(repeated->last_offset == 4);
  CHECK(t.log->next_offset() == 5);
  const ProducerState gap{ProducerId(9), ProducerEpoch(0), 7};
  CHECK(t.append(test::BatchShape{.producer = gap}).error() ==
        ErrorCode::kOutOfOrderSequenceNumber);
  const ProducerState older{ProducerId(9), ProducerEpoch(-1), 2};
  CHECK(t.append(test::BatchShape{.producer = older}).error() == ErrorCode::kInvalidProducerEpoch);
}

TEST_CASE("follower append takes offsets as they come and stops at a higher epoch") {
  LogOnDisk t;
  Records fetched{.batches = {test::make_batch({.count = 2, .base_offset = 0, .epoch = 1}),
                              test::make_batch({.count = 2, .base_offset = 5, .epoch = 2}),
                              test::make_batch({.count = 1, .base_offset = 7, .epoch = 3})},
                  .trailing = {}};
  const auto info = t.log->append_as_follower(*t.env, fetched, LeaderEpoch(2));
  REQUIRE(info);
  CHECK(info->last_offset == 6);
  t.run();
  CHECK(t.log->log_end_offset() == 7);
  CHECK(t.log->epochs().entries() ==
        std::vector<EpochEntry>{{LeaderEpoch(1), 0}, {LeaderEpoch(2), 5}});
  CHECK(t.visible().size() == 2);
  CHECK(t.log->append_as_follower(*t.env, fetched).error() == ErrorCode::kOffsetOutOfRange);
  const auto nothing =
      t.log->append_as_follower(*t.env, test::one(fetched.batches[2]), LeaderEpoch(2));
  REQUIRE(nothing);
  CHECK(nothing->last_offset == nothing->base_offset - 1);
  CHECK(t.log->append_as_follower(*t.env, test::one(fetched.batches[2]))->last_offset == 7);
  std::swap(fetched.batches[0], fetched.batches[1]);
  CHECK(t.log->append_as_follower(*t.env, fetched).error() == ErrorCode::kUnknownServerError);
  std::vector<std::uint8_t> body(fetched.batches[0].body.span().begin(),
                                 fetched.batches[0].body.span().end());
  body.back() ^= 1;
  const RecordBatch corrupt{20, 3, env::Bytes::copy_of(body)};
  CHECK(t.log->append_as_follower(*t.env, test::one(corrupt)).error() ==
        ErrorCode::kCorruptMessage);
}

TEST_CASE("the raft leader's batches keep their offsets and must carry its epoch") {
  LogOnDisk t;
  LeaderChange change{.version = 0, .leader = NodeId(3000), .voters = {}, .granting_voters = {}};
  const RecordBatch first = leader_change_batch(0, 1, t.env->wall, change);
  CHECK(t.append(test::one(first), 2, AppendOrigin::kRaftLeader).error() ==
        ErrorCode::kInvalidRecord);
  const Records two{
      .batches = {first, test::make_batch({.count = 3, .base_offset = 1, .epoch = 1})},
      .trailing = {}};
  REQUIRE(t.append(two, 1, AppendOrigin::kRaftLeader));
  CHECK(t.log->next_offset() == 4);
  CHECK(t.append(two, 1, AppendOrigin::kRaftLeader).error() == ErrorCode::kOffsetOutOfRange);
}

TEST_CASE("read: whole batches, limits, upper bound, at least one") {
  LogOnDisk t;
  for (int i = 0; i < 4; ++i) REQUIRE(t.append(test::BatchShape{.count = 5}));
  t.run();
  const auto size = static_cast<std::int64_t>(test::make_batch({.count = 5}).size());
  CHECK(t.log->read(0, size * 2, 20, false).batches.size() == 2);
  CHECK(t.log->read(0, size * 2 - 1, 20, false).batches.size() == 1);
  CHECK(t.log->read(0, size - 1, 20, false).empty());
  CHECK(t.log->read(0, 1, 20, true).batches.size() == 1);
  CHECK(t.log->read(7, size * 9, 20, false).batches[0].base_offset == 5);
  CHECK(t.log->read(0, size * 9, 12, false).batches.size() == 2);
  CHECK(t.log->read(20, size, 20, true).empty());
  CHECK(t.log->read(12, size, 12, true).empty());
  CHECK(t.log->bytes_between(0, 20) == size * 4);
  CHECK(t.log->bytes_between(5, 15) == size * 2);
  CHECK(t.log->bytes_between(20, 20) == 0);
}

TEST_CASE("segments roll by size and by time, and reads cross them one at a time") {
  LogOnDisk t;
  const auto size = static_cast<std::int64_t>(test::make_batch({}).size());
  t.config.segment_bytes = size * 2;
  t.config.segment_ms = std::chrono::seconds(100);
  t.start({});
  const WallTime now = t.env->wall;
  for (int i = 0; i < 5; ++i) REQUIRE(t.append(test::BatchShape{.timestamp = now}));
  t.run();
  CHECK(t.log->segment_count() == 3);
  CHECK(t.disk.exists(file(0)));
  CHECK(t.disk.exists(file(2)));
  CHECK(t.disk.exists(file(4)));
  CHECK(t.log->recovery_point() == 4);  // rolled segments are flushed
  CHECK(t.log->read(0, size * 9, 5, true).batches.size() == 2);
  CHECK(t.log->read(3, size * 9, 5, true).batches.size() == 1);
  CHECK(t.log->bytes_between(1, 5) == size * 4);
  REQUIRE(t.append(test::BatchShape{.timestamp = now + std::chrono::seconds(101)}));
  CHECK(t.log->segment_count() == 4);
  t.run();
  CHECK(t.log->increment_log_start(*t.env, 4));
  CHECK_FALSE(t.log->increment_log_start(*t.env, 3));
  CHECK(t.log->segment_count() == 4);
  CHECK(t.log->delete_old_segments(*t.env, t.env->wall, 6) == 2);
  CHECK(t.log->segment_count() == 2);
  CHECK_FALSE(t.disk.exists(file(2)));
  CHECK(t.disk.exists(file(2) + ".deleted"));
  CHECK(t.log->read(3, size, 6, true).empty());
}

TEST_CASE("truncation removes batches that reach the offset, epochs and producers with them") {
  LogOnDisk t;
  const ProducerState a{ProducerId(1), ProducerEpoch(0), 0};
  const ProducerState b{ProducerId(2), ProducerEpoch(0), 0};
  REQUIRE(t.append(test::BatchShape{.count = 5, .producer = a}, 1));
  REQUIRE(t.append(test::BatchShape{.count = 5, .producer = b}, 2));
  t.run();
  t.visible();
  CHECK_FALSE(t.log->truncate_to(*t.env, 10));
  CHECK(t.log->truncate_to(*t.env, 7));
  CHECK(t.log->next_offset() == 7);
  CHECK(t.log->log_end_offset() == 7);
  CHECK(t.log->epochs().latest_epoch() == LeaderEpoch(2));
  CHECK(t.log->producers().find(ProducerId(2)) == nullptr);
  CHECK(t.log->producers().find(ProducerId(1)) != nullptr);
  CHECK(t.log->read(5, 1000, 10, true).empty());  // the batch that held 5 and 6 is gone as a whole
  CHECK(t.log->truncate_to(*t.env, 5));
  CHECK(t.log->epochs().latest_epoch() == LeaderEpoch(1));
  REQUIRE(t.append(test::BatchShape{.count = 1}, 3));
  t.run();
  CHECK(t.log->log_end_offset() == 6);
  CHECK(t.disk.text(file(0)) == content(*t.log).contiguous().text());
  CHECK(t.disk.text("orders-0/leader-epoch-checkpoint") == "0\n2\n1 0\n3 5\n");
  t.log->truncate_fully_and_start_at(*t.env, 40);
  CHECK(t.log->log_start_offset() == 40);
  CHECK(t.log->log_end_offset() == 40);
  t.run();
  CHECK_FALSE(t.disk.exists(file(0)));
  CHECK(t.disk.exists(file(40)));
}

TEST_CASE("truncation while writes are under way: later appends wait for them in order") {
  LogOnDisk t;
  for (int i = 0; i < 3; ++i) REQUIRE(t.append(test::BatchShape{.count = 2}));
  CHECK(t.log->truncate_to(*t.env, 2));
  CHECK(t.log->next_offset() == 2);
  CHECK(t.log->log_end_offset() == 0);
  REQUIRE(t.append(test::BatchShape{.count = 1}, 2));
  t.run();
  CHECK(t.log->log_end_offset() == 3);
  const std::vector<VisibleBatch> visible = t.visible();
  REQUIRE(visible.size() == 2);
  CHECK(visible[1].batch.leader_epoch == 2);
  CHECK(t.disk.text(file(0)) == content(*t.log).contiguous().text());
}

TEST_CASE("offsets by timestamp: the first record at or after it, and the largest of the log") {
  LogOnDisk t;
  const WallTime base = t.env->wall;
  const auto at = [&](int ms) { return base + std::chrono::milliseconds(ms); };
  for (const int ms : {10, 30, 20}) {
    REQUIRE(t.append(test::BatchShape{.count = 2, .timestamp = at(ms)}));
  }
  t.run();
  CHECK(t.log->offset_for_timestamp(at(0), 6)->offset == 0);
  CHECK(t.log->offset_for_timestamp(at(11), 6)->offset == 2);
  CHECK(t.log->offset_for_timestamp(at(11), 6)->timestamp == at(30));
  CHECK_FALSE(t.log->offset_for_timestamp(at(31), 6));
  CHECK_FALSE(t.log->offset_for_timestamp(at(11), 2));
  CHECK(t.log->offset_of_max_timestamp()->offset == 2);
}

TEST_CASE("one router serves many logs and forgets those that went") {
  test::FakeDisk disk;
  test::FakeEnv env(disk);
  DiskOpRouter router;
  PartitionLog a({"orders", 0}, "orders-0", {}, &router);
  auto b =
      std::make_unique<PartitionLog>(TopicPartition{"orders", 1}, "orders-1", LogConfig{}, &router);
  a.open(env, true);
  b->open(env, true);
  const Records records = test::make_records({});
  const WallTime now = env.wall;
  REQUIRE(a.append_as_leader(env, records, LeaderEpoch(0), now, AppendOrigin::kClient));
  REQUIRE(b->append_as_leader(env, records, LeaderEpoch(0), now, AppendOrigin::kClient));
  int stray = 0;
  b.reset();
  env.run_disk([&](env::DiskOpId op, const env::DiskResult& result) {
    PartitionLog* log = router.take(op);
    if (log == nullptr) {
      ++stray;
      return;
    }
    CHECK(log->on_disk(env, op, result));
  });
  CHECK(stray == 2);  // the write and the epoch checkpoint of the log that is gone
  CHECK(a.log_end_offset() == 1);
  CHECK(a.is_idle());
}
