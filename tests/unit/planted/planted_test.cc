// Every bug that can be planted in the model is caught by the checker that is there for it, and the
// model without it passes the same story under the same checks. A bug sits in the model's logic,
// never in an observation or in a checker.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "broker-model/types/mutations.h"
#include "sim/lua/scenario.h"
#include "tests/unit/planted/stories.h"

namespace {

constexpr std::array<std::uint64_t, 3> kSeeds{1, 2, 3};

using Parameters = std::map<std::string, std::string>;

struct Story {
  std::string_view name;
  std::string_view source;
  Parameters parameters{};
};

const Story kCutAndKilled{"cut and killed", planted::kCutAndKilled};
const Story kCutAndAlive{"cut and alive", planted::kCutAndAlive};
const Story kCutAndAliveMinIsrOne{
    "cut and alive, min ISR 1", planted::kCutAndAlive, {{"min_isr", "1"}, {"lag", "2000"}}};
const Story kTwoLeadersDie{"two leaders die", planted::kTwoLeadersDie};
const Story kQuorumIsCut{"quorum is cut", planted::kQuorumIsCut, {{"controllers", "3"}}};
const Story kFollowerReturns{"follower returns", planted::kFollowerReturns};
const Story kLaggardIsThere{"laggard", planted::kLaggardIsThere, {{"lag", "2000"}}};
const Story kLightsGoOut{"the lights go out", planted::kLightsGoOut, {{"flush", "1"}}};
const Story kCompacted{"compacted", planted::kCompacted};
const Story kConsumerHasBacklog{"backlog", planted::kConsumerHasBacklog, {{"fetch_max", "1000"}}};

const Story kFlushedThenDark{"flushed, then dark", planted::kFlushedThenDark};
const Story kWritesFail{"writes fail", planted::kWritesFail};

struct PlantedBug {
  std::string_view name;
  const Story* story = nullptr;
  std::string_view caught_by;
};

const std::vector<PlantedBug>& planted_bugs() {
  static const std::vector<PlantedBug> bugs{
      {"append_forgets_sync", &kLightsGoOut, "no_lost_acks"},
      {"cleaner_keeps_oldest", &kCompacted, "compaction_keeps_newest"},
      {"ack_before_isr_has_it", &kCutAndKilled, "no_lost_acks"},
      {"ack_before_append", &kCutAndKilled, "no_lost_acks"},
      {"high_watermark_ignores_followers", &kCutAndAlive, "no_lost_acks"},
      {"ignore_diverging_epoch", &kCutAndAlive, "replicas_agree"},
      {"high_watermark_moves_back", &kFollowerReturns, "high_watermark_monotonic"},
      {"no_leader_epoch_fencing", &kCutAndAliveMinIsrOne, "no_lost_acks"},
      {"fetch_skips_a_batch", &kConsumerHasBacklog, "in_order_without_gaps"},
      {"elect_outside_isr", &kLaggardIsThere, "no_lost_acks"},
      {"reuse_leader_epoch", &kCutAndKilled, "one_leader_per_epoch"},
      {"commits_alone", &kQuorumIsCut, "quorum_agrees"},
      {"elect_outside_isr", &kLaggardIsThere, "leader_completeness"},
      {"high_watermark_ignores_followers", &kCutAndAlive, "isr_holds_committed"},
      {"pending_isr_ignored", &kFollowerReturns, "isr_within_maximal"},
      {"leader_epoch_moves_back", &kTwoLeadersDie, "leader_epoch_monotonic"},
      {"sync_forgotten", &kFlushedThenDark, "flushed_logs_survive"},
      {"disk_errors_ignored", &kWritesFail, "flushed_logs_survive"},
  };
  return bugs;
}

sim::RunReport tell(const Story& story, std::uint64_t seed, const PlantedBug* bug) {
  sim::ScenarioOptions options;
  options.path = std::string(story.name);
  options.source = std::string(planted::kPrelude) + std::string(story.source);
  options.seed = seed;
  options.parameters = story.parameters;
  if (bug != nullptr) options.planted = {std::string(bug->name)};
  const auto run = sim::ScenarioRun::create(std::move(options));
  const auto failure = run->begin();
  REQUIRE_MESSAGE(!failure.has_value(), failure.value_or(sim::ScenarioFailure{}).text);
  return run->finish();
}

const kafka::CheckResult& result_of(const sim::RunReport& report, std::string_view checker) {
  const auto found = std::find_if(
      report.checks.begin(), report.checks.end(),
      [&](const kafka::CheckResult& r) { return r.name.substr(0, r.name.find('(')) == checker; });
  REQUIRE(found != report.checks.end());
  return *found;
}

std::string verdicts(const sim::RunReport& report) {
  std::string text = report.error.value_or("");
  for (const kafka::CheckResult& result : report.checks)
    text += "\n  " + result.name + ": " + std::string(kafka::name(result.verdict)) + " " +
            std::to_string(result.evaluated) + " " + result.detail.substr(0, 300);
  for (const std::string& sentence : report.liveness) text += "\n  " + sentence;
  return text;
}

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(TITORELLI_SOURCE_DIR "/" + path);
  REQUIRE(file.good());
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// As `titorelli score` words it: "no_lost_acks, replicas_agree", "liveness", "passed".
std::string outcome_of(std::string_view bug, std::uint64_t seed) {
  std::string source;
  for (const std::string& line : lines_of("scenarios/score/nemesis.lua")) source += line + "\n";
  sim::ScenarioOptions options;
  options.path = "scenarios/score/nemesis.lua";
  options.source = std::move(source);
  options.seed = seed;
  options.planted = {std::string(bug)};
  const auto run = sim::ScenarioRun::create(std::move(options));
  REQUIRE_FALSE(run->begin().has_value());
  const sim::RunReport report = run->finish();
  if (sim::verdict_of(report) != sim::RunVerdict::kViolated)
    return std::string(sim::name(sim::verdict_of(report)));
  std::string names;
  for (const kafka::CheckResult& check : report.checks) {
    if (check.verdict != kafka::Verdict::kViolated) continue;
    names += (names.empty() ? "" : ", ") + check.name.substr(0, check.name.find('('));
  }
  return names;
}

}  // namespace

