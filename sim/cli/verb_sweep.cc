// titorelli sweep: many seeds of one scenario, without files and traces, and each way to fail once.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <ctime>
#include <filesystem>
#include <map>
#include <memory>

#include "broker-model/types/mutations.h"
#include "reports/atomic_file.h"
#include "sim/cli/build.h"
#include "sim/cli/failure_bundles.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/run_scenario.h"
#include "sim/cli/scenario_files.h"
#include "sim/cli/sweep_answer.h"
#include "sim/cli/sweep_journal.h"
#include "sim/cli/sweep_result.h"
#include "sim/cli/sweep_seeds.h"
#include "sim/cli/sweep_table.h"
#include "sim/cli/sweep_tables.h"
#include "sim/cli/verbs.h"
#include "sim/cli/worker_pool.h"
#include "sim/core/hash.h"
#include "sim/core/quantities.h"
#include "sim/lab/overrides.h"
#include "sim/lua/declared_parameters.h"

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
  std::vector<std::string> axes;
  std::vector<std::string> planted;
  std::string out;
  std::string time;
  std::string check_every;
  std::string trace = "off";
  SweepTables tables;
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
  request.planted = flags.planted;
  request.writes_files = false;
  request.trace = flags.trace == "all" ? TraceMode::kAll : TraceMode::kOff;
  request.counts_reached = !flags.tables.reached.empty();
  for (const std::string& assignment : flags.parameters) {
    const std::size_t equals = assignment.find('=');
    request.parameters[assignment.substr(0, equals)] = assignment.substr(equals + 1);
  }
  return request;
}

// The names of the parameters that the scenario declares. It is read with these options up to its
// first wait; its text and that of its modules are added to `sources`.
std::expected<std::vector<std::string>, ScenarioFailure> read_scenario(
    const RunRequest& request, std::map<std::string, std::string>& sources) {
  auto source = read_source(request.path);
  if (!source.has_value()) return std::unexpected(source.error());
  sources[""] = *source;
  ScenarioOptions options = scenario_options(request.path, std::move(*source));
  options.parameters = request.parameters;
  options.overrides = request.overrides;
  if (options.read_module) {
    options.read_module = [&sources, read = options.read_module](const std::string& name) {
      auto module = read(name);
      if (module.has_value()) sources[name] = module->source;
      return module;
    };
  }
  if (const auto wrong = read_declarations(options); !wrong.has_value())
    return std::unexpected(wrong.error());
  return declared_parameters(std::move(options));
}

// Build, scenario and options, the grid among them; each point of it can begin.
std::expected<SweepIdentity, SweepError> identify(const SweepFlags& flags) {
  const auto fail = [](int code, std::string sentence) {
    return std::unexpected(SweepError{.exit_code = code, .sentence = std::move(sentence)});
  };
  if (build_hash() == 0) return fail(kExitInternal, "this program cannot read itself");
  std::map<std::string, std::string> sources;
  const RunRequest request = request_of(flags);
  const auto parameters = read_scenario(request, sources);
  if (!parameters.has_value()) return fail(parameters.error().exit_code, parameters.error().text);
  std::vector<std::string> taken = flags.parameters;
  taken.insert(taken.end(), flags.overrides.begin(), flags.overrides.end());
  auto grid = parse_grid(flags.axes, *parameters, taken);
  if (!grid.has_value()) return fail(kExitUsage, "titorelli sweep: " + grid.error());
  for (std::uint32_t point = 0; !flags.axes.empty() && point < grid->points(); ++point) {
    RunRequest of_point = request;
    grid->apply(point, of_point);
    if (const auto one = read_scenario(of_point, sources); !one.has_value())
      return fail(one.error().exit_code,
                  fmt::format("{}\nwith{}", one.error().text, grid->options(point)));
  }
  std::string content;
  for (const auto& [name, source] : sources) content += source;
  SweepIdentity identity{.build = build_hash(),
                         .scenario = flags.scenario,
                         .content = hash_text(content),
                         .parameters = flags.parameters,
                         .overrides = flags.overrides,
                         .grid = std::move(*grid),
                         .planted = flags.planted};
  std::ranges::sort(identity.parameters);
  std::ranges::sort(identity.planted);
  identity.planted.erase(std::ranges::unique(identity.planted).begin(), identity.planted.end());
  return identity;
}

