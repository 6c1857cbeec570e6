// titorelli score: how many seeds of the standard nemesis it takes to catch each planted bug, and
// by which check.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <map>
#include <memory>

#include "broker-model/types/mutations.h"
#include "reports/atomic_file.h"
#include "reports/extract.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/run_scenario.h"
#include "sim/cli/sweep_seeds.h"
#include "sim/cli/test_case.h"
#include "sim/cli/verbs.h"
#include "sim/cli/worker_pool.h"

namespace sim {
namespace {

constexpr int kExitMissed = 1;
constexpr int kExitUsage = 2;
constexpr int kExitScenario = 3;
constexpr int kExitInternal = 70;
constexpr int kExitCannotWrite = 74;
constexpr std::string_view kBegin = "<!-- score: begin -->\n";
constexpr std::string_view kEnd = "<!-- score: end -->\n";

struct ScoreFlags {
  std::vector<std::string> names;
  std::string seeds = "1..1000";
  std::string scenario = "scenarios/score/nemesis.lua";
  std::string write;
  int jobs = WorkerPool::default_jobs();
};

struct Failure {
  int exit_code = kExitInternal;
  std::string sentence;
};

struct Row {
  const kafka::LogicSwitch* bug = nullptr;
  bool is_found = false;
  std::uint64_t seeds = 0;  // run until it was found, that one included; else all
  std::string caught_by{};  // "no_lost_acks", "liveness", "internal"
  std::int64_t cpu_us = 0;  // of those runs. Never compared: no two machines agree on it
};

std::int64_t cpu_us() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& t) {
    return static_cast<std::int64_t>(t.tv_sec) * 1'000'000 + t.tv_usec;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

// A check that had nothing to judge has caught nothing.
bool is_caught(std::string_view outcome) {
  return outcome != "passed" && !outcome.starts_with("unknown");
}

// Of one run, from a worker: the CPU time, a blank, the outcome in words, or "complaint: ...".
std::string answer_for(RunRequest request, std::uint64_t seed) {
  request.seed = seed;
  const std::int64_t before = cpu_us();
  const ScenarioOutcome outcome = run_scenario(request);
  const std::string words = outcome.runs.empty() ? "complaint: " + outcome.complaint
                                                 : outcome_words(*outcome.runs.front().report);
  return fmt::format("{} {}", cpu_us() - before, words);
}

// Sweeps one bug in the order of seeds: what is found is a function of bug, scenario and range.
class Hunt {
 public:
  Hunt(const ScoreFlags& flags, const Seeds& seeds, const kafka::LogicSwitch& bug)
      : flags_(flags), seeds_(seeds), row_{.bug = &bug} {}

  std::expected<Row, Failure> run();

 private:
  void take(const TaskEnd& end);
  void settle();

  const ScoreFlags& flags_;
  const Seeds& seeds_;
  Row row_;
  std::optional<Failure> failure_;
  std::map<std::uint64_t, std::pair<std::string, std::int64_t>> ahead_;  // seed: outcome, CPU time
  std::uint64_t known_ = 0;  // seeds from the first on whose outcome is known, and was "passed"
};

void Hunt::take(const TaskEnd& end) {
  if (!end.answer.has_value()) {
    ahead_[end.task] = {"internal", 0};
    return;
  }
  const std::size_t blank = end.answer->find(' ');
  std::int64_t cpu = 0;
  std::from_chars(end.answer->data(), end.answer->data() + blank, cpu);
  std::string outcome = end.answer->substr(blank + 1);
  if (outcome.starts_with("complaint: ") || outcome.starts_with("error")) {
    failure_ = Failure{.exit_code = kExitScenario, .sentence = std::move(outcome)};
    return;
  }
  ahead_[end.task] = {std::move(outcome), cpu};
}

void Hunt::settle() {
  for (auto found = ahead_.find(seeds_.first + known_); found != ahead_.end() && !row_.is_found;
       found = ahead_.find(seeds_.first + known_)) {
    const auto& [outcome, cpu] = found->second;
    row_.cpu_us += cpu;
    row_.seeds = ++known_;
    if (!is_caught(outcome)) continue;
    row_.is_found = true;
    const std::size_t colon = outcome.find(": ");
    row_.caught_by = colon == std::string::npos ? outcome : outcome.substr(colon + 2);
  }
}

std::expected<Row, Failure> Hunt::run() {
  RunRequest request;
  request.path = flags_.scenario;
  request.writes_files = false;
  request.trace = TraceMode::kOff;
  request.planted = {std::string(row_.bug->name)};
  WorkerPool pool(flags_.jobs, [&](std::uint64_t seed) { return answer_for(request, seed); });
  std::uint64_t next = seeds_.first;
  const auto is_stopped = [this] {
    return row_.is_found || failure_.has_value() || interrupted() != 0;
  };
  const auto cannot_start = pool.run(
      [&]() -> std::optional<std::uint64_t> {
        if (next > seeds_.last || is_stopped()) return std::nullopt;
        return next++;
      },
      [&](const TaskEnd& end) {
        if (interrupted() != 0) return;
        take(end);
        settle();
      },
      is_stopped);
  if (cannot_start.has_value())
    return std::unexpected(Failure{.exit_code = kExitInternal, .sentence = *cannot_start});
  if (failure_.has_value()) return std::unexpected(*failure_);
  return row_;
}

std::string seeds_text(const Row& row) {
  return row.is_found ? fmt::format("{}", row.seeds) : fmt::format("missed in {}", row.seeds);
}

std::string line_of(const Row& row) {
  return fmt::format("{:<34} {:<12} {:>14} {:>8.1f}  {}\n", row.bug->name, row.bug->room,
                     seeds_text(row), static_cast<double>(row.cpu_us) * 1e-6, row.caught_by);
}

std::string markdown(const std::vector<Row>& rows) {
  std::string text =
      "| bug | room | what it changes | seeds | CPU s | caught by |\n|---|---|---|---|---|---|\n";
  for (const Row& row : rows) {
    text += fmt::format("| `{}` | {} | {} | {} | {:.1f} | {} |\n", row.bug->name, row.bug->room,
                        row.bug->doc, seeds_text(row), static_cast<double>(row.cpu_us) * 1e-6,
                        row.caught_by);
  }
  return text;
}

// Puts the table between the two marks of a file. A sentence when there are none.
std::expected<void, std::string> write_table(const std::string& path,
                                             const std::vector<Row>& rows) {
  const auto content = reports::read_file(path);
  if (!content.has_value()) return std::unexpected(fmt::format("cannot read '{}'", path));
  const std::size_t begin = content->find(kBegin);
  const std::size_t end = content->find(kEnd);
  if (begin == std::string::npos || end == std::string::npos || end < begin) {
    return std::unexpected(fmt::format("'{}' has no lines \"{}\" and \"{}\" for the table", path,
                                       kBegin.substr(0, kBegin.size() - 1),
                                       kEnd.substr(0, kEnd.size() - 1)));
  }
  return reports::write_file_atomically(
      path, content->substr(0, begin + kBegin.size()) + markdown(rows) + content->substr(end));
}

int fail(int code, const std::string& sentence) {
  fmt::print(stderr, "titorelli score: {}\n", sentence);
  return code;
}

int score(const ScoreFlags& flags) {
  const auto seeds = parse_seeds(flags.seeds, "0/1");
  if (!seeds.has_value()) return fail(kExitUsage, seeds.error());
  if (const auto known = kafka::mutations_of(flags.names); !known.has_value())
    return fail(kExitUsage, known.error());
  if (!flags.write.empty() && !flags.names.empty())
    return fail(kExitUsage, "--write keeps the whole table: it goes with no NAME");
  if (const auto header = read_header(flags.scenario); !header.header.has_value()) {
    fmt::print(stderr, "{}\n", header.failure.text);
    return header.failure.exit_code;
  }
  std::vector<Row> rows;
  std::size_t missed = 0;
  std::size_t unexplained = 0;
  fmt::print("{:<34} {:<12} {:>14} {:>8}  {}\n", "bug", "room", "seeds", "CPU s", "caught by");
  for (const kafka::LogicSwitch& bug : kafka::logic_switches()) {
    if (!flags.names.empty() && std::ranges::find(flags.names, bug.name) == flags.names.end())
      continue;
    auto row = Hunt(flags, *seeds, bug).run();
    if (!row.has_value()) return fail(row.error().exit_code, row.error().sentence);
    if (interrupted() != 0) return interrupted();
    fmt::print("{}", line_of(*row));
    std::fflush(stdout);
    missed += row->is_found ? 0 : 1;
    unexplained += row->is_found || !bug.unseen.empty() ? 0 : 1;
    rows.push_back(std::move(*row));
  }
  if (!flags.write.empty()) {
    if (const auto written = write_table(flags.write, rows); !written.has_value())
      return fail(kExitCannotWrite, written.error());
  }
  for (const Row& row : rows) {
    if (!row.is_found && !row.bug->unseen.empty())
      fmt::print("{}: missed: {}\n", row.bug->name, row.bug->unseen);
  }
  fmt::print("{} of {} planted bugs caught with seeds {}\n", rows.size() - missed, rows.size(),
             flags.seeds);
  return unexplained == 0 ? 0 : kExitMissed;
}

}  // namespace

VerbAction add_score(CLI::App& command) {
  auto flags = std::make_shared<ScoreFlags>();
  command.add_option("names", flags->names,
                     "Planted bugs (`titorelli list logic`); default: all of them");
  command.add_option("--seeds", flags->seeds, "A..B, both included")->capture_default_str();
  command.add_option("--scenario", flags->scenario, "What each is swept under")
      ->capture_default_str();
  command.add_option("--jobs", flags->jobs, "Runs at a time; default: one for each processor")
      ->check(CLI::Range(1, 1024));
  command.add_option("--write", flags->write,
                     "Put the table between the score marks of that file: docs/checks.md");
  command.footer(
      "For each bug the seeds are run in order until one fails. How many that took and which "
      "check\n"
      "saw it depend on nothing but bug, scenario and range; the CPU time does on the machine.\n\n"
      "Examples:\n"
      "  titorelli score\n"
      "  titorelli score reuse_leader_epoch retry_bumps_epoch --seeds 1..100\n"
      "  titorelli score --write docs/checks.md\n\n"
      "Exit codes: 0 all were caught but those whose miss is explained, 1 one more was not,\n"
      "2 usage, 3 scenario error, 70 our own bug, 74 output could not be written.");
  return [flags] { return score(*flags); };
}

}  // namespace sim
