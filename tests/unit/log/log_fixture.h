// What the tests of the log share: batches of given shape, and a log over a fake disk.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/log/partition_log.h"
#include "broker-model/messages/records/batch_builder.h"
#include "tests/support/fake_env.h"

namespace test {

using namespace kafka;

inline ByteView bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

struct BatchShape {
  int count = 1;
  Offset base_offset = 0;
  std::int32_t epoch = -1;
  WallTime timestamp{WallTime::duration{1'700'000'000'000}};
  std::size_t value_size = 10;
  ProducerState producer{};
  bool is_transactional = false;
};

inline RecordBatch make_batch(const BatchShape& shape) {
  BatchBuilder builder({.base_offset = shape.base_offset,
                        .leader_epoch = shape.epoch,
                        .is_transactional = shape.is_transactional,
                        .producer = shape.producer});
  const std::string value(shape.value_size, 'v');
  for (int i = 0; i < shape.count; ++i) {
    builder.append({.timestamp = shape.timestamp, .key = {}, .value = bytes(value), .headers = {}});
  }
  return builder.close();
}

// A batch of one record a key; the value is "<key><n>", a tombstone where the key ends with '-'.
inline RecordBatch make_keyed_batch(const std::vector<std::string>& keys, const BatchShape& shape) {
  BatchBuilder builder(
      {.base_offset = shape.base_offset, .leader_epoch = shape.epoch, .producer = shape.producer});
  for (std::string key : keys) {
    const bool is_tombstone = key.ends_with('-');
    if (is_tombstone) key.pop_back();
    const std::string value = key + std::string(shape.value_size, '.');
    NewRecord record{.timestamp = shape.timestamp, .key = bytes(key), .value = {}, .headers = {}};
    if (!is_tombstone) record.value = bytes(value);
    builder.append(record);
  }
  return builder.close();
}

inline Records one(const RecordBatch& batch) { return {.batches = {batch}, .trailing = {}}; }
inline Records make_records(const BatchShape& shape) { return one(make_batch(shape)); }

// A log that can be killed, can lose power and is opened again over the same disk.
struct LogOnDisk {
  FakeDisk disk;
  LogConfig config;
  std::unique_ptr<FakeEnv> env;
  std::unique_ptr<PartitionLog> log;

  LogOnDisk() { start({}); }

  void start(const OpenOptions& options) {
    log.reset();
    env = std::make_unique<FakeEnv>(disk);
    log = std::make_unique<PartitionLog>(TopicPartition{"orders", 0}, "orders-0", config);
    log->open(*env, options, env->list());
    run();
    log->check_invariants();
  }
  void run() {
    env->run_disk([&](env::DiskOpId op, const env::DiskResult& result) {
      CHECK(log->on_disk(*env, op, result));
      log->check_invariants();
    });
  }
  std::expected<AppendInfo, ErrorCode> append(const Records& records, std::int32_t epoch = 1,
                                              AppendOrigin origin = AppendOrigin::kClient) {
    return log->append_as_leader(*env, records, LeaderEpoch(epoch), env->wall, origin);
  }
  std::expected<AppendInfo, ErrorCode> append(const BatchShape& shape, std::int32_t epoch = 1) {
    return append(make_records(shape), epoch);
  }
  std::vector<VisibleBatch> visible() {
    std::vector<VisibleBatch> batches;
    log->take_visible(batches);
    return batches;
  }
};

}  // namespace test
