// Random damage to the files of a log, and crashes at any moment of a compaction.
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>

#include "broker-model/log/leader_epoch_cache.h"
#include "tests/unit/log/log_fixture.h"

using namespace kafka;
using test::LogOnDisk;

namespace {

// Three segments and an active one, two epochs, a producer, a snapshot at each roll.
void fill(LogOnDisk& t) {
  t.config.segment_bytes = 400;
  t.config.index_interval_bytes = 50;
  t.start({});
  for (int i = 0; i < 9; ++i) {
    const ProducerState producer{ProducerId(7), ProducerEpoch(0), i * 2};
    const auto info = t.append(test::BatchShape{.count = 2, .producer = producer}, i / 5);
    RC_ASSERT(info.has_value());
  }
  t.run();
}

struct Damage {
  std::size_t file = 0;
  int kind = 0;
  std::size_t at = 0;
  std::uint8_t value = 0;
};

void inflict(test::FakeDisk& disk, const Damage& damage) {
  const std::vector<env::FileInfo> files = disk.list();
  if (files.empty()) return;
  const std::string name = files[damage.file % files.size()].name;
  std::string text = disk.text(name);
  switch (damage.kind) {
    case 0:
    case 1:
      if (!text.empty()) text[damage.at % text.size()] ^= static_cast<char>(damage.value | 1);
      break;
    case 2: text.resize(text.empty() ? 0 : damage.at % text.size()); break;
    case 3: text.append(damage.at % 200, static_cast<char>(damage.value)); break;
    case 4: disk.remove(name); return;
    case 5: disk.rename(name, name + ".deleted"); return;
    case 6: disk.rename(name, name + ".swap"); return;
    case 7: disk.rename(name, name + ".cleaned"); return;
  }
  disk.set_content(name, env::Bytes::copy_of(text));
}

// Then the log goes off-line, as Kafka's does; nothing else takes it there.
bool is_epochs_file_bad(test::FakeDisk& disk) {
  constexpr std::string_view kName = "orders-0/leader-epoch-checkpoint";
  const std::vector<env::FileInfo> files = disk.list();
  return std::ranges::find(files, kName, &env::FileInfo::name) != files.end() &&
         !LeaderEpochCache::from_checkpoint(disk.text(std::string(kName)));
}

// Whatever it holds: it takes appends, can be cut, deleted from, closed and opened again.
void use(LogOnDisk& t) {
  t.log->check_invariants();
  const Offset next = t.log->next_offset();
  RC_ASSERT(t.append(test::BatchShape{.count = 2}, 9).has_value());
  RC_ASSERT(
      t.log->append_as_follower(*t.env, test::make_records({.base_offset = next + 2, .epoch = 9}))
          .has_value());
  t.run();
  RC_ASSERT(t.log->log_end_offset() == next + 3);
  t.log->increment_log_start(*t.env, next / 2);
  t.log->delete_old_segments(*t.env, t.env->wall, t.log->log_end_offset());
  t.log->check_invariants();
  t.log->truncate_to(*t.env, next);
  t.log->close(*t.env);
  t.run();
  t.log->check_invariants();
  RC_ASSERT(t.log->is_idle());
}

}  // namespace

TEST_CASE("random damage to the files of a log never crashes it") {
  const bool good = rc::check("damaged log", [] {
    LogOnDisk t;
    fill(t);
    if (*rc::gen::arbitrary<bool>()) {
      t.log->close(*t.env);
      t.run();
    }
    const auto damages = *rc::gen::container<std::vector<Damage>>(
        *rc::gen::inRange<std::size_t>(0, 6),
        rc::gen::apply([](std::size_t file, int kind, std::size_t at,
                          std::uint8_t value) { return Damage{file, kind, at, value}; },
                       rc::gen::inRange<std::size_t>(0, 100), rc::gen::inRange(0, 8),
                       rc::gen::inRange<std::size_t>(0, 5000), rc::gen::arbitrary<std::uint8_t>()));
    for (const Damage& damage : damages) inflict(t.disk, damage);
    const bool must_fail = is_epochs_file_bad(t.disk);
    const OpenOptions options{.clean_shutdown = *rc::gen::arbitrary<bool>(),
                              .recovery_point = *rc::gen::oneOf(rc::gen::just<Offset>(0),
                                                                rc::gen::inRange<Offset>(-5, 40)),
                              .log_start_offset = *rc::gen::inRange<Offset>(-5, 40)};
    t.start(options);
    RC_ASSERT(t.log->has_failed() == must_fail);
    if (must_fail) return;
    RC_ASSERT(t.log->is_open());
    if (!options.clean_shutdown && options.recovery_point <= 0) {
      // All was validated: no batch with a bad CRC is left.
      for (Offset next = t.log->log_start_offset();;) {
        const Records some = t.log->read(next, 1 << 20, t.log->log_end_offset(), true);
        if (some.batches.empty()) break;
        for (const RecordBatch& batch : some.batches) RC_ASSERT(batch.is_crc_good());
        next = some.batches.back().next_offset();
      }
    }
    use(t);
    t.start({.clean_shutdown = true});
    use(t);
  });
  CHECK(good);
}

