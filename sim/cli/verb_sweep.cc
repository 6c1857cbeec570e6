// titorelli sweep: many seeds of one scenario, without files and traces, and each way to fail once.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <ctime>
#include <filesystem>
#include <memory>

#include "reports/extract.h"
#include "sim/cli/atomic_file.h"
#include "sim/cli/build.h"
#include "sim/cli/failure_bundles.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/scenario_files.h"
#include "sim/cli/sweep_answer.h"
#include "sim/cli/sweep_journal.h"
#include "sim/cli/sweep_result.h"
#include "sim/cli/sweep_seeds.h"
#include "sim/cli/verbs.h"
#include "sim/cli/worker_pool.h"
#include "sim/core/hash.h"
#include "sim/core/quantities.h"
#include "sim/lab/overrides.h"

namespace sim {
namespace {

namespace fs = std::filesystem;

constexpr int kExitUsage = 2;
constexpr int kExitInternal = 70;
constexpr int kExitCannotWrite = 74;

struct SweepFlags {
  std::string scenario;
  std::string seeds;
  std::string shard = "0/1";
  std::vector<std::string> parameters;
  std::vector<std::string> overrides;
  std::string out;
  std::string time;
  std::uint64_t stop_after_failures = 0;
  int jobs = WorkerPool::default_jobs();
  bool resume = false;
};

std::int64_t clock_ms() {  // for progress and --time: no run ever sees it
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

// What is asked of each run.
RunRequest request_of(const SweepFlags& flags) {
  RunRequest request;
  request.path = flags.scenario;
  request.overrides = flags.overrides;
  request.writes_files = false;
  request.trace = TraceMode::kOff;
  for (const std::string& assignment : flags.parameters) {
    const std::size_t equals = assignment.find('=');
    request.parameters[assignment.substr(0, equals)] = assignment.substr(equals + 1);
  }
  return request;
}

// Build, scenario and options.
std::expected<SweepIdentity, SweepError> identify(const SweepFlags& flags) {
  const auto fail = [](int code, std::string sentence) {
    return std::unexpected(SweepError{.exit_code = code, .sentence = std::move(sentence)});
  };
  if (build_hash() == 0) return fail(kExitInternal, "this program cannot read itself");
  auto source = read_source(flags.scenario);
  if (!source.has_value()) return fail(source.error().exit_code, source.error().text);
  std::string content = *source;
  ScenarioOptions options = scenario_options(flags.scenario, std::move(*source));
  const RunRequest request = request_of(flags);
  options.parameters = request.parameters;
  options.overrides = request.overrides;
  if (options.read_module) {
    options.read_module = [&content,
                           read = std::move(options.read_module)](const std::string& name) {
      auto module = read(name);
      if (module.has_value()) content += module->source;
      return module;
    };
  }
  const auto declarations = read_declarations(std::move(options));
  if (!declarations.has_value())
    return fail(declarations.error().exit_code, declarations.error().text);
  SweepIdentity identity{.build = build_hash(),
                         .scenario = flags.scenario,
                         .content = hash_text(content),
                         .parameters = flags.parameters,
                         .overrides = flags.overrides};
  std::ranges::sort(identity.parameters);
  return identity;
}

class Sweep {
 public:
  Sweep(const SweepFlags& flags, Seeds seeds, SweepIdentity identity, SweepJournal& journal,
        std::int64_t time_ms)
      : flags_(flags),
        seeds_(seeds),
        identity_(std::move(identity)),
        journal_(journal),
        time_ms_(time_ms),
        shows_progress_(::isatty(STDERR_FILENO) == 1) {}

  // A sentence when a process or the journal fails; what was finished is kept.
  std::optional<SweepError> run();
  // Of the seeds that were asked for; with --stop-after-failures up to the last of those.
  SweepResult result() const;

 private:
  bool is_stopped() {
    return failure_.has_value() || interrupted() != 0 || has_enough_failures() ||
           (time_ms_ > 0 && clock_ms() - started_ >= time_ms_);
  }
  // All seeds up to some are known, and enough of them fail.
  bool has_enough_failures();
  void tell_progress();

  const SweepFlags& flags_;
  Seeds seeds_;
  SweepIdentity identity_;
  SweepJournal& journal_;
  std::int64_t time_ms_;
  bool shows_progress_;
  std::optional<SweepError> failure_;
  std::int64_t started_ = clock_ms();
  std::int64_t told_ = 0;
  std::uint64_t before_ = 0;  // finished by an earlier process
  std::uint64_t finished_ = 0;
  std::uint64_t failures_ = 0;
  std::uint64_t known_up_to_ = 0;     // an index: all seeds below are finished
  std::uint64_t failures_below_ = 0;  // of those
};

std::optional<SweepError> Sweep::run() {
  const auto is_done = [this](std::uint64_t index) {
    return journal_.answers().contains(seeds_.at(index));
  };
  for (const auto& [seed, answer] : journal_.answers()) {
    if (!seeds_.contains(seed)) continue;
    ++before_;
    if (is_failure(answer.outcome)) ++failures_;
  }
  finished_ = before_;
  const RunRequest request = request_of(flags_);
  WorkerPool pool(flags_.jobs,
                  [&](std::uint64_t seed) { return encode(answer_of_seed(request, seed)); });
  std::uint64_t next = 0;
  const auto cannot_start = pool.run(
      [&]() -> std::optional<std::uint64_t> {
        while (next < seeds_.count() && is_done(next)) ++next;
        if (next >= seeds_.count()) return std::nullopt;
        return seeds_.at(next++);
      },
      [&](TaskEnd end) {
        if (interrupted() != 0) return;  // it may be the interrupted run's answer
        SweepAnswer answer = end.answer.has_value() ? decode_answer(*end.answer).value()
                                                    : answer_of_death(end.last_words);
        ++finished_;
        if (is_failure(answer.outcome)) ++failures_;
        if (const auto added = journal_.add(end.task, std::move(answer)); !added.has_value())
          failure_ = SweepError{.exit_code = kExitCannotWrite, .sentence = added.error()};
        tell_progress();
      },
      [this] { return is_stopped(); });
  if (shows_progress_) fmt::print(stderr, "\r\x1b[K");
  if (cannot_start.has_value())
    failure_ = SweepError{.exit_code = kExitInternal, .sentence = *cannot_start};
  return failure_;
}

bool Sweep::has_enough_failures() {
  if (flags_.stop_after_failures == 0) return false;
  while (failures_below_ < flags_.stop_after_failures && known_up_to_ < seeds_.count()) {
    const auto found = journal_.answers().find(seeds_.at(known_up_to_));
    if (found == journal_.answers().end()) return false;
    ++known_up_to_;
    if (is_failure(found->second.outcome)) ++failures_below_;
  }
  return failures_below_ >= flags_.stop_after_failures;
}

void Sweep::tell_progress() {
  if (!shows_progress_) return;
  const std::int64_t now = clock_ms();
  if (now - told_ < 200) return;
  told_ = now;
  const double seconds = static_cast<double>(std::max<std::int64_t>(now - started_, 1)) * 1e-3;
  const double rate = static_cast<double>(finished_ - before_) / seconds;
  const double left = static_cast<double>(seeds_.count() - finished_) / std::max(rate, 1e-9);
  fmt::print(stderr, "\r\x1b[K{} of {} seeds, {:.1f} a second, {} failed, {:.0f} s left", finished_,
             seeds_.count(), rate, failures_, left);
}

SweepResult Sweep::result() const {
  std::map<std::string, std::vector<std::uint64_t>> seeds;
  std::uint64_t failures = 0;
  for (const auto& [seed, answer] : journal_.answers()) {
    if (!seeds_.contains(seed)) continue;
    seeds[answer.outcome].push_back(seed);
    if (is_failure(answer.outcome) && ++failures == flags_.stop_after_failures) break;
  }
  SweepResult result{.identity = identity_, .outcomes = {}};
  for (const auto& [outcome, list] : seeds) result.outcomes.emplace(outcome, ranges_of(list));
  return result;
}

int fail(int code, const std::string& sentence) {
  fmt::print(stderr, "titorelli sweep: {}\n", sentence);
  return code;
}

int sweep(const SweepFlags& flags) {
  const auto seeds = parse_seeds(flags.seeds, flags.shard);
  if (!seeds.has_value()) return fail(kExitUsage, seeds.error());
  std::int64_t time_ms = 0;
  if (!flags.time.empty()) {
    const auto time = parse_duration(flags.time);
    if (!time.has_value() || *time <= 0)
      return fail(kExitUsage,
                  fmt::format("--time expects a duration, \"10m\", got \"{}\"", flags.time));
    time_ms = std::max<std::int64_t>(*time / 1'000'000, 1);
  }
  for (const std::string& assignment : flags.parameters) {
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(kExitUsage, fmt::format("-D expects name=value, got \"{}\"", assignment));
  }
  Overrides probe;
  for (const std::string& assignment : flags.overrides) {
    if (const auto added = probe.add(assignment); !added.has_value())
      return fail(kExitUsage, added.error());
  }
  auto identity = identify(flags);
  if (!identity.has_value()) {
    fmt::print(stderr, "{}\n", identity.error().sentence);
    return identity.error().exit_code;
  }
  const std::string folder =
      !flags.out.empty() ? flags.out
                         : fmt::format("out/sweep-{}", fs::path(flags.scenario).stem().string());
  std::error_code error;
  const std::string journal_path = folder + "/journal.bin";
  if (!flags.resume && fs::exists(journal_path, error)) {
    return fail(
        kExitCannotWrite,
        fmt::format("'{}' holds a sweep already: --resume goes on with it, -o takes another "
                    "folder",
                    folder));
  }
  fs::create_directories(folder, error);
  if (error)
    return fail(kExitCannotWrite, fmt::format("cannot make '{}': {}", folder, error.message()));
  auto journal = SweepJournal::open(journal_path, *identity);
  if (!journal.has_value()) return fail(kExitCannotWrite, journal.error());

  Sweep work(flags, *seeds, std::move(*identity), *journal, time_ms);
  if (const auto failure = work.run(); failure.has_value()) {
    return fail(failure->exit_code,
                fmt::format("{}\nwhat was finished is kept: --resume goes on", failure->sentence));
  }
  if (interrupted() != 0) {
    fmt::print(stderr, "titorelli sweep: interrupted; --resume goes on\n");
    return interrupted();
  }
  const SweepResult result = work.result();
  const std::string path = folder + "/sweep.pb";
  if (const auto written = write_file_atomically(path, encode(result)); !written.has_value())
    return fail(kExitCannotWrite, written.error());
  const FailureBundles bundles =
      write_failure_bundles(result, request_of(flags), folder + "/failures", flags.jobs);
  if (interrupted() != 0) return interrupted();
  fmt::print("{}", render(result, bundles.paths));
  fmt::print(stderr, "{}\n", path);
  if (bundles.error.has_value()) return fail(bundles.error->exit_code, bundles.error->sentence);
  return exit_code_of(result);
}

}  // namespace

VerbAction add_sweep(CLI::App& command) {
  auto flags = std::make_shared<SweepFlags>();
  command.add_option("scenario", flags->scenario, "The scenario's file")->required();
  command.add_option("--seeds", flags->seeds, "A..B, both included")->required();
  command.add_option("--jobs", flags->jobs, "Runs at a time; default: one for each processor")
      ->check(CLI::Range(1, 1024));
  command.add_option("--shard", flags->shard,
                     "i/n: every n-th seed, from the i-th on; i counts from 0. `merge` puts the "
                     "results together");
  command.add_option("-D", flags->parameters, "A parameter of the scenario: name=value")
      ->allow_extra_args(false);
  command
      .add_option("--set", flags->overrides,
                  "A Kafka broker, topic or client key for all runs: key=value")
      ->allow_extra_args(false);
  command.add_flag(
      "--resume", flags->resume,
      "Go on with the sweep of that folder; seeds that are finished are not run again");
  command.add_option("--time", flags->time, "Start no more runs after that time: \"10m\"");
  command.add_option("--stop-after-failures", flags->stop_after_failures,
                     "End at the seed with which so many fail, in the order of seeds");
  command.add_option("-o,--out", flags->out,
                     "The folder of journal and sweep.pb; default out/sweep-<file's stem>");
  command.footer(
      "Each way to fail is listed once, with its lowest seed, the command that shows it, and a\n"
      "bundle in the folder's failures/ for `titorelli replay`. A sweep that was killed loses no\n"
      "finished seed.\n\nExamples:\n"
      "  titorelli sweep scenarios/tour/acks-one.lua --seeds 1..1000\n"
      "  titorelli sweep scenarios/network/nemesis.lua --seeds 1..100000 --shard 3/16 -o out/3\n"
      "  titorelli merge out/*/sweep.pb -o out/all.pb\n\n"
      "Exit codes: 0 all passed, 1 a check failed, 2 usage, 3 scenario error, 4 liveness,\n"
      "5 nondeterminism, 70 our own bug, 74 output could not be written.");
  return [flags] { return sweep(*flags); };
}

}  // namespace sim
