// Files of a run: summary.json, the CSVs, the verdict.
#include "sim/lab/results.h"

#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "reports/extract.h"

namespace sim {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;

env::Instant at(env::Duration since_start) { return env::Instant(since_start); }

RunReport sample() {
  RunReport run;
  run.scenario = "scenarios/x.lua";
  run.title = "a title";
  run.seed = 7;
  run.digest = 0xabc;
  run.virtual_time = 10s;
  run.events = 100;
  run.messages = 50;
  run.wall_us = 12'345;
  run.checks = {{.name = "no_lost_acks",
                 .verdict = kafka::Verdict::kOk,
                 .evaluated = 5,
                 .detail = "",
                 .at = std::nullopt}};
  run.thresholds = {{.metric = "produce.latency",
                     .expression = "p99 < 2s",
                     .value = "1.0 ms",
                     .value_us = 1000,
                     .ok = true}};
  run.faults = {{.name = "kill broker-1", .at = at(3s), .until = std::nullopt, .affected = 4},
                {.name = "pause broker-2", .at = at(4s), .until = at(5s), .affected = 1}};
  run.rerun = "titorelli run scenarios/x.lua --seed 7";
  run.metrics.add(Count::kSent, at(1500ms));
  run.metrics.add(Count::kAcked, at(1500ms));
  run.metrics.add(Latency::kProduce, at(1500ms), 2ms);
  return run;
}

std::vector<std::string> keys(const Json& json) {
  std::vector<std::string> result;
  for (const auto& item : json.items()) result.push_back(item.key());
  return result;
}
using Keys = std::vector<std::string>;

}  // namespace

TEST_CASE("summary.json: the keys stand in the promised order") {
  const Json json = Json::parse(summary_json(sample()));
  CHECK(keys(json) == Keys{"schema_version", "scenario", "seed", "verdict", "digest", "virtual_ms",
                           "events", "messages", "wall_ms", "checks", "thresholds", "faults",
                           "metrics", "rerun"});
  CHECK(keys(json["checks"][0]) == Keys{"name", "verdict", "evaluated", "detail", "at_ms"});
  CHECK(keys(json["thresholds"][0]) == Keys{"metric", "expr", "value", "ok"});
  CHECK(keys(json["faults"][0]) == Keys{"name", "at_ms", "until_ms", "affected", "effects"});
  CHECK(keys(json["metrics"]) == Keys{"produce.latency", "e2e.latency", "records.sent",
                                      "records.acked", "records.failed", "records.unfinished",
                                      "records.delivered"});
  CHECK(keys(json["metrics"]["produce.latency"]) ==
        Keys{"count", "p50_us", "p90_us", "p99_us", "p999_us", "max_us"});
}

