// The museum: old logic of Kafka's that was a bug, each in a scenario file that shows it. Violated,
// by name, under the old logic; passed under the new logic on the same seed; passed under the old
// logic when the fault is taken out.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "broker-model/types/mutations.h"
#include "sim/lua/module_files.h"
#include "sim/lua/scenario.h"

namespace {

constexpr std::array<std::uint64_t, 3> kSeeds{1, 2, 3};

struct Exhibit {
  std::string_view scenario;
  std::string_view old_logic;
  std::string_view caught_by;
};

constexpr Exhibit kExhibits[] = {
    {"scenarios/replication/museum-01-truncation-to-high-watermark.lua",
     "replication.truncation=high_watermark", "no_lost_acks"},
    {"scenarios/replication/museum-06-last-replica-standing.lua", "controller.elr=off",
     "no_lost_acks"},
    {"scenarios/replication/museum-06-last-replica-standing.lua",
     "replication.hw_requires_min_isr=off", "leader_completeness"},
    {"scenarios/replication/museum-28-commit-rule.lua", "raft.commit_rule=epoch_start",
     "quorum_agrees"},
    {"scenarios/replication/museum-30-no-check-quorum.lua", "raft.check_quorum=off",
     "the old leader steps down"},
};

std::string path_of(const Exhibit& exhibit) {
  return TITORELLI_SOURCE_DIR "/" + std::string(exhibit.scenario);
}

std::string source_of(const Exhibit& exhibit) {
  std::ifstream file(path_of(exhibit));
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

sim::RunReport run(const Exhibit& exhibit, std::uint64_t seed, bool is_old, bool has_fault) {
  sim::ScenarioOptions options;
  options.path = path_of(exhibit);
  options.source = source_of(exhibit);
  options.seed = seed;
  options.read_module = sim::module_reader(options.path);
  if (!has_fault) options.parameters["fault"] = "false";
  if (is_old) options.planted = {std::string(exhibit.old_logic)};
  const auto made = sim::ScenarioRun::create(std::move(options));
  const auto failure = made->begin();
  REQUIRE_MESSAGE(!failure.has_value(), failure.value_or(sim::ScenarioFailure{}).text);
  return made->finish();
}

}  // namespace

TEST_CASE("museum: violated by name under the old logic, passed under the new one on that seed") {
  for (const Exhibit& exhibit : kExhibits) {
    for (const std::uint64_t seed : kSeeds) {
      CAPTURE(exhibit.scenario);
      CAPTURE(seed);
      const sim::RunReport report = run(exhibit, seed, true, true);
      CHECK(sim::verdict_of(report) == sim::RunVerdict::kViolated);
      CHECK(std::ranges::any_of(report.checks, [&](const kafka::CheckResult& check) {
        return check.verdict == kafka::Verdict::kViolated &&
               check.name.starts_with(exhibit.caught_by);
      }));
      CHECK(sim::verdict_of(run(exhibit, seed, false, true)) == sim::RunVerdict::kPassed);
    }
  }
}

TEST_CASE("museum: old logic without the fault does no harm") {
  for (const Exhibit& exhibit : kExhibits) {
    CAPTURE(exhibit.scenario);
    CHECK(sim::verdict_of(run(exhibit, 1, true, false)) == sim::RunVerdict::kPassed);
  }
}

TEST_CASE("museum: old logic is registered as such, and named in its scenario") {
  for (const Exhibit& exhibit : kExhibits) {
    const kafka::LogicSwitch* logic = kafka::find_logic_switch(exhibit.old_logic);
    REQUIRE(logic != nullptr);
    CHECK(logic->kind == kafka::kOldLogic);
    CHECK(source_of(exhibit).find("--plant " + std::string(exhibit.old_logic)) !=
          std::string::npos);
  }
}