// Runs are numbered seed by seed, and point by point at each, so that what was done when a sweep is
// broken off is spread evenly over the grid.
class Sweep {
 public:
  // REQUIRES: the number of runs fits 64 bits.
  Sweep(const SweepFlags& flags, Seeds seeds, SweepIdentity identity, SweepJournal& journal,
        std::int64_t time_ms)
      : flags_(flags),
        seeds_(seeds),
        identity_(std::move(identity)),
        journal_(journal),
        time_ms_(time_ms),
        shows_progress_(::isatty(STDERR_FILENO) == 1),
        stops_(identity_.grid.points()) {}

  // A sentence when a process or the journal fails; what was finished is kept.
  std::optional<SweepError> run();
  // Of the seeds that were asked for; with --stop-after-failures up to the last of those.
  SweepResult result() const;

 private:
  // How far a point is known: all seeds below the index are finished.
  struct Stop {
    std::uint64_t known_up_to = 0;
    std::uint64_t failures = 0;  // of those
  };

  std::uint64_t runs() const { return seeds_.count() * stops_.size(); }
  SweepKey key_of(std::uint64_t run) const {
    return {.seed = seeds_.at(run / stops_.size()),
            .point = static_cast<std::uint32_t>(run % stops_.size())};
  }
  std::optional<std::uint64_t> next_run();
  SweepAnswer answer_of_run(std::uint64_t run) const;
  void finish(TaskEnd end);
  bool is_stopped();
  // All seeds up to some are known at that point, and enough of them fail.
  bool has_enough_failures(std::uint32_t point);
  void tell_progress();

  const SweepFlags& flags_;
  Seeds seeds_;
  SweepIdentity identity_;
  SweepJournal& journal_;
  std::int64_t time_ms_;
  bool shows_progress_;
  std::vector<Stop> stops_;  // by point
  std::optional<SweepError> failure_;
  std::int64_t started_ = clock_ms();
  std::int64_t told_ = 0;
  std::uint64_t next_ = 0;    // run
  std::uint64_t before_ = 0;  // finished by an earlier process
  std::uint64_t finished_ = 0;
  std::uint64_t failures_ = 0;
};

std::optional<SweepError> Sweep::run() {
  for (const auto& [key, answer] : journal_.answers()) {
    if (!seeds_.contains(key.seed)) continue;
    ++before_;
    if (is_failure(answer.outcome)) ++failures_;
  }
  finished_ = before_;
  WorkerPool pool(flags_.jobs, [this](std::uint64_t run) { return encode(answer_of_run(run)); });
  const auto cannot_start =
      pool.run([this] { return next_run(); }, [this](TaskEnd end) { finish(std::move(end)); },
               [this] { return is_stopped(); });
  if (shows_progress_) fmt::print(stderr, "\r\x1b[K");
  if (cannot_start.has_value())
    failure_ = SweepError{.exit_code = kExitInternal, .sentence = *cannot_start};
  return failure_;
}

std::optional<std::uint64_t> Sweep::next_run() {
  while (next_ < runs()) {
    const std::uint64_t run = next_++;
    const SweepKey key = key_of(run);
    if (!journal_.answers().contains(key) && !has_enough_failures(key.point)) return run;
  }
  return std::nullopt;
}

SweepAnswer Sweep::answer_of_run(std::uint64_t run) const {
  const SweepKey key = key_of(run);
  RunRequest request = request_of(flags_);
  request.check_every_event = identity_.checks_every_event(key.seed);
  identity_.grid.apply(key.point, request);
  return answer_of_seed(std::move(request), key.seed, !identity_.grid.axes().empty());
}

void Sweep::finish(TaskEnd end) {
  if (interrupted() != 0) return;  // it may be the interrupted run's answer
  SweepAnswer answer = end.answer.has_value()
                           ? decode_answer(*end.answer).value()
                           : answer_of_death(end.last_words, !identity_.grid.axes().empty());
  ++finished_;
  if (is_failure(answer.outcome)) ++failures_;
  if (const auto added = journal_.add(key_of(end.task), std::move(answer)); !added.has_value())
    failure_ = SweepError{.exit_code = kExitCannotWrite, .sentence = added.error()};
  tell_progress();
}

