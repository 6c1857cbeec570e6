// Bundles: what goes in comes out and runs the same; what is no bundle is refused.
#include "sim/explore/bundle.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "reports/bundle.pb.h"
#include "sim/core/hash.h"
#include "sim/lua/scenario.h"

namespace {

using sim::Bundle;
using sim::BundledRun;
using sim::Checkpoint;
using sim::RunReport;
using sim::ScenarioOptions;

constexpr std::string_view kScenario = R"lua(
scenario { api = 1, name = "bundled", params = { rate = 20 } }
local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
check.no_lost_acks(orders)
c:producer { acks = "all" }:drive { topic = orders, rate = param.rate .. "/s", size = 100 }
local waits = require("waits")
at("3s", function()
  waits.kill(orders:leader(0))
end)
run_for("5s")
)lua";

ScenarioOptions as_on_disk() {
  ScenarioOptions options;
  options.path = "scenarios/bundled.lua";
  options.source = kScenario;
  options.seed = 7;
  options.parameters = {{"rate", "30"}};
  options.overrides = {"replica.lag.time.max.ms=2000"};
  options.read_module =
      [](const std::string& name) -> std::expected<sim::ModuleText, sim::ModuleRefusal> {
    if (name != "waits") return std::unexpected(sim::ModuleRefusal{.message = "no", .known = {}});
    return sim::ModuleText{.path = "scenarios/lib/waits.lua",
                           .source = "return { kill = function(node) node:kill() end }"};
  };
  return options;
}

RunReport finished(ScenarioOptions options) {
  const auto run = sim::ScenarioRun::create(std::move(options));
  const auto failure = run->begin();
  REQUIRE_MESSAGE(!failure.has_value(), failure.value_or(sim::ScenarioFailure{}).text);
  return run->finish();
}

BundledRun bundled(const RunReport& report) {
  return {.variant = report.variant,
          .outcome = "passed",
          .events = report.events,
          .digest = report.digest,
          .checkpoints = report.checkpoints};
}

// The bundle of that scenario, and the report of its run.
Bundle bundle_of_run(RunReport& report) {
  ScenarioOptions options = as_on_disk();
  sim::SourceKeeper keeper;
  keeper.keep(options);
  report = finished(options);
  Bundle bundle;
  bundle.version = "0.1.0";
  bundle.build = 17;
  keeper.put_into(bundle);
  bundle.seed = *options.seed;
  bundle.parameters = options.parameters;
  bundle.overrides = options.overrides;
  bundle.runs = {bundled(report)};
  return bundle;
}

