// Kill, power loss, clean shutdown: what a log finds when it is opened again.
#include <rapidcheck.h>

#include "tests/unit/log/log_fixture.h"

using namespace kafka;
using test::LogOnDisk;

namespace {

constexpr std::string_view kFirstFile = "orders-0/00000000000000000000.log";

env::Rope damaged(const test::FakeDisk& disk, std::string_view name, std::size_t at) {
  std::string text = disk.text(name);
  text[at] = static_cast<char>(text[at] ^ 1);
  return env::Bytes::copy_of(text);
}

}  // namespace

TEST_CASE("kill after acknowledged appends: the page cache lives, so does every record") {
  LogOnDisk t;
  const ProducerState producer{ProducerId(9), ProducerEpoch(0), 0};
  REQUIRE(t.append(test::BatchShape{.count = 2, .producer = producer}, 1));
  REQUIRE(t.append(test::BatchShape{.count = 3}, 2));
  t.run();
  const env::Bytes body = t.log->read(0, 1, 5, true).batches[0].body;
  t.start({});
  CHECK(t.log->log_end_offset() == 5);
  CHECK(t.log->recovery_point() == 0);
  CHECK(t.log->epochs().entries() ==
        std::vector<EpochEntry>{{LeaderEpoch(1), 0}, {LeaderEpoch(2), 2}});
  CHECK(t.log->producers().find(ProducerId(9))->last_sequence() == 1);
  CHECK(t.log->read(0, 1, 5, true).batches[0].body.data() == body.data());
  CHECK(t.append(test::make_records({.count = 2, .producer = producer}))->duplicate);
}

TEST_CASE("kill with writes under way: the log is what reached the page cache") {
  LogOnDisk t;
  REQUIRE(t.append(test::BatchShape{.count = 2}));
  t.run();
  REQUIRE(t.append(test::BatchShape{.count = 2}));
  t.start({});
  CHECK(t.log->log_end_offset() == 2);
  CHECK(t.log->next_offset() == 2);
}

TEST_CASE("power loss: what was synced stays, the rest is gone, and the recovery point says so") {
  LogOnDisk t;
  REQUIRE(t.append(test::BatchShape{.count = 2}, 1));
  t.run();
  t.log->sync(*t.env);
  CHECK(t.log->is_syncing());
  CHECK(t.log->recovery_point() == 0);
  t.run();
  CHECK(t.log->recovery_point() == 2);
  REQUIRE(t.append(test::BatchShape{.count = 2}, 1));
  t.run();
  t.disk.lose_power();
  t.start({.recovery_point = 2});
  CHECK(t.log->log_end_offset() == 2);
  CHECK(t.log->epochs().latest_epoch() == LeaderEpoch(1));
}

TEST_CASE("a torn tail and a damaged batch are cut off at the first bad batch") {
  LogOnDisk t;
  for (int i = 0; i < 4; ++i) REQUIRE(t.append(test::BatchShape{.count = 2}, i));
  t.run();
  const std::size_t size = test::make_batch({.count = 2}).size();

  t.disk.set_content(kFirstFile,
                     env::Bytes::copy_of(t.disk.text(kFirstFile).substr(0, size * 4 - 1)));
  t.start({});
  CHECK(t.log->log_end_offset() == 6);
  CHECK(t.disk.text(kFirstFile).size() == size * 3);

  t.disk.set_content(kFirstFile, damaged(t.disk, kFirstFile, size + 70));
  t.start({});
  CHECK(t.log->log_end_offset() == 2);
  CHECK(t.disk.text(kFirstFile).size() == size);
  CHECK(t.log->epochs().latest_epoch() == LeaderEpoch(0));
  REQUIRE(t.append(test::BatchShape{.count = 1}, 9));
  t.run();
  CHECK(t.log->log_end_offset() == 3);
}

TEST_CASE("after a clean shutdown no CRC is computed: silent damage stays, as in Kafka") {
  LogOnDisk t;
  for (int i = 0; i < 3; ++i) REQUIRE(t.append(test::BatchShape{.count = 2}));
  t.log->close(*t.env);
  t.run();
  const std::size_t size = test::make_batch({.count = 2}).size();
  t.disk.set_content(kFirstFile, damaged(t.disk, kFirstFile, size + 70));
  t.start({.clean_shutdown = true});
  CHECK(t.log->log_end_offset() == 6);
  CHECK(t.log->recovery_point() == 6);
  CHECK_FALSE(t.log->read(2, 1, 6, true).batches[0].is_crc_good());
}

