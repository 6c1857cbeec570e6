#include "sim/disk/disk.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <set>
#include <string>

namespace {

using namespace std::chrono_literals;
using env::Instant;
using sim::Constant;
using sim::Disk;
using sim::DiskOptions;
using sim::FileContent;
using sim::Scheduler;

env::Rope text(std::string_view content) { return env::Bytes::copy_of(content); }
std::string str(const env::Rope& rope) { return std::string(rope.contiguous().text()); }
std::string str(const std::optional<env::Rope>& rope) {
  return rope.has_value() ? str(*rope) : "<none>";
}

DiskOptions options() {
  return {.write_latency = Constant{10us},
          .read_latency = Constant{20us},
          .sync_latency = Constant{1ms},
          .writeback_delay = Constant{30s}};
}

struct Bench final : sim::DiskSink {
  explicit Bench(std::uint64_t seed = 1, DiskOptions disk_options = options())
      : rng(seed), disk(scheduler, rng, std::move(disk_options)) {
    disk.attach(*this);
  }
  void on_disk_done(env::DiskOpId op, env::DiskResult result) override {
    done.emplace_back(op.value(), env::nanos(scheduler.now()) / 1000);
    last_read = std::move(result.data);
    last_error = result.error;
  }
  void run(env::Duration d) {
    const Instant end = scheduler.now() + d;
    sim::Event event;
    while (scheduler.pop(end, event)) event.target->on_event(event);
  }
  void put(std::string_view name, std::int64_t offset, std::string_view content) {
    disk.write(disk.open(name), offset, text(content));
    run(10us);
  }