namespace {

// What a log holds of each key, newest last; an empty value is a tombstone.
std::map<std::string, std::pair<Offset, std::size_t>> newest_of(const PartitionLog& log) {
  std::map<std::string, std::pair<Offset, std::size_t>> newest;
  for (Offset next = log.log_start_offset();;) {
    const Records some = log.read(next, 1 << 20, log.log_end_offset(), true);
    if (some.batches.empty()) return newest;
    for (const RecordBatch& batch : some.batches) {
      RC_ASSERT(batch.is_crc_good());
      RecordReader reader(batch);
      while (reader.next()) {
        const RecordView& record = reader.record();
        newest[std::string(record.key->begin(), record.key->end())] = {
            record.offset, record.value ? record.value->size() : 0};
      }
      RC_ASSERT(reader.error() == ErrorCode::kNone);
    }
    next = some.batches.back().next_offset();
  }
}

// What was compacted holds each key once.
bool is_unique_below(const PartitionLog& log, Offset end) {
  std::set<std::string> keys;
  for (Offset next = log.log_start_offset();;) {
    const Records some = log.read(next, 1 << 20, log.log_end_offset(), true);
    if (some.batches.empty()) return true;
    for (const RecordBatch& batch : some.batches) {
      RecordReader reader(batch);
      while (reader.next()) {
        const RecordView& record = reader.record();
        if (record.offset >= end) return true;
        if (!keys.emplace(record.key->begin(), record.key->end()).second) return false;
      }
    }
    next = some.batches.back().next_offset();
  }
}

}  // namespace

TEST_CASE("compaction keeps the newest record of each key, whenever it is cut short") {
  const bool good = rc::check("compaction", [](std::vector<std::uint8_t> choices, bool is_kill) {
    LogOnDisk t;
    t.config.is_compacted = true;
    t.config.segment_bytes = 300;
    t.start({});
    std::optional<Offset> checkpoint;
    const auto step = [&](int count) {
      for (int i = 0; i < count; ++i)
        t.env->complete_disk_op([&](env::DiskOpId op, const env::DiskResult& result) {
          RC_ASSERT(t.log->on_disk(*t.env, op, result));
        });
    };
    for (const std::uint8_t choice : choices) {
      if (choice % 4 != 0) {
        std::vector<std::string> keys;
        for (int i = 0; i <= choice % 3; ++i)
          keys.push_back(std::string(1, static_cast<char>('a' + (choice / 3 + i) % 7)));
        RC_ASSERT(t.append(test::one(test::make_keyed_batch(keys, {.value_size = choice % 30u})))
                      .has_value());
        step(choice % 5);
        continue;
      }
      t.run();
      if (const auto result = t.log->take_cleaning_result();
          result && result->outcome == CleaningResult::Outcome::kDone) {
        checkpoint = result->end_offset;
        RC_ASSERT(is_unique_below(*t.log, std::min(*checkpoint, t.log->active_segment_offset())));
      }
      const CleanableRange range =
          t.log->cleanable(checkpoint, t.env->wall, t.log->log_end_offset());
      if (range.cleanable_bytes == 0) continue;
      const auto before = newest_of(*t.log);
      t.log->start_cleaning(*t.env, range, t.env->wall, choice % 8 == 0 ? 4 : 1000);
      step(choice / 8);
      t.log->check_invariants();
      RC_ASSERT(newest_of(*t.log) == before);
    }
    t.run();
    const auto before = newest_of(*t.log);
    t.log->sync(*t.env);
    t.run();
    const CleanableRange range = t.log->cleanable({}, t.env->wall, t.log->log_end_offset());
    if (range.cleanable_bytes > 0) t.log->start_cleaning(*t.env, range, t.env->wall, 1000);
    step(static_cast<int>(choices.size() % 12));
    const Offset end = t.log->log_end_offset();
    if (!is_kill) t.disk.lose_power();
    t.start({.recovery_point = end});
    RC_ASSERT(t.log->log_end_offset() == end);
    RC_ASSERT(newest_of(*t.log) == before);
  });
  CHECK(good);
}