bool Sweep::is_stopped() {
  if (failure_.has_value() || interrupted() != 0) return true;
  if (time_ms_ > 0 && clock_ms() - started_ >= time_ms_) return true;
  if (flags_.stop_after_failures == 0) return false;
  for (std::uint32_t point = 0; point < stops_.size(); ++point) {
    if (!has_enough_failures(point)) return false;
  }
  return true;
}

bool Sweep::has_enough_failures(std::uint32_t point) {
  if (flags_.stop_after_failures == 0) return false;
  Stop& stop = stops_[point];
  while (stop.failures < flags_.stop_after_failures && stop.known_up_to < seeds_.count()) {
    const auto found =
        journal_.answers().find({.seed = seeds_.at(stop.known_up_to), .point = point});
    if (found == journal_.answers().end()) return false;
    ++stop.known_up_to;
    if (is_failure(found->second.outcome)) ++stop.failures;
  }
  return stop.failures >= flags_.stop_after_failures;
}

void Sweep::tell_progress() {
  if (!shows_progress_) return;
  const std::int64_t now = clock_ms();
  if (now - told_ < 200) return;
  told_ = now;
  const double seconds = static_cast<double>(std::max<std::int64_t>(now - started_, 1)) * 1e-3;
  const double rate = static_cast<double>(finished_ - before_) / seconds;
  const double left = static_cast<double>(runs() - finished_) / std::max(rate, 1e-9);
  fmt::print(stderr, "\r\x1b[K{} of {} {}, {:.1f} a second, {} failed, {:.0f} s left", finished_,
             runs(), stops_.size() == 1 ? "seeds" : "runs", rate, failures_, left);
}

SweepResult Sweep::result() const {
  using Lists = std::map<std::string, std::vector<std::uint64_t>>;
  struct Point {
    Lists outcomes;
    std::map<std::string, Lists> checks;
    std::uint64_t failures = 0;
  };
  std::vector<Point> points(stops_.size());
  for (const auto& [key, answer] : journal_.answers()) {
    Point& point = points.at(key.point);
    if (!seeds_.contains(key.seed)) continue;
    if (flags_.stop_after_failures > 0 && point.failures == flags_.stop_after_failures) continue;
    point.outcomes[answer.outcome].push_back(key.seed);
    for (const auto& [check, verdict] : answer.checks)
      point.checks[check][verdict].push_back(key.seed);
    if (is_failure(answer.outcome)) ++point.failures;
  }
  SweepResult result(identity_);
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (const auto& [outcome, list] : points[i].outcomes)
      result.points[i].outcomes.emplace(outcome, ranges_of(list));
    for (const auto& [check, verdicts] : points[i].checks) {
      for (const auto& [verdict, list] : verdicts)
        result.points[i].checks[check].emplace(verdict, ranges_of(list));
    }
  }
  return result;
}

int fail(int code, const std::string& sentence) {
  fmt::print(stderr, "titorelli sweep: {}\n", sentence);
  return code;
}

// A sentence about -D, --set or --plant; "" when there is nothing to say.
std::string mistake_in_options(const SweepFlags& flags) {
  for (const std::string& assignment : flags.parameters) {
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0)
      return fmt::format("-D expects name=value, got \"{}\"", assignment);
  }
  Overrides probe;
  for (const std::string& assignment : flags.overrides) {
    if (const auto added = probe.add(assignment); !added.has_value()) return added.error();
  }
  if (const auto known = kafka::mutations_of(flags.planted); !known.has_value())
    return known.error();
  return "";
}

