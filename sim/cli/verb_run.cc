// titorelli run: one scenario, one seed.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <memory>
#include <random>

#include "broker-model/types/mutations.h"
#include "sim/cli/run_scenario.h"
#include "sim/cli/verbs.h"
#include "sim/lab/overrides.h"

namespace sim {
namespace {

constexpr int kExitUsage = 2;

struct RunFlags {
  std::string scenario;
  std::string seed;
  std::vector<std::string> parameters;
  std::vector<std::string> overrides;
  std::vector<std::string> planted;
  std::string variant;
  std::string out;
  std::string trace = "failures";
  bool verify = false;
  bool check_every_event = false;
  bool json = false;
  bool quiet = false;
  bool verbose = false;
};

int usage(const std::string& sentence) {
  fmt::print(stderr, "titorelli run: {}\n", sentence);
  return kExitUsage;
}

// "--seed random" is the only place where a run asks the machine for anything, and it says what it
// got.
std::expected<std::optional<std::uint64_t>, std::string> parse_seed(const std::string& text) {
  if (text.empty()) return std::nullopt;
  if (text == "random") {
    const std::uint64_t seed = std::random_device{}() & 0x7fffffff;
    fmt::print(stderr, "seed {}\n", seed);
    return seed;
  }
  std::uint64_t seed = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || seed > INT64_MAX) {
    return std::unexpected(
        fmt::format("--seed expects a whole number from 0, or \"random\", got \"{}\"", text));
  }
  return seed;
}

// What is said of a run on stderr.
void print_chatter(const RunOutcome& outcome) {
  for (const std::string& warning : outcome.warnings) fmt::print(stderr, "warning: {}\n", warning);
  for (const FaultRecord& fault : outcome.report->faults) {
    if (fault.affected == 0)
      fmt::print(stderr, "warning: fault \"{}\" had no effect\n", fault.name);
  }
  if (outcome.report->error.has_value()) fmt::print(stderr, "{}\n", *outcome.report->error);
}

int run(const RunFlags& flags) {
  RunRequest request;
  request.path = flags.scenario;
  const auto seed = parse_seed(flags.seed);
  if (!seed.has_value()) return usage(seed.error());
  request.seed = *seed;
  for (const std::string& assignment : flags.parameters) {
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0) {
      return usage(fmt::format("-D expects name=value, got \"{}\"", assignment));
    }
    request.parameters[assignment.substr(0, equals)] = assignment.substr(equals + 1);
  }
  Overrides probe;
  for (const std::string& assignment : flags.overrides) {
    if (const auto added = probe.add(assignment); !added.has_value()) return usage(added.error());
  }
  request.overrides = flags.overrides;
  if (const auto known = kafka::mutations_of(flags.planted); !known.has_value())
    return usage(known.error());
  request.planted = flags.planted;
  if (!flags.variant.empty()) request.variant = flags.variant;
  if (!flags.out.empty()) request.out_directory = flags.out;
  request.trace = flags.trace == "all"   ? TraceMode::kAll
                  : flags.trace == "off" ? TraceMode::kOff
                                         : TraceMode::kFailures;
  request.verify = flags.verify;
  request.check_every_event = flags.check_every_event;

  const ScenarioOutcome outcome = run_scenario(request);
  if (outcome.runs.empty()) {
    fmt::print(stderr, "{}\n", outcome.complaint);
    return outcome.exit_code;
  }
  for (const RunOutcome& one : outcome.runs) print_chatter(one);
  if (flags.json) {
    fmt::print("{}", summary_of(outcome));
    return outcome.exit_code;
  }
  for (const RunOutcome& one : outcome.runs) {
    if (!flags.quiet) {
      fmt::print("{}", render_summary(one, flags.verbose, wants_colour()));
    } else if (one.exit_code != 0) {
      fmt::print("{}  {}\n", name(verdict_of(*one.report)), one.report->rerun);
    }
  }
  if (!flags.quiet || outcome.exit_code != 0)
    fmt::print("{}", render_comparisons(outcome, wants_colour()));
  return outcome.exit_code;
}

}  // namespace

VerbAction add_run(CLI::App& command) {
  auto flags = std::make_shared<RunFlags>();
  command.add_option("scenario", flags->scenario, "The scenario's file")->required();
  command.add_option("--seed", flags->seed,
                     "A whole number, or \"random\"; default: the scenario's own, else 1");
  command.add_option("-D", flags->parameters, "A parameter of the scenario: name=value")
      ->allow_extra_args(false);
  command
      .add_option("--set", flags->overrides,
                  "A Kafka broker, topic or client key for the whole run: key=value")
      ->allow_extra_args(false);
  add_plant_option(command, flags->planted);
  command.add_option("--variant", flags->variant,
                     "One variant of the scenario; default: all it declares, one run each");
  command.add_option(
      "-o,--out", flags->out,
      "The run directory; default out/<file's stem>-<seed>. With variants it holds a "
      "folder for each");
  command
      .add_option("--trace", flags->trace,
                  "off, failures (a failed run is run again, traced) or all")
      ->check(CLI::IsMember({"off", "failures", "all"}))
      ->capture_default_str();
  command.add_flag("--verify", flags->verify, "Run twice and name the first event that differs");
  command.add_flag("--check-every-event", flags->check_every_event,
                   "Check every node's invariants after each event");
  command.add_flag("--json", flags->json, "Print summary.json, alone, on stdout");
  command.add_flag("-q,--quiet", flags->quiet, "Print one line, and that only for a failure");
  command.add_flag("-v,--verbose", flags->verbose, "Print every event of the time line");
  command.footer(
      "Exit codes: 0 passed, 1 a check or threshold failed, 2 usage, 3 scenario error, 4 "
      "liveness,\n"
      "5 nondeterminism, 70 our own bug, 74 output could not be written.\n\nExamples:\n"
      "  titorelli run scenarios/tour/leader-crash.lua -D rate=2000\n"
      "  titorelli run scenarios/tour/leader-crash.lua --set client.api.caps=tshark --trace all");
  return [flags] { return run(*flags); };
}

}  // namespace sim
