// titorelli test: every scenario below the paths, with its declared seeds, against its declared
// expectation, what it must reach, and the digests on record.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "reports/atomic_file.h"
#include "sim/cli/digest_book.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/junit.h"
#include "sim/cli/scenario_files.h"
#include "sim/cli/test_case.h"
#include "sim/cli/verbs.h"
#include "sim/cli/worker_pool.h"
#include "sim/lab/shell_word.h"

namespace sim {
namespace {

namespace fs = std::filesystem;

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
constexpr int kExitScenario = 3;
constexpr int kExitNothingRan = 6;
constexpr int kExitInternal = 70;
constexpr int kExitCannotWrite = 74;
constexpr std::size_t kSlowest = 3;

struct TestFlags {
  std::vector<std::string> paths;
  int jobs = WorkerPool::default_jobs();
  std::string junit;
  bool update = false;
};

// One scenario with one seed, and what came of it.
struct Task {
  std::string path;
  ScenarioHeader header;
  std::uint64_t seed = 0;
  std::optional<TestedCase> result;  // none: its worker died
  std::string last_words;
  bool has_ended = false;

  std::string title() const { return fmt::format("{} seed {}", path, seed); }
  double seconds() const {
    std::int64_t sum = 0;
    if (result.has_value()) {
      for (const TestedRun& run : result->runs) sum += run.wall_us;
    }
    return static_cast<double>(sum) * 1e-6;
  }
};

// "%0A" and the like: a line of GitHub's workflow commands.
std::string annotation_text(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '%') {
      result += "%25";
    } else if (c == '\n') {
      result += "%0A";
    } else if (c == '\r') {
      result += "%0D";
    } else {
      result += c;
    }
  }
  return result;
}

// The first "path:LINE:" of a text, or the first line of the file.
int line_in(std::string_view text, const std::string& path) {
  const std::size_t at = text.find(path + ":");
  if (at == std::string_view::npos) return 1;
  return std::max(1, std::atoi(text.substr(at + path.size() + 1).data()));
}

class TestSession {
 public:
  explicit TestSession(TestFlags flags) : flags_(std::move(flags)) {}
  int run();

 private:
  std::optional<int> find_tasks();
  std::optional<std::string> run_tasks();
  DigestBook& book_of(const std::string& path) {
    return books_.at(fs::path(path).parent_path().string());
  }
  void tell(const Task& task);
  void tell_run(const Task& task, const TestedRun& run);
  // A case, counted and told: a line, and below it what there is to say of a failure.
  void passed(const std::string& path, JunitCase one, const std::string& line);
  void failed(const std::string& path, JunitCase one, const std::string& line,
              const std::string& text, bool is_error = false);
  JunitSuite& suite(const std::string& path);
  void tell_slowest() const;
  int write_files();

  TestFlags flags_;
  std::vector<Task> tasks_;
  std::map<std::string, DigestBook> books_;  // by folder
  std::vector<JunitSuite> suites_;
  int passed_ = 0;
  int failed_ = 0;
  int exit_code_ = 0;
  bool annotates_ = false;
};

JunitSuite& TestSession::suite(const std::string& path) {
  if (suites_.empty() || suites_.back().name != path)
    suites_.push_back({.name = path, .cases = {}});
  return suites_.back();
}

void TestSession::passed(const std::string& path, JunitCase one, const std::string& line) {
  ++passed_;
  suite(path).cases.push_back(std::move(one));
  fmt::print("ok   {}\n", line);
}

