// Every bug that can be planted in the model is caught by the checker that is there for it, and the
// model without it passes the same story under all five checks. A bug sits in the model's logic,
// never in an observation or in a checker.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/lua/scenario.h"
#include "tests/unit/planted/stories.h"

namespace {

using kafka::BrokerMutations;
using kafka::ControllerMutations;

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
const Story kControllerIsBackFirst{"controller is back first",
                                   planted::kControllerIsBackFirst,
                                   {{"min_isr", "1"}, {"lag", "2000"}}};
const Story kTwoLeadersDie{"two leaders die", planted::kTwoLeadersDie};
const Story kFollowerReturns{"follower returns", planted::kFollowerReturns};
const Story kLaggardIsThere{"laggard", planted::kLaggardIsThere, {{"lag", "2000"}}};
const Story kConsumerSleeps{"consumer sleeps", planted::kConsumerSleeps, {{"fetch_min", "1000"}}};
const Story kConsumerHasBacklog{"backlog", planted::kConsumerHasBacklog, {{"fetch_max", "1000"}}};

struct PlantedBug {
  std::string_view name;  // of the switch
  bool BrokerMutations::* broker = nullptr;
  bool ControllerMutations::* controller = nullptr;
  const Story* story = nullptr;
  std::string_view caught_by;
};

PlantedBug in_broker(std::string_view name, bool BrokerMutations::* bug, const Story& story,
                     std::string_view caught_by) {
  return {.name = name, .broker = bug, .story = &story, .caught_by = caught_by};
}

PlantedBug in_controller(std::string_view name, bool ControllerMutations::* bug, const Story& story,
                         std::string_view caught_by) {
  return {.name = name, .controller = bug, .story = &story, .caught_by = caught_by};
}

#define BROKER(name) #name, &BrokerMutations::name
#define CONTROLLER(name) #name, &ControllerMutations::name

const std::vector<PlantedBug>& planted_bugs() {
  static const std::vector<PlantedBug> bugs{
      in_broker(BROKER(ack_before_isr_has_it), kCutAndKilled, "no_lost_acks"),
      in_broker(BROKER(ack_before_append), kCutAndKilled, "no_lost_acks"),
      in_broker(BROKER(high_watermark_ignores_followers), kCutAndAlive, "no_lost_acks"),
      in_broker(BROKER(truncate_to_high_watermark), kTwoLeadersDie, "no_lost_acks"),
      in_broker(BROKER(ignore_diverging_epoch), kCutAndAlive, "replicas_agree"),
      in_broker(BROKER(high_watermark_moves_back), kFollowerReturns, "high_watermark_monotonic"),
      in_broker(BROKER(no_leader_epoch_fencing), kCutAndAliveMinIsrOne, "no_lost_acks"),
      in_broker(BROKER(consumer_reads_past_high_watermark), kConsumerSleeps,
                "in_order_without_gaps"),
      in_broker(BROKER(fetch_skips_a_batch), kConsumerHasBacklog, "in_order_without_gaps"),
      in_controller(CONTROLLER(elect_outside_isr), kLaggardIsThere, "no_lost_acks"),
      in_controller(CONTROLLER(reuse_leader_epoch), kCutAndKilled, "one_leader_per_epoch"),
      in_controller(CONTROLLER(accept_deposed_leader), kControllerIsBackFirst, "no_lost_acks"),
  };
  return bugs;
}

#undef BROKER
#undef CONTROLLER

sim::RunReport tell(const Story& story, std::uint64_t seed, const PlantedBug* bug) {
  sim::ScenarioOptions options;
  options.path = std::string(story.name);
  options.source = std::string(planted::kPrelude) + std::string(story.source);
  options.seed = seed;
  options.parameters = story.parameters;
  if (bug != nullptr && bug->broker != nullptr) options.broker_mutations.*bug->broker = true;
  if (bug != nullptr && bug->controller != nullptr)
    options.controller_mutations.*bug->controller = true;
  const auto run = sim::ScenarioRun::create(std::move(options));
  const auto failure = run->begin();
  REQUIRE_MESSAGE(!failure.has_value(), failure.value_or(sim::ScenarioFailure{}).text);
  return run->finish();
}

const kafka::CheckResult& result_of(const sim::RunReport& report, std::string_view checker) {
  const auto found = std::find_if(
      report.checks.begin(), report.checks.end(),
      [&](const kafka::CheckResult& r) { return r.name == std::string(checker) + "(orders)"; });
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

}  // namespace

TEST_CASE("planted bugs: without any, every story passes all five checks, each really asked") {
  std::set<const Story*> stories;
  for (const PlantedBug& bug : planted_bugs()) stories.insert(bug.story);
  for (const PlantedBug& bug : planted_bugs()) {
    if (stories.erase(bug.story) == 0) continue;  // told already
    for (const std::uint64_t seed : kSeeds) {
      const sim::RunReport report = tell(*bug.story, seed, nullptr);
      CAPTURE(bug.story->name);
      CAPTURE(seed);
      CHECK_MESSAGE(sim::verdict_of(report) == sim::RunVerdict::kPassed, verdicts(report));
      CHECK(report.checks.size() == kafka::checkers().size());
    }
  }
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

TEST_CASE("planted bugs: no switch is left out, and every checker catches one") {
  static_assert(sizeof(BrokerMutations) % sizeof(bool) == 0);
  const std::size_t switches = sizeof(BrokerMutations) + sizeof(ControllerMutations);
  std::set<std::string_view> names;
  std::set<std::string_view> catchers;
  for (const PlantedBug& bug : planted_bugs()) {
    names.insert(bug.name);
    catchers.insert(bug.caught_by);
  }
  CHECK(names.size() == switches / sizeof(bool));
  for (const kafka::CheckerInfo& checker : kafka::checkers()) {
    CAPTURE(checker.name);
    CHECK(catchers.contains(checker.name));
  }
}

TEST_CASE("planted bugs: docs/checks.md has a row for each") {
  std::ifstream file(TITORELLI_SOURCE_DIR "/docs/checks.md");
  REQUIRE(file.good());
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  for (const PlantedBug& bug : planted_bugs()) {
    const std::string head = "| `" + std::string(bug.name) + "` |";
    const auto row = std::find_if(lines.begin(), lines.end(),
                                  [&](const std::string& line) { return line.starts_with(head); });
    CAPTURE(bug.name);
    REQUIRE(row != lines.end());
    CHECK(row->find("| " + std::string(bug.story->name) + " |") != std::string::npos);
    CHECK(row->find("| `" + std::string(bug.caught_by) + "` |") != std::string::npos);
  }
}
