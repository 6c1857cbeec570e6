// A run is a pure function of scenario and seed: the digest, which names the path, says so.
#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>

#include "sim/core/verify.h"
#include "sim/lab/trace_writer.h"
#include "tests/unit/determinism/runs.h"

namespace {

using determinism::digest_of;
using determinism::run;
using determinism::scenario_file;
using determinism::small_crash;

constexpr const char* kLeaderCrash = "scenarios/tour/leader-crash.lua";
constexpr const char* kAcksOne = "scenarios/tour/acks-one.lua";
constexpr const char* kByHand = "scenarios/delivery/by-hand.lua";  // with modules

}  // namespace

TEST_CASE("determinism: leader-crash.lua gives the same digest twice in a row") {
  const sim::RunReport first = run(scenario_file(kLeaderCrash, 1));
  const sim::RunReport second = run(scenario_file(kLeaderCrash, 1));
  CHECK(first.digest == second.digest);
  CHECK(first.events == second.events);
  CHECK(first.events > 10'000);
}

TEST_CASE("determinism: a trace writer does not move the digest") {
  const std::uint64_t without = digest_of(scenario_file(kLeaderCrash, 1));
  const std::string path = TITORELLI_BINARY_DIR "/determinism-trace.pb";
  std::unique_ptr<sim::TraceWriter> trace;
  sim::ScenarioOptions options = scenario_file(kLeaderCrash, 1);
  options.make_trace = [&](std::uint64_t seed) {
    auto created = sim::TraceWriter::create(path, kLeaderCrash, seed);
    REQUIRE(created.has_value());
    trace = std::move(*created);
    return trace.get();
  };
  CHECK(digest_of(std::move(options)) == without);
  REQUIRE(trace != nullptr);
  CHECK(trace->close());
  CHECK(std::ifstream(path, std::ios::binary | std::ios::ate).tellg() > 100'000);
  std::remove(path.c_str());
}

TEST_CASE("determinism: invariants checked after every event do not move the digest") {
  sim::ScenarioOptions options = small_crash(1);
  options.check_every_event = true;
  CHECK(digest_of(std::move(options)) == digest_of(small_crash(1)));
}

TEST_CASE("verifier: two runs of leader-crash.lua take the same path") {
  sim::Verifier verifier;
  sim::ScenarioOptions options = scenario_file(kLeaderCrash, 1);
  options.verifier = &verifier;
  run(options);
  CHECK(verifier.recorded() > 10'000);
  verifier.second_run();
  run(options);
  CHECK_FALSE(verifier.difference().has_value());
}

TEST_CASE(
    "verifier: a planted entropy leak is found, and the event in which it happened is named") {
  sim::Verifier verifier;
  sim::ScenarioOptions options = small_crash(1);
  options.verifier = &verifier;
  options.entropy_leak = 1;
  run(options);
  verifier.second_run();
  options.entropy_leak = 2;
  run(options);
  REQUIRE(verifier.difference().has_value());
  const sim::Verifier::Difference& difference = *verifier.difference();
  REQUIRE(difference.first.has_value());
  REQUIRE(difference.second.has_value());
  CHECK(difference.first->at == 1'000'000'000);
  CHECK(difference.second->at == 1'000'000'000);
  CHECK(difference.is_same_event());
  CHECK(difference.first->path != difference.second->path);
}

TEST_CASE("determinism: seeds 1 to 100 give 100 digests, though the seed is not hashed") {
  std::set<std::uint64_t> digests;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) digests.insert(digest_of(small_crash(seed)));
  CHECK(digests.size() == 100);
}

TEST_CASE("determinism: one byte of payload, one timer or one draw more changes the digest") {
  const std::uint64_t plain = digest_of(small_crash(1));
  // A value that is one byte longer.
  CHECK(digest_of(small_crash(1, "size = 101")) != plain);
  // One timer that fires and does nothing.
  CHECK(digest_of(small_crash(1, "size = 100", "at(\"7s\", function() end)")) != plain);
  // One draw from a stream that nobody else uses.
  const std::string draw = "local drawn = math.random(6)";
  CHECK(digest_of(small_crash(1, "size = 100", draw)) != plain);
  CHECK(digest_of(small_crash(1)) == plain);
}

TEST_CASE(
    "determinism: two runs in one process, interleaved step by step, do not touch each other") {
  struct Begun {
    std::unique_ptr<sim::Lab> lab;
    explicit Begun(std::uint64_t seed) {
      lab = std::make_unique<sim::Lab>(sim::LabOptions{.seed = seed});
      lab->build_cluster({.brokers = 3});
      lab->declare_topic({.name = "orders", .partitions = 3, .replicas = 3});
      sim::Host& producer = lab->add_producer(kafka::Config(kafka::ConfigDef::producer()));
      lab->drive(producer, {.topic = "orders",
                            .gap = std::chrono::milliseconds(5),
                            .count = {},
                            .size = 100,
                            .keys = 9});
    }
    void steps(std::uint64_t count) { lab->world().run_events(count); }
    std::uint64_t digest() const { return lab->world().digest(); }
  };
  constexpr std::uint64_t kSteps = 20'000;
  std::array<std::uint64_t, 2> alone{};
  for (std::uint64_t i = 0; i < 2; ++i) {
    Begun one(i + 1);
    one.steps(kSteps);
    CHECK(one.lab->world().events() == kSteps);
    alone[i] = one.digest();
  }
  CHECK(alone[0] != alone[1]);
  Begun first(1);
  Begun second(2);
  for (std::uint64_t i = 0; i < kSteps; ++i) {
    first.steps(1);
    second.steps(1);
  }
  CHECK(first.digest() == alone[0]);
  CHECK(second.digest() == alone[1]);
}

TEST_CASE("determinism: locale, time zone and environment do not matter") {
  const std::uint64_t plain = digest_of(small_crash(1));
  const std::string before = std::setlocale(LC_ALL, nullptr);
  for (const char* locale : {"de_DE.UTF-8", "tr_TR.UTF-8", "C.UTF-8", ""}) {
    if (std::setlocale(LC_ALL, locale) == nullptr) continue;  // not every machine has all of them
    setenv("TZ", "Asia/Kathmandu", 1);
    setenv("TITORELLI_NOBODY_READS_THIS", locale, 1);
    CAPTURE(locale);
    CHECK(digest_of(small_crash(1)) == plain);
  }
  std::setlocale(LC_ALL, before.c_str());
  unsetenv("TZ");
  unsetenv("TITORELLI_NOBODY_READS_THIS");
}

// The literals hold for every compiler and build type. A change of the model moves them: look at
// why, then run this test with TITORELLI_REWRITE_DIGESTS=1 and commit the file.
TEST_CASE("determinism: the tours and records by hand give the recorded digests, in every build") {
  const std::string path = "tests/data/digests.txt";
  if (std::getenv("TITORELLI_REWRITE_DIGESTS") != nullptr) {
    std::ofstream file(std::string(TITORELLI_SOURCE_DIR "/") + path);
    file << "# scenario seed digest. Rewritten by test_determinism, TITORELLI_REWRITE_DIGESTS=1.\n";
    for (const char* scenario : {kLeaderCrash, kAcksOne, kByHand}) {
      file << scenario << " 1 " << std::hex << std::setw(16) << std::setfill('0')
           << digest_of(scenario_file(scenario, 1)) << std::dec << "\n";
    }
  }
  std::istringstream recorded(determinism::read_file(path));
  std::map<std::string, int> seen;
  for (std::string line; std::getline(recorded, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words(line);
    std::string scenario;
    std::uint64_t seed = 0;
    std::uint64_t digest = 0;
    words >> scenario >> seed >> std::hex >> digest;
    REQUIRE_MESSAGE(!words.fail(), line);
    CAPTURE(scenario);
    CHECK(digest_of(scenario_file(scenario, seed)) == digest);
    ++seen[scenario];
  }
  CHECK(seen[kLeaderCrash] == 1);
  CHECK(seen[kAcksOne] == 1);
  CHECK(seen[kByHand] == 1);
}