TEST_CASE("segments below the recovery point are trusted, a bad one above removes what follows") {
  LogOnDisk t;
  const std::size_t size = test::make_batch({}).size();
  t.config.segment_bytes = static_cast<std::int64_t>(size * 2);
  t.start({});
  for (int i = 0; i < 6; ++i) REQUIRE(t.append(test::BatchShape{}));
  t.run();
  REQUIRE(t.log->segment_count() == 3);
  t.disk.set_content(kFirstFile, damaged(t.disk, kFirstFile, 70));
  t.start({.recovery_point = 4});
  CHECK(t.log->log_end_offset() == 6);
  t.disk.set_content("orders-0/00000000000000000002.log",
                     damaged(t.disk, "orders-0/00000000000000000002.log", size + 70));
  t.start({.recovery_point = 3});
  CHECK(t.log->log_end_offset() == 3);
  CHECK(t.log->segment_count() == 2);
  CHECK_FALSE(t.disk.exists("orders-0/00000000000000000004.log"));
}

TEST_CASE("a log that ends below its start offset begins anew there") {
  LogOnDisk t;
  REQUIRE(t.append(test::BatchShape{.count = 2}));
  t.run();
  t.start({.log_start_offset = 10});
  CHECK(t.log->log_start_offset() == 10);
  CHECK(t.log->log_end_offset() == 10);
  CHECK_FALSE(t.disk.exists(kFirstFile));
}

TEST_CASE("a leader epoch without records is forgotten over a restart, a stale one too") {
  LogOnDisk t;
  REQUIRE(t.append(test::BatchShape{.count = 2}, 1));
  t.log->assign_epoch_start(*t.env, LeaderEpoch(5));
  t.run();
  CHECK(t.log->epochs().latest_epoch() == LeaderEpoch(5));
  t.start({});
  CHECK(t.log->epochs().latest_epoch() == LeaderEpoch(1));
}

TEST_CASE("an unreadable epoch checkpoint fails the log, as does a failed read") {
  LogOnDisk t;
  REQUIRE(t.append(test::BatchShape{.count = 2}, 3));
  t.run();
  t.disk.set_content("orders-0/leader-epoch-checkpoint", env::Bytes::copy_of("no number\n"));
  t.start({});
  CHECK(t.log->has_failed());

  test::FakeEnv env(t.disk);
  PartitionLog log({"orders", 0}, "orders-0", {});
  log.open(env, false);
  CHECK_FALSE(log.is_open());
  env.next_error = env::DiskError::kIo;
  env.run_disk([&](env::DiskOpId op, const env::DiskResult& r) { log.on_disk(env, op, r); });
  CHECK(log.has_failed());
}

TEST_CASE("removed files are gone, and the log can be opened again, empty") {
  LogOnDisk t;
  REQUIRE(t.append(test::BatchShape{.count = 2}));
  t.run();
  t.log->remove_files(*t.env);
  CHECK(t.disk.list().empty());
  t.log->open(*t.env, false);
  CHECK(t.log->is_open());
  CHECK(t.log->log_end_offset() == 0);
}

namespace {

// A list of batches that knows no segments, files or completions.
struct Model {
  struct Batch {
    Offset base = 0;
    Offset last = 0;
    std::int32_t epoch = 0;
    std::size_t size = 0;
    bool operator==(const Batch&) const = default;
  };
  std::vector<Batch> batches;
  Offset start = 0;
  Offset next = 0;

  void append(Offset base, int count, std::int32_t epoch, std::size_t size) {
    batches.push_back({base, base + count - 1, epoch, size});
    next = base + count;
  }
  void truncate(Offset offset) {
    if (offset >= next) return;
    if (batches.empty() || offset < batches.front().base) start = std::min(start, offset);
    while (!batches.empty() && batches.back().last >= offset) batches.pop_back();
    start = std::min(start, offset);
    next = offset;
  }
};

std::vector<Model::Batch> shown(const PartitionLog& log) {
  std::vector<Model::Batch> all;
  Offset from = log.log_start_offset();
  while (true) {
    const Records some = log.read(from, 500, log.log_end_offset(), true);
    if (some.batches.empty()) return all;
    for (const RecordBatch& batch : some.batches) {
      RC_ASSERT(batch.is_crc_good());
      all.push_back({batch.base_offset, batch.last_offset(), batch.leader_epoch, batch.size()});
    }
    from = some.batches.back().next_offset();
  }
}

// The epoch of each batch follows from the cache.
void check_epochs(const PartitionLog& log, const Model& model) {
  for (const Model::Batch& batch : model.batches) {
    RC_ASSERT(log.epochs().epoch_for_offset(batch.last) == LeaderEpoch(batch.epoch));
  }
}

struct Step {
  int kind = 0;
  int a = 0;
  int b = 0;
};

void take(LogOnDisk& t, Model& model, std::int32_t& epoch, const Step& step) {
  switch (step.kind % 8) {
    case 0:
    case 1: {
      const int count = step.a % 4 + 1;
      if (step.b % 5 == 0) ++epoch;
      const Records records =
          test::make_records({.count = count, .value_size = static_cast<std::size_t>(step.b % 60)});
      RC_ASSERT(t.append(records, epoch).has_value());
      model.append(model.next, count, epoch, records.size());
      break;
    }
    case 2: {  // a follower, perhaps over a gap
      const int count = step.a % 4 + 1;
      const Offset base = model.next + (step.b % 3 == 0 ? step.b % 7 : 0);
      const Records records =
          test::make_records({.count = count, .base_offset = base, .epoch = epoch});
      RC_ASSERT(t.log->append_as_follower(*t.env, records).has_value());
      model.append(base, count, epoch, records.size());
      break;
    }
    case 3: {
      const Offset offset = std::max<Offset>(0, model.next - step.a % 20);
      t.log->truncate_to(*t.env, offset);
      model.truncate(offset);
      break;
    }
    case 4:
      for (int i = 0; i < step.a % 6; ++i) {
        t.env->complete_disk_op([&](env::DiskOpId op, const env::DiskResult& result) {
          RC_ASSERT(t.log->on_disk(*t.env, op, result));
        });
      }
      break;
    case 5: t.log->sync(*t.env); break;
    case 6: {  // kill; a clean shutdown has written everything first
      const bool clean = step.a % 2 == 0;
      if (clean) t.log->close(*t.env);
      t.run();
      t.start({.clean_shutdown = clean,
               .recovery_point = t.log->recovery_point(),
               .log_start_offset = t.log->log_start_offset()});
      if (model.batches.empty() || model.batches.back().last + 1 != model.next) {
        model.next = t.log->next_offset();  // a cut inside a batch is not remembered on disk
      }
      break;
    }
    case 7:
      if (step.a % 16 == 0) {
        const Offset offset = model.next + step.b % 50;
        t.log->truncate_fully_and_start_at(*t.env, offset);
        model = {.batches = {}, .start = offset, .next = offset};
      }
      break;
  }
}

}  // namespace