Bundle small_bundle() {
  Bundle bundle;
  bundle.version = "0.1.0";
  bundle.build = 17;
  bundle.scenario = "s.lua";
  bundle.source = "scenario{ api = 1 }";
  bundle.modules = {{"waits", {.path = "lib/waits.lua", .source = "return 1"}}};
  bundle.files = {{"old.capture", "\x01\x02"}};
  bundle.seed = 3;
  bundle.parameters = {{"rate", "20"}};
  bundle.overrides = {"num.io.threads=4"};
  bundle.planted = {"ack_before_append"};
  bundle.check_every_event = true;
  bundle.variant = "acks=1";
  bundle.decisions.set("net/a-b", 4, 99);
  bundle.runs = {
      {.variant = "acks=1",
       .outcome = "violated: no_lost_acks",
       .events = 20,
       .digest = 5,
       .checkpoints = {
           {.at = env::Instant(env::Duration(1'000'000'000)), .events = 12, .digest = 6}}}};
  return bundle;
}

// The bytes of a file with that content, checksum and all.
std::string file_of(const titorelli::bundle::Bundle& content) {
  titorelli::bundle::File file;
  file.set_magic("titorelli bundle");
  file.set_schema_version(1);
  file.set_content(content.SerializeAsString());
  file.set_checksum(sim::hash_text(file.content()));
  return file.SerializeAsString();
}

}  // namespace

TEST_CASE("bundle: what goes in comes out") {
  const std::string bytes = sim::encode(small_bundle());
  const auto again = sim::decode_bundle(bytes);
  REQUIRE(again.has_value());
  CHECK(sim::encode(*again) == bytes);
  CHECK(again->modules.at("waits").source == "return 1");
  CHECK(again->files.at("old.capture") == "\x01\x02");
  CHECK(again->planted == std::vector<std::string>{"ack_before_append"});
  CHECK(again->variant == "acks=1");
  CHECK(again->decisions == small_bundle().decisions);
  CHECK(again->runs.front().checkpoints == small_bundle().runs.front().checkpoints);
}

TEST_CASE("bundle: runs without the files it was made from, to the same digest") {
  RunReport report;
  const Bundle bundle = bundle_of_run(report);
  REQUIRE(report.checkpoints.size() == 5);
  const auto shared = std::make_shared<const Bundle>(*sim::decode_bundle(sim::encode(bundle)));
  const RunReport again = finished(*sim::scenario_options(shared));
  CHECK(again.digest == report.digest);
  CHECK(!sim::parting(shared->runs.front(), again).has_value());
}

TEST_CASE("bundle: another decision makes another run, which parts where it was made") {
  RunReport report;
  Bundle bundle = bundle_of_run(report);
  bundle.decisions.set("net/controller-3000-broker-1", 25, UINT64_MAX);  // the delay of one frame
  const auto shared = std::make_shared<const Bundle>(bundle);
  const RunReport other = finished(*sim::scenario_options(shared));
  CHECK(other.unused_decisions.empty());
  const auto parting = sim::parting(bundle.runs.front(), other);
  REQUIRE(parting.has_value());
  CHECK(parting->before.events > 0);
  REQUIRE(parting->first.has_value());
  REQUIRE(parting->second.has_value());
  CHECK(parting->first->digest != parting->second->digest);
  CHECK(finished(*sim::scenario_options(shared)).digest == other.digest);
}

TEST_CASE("bundle: stopping in a run and going on does not move it") {
  RunReport report;
  const Bundle bundle = bundle_of_run(report);
  const auto run =
      sim::ScenarioRun::create(*sim::scenario_options(std::make_shared<const Bundle>(bundle)));
  REQUIRE(!run->begin().has_value());
  CHECK(run->advance(sim::Scheduler::kNever, 1000));
  CHECK(run->lab().world().events() == 1000);
  CHECK(run->advance(env::Instant(std::chrono::milliseconds(2500)), UINT64_MAX));
  CHECK(run->lab().world().now() == env::Instant(std::chrono::milliseconds(2500)));
  CHECK(!run->advance(sim::Scheduler::kNever, report.events + 1));
  const RunReport again = run->finish();
  CHECK(again.digest == report.digest);
  CHECK(again.checkpoints == report.checkpoints);
}

TEST_CASE("bundle: truncated anywhere, or with any bit turned, it is refused") {
  const std::string bytes = sim::encode(small_bundle());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto read = sim::decode_bundle(std::string_view(bytes).substr(0, size));
    REQUIRE(!read.has_value());
    CHECK(!read.error().empty());
  }
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    CAPTURE(bit);
    CHECK(!sim::decode_bundle(damaged).has_value());
  }
}

TEST_CASE("bundle: of another version, or no bundle at all, it is refused by name") {
  titorelli::bundle::File file;
  file.set_magic("titorelli bundle");
  file.set_schema_version(2);
  CHECK(sim::decode_bundle(file.SerializeAsString()).error() ==
        "it was written by another version of titorelli (schema 2, not 1)");
  CHECK(sim::decode_bundle("").error() == "it is no bundle of Titorelli");
  CHECK(sim::decode_bundle("scenario{}").error() == "it is no bundle of Titorelli");
}

TEST_CASE("bundle: content against the rules is refused though its checksum is right") {
  titorelli::bundle::Bundle content;
  content.set_decisions("net/a-b one 2");
  CHECK(sim::decode_bundle(file_of(content)).error() ==
        "its decisions are none: line 1: the number of a draw is a whole one from 0, not \"one\"");
  content.clear_decisions();
  auto& run = *content.add_runs();
  run.add_checkpoints()->set_time_ns(5);
  run.add_checkpoints()->set_time_ns(4);
  CHECK(sim::decode_bundle(file_of(content)).error() == "its checkpoints are not in order");
  content.clear_runs();
  content.set_seed(UINT64_MAX);
  CHECK(sim::decode_bundle(file_of(content)).error() == "its seed is none");
  content.set_seed(1);
  content.add_overrides("replica.lag.time.max.m=5");
  auto bundle = sim::decode_bundle(file_of(content));
  REQUIRE(bundle.has_value());
  const auto options = sim::scenario_options(std::make_shared<const Bundle>(*bundle));
  REQUIRE(!options.has_value());
  CHECK(options.error().find("replica.lag.time.max.ms") != std::string::npos);
}

TEST_CASE("bundle: files outside of it are not there for the scenario") {
  Bundle bundle = small_bundle();
  bundle.overrides.clear();
  bundle.source =
      "scenario{ api = 1, name = 'x' }\nlocal m = require('other')\ncluster{ brokers = 1 }";
  const auto shared = std::make_shared<const Bundle>(bundle);
  auto options = *sim::scenario_options(shared);
  options.parameters.clear();
  const auto run = sim::ScenarioRun::create(std::move(options));
  const auto failure = run->begin();
  REQUIRE(failure.has_value());
  CHECK(failure->text.find("the bundle holds no module \"other\"") != std::string::npos);
  CHECK(!sim::scenario_options(shared)->read_file("../../etc/passwd").has_value());
}