  Scheduler scheduler;
  env::Rng rng;
  Disk disk;
  std::vector<std::pair<std::uint64_t, std::int64_t>> done;  // operation, microsecond
  env::Rope last_read;
  env::DiskError last_error = env::DiskError::kNone;
};

TEST_CASE("file content: random writes, cuts and reads equal a plain string, however cut") {
  CHECK(rc::check([](std::uint64_t seed) {
    env::Rng rng(seed);
    FileContent content;
    std::string plain;
    for (int step = 0; step < 200; ++step) {
      const std::uint64_t kind = rng.below(10);
      const auto offset = rng.below(plain.size() + 20);
      if (kind < 6) {
        env::Rope rope;
        std::string bytes;
        for (std::uint64_t parts = 1 + rng.below(3); parts > 0; --parts) {
          const std::string part(1 + rng.below(30), static_cast<char>('a' + rng.below(26)));
          rope.append(env::Bytes::copy_of(std::string_view(part)));
          bytes += part;
        }
        content.write(static_cast<std::int64_t>(offset), rope);
        if (plain.size() < offset + bytes.size()) plain.resize(offset + bytes.size(), '\0');
        plain.replace(offset, bytes.size(), bytes);
      } else if (kind < 7) {
        content.resize(static_cast<std::int64_t>(offset));
        plain.resize(offset, '\0');
      } else {
        const std::uint64_t size = rng.below(60);
        const std::string expected = offset < plain.size() ? plain.substr(offset, size) : "";
        RC_ASSERT(str(content.read(static_cast<std::int64_t>(offset),
                                   static_cast<std::int64_t>(size))) == expected);
      }
      RC_ASSERT(content.size() == static_cast<std::int64_t>(plain.size()));
    }
    RC_ASSERT(str(content.read(0, content.size())) == plain);
  }));
}

TEST_CASE("file content shares the blocks it was given") {
  FileContent content;
  const env::Bytes block = env::Bytes::copy_of(std::string_view("batch"));
  content.write(0, block);
  CHECK(content.read(0, 5).part(0).data() == block.data());
}

TEST_CASE("operations are done in order, one after another, and answer when done") {
  Bench bench;
  const env::FileId file = bench.disk.open("log");
  bench.disk.write(file, 0, text("abc"));
  bench.disk.sync(file);
  bench.disk.read(file, 1, 100);
  CHECK(str(bench.disk.cached("log")) == "");
  bench.run(1s);
  CHECK(bench.done ==
        std::vector<std::pair<std::uint64_t, std::int64_t>>{{1, 10}, {2, 1010}, {3, 1030}});
  CHECK(str(bench.last_read) == "bc");
  CHECK(bench.disk.open("log") == file);
  REQUIRE(bench.disk.list().size() == 1);
  CHECK(bench.disk.list()[0].size == 3);
}

// A write takes 10 us here, a sync 1 ms.
TEST_CASE("a disk that gets slow or quick again does what is under way at the new pace") {
  using Done = std::vector<std::pair<std::uint64_t, std::int64_t>>;
  Bench bench;
  const env::FileId file = bench.disk.open("log");
  bench.disk.set_trouble({.factor = 1000});
  bench.disk.write(file, 0, text("abc"));
  bench.disk.sync(file);
  bench.run(5ms);  // half of the write
  CHECK(bench.done.empty());
  bench.disk.set_trouble({});
  bench.run(1s);
  CHECK(bench.done == Done{{1, 5005}, {2, 6005}});

  Bench other;
  const env::FileId again = other.disk.open("log");
  other.disk.sync(again);
  other.run(500us);  // half of the sync
  other.disk.set_trouble({.factor = 10, .is_stalled = true});
  other.run(3s);
  CHECK(other.done.empty());
  other.disk.set_trouble({.factor = 4});
  other.run(1s);
  REQUIRE(other.done.size() == 1);
  CHECK(other.done[0].second == 3'000'500 + 2'000);
  CHECK(other.disk.counts().operations_slowed == 1);
}

TEST_CASE("kill: what was not done is dropped, the page cache is kept") {
  Bench bench;
  const env::FileId file = bench.disk.open("log");
  bench.disk.write(file, 0, text("done"));
  bench.disk.write(file, 4, text("never"));
  bench.run(15us);
  bench.disk.process_ended();
  bench.run(1s);
  CHECK(bench.done.size() == 1);
  CHECK(str(bench.disk.cached("log")) == "done");
  CHECK(bench.disk.write(bench.disk.open("log"), 4, text("again")).value() == 3);
  bench.run(1s);
  CHECK(str(bench.disk.cached("log")) == "doneagain");
}

TEST_CASE("power loss with every unsynced page lost: synced content and names are what is left") {
  DiskOptions all_lost = options();
  all_lost.page_kept = all_lost.page_torn = 0;
  Bench bench(1, all_lost);
  bench.put("log", 0, "synced");
  bench.disk.sync(bench.disk.open("log"));
  bench.disk.sync_dir();
  bench.run(1s);
  bench.put("log", 6, " not");
  bench.put("log", 0, "SYN");
  CHECK(str(bench.disk.cached("log")) == "SYNced not");
  CHECK(str(bench.disk.durable("log")) == "synced");
  bench.disk.power_lost();
  CHECK(str(bench.disk.cached("log")) == "synced");
}

TEST_CASE("power loss with every page kept: content stays, unsynced names are kept or not") {
  DiskOptions all_kept = options();
  all_kept.page_lost = all_kept.page_torn = 0;
  std::set<std::string> outcomes;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Bench bench(seed, all_kept);
    bench.put("a", 0, "first");
    bench.disk.sync_dir();
    bench.run(1s);
    bench.put("b.tmp", 0, "second");
    bench.disk.rename("b.tmp", "a");  // over an existing file: old or new, never neither
    bench.disk.remove("nothing");
    bench.disk.power_lost();
    std::string outcome;
    for (const env::FileInfo& file : bench.disk.list()) {
      outcome += file.name + "=" + str(bench.disk.cached(file.name)) + " ";
    }
    outcomes.insert(outcome);
  }
  CHECK(outcomes == std::set<std::string>{"a=first ", "a=first b.tmp=second ", "a=second "});
}

TEST_CASE("power loss: pages are kept, lost or torn each on its own, the size follows") {
  int kept = 0, lost = 0, torn = 0;
  std::set<std::int64_t> sizes;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Bench bench(seed);
    bench.put("log", 0, std::string(8192, 'o'));
    bench.disk.sync(bench.disk.open("log"));
    bench.disk.sync_dir();
    bench.run(1s);
    bench.put("log", 4096, std::string(12288, 'n'));  // pages 1 to 3, page 0 is untouched
    bench.disk.power_lost();
    const std::string after = str(bench.disk.cached("log"));
    sizes.insert(static_cast<std::int64_t>(after.size()));
    REQUIRE(after.size() >= 8192);
    CHECK(after.substr(0, 4096) == std::string(4096, 'o'));
    const auto written = after.substr(4096, 4096).find('o');
    if (written == std::string::npos) {
      ++kept;
    } else if (written == 0) {
      ++lost;
    } else {
      ++torn;
      CHECK(written % Disk::kSectorSize == 0);
    }
    for (std::size_t i = 8192; i < after.size(); ++i) {
      REQUIRE((after[i] == 'n' || after[i] == '\0'));  // a lost page before a kept one: zeros
    }
  }
  CHECK(kept > 8);
  CHECK(lost > 8);
  CHECK(torn > 8);
  CHECK(sizes.contains(8192));
  CHECK(sizes.contains(16384));
  CHECK(sizes.size() > 4);
}