TEST_CASE("random appends, cuts, completions and restarts agree with a list of batches") {
  const bool good = rc::check("log against model", [] {
    const auto steps = *rc::gen::container<std::vector<Step>>(rc::gen::apply(
        [](int kind, int a, int b) { return Step{kind, a, b}; }, rc::gen::inRange(0, 8),
        rc::gen::inRange(0, 1000), rc::gen::inRange(0, 1000)));
    LogOnDisk t;
    t.config.segment_bytes = 600;
    t.start({});
    Model model;
    std::int32_t epoch = 0;
    for (const Step& step : steps) {
      take(t, model, epoch, step);
      t.log->check_invariants();
      RC_ASSERT(t.log->next_offset() == model.next);
      RC_ASSERT(t.log->log_end_offset() <= model.next);
    }
    t.run();
    RC_ASSERT(t.log->is_idle());
    RC_ASSERT(t.log->log_end_offset() == model.next);
    RC_ASSERT(shown(*t.log) == model.batches);
    check_epochs(*t.log, model);
    // What a kill leaves behind is the same log.
    t.start({.log_start_offset = t.log->log_start_offset()});
    RC_ASSERT(shown(*t.log) == model.batches);
    check_epochs(*t.log, model);
  });
  CHECK(good);
}

TEST_CASE("kill or power loss at any moment keeps a prefix: of what was visible, or synced") {
  const bool good =
      rc::check("prefix after a crash", [](std::vector<std::uint8_t> choices, bool is_kill) {
        LogOnDisk t;
        t.config.segment_bytes = 400;
        t.start({});
        std::vector<Model::Batch> written;
        Offset next = 0;
        std::int32_t epoch = 0;
        for (const std::uint8_t choice : choices) {
          if (choice % 3 == 0) {
            if (choice % 4 == 0) ++epoch;
            const int count = choice % 5 + 1;
            const Records records = test::make_records({.count = count});
            RC_ASSERT(t.append(records, epoch).has_value());
            written.push_back({next, next + count - 1, epoch, records.size()});
            next += count;
          } else if (choice % 3 == 1) {
            for (int i = 0; i < choice % 7; ++i) {
              t.env->complete_disk_op([&](env::DiskOpId op, const env::DiskResult& result) {
                RC_ASSERT(t.log->on_disk(*t.env, op, result));
              });
            }
          } else if (choice % 2 == 0) {
            t.log->sync(*t.env);
          }
        }
        const Offset recovery_point = t.log->recovery_point();
        const Offset kept = is_kill ? t.log->log_end_offset() : recovery_point;
        if (!is_kill) t.disk.lose_power();
        t.start({.recovery_point = recovery_point});
        RC_ASSERT(t.log->log_end_offset() >= kept);
        const std::vector<Model::Batch> left = shown(*t.log);
        RC_ASSERT(left.size() <= written.size());
        RC_ASSERT(std::equal(left.begin(), left.end(), written.begin()));
        for (const Model::Batch& batch : left) {
          RC_ASSERT(t.log->epochs().epoch_for_offset(batch.last) == LeaderEpoch(batch.epoch));
        }
      });
  CHECK(good);
}