void TestSession::failed(const std::string& path, JunitCase one, const std::string& line,
                         const std::string& text, bool is_error) {
  ++failed_;
  fmt::print("FAIL {}\n", line);
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    fmt::print("     {}\n", rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (annotates_) {
    fmt::print("::error file={},line={}::{}\n", path, line_in(text, path),
               annotation_text(line + "\n" + text));
  }
  one.failure = JunitCase::Failure{.message = line, .text = text, .is_error = is_error};
  suite(path).cases.push_back(std::move(one));
}

std::optional<int> TestSession::find_tasks() {
  const auto scenarios = find_scenarios(flags_.paths);
  if (!scenarios.has_value()) {
    fmt::print(stderr, "titorelli test: {}\n", scenarios.error());
    return kExitUsage;
  }
  for (const std::string& path : *scenarios) {
    const HeaderOutcome head = read_header(path);
    if (!head.header.has_value()) {
      failed(path, {.name = "scenario", .seconds = 0, .failure = {}, .properties = {}}, path,
             head.failure.text, true);
      exit_code_ = kExitScenario;
      continue;
    }
    const std::string folder = fs::path(path).parent_path().string();
    if (!books_.contains(folder)) {
      auto book = DigestBook::read(folder);
      if (!book.has_value()) {
        fmt::print(stderr, "titorelli test: {}\n", book.error());
        return kExitUsage;
      }
      books_.emplace(folder, std::move(*book));
    }
    if (flags_.update) book_of(path).forget(fs::path(path).filename().string());
    std::vector<std::pair<std::uint64_t, std::uint64_t>> seeds = head.header->seeds;
    if (seeds.empty()) {
      const std::uint64_t seed = head.header->seed.value_or(1);
      seeds.emplace_back(seed, seed);
    }
    for (const auto& [low, high] : seeds) {
      for (std::uint64_t seed = low; seed <= high; ++seed)
        tasks_.push_back({.path = path,
                          .header = *head.header,
                          .seed = seed,
                          .result = {},
                          .last_words = {},
                          .has_ended = false});
    }
  }
  return std::nullopt;
}

std::optional<std::string> TestSession::run_tasks() {
  WorkerPool pool(flags_.jobs, [this](std::uint64_t index) {
    const Task& task = tasks_[index];
    const auto on_record = [&](const std::string& variant) {
      return flags_.update ? std::nullopt
                           : book_of(task.path).find(fs::path(task.path).filename().string(),
                                                     task.seed, variant);
    };
    return encode(test_case(task.path, task.header, task.seed, on_record));
  });
  std::uint64_t next = 0;
  std::size_t told = 0;
  return pool.run(
      [&]() -> std::optional<std::uint64_t> {
        if (next == tasks_.size()) return std::nullopt;
        return next++;
      },
      [&](TaskEnd end) {
        if (interrupted() != 0) return;
        Task& task = tasks_[end.task];
        task.has_ended = true;
        if (end.answer.has_value()) task.result = decode(*end.answer);
        task.last_words = std::move(end.last_words);
        // In the order of files and seeds, whoever was first.
        while (told < tasks_.size() && tasks_[told].has_ended) tell(tasks_[told++]);
        std::fflush(stdout);
      },
      [] { return interrupted() != 0; });
}

void TestSession::tell(const Task& task) {
  if (!task.result.has_value()) {
    failed(task.path,
           {.name = fmt::format("outcome seed {}", task.seed),
            .seconds = 0,
            .failure = {},
            .properties = {}},
           fmt::format("{}  internal error", task.title()), task.last_words, true);
    exit_code_ = kExitInternal;
    return;
  }
  if (task.result->runs.empty()) {
    failed(task.path,
           {.name = fmt::format("outcome seed {}", task.seed),
            .seconds = 0,
            .failure = {},
            .properties = {}},
           fmt::format("{}  error", task.title()),
           fmt::format("expected {}\n{}", task.header.expect, task.result->complaint), true);
    return;
  }
  for (const TestedRun& run : task.result->runs) tell_run(task, run);
  for (const TestedComparison& comparison : task.result->comparisons) {
    const std::string name =
        fmt::format("compare {}: {}", comparison.metric, comparison.expression);
    JunitCase one{.name = fmt::format("{} seed {}", name, task.seed),
                  .seconds = 0,
                  .failure = {},
                  .properties = {}};
    const std::string line = fmt::format("{} {}", task.title(), name);
    if (comparison.ok) {
      passed(task.path, std::move(one), line);
      continue;
    }
    std::string values;
    for (const auto& [variant, value] : comparison.values)
      values += fmt::format("{}: {}\n", variant, value);
    failed(task.path, std::move(one), line, values);
  }
}

void TestSession::tell_run(const Task& task, const TestedRun& run) {
  const std::string what =
      fmt::format("{}seed {}", run.variant.empty() ? "" : run.variant + " ", task.seed);
  for (const TestedCheck& check : run.checks) {
    JunitCase one{.name = fmt::format("{} {}", check.name, what),
                  .seconds = 0,
                  .failure = {},
                  .properties = {}};
    if (!run.is_as_expected() && check.verdict != "ok") {
      one.failure = JunitCase::Failure{
          .message = fmt::format("{}: {}", check.verdict, check.detail),
          .text = fmt::format("{}: {}\nrerun {}", check.name, check.detail, run.rerun),
          .is_error = check.verdict == "unknown"};
    }
    suite(task.path).cases.push_back(std::move(one));
  }
  JunitCase outcome{.name = fmt::format("outcome {}", what),
                    .seconds = static_cast<double>(run.wall_us) * 1e-6,
                    .failure = {},
                    .properties = {{"seed", std::to_string(task.seed)},
                                   {"digest", fmt::format("{:016x}", run.digest)},
                                   {"rerun", run.rerun}}};
  const std::string line =
      fmt::format("{}{}  {}", task.title(),
                  run.variant.empty() ? "" : fmt::format(" variant {}", run.variant), run.got);
  if (!run.is_as_expected()) {
    std::string text =
        run.got.starts_with("vacuous")
            ? "it ended as expected, and these never happened: it shows nothing any more\n"
            : fmt::format("expected {}\n", run.expected);
    for (const TestedCheck& check : run.checks) {
      if (check.verdict != "ok") text += fmt::format("{}: {}\n", check.name, check.detail);
    }
    for (const std::string& sentence : run.liveness) text += sentence + "\n";
    if (!run.error.empty()) text += run.error + "\n";
    failed(task.path, std::move(outcome), line, text + "rerun " + run.rerun);
    return;
  }
  DigestBook& book = book_of(task.path);
  const std::string file = fs::path(task.path).filename().string();
  const std::optional<std::uint64_t> on_record = book.find(file, task.seed, run.variant);
  if (flags_.update) {
    book.record(file, task.seed, run.variant, run.digest);
  } else if (on_record.has_value() && *on_record != run.digest) {
    failed(
        task.path, std::move(outcome), fmt::format("{}, drifted", line),
        fmt::format("its digest is {:016x}, on record is {:016x}: the run is another one than it "
                    "was\n{}\nwhere that is meant: titorelli test {} --update\nrerun {}",
                    run.digest, *on_record, run.drift, shell_word(task.path), run.rerun));
    return;
  }
  passed(task.path, std::move(outcome), line);
}

void TestSession::tell_slowest() const {
  std::vector<const Task*> slowest;
  for (const Task& task : tasks_) slowest.push_back(&task);
  std::ranges::sort(slowest, {},
                    [](const Task* task) { return std::pair(-task->seconds(), task); });
  std::string text;
  for (std::size_t i = 0; i < std::min(slowest.size(), kSlowest); ++i) {
    text += fmt::format("{}{} {:.1f} s", i == 0 ? "slowest: " : ", ", slowest[i]->title(),
                        slowest[i]->seconds());
  }
  fmt::print(stderr, "{}\n", text);
}

int TestSession::write_files() {
  if (flags_.update) {
    for (auto& [folder, book] : books_) {
      book.forget_absent();
      if (const auto written = book.write(); !written.has_value()) {
        fmt::print(stderr, "titorelli test: {}\n", written.error());
        return kExitCannotWrite;
      }
    }
  }
  if (flags_.junit.empty()) return 0;
  const auto written = reports::write_file_atomically(flags_.junit, junit_xml(suites_));
  if (written.has_value()) return 0;
  fmt::print(stderr, "titorelli test: {}\n", written.error());
  return kExitCannotWrite;
}

int TestSession::run() {
  const char* actions = std::getenv("GITHUB_ACTIONS");
  annotates_ = actions != nullptr && std::string_view(actions) == "true";
  if (const std::optional<int> failure = find_tasks(); failure.has_value()) return *failure;
  if (const std::optional<std::string> failure = run_tasks(); failure.has_value()) {
    fmt::print(stderr, "titorelli test: {}\n", *failure);
    return kExitInternal;
  }
  if (interrupted() != 0) return interrupted();
  if (passed_ + failed_ == 0) {
    std::string text;
    for (const std::string& path : flags_.paths) text += (text.empty() ? "" : ", ") + path;
    fmt::print(stderr, "titorelli test: no scenario (*.lua) below {}\n", text);
    return kExitNothingRan;
  }
  fmt::print("{} passed, {} failed\n", passed_, failed_);
  if (!tasks_.empty()) tell_slowest();
  if (const int code = write_files(); code != 0) return code;
  if (exit_code_ != 0) return exit_code_;
  return failed_ == 0 ? 0 : kExitFailed;
}

}  // namespace