TEST_CASE("the system writes back after 30 s without a sync: content, then also the name") {
  DiskOptions all_lost = options();
  all_lost.page_kept = all_lost.page_torn = 0;
  Bench bench(1, all_lost);
  bench.put("log", 0, "old");
  bench.run(29s);
  CHECK(str(bench.disk.durable("log")) == "<none>");
  bench.put("log", 3, "er");
  bench.run(2s);
  CHECK(str(bench.disk.durable("log")) == "older");
  bench.put("log", 5, " lost");
  bench.disk.power_lost();
  CHECK(str(bench.disk.cached("log")) == "older");
}

TEST_CASE("truncation survives a sync for sure, without one a power loss may undo it") {
  Bench synced;
  synced.put("log", 0, "0123456789");
  synced.disk.sync(synced.disk.open("log"));
  synced.disk.sync_dir();
  synced.disk.truncate(synced.disk.open("log"), 4);
  synced.disk.sync(synced.disk.open("log"));
  synced.run(1s);
  synced.disk.power_lost();
  CHECK(str(synced.disk.cached("log")) == "0123");

  std::set<std::string> outcomes;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Bench bench(seed);
    bench.put("log", 0, "0123456789");
    bench.disk.sync(bench.disk.open("log"));
    bench.disk.sync_dir();
    bench.disk.truncate(bench.disk.open("log"), 4);
    bench.run(1s);
    CHECK(str(bench.disk.cached("log")) == "0123");
    bench.disk.power_lost();
    outcomes.insert(str(bench.disk.cached("log")));
  }
  CHECK(outcomes == std::set<std::string>{"0123", "0123456789"});
}

TEST_CASE("a removed file lives on for the process that has it open, and ends with the process") {
  Bench bench;
  bench.put("log", 0, "content");
  const env::FileId file = bench.disk.open("log");
  bench.disk.remove("log");
  CHECK(bench.disk.list().empty());
  bench.disk.read(file, 0, 7);
  bench.run(1s);
  CHECK(str(bench.last_read) == "content");
  bench.disk.sync_dir();
  bench.run(1s);
  bench.disk.process_ended();
  CHECK(bench.disk.open("log") != file);
}

TEST_CASE("wipe leaves nothing, the disk goes on working") {
  Bench bench;
  bench.put("log", 0, "content");
  bench.disk.sync(bench.disk.open("log"));
  bench.disk.sync_dir();
  bench.run(1s);
  bench.put("log", 0, "dirty");
  bench.disk.wipe();
  CHECK(bench.disk.list().empty());
  bench.put("log", 0, "new");
  bench.run(60s);
  CHECK(str(bench.disk.durable("log")) == "new");
}

// --- faults of the medium