// sweep.pb, the table, and a bundle for each way to fail; answers the exit code.
int write_and_tell(const SweepFlags& flags, const SweepJournal& journal, const SweepResult& result,
                   const std::string& folder) {
  const std::string path = folder + "/sweep.pb";
  if (const auto written = reports::write_file_atomically(path, encode(result));
      !written.has_value())
    return fail(kExitCannotWrite, written.error());
  if (const auto written = write_table(path, result); !written.has_value())
    return fail(kExitCannotWrite, written.error());
  const auto reached = write_tables(flags.tables, journal, result);
  if (!reached.has_value()) return fail(kExitCannotWrite, reached.error());
  const FailureBundles bundles =
      write_failure_bundles(result, request_of(flags), folder + "/failures", flags.jobs);
  if (interrupted() != 0) return interrupted();
  fmt::print("{}{}{}", *reached, result.has_grid() ? render_table(result) : "",
             render(result, bundles.paths));
  fmt::print(stderr, "{}\n", path);
  if (bundles.error.has_value()) return fail(bundles.error->exit_code, bundles.error->sentence);
  return exit_code_of(result);
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
  if (const std::string wrong = mistake_in_options(flags); !wrong.empty())
    return fail(kExitUsage, wrong);
  const auto check_every = parse_check_every(flags.check_every);
  if (!check_every.has_value()) return fail(kExitUsage, check_every.error());
  if (!flags.axes.empty() && !flags.tables.is_empty())
    return fail(kExitUsage, "--reached and --digests are of one point, not of a --sweep");
  auto identity = identify(flags);
  if (!identity.has_value()) {
    fmt::print(stderr, "{}\n", identity.error().sentence);
    return identity.error().exit_code;
  }
  identity->check_every = *check_every;
  if (seeds->count() > UINT64_MAX / identity->grid.points())
    return fail(kExitUsage, "--seeds and --sweep: more runs than 64 bits can count");
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
  if (const auto fits = check_tables(flags.tables, *journal); !fits.has_value())
    return fail(kExitUsage, fits.error());

  Sweep work(flags, *seeds, std::move(*identity), *journal, time_ms);
  if (const auto failure = work.run(); failure.has_value()) {
    return fail(failure->exit_code,
                fmt::format("{}\nwhat was finished is kept: --resume goes on", failure->sentence));
  }
  if (interrupted() != 0) {
    fmt::print(stderr, "titorelli sweep: interrupted; --resume goes on\n");
    return interrupted();
  }
  return write_and_tell(flags, *journal, work.result(), folder);
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
  command
      .add_option("--sweep", flags->axes,
                  "name=value,value,...: every seed with each of them. A parameter of the scenario "
                  "or a\nKafka key; several make a grid of all combinations")
      ->allow_extra_args(false);
  add_plant_option(command, flags->planted);
  command.add_flag(
      "--resume", flags->resume,
      "Go on with the sweep of that folder; seeds that are finished are not run again");
  command.add_option("--time", flags->time, "Start no more runs after that time: \"10m\"");
  command.add_option(
      "--stop-after-failures", flags->stop_after_failures,
      "End at the seed with which so many fail, in the order of seeds; of a grid each "
      "point ends\nat its own");
  command.add_option("--check-every-event", flags->check_every,
                     "1/N: all invariants of all nodes after every event, in the seeds that N "
                     "divides");
  command.add_option("--reached", flags->tables.reached,
                     "Count what the runs came to (time-outs, errors, changes of state, faults), "
                     "as a table and into this CSV file");
  command.add_option("--digests", flags->tables.digests,
                     "The digest of each run, into this CSV file");
  command
      .add_option("--trace", flags->trace,
                  "all: make a trace of each run and throw it away; digests are the same with it")
      ->check(CLI::IsMember({"off", "all"}));
  command.add_option("-o,--out", flags->out,
                     "The folder of journal and sweep.pb; default out/sweep-<file's stem>");
  command.footer(
      "Each way to fail is listed once, with its lowest seed, the command that shows it, and a\n"
      "bundle in the folder's failures/ for `titorelli replay`. A sweep that was killed loses no\n"
      "finished seed.\n\nExamples:\n"
      "  titorelli sweep scenarios/tour/acks-one.lua --seeds 1..1000\n"
      "  titorelli sweep scenarios/network/nemesis.lua --seeds 1..100000 --shard 3/16 -o out/3\n"
      "  titorelli merge out/*/sweep.pb -o out/all.pb\n"
      "  titorelli sweep scenarios/tour/leader-crash.lua --seeds 1..100 --sweep acks=1,all \\\n"
      "    --sweep min_insync_replicas=1,2\n"
      "  titorelli sweep scenarios/soak/soak.lua --seeds 1..10000 --check-every-event 1/20 \\\n"
      "    --reached out/reached.csv\n\n"
      "A grid gives a table of which check held where, with bounds at 95 %, and sweep.csv.\n\n"
      "Exit codes: 0 all passed, 1 a check failed, 2 usage, 3 scenario error, 4 liveness,\n"
      "5 nondeterminism, 70 our own bug, 74 output could not be written.");
  return [flags] { return sweep(*flags); };
}

}  // namespace sim