TEST_CASE("planted bugs: without any, every story passes all checks, each really asked") {
  std::set<const Story*> stories;
  std::set<std::string> asked;
  for (const PlantedBug& bug : planted_bugs()) stories.insert(bug.story);
  for (const PlantedBug& bug : planted_bugs()) {
    if (stories.erase(bug.story) == 0) continue;  // told already
    for (const std::uint64_t seed : kSeeds) {
      const sim::RunReport report = tell(*bug.story, seed, nullptr);
      CAPTURE(bug.story->name);
      CAPTURE(seed);
      CHECK_MESSAGE(sim::verdict_of(report) == sim::RunVerdict::kPassed, verdicts(report));
      for (const kafka::CheckResult& check : report.checks)
        asked.insert(check.name.substr(0, check.name.find('(')));
    }
  }
  CHECK(asked.size() == kafka::checkers().size());
}

TEST_CASE("planted bugs: each is caught by its checker on every seed") {
  for (const PlantedBug& bug : planted_bugs()) {
    for (const std::uint64_t seed : kSeeds) {
      const sim::RunReport report = tell(*bug.story, seed, &bug);
      CAPTURE(bug.name);
      CAPTURE(seed);
      CHECK_MESSAGE(result_of(report, bug.caught_by).verdict == kafka::Verdict::kViolated,
                    verdicts(report));
      CHECK_MESSAGE(!report.error.has_value(), verdicts(report));
    }
  }
}