TEST_CASE(
    "a full disk: what the last page holds is written, then writes fail until there is room") {
  Bench b;
  b.put("log", 0, std::string(4000, 'a'));
  b.disk.set_trouble({.is_full = true});
  b.put("log", 4000, std::string(200, 'b'));
  CHECK(b.last_error == env::DiskError::kFull);
  CHECK(str(b.disk.cached("log")) == std::string(4000, 'a') + std::string(96, 'b'));
  b.put("log", 0, "c");  // its page is there
  CHECK(b.last_error == env::DiskError::kNone);
  b.put("new", 0, "d");
  CHECK(b.last_error == env::DiskError::kFull);
  CHECK(b.disk.counts().writes_without_space == 2);
  b.disk.set_trouble({});
  b.put("log", 4096, "e");
  CHECK(b.last_error == env::DiskError::kNone);
}

TEST_CASE("errors of the medium: only on the files that are meant, so many of a million") {
  Bench b;
  b.put("a.log", 0, "1");
  b.put("b.log", 0, "2");
  b.disk.set_trouble({.read_errors = {.files = "a.", .parts_per_million = 1'000'000},
                      .write_errors = {.files = "", .parts_per_million = 500'000}});
  b.disk.read(b.disk.open("a.log"), 0, 1);
  b.run(20us);
  CHECK(b.last_error == env::DiskError::kIo);
  CHECK(b.last_read.empty());
  b.disk.read(b.disk.open("b.log"), 0, 1);
  b.run(20us);
  CHECK(str(b.last_read) == "2");
  int failed = 0;
  for (int i = 0; i < 1000; ++i) {
    b.put("b.log", 1, "x");
    failed += b.last_error == env::DiskError::kIo ? 1 : 0;
  }
  CHECK(failed > 400);
  CHECK(failed < 600);
  CHECK(b.disk.counts().writes_failed == static_cast<std::uint64_t>(failed));
}

TEST_CASE(
    "a sync that fails: its pages stay in the cache, the next sync succeeds, power takes them") {
  for (const bool rewrites : {false, true}) {
    CAPTURE(rewrites);
    Bench b;
    std::vector<sim::DiskLoss> told;
    b.disk.set_watch([&](sim::DiskLoss loss) { told.push_back(loss); });
    b.put("log", 0, "one");
    b.disk.sync_dir();
    b.run(1ms);
    b.disk.set_trouble({.sync_errors = {.files = "log", .parts_per_million = 1'000'000}});
    b.disk.sync(b.disk.open("log"));
    b.run(1ms);
    CHECK(b.last_error == env::DiskError::kIo);
    CHECK(str(b.disk.cached("log")) == "one");
    b.disk.sync(b.disk.open("log"));
    b.run(1ms);
    CHECK(b.last_error == env::DiskError::kNone);  // nothing is dirty any more
    b.disk.set_trouble({});
    if (rewrites) {
      b.put("log", 3, "two");
      b.disk.sync(b.disk.open("log"));
      b.run(1ms);
    }
    b.disk.power_lost();
    // The size is written with the next sync, the pages are not: a hole.
    CHECK(str(b.disk.cached("log")) == (rewrites ? "onetwo" : std::string(3, '\0')));
    CHECK(told == std::vector{sim::DiskLoss::kMedium});
    CHECK(b.disk.counts().pages_dropped == 1);
  }
}

TEST_CASE("bit rot: one bit of what is on the platter, in the cache as well, and nothing else") {
  Bench b;
  b.put("log", 0, "abc");
  CHECK_FALSE(b.disk.flip_bit("log", 1, 0));  // only in the cache
  b.disk.sync(b.disk.open("log"));
  b.run(1ms);
  const env::Rope before = *b.disk.cached("log");
  CHECK(b.disk.flip_bit("log", 1, 0));
  CHECK(str(b.disk.cached("log")) == "acc");
  CHECK(str(before) == "abc");  // whoever shares the block keeps it
  CHECK_FALSE(b.disk.flip_bit("log", 3, 0));
  CHECK_FALSE(b.disk.flip_bit("other", 0, 0));
}

}  // namespace
