#include "sim/cli/run_scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <functional>

#include "reports/atomic_file.h"
#include "reports/plot.h"
#include "sim/cli/build.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/scenario_files.h"
#include "sim/cli/test_case.h"
#include "sim/lab/shell_word.h"
#include "sim/lab/trace_writer.h"
#include "sim/lua/diagnostic.h"

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

ScenarioOptions options_of(const RunRequest& request, std::string source) {
  ScenarioOptions options =
      request.bundle != nullptr
          ? scenario_options(request.bundle).value()  // was checked when the request was made of it
          : scenario_options(request.path, std::move(source));
  options.seed = request.seed;
  options.rerun = request.rerun;
  options.parameters = request.parameters;
  options.overrides = request.overrides;
  options.planted = request.planted;
  options.check_every_event = request.check_every_event;
  options.counts_reached = request.counts_reached;
  options.is_interrupted = [] { return interrupted() != 0; };
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

// Where the files of one run go: a run directory, or a folder of one.
struct Place {
  RunDirectory* directory = nullptr;  // null: nowhere
  std::string folder;                 // "" or "slug/"
  std::string shown;                  // the path it will have

  std::string working_path() const {
    return folder.empty() ? directory->working_path()
                          : fmt::format("{}/{}", directory->working_path(), folder);
  }
};

// Writes all files of a report; the plots too. A sentence when something could not be written.
std::expected<void, std::string> write_run(const Place& place, const RunReport& report,
                                           std::vector<std::string>& warnings) {
  struct File {
    const char* name;
    std::string content;
  };
  for (const File& file :
       {File{"summary.json", summary_json(report)}, File{"metrics.csv", report.metrics.csv()},
        File{"histograms.csv", report.metrics.histograms_csv()},
        File{"events.csv", events_csv(report)}}) {
    if (const auto written = place.directory->write(place.folder + file.name, file.content);
        !written.has_value())
      return written;
  }
  for (const CaptureFile& capture : report.captures) {
    const auto written = place.directory->write(
        fmt::format("{}captures/{}.capture", place.folder, capture.name), capture.bytes);
    if (!written.has_value()) return written;
  }
  const auto plots = reports::draw_plots(place.working_path(), report.plots);
  if (!plots.has_value()) return std::unexpected(plots.error());
  if (interrupted() != 0) return std::unexpected("interrupted; nothing was written");
  warnings.insert(warnings.end(), plots->warnings.begin(), plots->warnings.end());
  return {};
}

// What was asked for, without what came of it.
Bundle bundle_of(const RunRequest& request, std::uint64_t seed, const SourceKeeper& sources) {
  Bundle bundle;
  bundle.version = version_text();
  bundle.build = build_hash();
  sources.put_into(bundle);
  bundle.seed = seed;
  bundle.parameters = request.parameters;
  bundle.overrides = request.overrides;
  bundle.planted = request.planted;
  bundle.check_every_event = request.check_every_event;
  bundle.variant = request.variant;
  if (request.bundle != nullptr) bundle.decisions = request.bundle->decisions;
  return bundle;
}

// Leaves a bundle when an assertion of our own fails, and says where.
class LastWill final : private env::AssertionContext {
 public:
  // `path`: "" for nowhere.
  LastWill(std::string path, std::function<Bundle()> bundle)
      : path_(std::move(path)), bundle_(std::move(bundle)) {}

 private:
  std::string describe() const override {
    if (path_.empty()) return "  no bundle was asked for";
    std::error_code error;
    if (const fs::path folder = fs::path(path_).parent_path(); !folder.empty())
      fs::create_directories(folder, error);
    const auto written = reports::write_file_atomically(path_, encode(bundle_()));
    return written.has_value() ? fmt::format("  bundle: {}\n  replay: titorelli replay {}", path_,
                                             shell_word(path_))
                               : fmt::format("  no bundle: {}", written.error());
  }

  std::string path_;
  std::function<Bundle()> bundle_;
};

// One run, its second one for --verify, and its traced one after a failure.
class Runner {
 public:
  // `sources` is given what the run reads.
  Runner(const RunRequest& request, const std::string& source, std::optional<VariantChoice> variant,
         Place place, SourceKeeper& sources)
      : request_(request),
        source_(source),
        variant_(std::move(variant)),
        place_(std::move(place)),
        sources_(sources) {}

  RunOutcome run();

 private:
  std::optional<RunReport> simulate(bool traced, Verifier* verifier);
  std::string assertion_bundle() const;
  Bundle bundle_so_far(std::uint64_t seed) const;
  void fail(int exit_code, std::string complaint) {
    outcome_.exit_code = exit_code;
    outcome_.complaint = std::move(complaint);
  }

  const RunRequest& request_;
  const std::string& source_;
  std::optional<VariantChoice> variant_;
  Place place_;
  SourceKeeper& sources_;
  RunOutcome outcome_;
  std::unique_ptr<TraceWriter> trace_;
};

std::string Runner::assertion_bundle() const {
  if (!request_.assertion_bundle.empty() || place_.directory == nullptr)
    return request_.assertion_bundle;
  return place_.shown.substr(0, place_.shown.find_last_not_of('/') + 1) + ".bundle";
}

Bundle Runner::bundle_so_far(std::uint64_t seed) const {
  Bundle bundle = bundle_of(request_, seed, sources_);
  if (variant_.has_value()) bundle.variant = variant_->name;
  return bundle;
}

std::optional<RunReport> Runner::simulate(bool traced, Verifier* verifier) {
  ScenarioOptions options = options_of(request_, source_);
  sources_.keep(options);
  options.verifier = verifier;
  options.variant = variant_;
  options.make_trace = [this, traced](std::uint64_t seed) -> TraceWriter* {
    if (!traced) return nullptr;
    const std::string path =
        place_.directory == nullptr ? "/dev/null" : place_.working_path() + "/trace.pb";
    auto created = TraceWriter::create(path, request_.path, seed);
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
  const LastWill last_will(assertion_bundle(),
                           [this, seed = run->seed()] { return bundle_so_far(seed); });
  const std::int64_t started = clock_us();
  RunReport report = run->finish();
  if (interrupted() != 0) {
    fail(interrupted(), "interrupted; nothing was written");
    return std::nullopt;
  }
  report.wall_us = clock_us() - started;
  if (trace_ != nullptr) {
    if (!trace_->close())
      fail(kExitCannotWrite, fmt::format("cannot write '{}/trace.pb'", place_.shown));
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
  if (!all && request_.trace == TraceMode::kFailures && place_.directory != nullptr &&
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
  if (place_.directory != nullptr) {
    const auto written = write_run(place_, *report, outcome_.warnings);
    if (!written.has_value()) {
      fail(interrupted() != 0 ? interrupted() : kExitCannotWrite, written.error());
      return std::move(outcome_);
    }
    outcome_.directory = place_.shown;
  }
  outcome_.exit_code = exit_code_of(verdict_of(*report));
  outcome_.report = std::move(report);
  return std::move(outcome_);
}

VariantsReport report_of(const ScenarioOutcome& outcome) {
  VariantsReport report{.runs = {}, .comparisons = outcome.comparisons};
  for (const RunOutcome& run : outcome.runs) report.runs.push_back(&*run.report);
  return report;
}

// All that run_scenario() does once it knows what the scenario declares.
class ScenarioRunner {
 public:
  ScenarioRunner(const RunRequest& request, std::string source, Declarations declarations)
      : request_(request), source_(std::move(source)), declarations_(std::move(declarations)) {}

  ScenarioOutcome run();

 private:
  bool choose();  // fills outcome_.variants
  bool open_directory();
  bool run_all();
  void compare();
  void keep_bundle();
  bool commit();
  bool fail(int exit_code, std::string complaint) {
    outcome_ = {};
    outcome_.exit_code = exit_code;
    outcome_.complaint = std::move(complaint);
    return false;
  }
  bool is_whole() const {  // every variant, in one directory
    return !declarations_.variants.empty() && !request_.variant.has_value();
  }

  const RunRequest& request_;
  std::string source_;
  Declarations declarations_;
  ScenarioOutcome outcome_;
  std::optional<RunDirectory> directory_;
  SourceKeeper sources_;
};

bool ScenarioRunner::choose() {
  outcome_.variants = declarations_.variants;
  outcome_.is_whole = is_whole();
  if (!request_.variant.has_value()) return true;
  std::erase_if(outcome_.variants,
                [this](const DeclaredVariant& v) { return v.name != *request_.variant; });
  if (!outcome_.variants.empty()) return true;
  if (declarations_.variants.empty()) {
    return fail(kExitUsage, fmt::format("--variant {}: {} declares no variants", *request_.variant,
                                        request_.path));
  }
  std::vector<std::string_view> names;
  for (const DeclaredVariant& variant : declarations_.variants) names.push_back(variant.name);
  std::string help = suggestion(kafka::nearest_names(*request_.variant, names));
  if (help.empty()) {
    for (std::string_view name : names)
      help += fmt::format("{} \"{}\"", help.empty() ? "it has:" : ",", name);
  }
  return fail(kExitUsage, fmt::format("--variant {}: {} has no such variant; {}", *request_.variant,
                                      request_.path, help));
}

bool ScenarioRunner::open_directory() {
  if (!request_.writes_files) return true;
  const DeclaredVariant* only = request_.variant.has_value() ? &outcome_.variants.front() : nullptr;
  const std::string path =
      request_.out_directory.value_or(default_directory(request_.path, declarations_.seed, only));
  auto created = RunDirectory::create(path);
  if (!created.has_value()) return fail(kExitCannotWrite, created.error());
  directory_.emplace(std::move(*created));
  outcome_.directory = path;
  return true;
}

bool ScenarioRunner::run_all() {
  VariantChoice choice;
  for (const DeclaredVariant& variant : declarations_.variants) choice.all.push_back(variant.name);
  const std::size_t count = std::max<std::size_t>(outcome_.variants.size(), 1);
  for (std::size_t i = 0; i < count; ++i) {
    Place place{.directory = directory_.has_value() ? &*directory_ : nullptr,
                .folder = {},
                .shown = outcome_.directory};
    std::optional<VariantChoice> chosen;
    if (!outcome_.variants.empty()) {
      choice.name = outcome_.variants[i].name;
      chosen = choice;
    }
    if (is_whole() && directory_.has_value()) {
      const std::string& slug = outcome_.variants[i].slug;
      place.folder = slug + "/";
      place.shown += (place.shown.ends_with("/") ? "" : "/") + slug;
      if (const auto made = directory_->make_folder(slug); !made.has_value())
        return fail(kExitCannotWrite, made.error());
    }
    RunOutcome run = Runner(request_, source_, chosen, std::move(place), sources_).run();
    if (!run.report.has_value()) {
      const bool is_of_variant = chosen.has_value() && run.exit_code == 3;
      return fail(run.exit_code,
                  is_of_variant ? fmt::format("{}\nin variant \"{}\"", run.complaint, choice.name)
                                : run.complaint);
    }
    outcome_.runs.push_back(std::move(run));
  }
  return true;
}

void ScenarioRunner::compare() {
  if (!is_whole()) {
    outcome_.unjudged = declarations_.comparisons.size();
    return;
  }
  std::vector<Comparison::Sample> samples;
  for (const RunOutcome& run : outcome_.runs)
    samples.push_back({.variant = run.report->variant, .metrics = &run.report->metrics});
  for (const Comparison& comparison : declarations_.comparisons)
    outcome_.comparisons.push_back(comparison.judge(samples));
}

void ScenarioRunner::keep_bundle() {
  if (!request_.keeps_bundle && !directory_.has_value()) return;
  Bundle bundle = bundle_of(request_, declarations_.seed, sources_);
  for (const RunOutcome& run : outcome_.runs) {
    bundle.runs.push_back({.variant = run.report->variant,
                           .outcome = outcome_words(*run.report),
                           .events = run.report->events,
                           .digest = run.report->digest,
                           .checkpoints = run.report->checkpoints});
  }
  outcome_.bundle = std::move(bundle);
}

bool ScenarioRunner::commit() {
  if (!directory_.has_value()) return true;
  if (const auto written = directory_->write("run.bundle", encode(*outcome_.bundle));
      !written.has_value())
    return fail(kExitCannotWrite, written.error());
  if (is_whole()) {
    const auto written = directory_->write("summary.json", summary_of(outcome_));
    if (!written.has_value()) return fail(kExitCannotWrite, written.error());
  }
  const auto done = directory_->commit();
  return done.has_value() || fail(kExitCannotWrite, done.error());
}

ScenarioOutcome ScenarioRunner::run() {
  if (choose() && open_directory() && run_all()) {
    compare();
    keep_bundle();
    if (commit()) outcome_.exit_code = exit_code_of(verdict_of(report_of(outcome_)));
  }
  return std::move(outcome_);
}

}  // namespace

std::string default_directory(const std::string& path, std::uint64_t seed,
                              const DeclaredVariant* only) {
  const std::string name = fmt::format("out/{}-{}", fs::path(path).stem().string(), seed);
  return only == nullptr ? name : fmt::format("{}-{}", name, only->slug);
}

RunRequest request_of(std::shared_ptr<const Bundle> bundle) {
  RunRequest request;
  request.path = bundle->scenario;
  request.seed = bundle->seed;
  request.parameters = bundle->parameters;
  request.overrides = bundle->overrides;
  request.planted = bundle->planted;
  request.variant = bundle->variant;
  request.check_every_event = bundle->check_every_event;
  request.writes_files = false;
  request.trace = TraceMode::kOff;
  request.bundle = std::move(bundle);
  return request;
}

ScenarioOutcome run_scenario(const RunRequest& request) {
  ScenarioOutcome failed;
  auto source = request.bundle != nullptr
                    ? std::expected<std::string, ScenarioFailure>(request.bundle->source)
                    : read_source(request.path);
  if (!source.has_value()) {
    failed.exit_code = source.error().exit_code;
    failed.complaint = source.error().text;
    return failed;
  }
  auto declarations = read_declarations(options_of(request, *source));
  if (!declarations.has_value()) {
    failed.exit_code = declarations.error().exit_code;
    failed.complaint = declarations.error().text;
    return failed;
  }
  return ScenarioRunner(request, std::move(*source), std::move(*declarations)).run();
}

std::string summary_of(const ScenarioOutcome& outcome) {
  return outcome.is_whole ? summary_json(report_of(outcome))
                          : summary_json(*outcome.runs.front().report);
}

HeaderOutcome read_header(const std::string& path) {
  auto source = read_source(path);
  if (!source.has_value()) return {std::nullopt, source.error()};
  ScenarioOptions options = scenario_options(path, std::move(*source));
  options.header_only = true;
  const std::unique_ptr<ScenarioRun> run = ScenarioRun::create(std::move(options));
  if (const auto failure = run->begin(); failure.has_value()) return {std::nullopt, *failure};
  return {run->header(), {}};
}

}  // namespace sim