TEST_CASE("planted bugs: every checker catches one in a story") {
  std::set<std::string_view> catchers;
  for (const PlantedBug& bug : planted_bugs()) {
    CAPTURE(bug.name);
    CHECK(kafka::find_logic_switch(bug.name) != nullptr);
    catchers.insert(bug.caught_by);
  }
  for (const kafka::CheckerInfo& checker : kafka::checkers()) {
    CAPTURE(checker.name);
    // `log_start_moves_back` needs a follower whose log starts later than its leader's.
    if (checker.name == "log_start_monotonic") continue;
    CHECK(catchers.contains(checker.name));
  }
}

TEST_CASE("planted bugs: docs/checks.md has a row for each story") {
  const std::vector<std::string> lines = lines_of("docs/checks.md");
  for (const PlantedBug& bug : planted_bugs()) {
    const std::string row = "| `" + std::string(bug.name) + "` | " + std::string(bug.story->name) +
                            " | `" + std::string(bug.caught_by) + "` |";
    CAPTURE(row);
    CHECK(std::ranges::find(lines, row) != lines.end());
  }
}

// --- the score: every bug of the registry under the standard nemesis
// ------------------------------

TEST_CASE("planted bugs: no switch is left out of the registry, and its names are unique") {
  static_assert(sizeof(kafka::Mutations) % sizeof(bool) == 0);
  std::set<std::string_view> names;
  std::set<const bool*> fields;
  kafka::Mutations mutations;
  for (const kafka::LogicSwitch& each : kafka::logic_switches()) {
    names.insert(each.name);
    fields.insert(&each.of(mutations));
    CHECK_FALSE(each.of(mutations));
    CHECK_FALSE(each.doc.empty());
  }
  CHECK(names.size() == kafka::logic_switches().size());
  // One switch has a part of its own for the controller: mutations_of() throws both.
  CHECK(fields.size() + 1 == sizeof(kafka::Mutations) / sizeof(bool));
}

TEST_CASE("planted bugs: a name that is none is refused with the nearest") {
  const auto none = kafka::mutations_of({"reuse_leader_epoch", "retry_bump_epoch"});
  REQUIRE_FALSE(none.has_value());
  CHECK(none.error() ==
        "there is no planted bug \"retry_bump_epoch\"; did you mean retry_bumps_epoch?");
  const auto two = kafka::mutations_of({"reuse_leader_epoch", "retry_bumps_epoch"});
  REQUIRE(two.has_value());
  CHECK(two->controller.reuse_leader_epoch);
  CHECK(two->client.retry_bumps_epoch);
  CHECK_FALSE(two->controller.elect_outside_isr);
}

TEST_CASE("planted bugs: the score table of docs/checks.md has a true row for each") {
  constexpr std::uint64_t kCheap = 4;  // so many seeds are run again; of the others the last alone
  const std::vector<std::string> lines = lines_of("docs/checks.md");
  for (const kafka::LogicSwitch& bug : kafka::logic_switches()) {
    const std::string head = "| `" + std::string(bug.name) + "` | " + std::string(bug.room) +
                             " | " + std::string(bug.doc) + " | ";
    const auto row = std::ranges::find_if(
        lines, [&](const std::string& line) { return line.starts_with(head); });
    CAPTURE(head);
    REQUIRE(row != lines.end());
    std::istringstream rest(row->substr(head.size()));
    std::uint64_t seeds = 0;
    rest >> seeds;
    if (seeds == 0) {  // "missed in 60"
      const std::string explained = "- `" + std::string(bug.name) + "`: ";
      CHECK(std::ranges::any_of(
          lines, [&](const std::string& line) { return line.starts_with(explained); }));
      CHECK(!bug.unseen.empty());
      continue;
    }
    const std::string caught_by = row->substr(row->rfind("| ", row->size() - 3) + 2);
    for (std::uint64_t seed = seeds <= kCheap ? 1 : seeds; seed <= seeds; ++seed) {
      CAPTURE(seed);
      const std::string outcome = outcome_of(bug.name, seed);
      CHECK(outcome + " |" == (seed < seeds ? "passed |" : caught_by));
    }
  }
}
