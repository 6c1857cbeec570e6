#include "sim/cli/run_scenario.h"

#include <fmt/format.h>

#include <ctime>
#include <filesystem>

#include "reports/extract.h"
#include "reports/plot.h"
#include "sim/cli/interrupt.h"
#include "sim/lab/trace_writer.h"

namespace sim {
namespace {

namespace fs = std::filesystem;

constexpr int kExitUsage = 2;
constexpr int kExitCannotWrite = 74;

std::int64_t clock_us() {  // for wall_ms of the summary: the run itself never sees it
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
}

std::expected<std::string, ScenarioFailure> read_source(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    return std::unexpected(
        ScenarioFailure{kExitUsage, fmt::format("cannot read '{}': it is a folder", path)});
  }
  auto source = reports::read_file(path);
  if (!source.has_value()) {
    return std::unexpected(ScenarioFailure{
        kExitUsage, fmt::format("{}: {}", source.error(),
                                fs::exists(path, error) ? "no permission" : "no such file")});
  }
  return std::move(*source);
}

// A file of the scenario's folder or below, wherever links lead.
std::expected<std::string, std::string> read_beside(const fs::path& folder,
                                                    const std::string& file) {
  std::error_code error;
  const fs::path root = fs::canonical(folder, error);
  const fs::path target = error ? fs::path() : fs::canonical(folder / file, error);
  if (error) return std::unexpected("there is no such file");
  const fs::path inside = target.lexically_relative(root);
  if (inside.empty() || *inside.begin() == "..")
    return std::unexpected("it is not below the scenario's folder");
  if (!fs::is_regular_file(target, error)) return std::unexpected("it is no file");
  auto content = reports::read_file(target.string());
  if (!content.has_value()) return std::unexpected("no permission to read it");
  return std::move(*content);
}

ScenarioOptions options_of(const RunRequest& request, std::string source) {
  ScenarioOptions options;
  options.path = request.path;
  options.source = std::move(source);
  options.seed = request.seed;
  options.parameters = request.parameters;
  options.overrides = request.overrides;
  options.check_every_event = request.check_every_event;
  options.is_interrupted = [] { return interrupted() != 0; };
  options.read_file = [folder = fs::path(request.path).parent_path()](const std::string& file) {
    return read_beside(folder.empty() ? fs::path(".") : folder, file);
  };
  return options;
}

std::string describe(const Verifier::Difference& difference) {
  const auto entry = [](const std::optional<Verifier::Entry>& e) -> std::string {
    if (!e.has_value()) return "the run had ended";
    return fmt::format("{} of host {} (incarnation {}) at {}.{:09}s, subject {}, path {:016x}",
                       name(static_cast<EventKind>(e->kind)), e->host,
                       static_cast<std::uint32_t>(e->incarnation), e->at / 1'000'000'000,
                       e->at % 1'000'000'000, e->subject, e->path);
  };
  return fmt::format(
      "two runs of the same seed differ first in event {}:\n  first run:  {}\n  second run: {}",
      difference.index, entry(difference.first), entry(difference.second));
}

// Writes all files of a report; the plots too. A sentence when something could not be written.
std::expected<void, std::string> write_run(RunDirectory& directory, const RunReport& report,
                                           std::vector<std::string>& warnings) {
  struct File {
    const char* name;
    std::string content;
  };
  for (const File& file :
       {File{"summary.json", summary_json(report)}, File{"metrics.csv", report.metrics.csv()},
        File{"histograms.csv", report.metrics.histograms_csv()},
        File{"events.csv", events_csv(report)}}) {
    if (const auto written = directory.write(file.name, file.content); !written.has_value())
      return written;
  }
  for (const CaptureFile& capture : report.captures) {
    const auto written =
        directory.write(fmt::format("captures/{}.capture", capture.name), capture.bytes);
    if (!written.has_value()) return written;
  }
  const auto plots = reports::draw_plots(directory.working_path(), {});
  if (!plots.has_value()) return std::unexpected(plots.error());
  if (interrupted() != 0) return std::unexpected("interrupted; nothing was written");
  warnings.insert(warnings.end(), plots->warnings.begin(), plots->warnings.end());
  return directory.commit();
}

class Runner {
 public:
  Runner(const RunRequest& request, std::string source)
      : request_(request), source_(std::move(source)) {}

  RunOutcome run();

 private:
  std::optional<RunReport> simulate(bool traced, Verifier* verifier);
  void open_directory(std::uint64_t seed);
  void fail(int exit_code, std::string complaint) {
    outcome_.exit_code = exit_code;
    outcome_.complaint = std::move(complaint);
  }

  const RunRequest& request_;
  std::string source_;
  RunOutcome outcome_;
  std::optional<RunDirectory> directory_;
  std::unique_ptr<TraceWriter> trace_;
};

void Runner::open_directory(std::uint64_t seed) {
  if (!request_.writes_files || directory_.has_value() || outcome_.exit_code != 0) return;
  outcome_.directory = request_.out_directory.value_or(
      fmt::format("out/{}-{}", fs::path(request_.path).stem().string(), seed));
  auto created = RunDirectory::create(outcome_.directory);
  if (!created.has_value()) {
    outcome_.directory.clear();
    return fail(kExitCannotWrite, created.error());
  }
  directory_.emplace(std::move(*created));
}

std::optional<RunReport> Runner::simulate(bool traced, Verifier* verifier) {
  ScenarioOptions options = options_of(request_, source_);
  options.verifier = verifier;
  options.make_trace = [this, traced](std::uint64_t seed) -> TraceWriter* {
    open_directory(seed);
    if (!traced || !directory_.has_value()) return nullptr;
    auto created =
        TraceWriter::create(directory_->working_path() + "/trace.pb", request_.path, seed);
    if (!created.has_value()) {
      fail(kExitCannotWrite, created.error());
      return nullptr;
    }
    trace_ = std::move(*created);
    return trace_.get();
  };
  const std::unique_ptr<ScenarioRun> run = ScenarioRun::create(std::move(options));
  const std::optional<ScenarioFailure> failure = run->begin();
  if (outcome_.exit_code != 0) return std::nullopt;
  if (failure.has_value()) {
    fail(failure->exit_code, failure->text);
    return std::nullopt;
  }
  const std::int64_t started = clock_us();
  RunReport report = run->finish();
  if (interrupted() != 0) {
    fail(interrupted(), "interrupted; nothing was written");
    return std::nullopt;
  }
  report.wall_us = clock_us() - started;
  if (trace_ != nullptr) {
    if (!trace_->close())
      fail(kExitCannotWrite, fmt::format("cannot write '{}/trace.pb'", outcome_.directory));
    trace_.reset();
  }
  return report;
}

RunOutcome Runner::run() {
  Verifier verifier;
  const bool all = request_.trace == TraceMode::kAll;
  std::optional<RunReport> report = simulate(all, request_.verify ? &verifier : nullptr);
  if (!report.has_value() || outcome_.exit_code != 0) return std::move(outcome_);
  if (request_.verify) {
    verifier.second_run();
    simulate(false, &verifier);
    if (verifier.difference().has_value())
      report->nondeterminism = describe(*verifier.difference());
  }
  if (!all && request_.trace == TraceMode::kFailures && request_.writes_files &&
      verdict_of(*report) != RunVerdict::kPassed && !report->nondeterminism.has_value()) {
    const std::optional<RunReport> again =
        simulate(true, nullptr);  // the same path, with everything on
    if (again.has_value() && again->digest != report->digest) {
      report->nondeterminism =
          fmt::format("the run with a trace gave digest {:016x}, the one without {:016x}",
                      again->digest, report->digest);
    }
  }
  if (outcome_.exit_code != 0) return std::move(outcome_);
  if (directory_.has_value()) {
    const auto written = write_run(*directory_, *report, outcome_.warnings);
    if (!written.has_value()) {
      fail(interrupted() != 0 ? interrupted() : kExitCannotWrite, written.error());
      return std::move(outcome_);
    }
  }
  outcome_.exit_code = exit_code_of(verdict_of(*report));
  outcome_.report = std::move(report);
  return std::move(outcome_);
}

}  // namespace

RunOutcome run_scenario(const RunRequest& request) {
  auto source = read_source(request.path);
  if (!source.has_value()) {
    RunOutcome outcome;
    outcome.exit_code = source.error().exit_code;
    outcome.complaint = source.error().text;
    return outcome;
  }
  return Runner(request, std::move(*source)).run();
}

HeaderOutcome read_header(const std::string& path) {
  auto source = read_source(path);
  if (!source.has_value()) return {std::nullopt, source.error()};
  ScenarioOptions options;
  options.path = path;
  options.source = std::move(*source);
  options.header_only = true;
  const std::unique_ptr<ScenarioRun> run = ScenarioRun::create(std::move(options));
  if (const auto failure = run->begin(); failure.has_value()) return {std::nullopt, *failure};
  return {run->header(), {}};
}

}  // namespace sim