VerbAction add_test(CLI::App& command) {
  auto flags = std::make_shared<TestFlags>();
  command.add_option("path", flags->paths,
                     "Files, or folders with *.lua below them; default: scenarios");
  command.add_option("--jobs", flags->jobs, "Runs at a time; default: one for each processor")
      ->check(CLI::Range(1, 1024));
  command.add_option("--junit", flags->junit, "Write the results as JUnit XML into this file");
  command.add_flag("--update", flags->update,
                   "Record the digests of runs that end as expected, in digests.txt beside the "
                   "scenarios");
  command.footer(
      "Examples:\n  titorelli test\n  titorelli test scenarios/tour --jobs 8 --junit "
      "out/junit.xml\n"
      "  titorelli test scenarios --update\n\n"
      "A scenario says what it expects: scenario{ seeds = \"1..20\", expect = \"violated: "
      "no_lost_acks\" },\nand may say what it must come to: reaches = { \"election\", \"timeout "
      "Produce\" }.\n"
      "A run whose digest is not the one on record (digests.txt) has drifted, and fails.\n"
      "Exit codes: 0 all as expected, 1 not, 2 usage, 3 a scenario cannot be read, 6 none was "
      "found,\n70 our own bug, 74 a file could not be written.");
  return [flags] {
    if (flags->paths.empty()) flags->paths = {"scenarios"};
    return TestSession(*flags).run();
  };
}

}  // namespace sim