TEST_CASE("summary.json: values, nulls and a digest of 16 digits") {
  const Json json = Json::parse(summary_json(sample()));
  CHECK(json["schema_version"] == 1);
  CHECK(json["seed"] == 7);
  CHECK(json["verdict"] == "passed");
  CHECK(json["digest"] == "0000000000000abc");
  CHECK(json["virtual_ms"] == 10'000);
  CHECK(json["wall_ms"] == 12);
  CHECK(json["checks"][0]["at_ms"].is_null());
  CHECK(json["faults"][0]["at_ms"] == 3000);
  CHECK(json["faults"][0]["until_ms"].is_null());
  CHECK(json["faults"][1]["until_ms"] == 5000);
  CHECK(json["metrics"]["produce.latency"]["count"] == 1);
  CHECK(json["metrics"]["produce.latency"]["p99_us"] == 2000);
  CHECK(json["metrics"]["records.sent"] == 1);
  CHECK(json["rerun"] == "titorelli run scenarios/x.lua --seed 7");
}

TEST_CASE("summary.json: a condition not reached is a check row, notes and errors come last") {
  RunReport run = sample();
  run.liveness = {"wait_until at x.lua:3 was not reached within 5s"};
  run.error = "x.lua:9: oops";
  run.notes = {"hello"};
  const Json json = Json::parse(summary_json(run));
  CHECK(json["checks"][1]["name"] == "liveness");
  CHECK(json["checks"][1]["verdict"] == "violated");
  CHECK(json["error"] == "x.lua:9: oops");
  CHECK(keys(json).back() == "notes");
}

TEST_CASE("verdict: nondeterminism before error before violation before unknown before liveness") {
  RunReport run = sample();
  CHECK(verdict_of(run) == RunVerdict::kPassed);
  run.liveness = {"a condition was not reached"};
  CHECK(verdict_of(run) == RunVerdict::kLiveness);
  run.checks.push_back({.name = "replicas_agree",
                        .verdict = kafka::Verdict::kUnknown,
                        .evaluated = 0,
                        .detail = "",
                        .at = std::nullopt});
  CHECK(verdict_of(run) == RunVerdict::kUnknown);
  run.thresholds[0].ok = false;
  CHECK(verdict_of(run) == RunVerdict::kViolated);
  run.error = "x.lua:9: oops";
  CHECK(verdict_of(run) == RunVerdict::kError);
  run.nondeterminism = "event 9 differs";
  CHECK(verdict_of(run) == RunVerdict::kNondeterministic);
}

TEST_CASE("verdict: a check that judged nothing passes only where the scenario allows it") {
  RunReport run = sample();
  run.checks[0].verdict = kafka::Verdict::kUnknown;
  CHECK(verdict_of(run) == RunVerdict::kUnknown);
  run.allowed_unknown = {"no_lost_acks"};
  CHECK(verdict_of(run) == RunVerdict::kPassed);
}

TEST_CASE("verdict: exit codes are those of the command line's promise") {
  CHECK(exit_code_of(RunVerdict::kPassed) == 0);
  CHECK(exit_code_of(RunVerdict::kViolated) == 1);
  CHECK(exit_code_of(RunVerdict::kUnknown) == 1);
  CHECK(exit_code_of(RunVerdict::kError) == 3);
  CHECK(exit_code_of(RunVerdict::kLiveness) == 4);
  CHECK(exit_code_of(RunVerdict::kNondeterministic) == 5);
  CHECK(exit_code_of(RunVerdict::kInternal) == 70);
}

TEST_CASE("events.csv: nanoseconds kept, absent values empty, quotes as RFC 4180 says") {
  RunReport run = sample();
  run.event_rows = {
      {.at = at(std::chrono::nanoseconds(1'500'000'001)),
       .event = "partition",
       .node = "controller-3000",
       .partition = "orders-0",
       .leader = 2,
       .leader_epoch = 1,
       .isr = {2, 3, 1},
       .detail = "election"},
      {.at = at(2s), .event = "fault", .detail = "partition {a, b} | {\"c\"}\nover two lines"}};
  CHECK(events_csv(run) ==
        "time_ms,event,node,partition,leader,leader_epoch,isr,detail\n"
        "1500.000001,partition,controller-3000,orders-0,2,1,2 3 1,election\n"
        "2000.000000,fault,,,,,,\"partition {a, b} | {\"\"c\"\"}\nover two lines\"\n");
  // What we write, we read.
  const auto table = reports::Table::parse(events_csv(run), "events.csv");
  REQUIRE(table.has_value());
  CHECK(table->cell(1, "detail") == run.event_rows[1].detail);
}

TEST_CASE("metrics.csv: a row for each window and statistic, by the intended send time") {
  Metrics metrics;
  metrics.add(Count::kSent, at(200ms));
  metrics.add(Count::kSent, at(2100ms));
  metrics.add(Latency::kProduce, at(2100ms), 1500us);
  metrics.add(Latency::kProduce, at(2999ms), 200ns);
  CHECK(metrics.csv() ==
        "time_ms,metric,value\n"
        "2000,produce.latency.count,2\n"
        "2000,produce.latency.p50_us,0.200\n"
        "2000,produce.latency.p99_us,1500.000\n"
        "2000,produce.latency.max_us,1500.000\n"
        "0,records.sent,1\n"
        "1000,records.sent,0\n"
        "2000,records.sent,1\n");
}

TEST_CASE("histograms.csv: a row for each bucket that holds something") {
  Metrics metrics;
  for (int i = 0; i < 3; ++i) metrics.add(Latency::kEndToEnd, at(0s), 100ns);
  metrics.add(Latency::kEndToEnd, at(0s), 1ms);
  CHECK(metrics.histograms_csv() ==
        "metric,low_us,high_us,count\n"
        "e2e.latency,0.100,0.100,3\n"
        "e2e.latency,999.424,1003.519,1\n");
}

TEST_CASE("FORMAT.md: names every file, column and metric that is written") {
  const auto format = reports::read_file(TITORELLI_SOURCE_DIR "/reports/FORMAT.md");
  REQUIRE(format.has_value());
  const auto is_named = [&format](const std::string& word) {
    const bool found = format->find("`" + word + "`") != std::string::npos;
    if (!found) MESSAGE("not in FORMAT.md: ", word);
    return found;
  };
  const RunReport run = sample();
  for (const std::string& csv :
       {events_csv(run), run.metrics.csv(), run.metrics.histograms_csv()}) {
    std::istringstream header(csv.substr(0, csv.find('\n')));
    for (std::string column; std::getline(header, column, ',');) CHECK(is_named(column));
  }
  for (Latency which : kLatencies) CHECK(is_named(std::string(info(which).name)));
  for (Count which : kCounts) CHECK(is_named(std::string(info(which).name)));
  for (const std::string& key : keys(Json::parse(summary_json(run)))) {
    const bool is_list = key == "checks" || key == "thresholds" || key == "faults";
    CHECK(is_named(is_list ? key + "[]" : key));
  }
}

TEST_CASE("human: a duration in the unit that fits") {
  CHECK(human(std::chrono::nanoseconds(900)) == "900 ns");
  CHECK(human(250us) == "250 us");
  CHECK(human(5700us) == "5.7 ms");
  CHECK(human(9280ms) == "9.28 s");
}

}  // namespace sim
