#include "sim/lab/results.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "reports/csv.h"

namespace sim {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr int kSchemaVersion = 1;

Json microseconds(
    env::Duration d) {  // integers stay integers: a float would print differently elsewhere
  return d.count() / 1000;
}

std::string_view verdict_name(kafka::Verdict verdict) {
  switch (verdict) {
    case kafka::Verdict::kOk: return "ok";
    case kafka::Verdict::kViolated: return "violated";
    case kafka::Verdict::kUnknown: return "unknown";
  }
  return "unknown";
}

Json milliseconds(std::optional<env::Instant> t) {
  if (!t.has_value()) return nullptr;
  return env::nanos(*t) / 1'000'000;
}

Json metrics_json(const RunReport& run) {
  Json metrics = Json::object();
  for (Latency which : kLatencies) {
    const Histogram& h = run.metrics.of(which).total;
    metrics[std::string(info(which).name)] = {
        {"count", h.count()},
        {"p50_us", microseconds(h.percentile(50, 100))},
        {"p90_us", microseconds(h.percentile(90, 100))},
        {"p99_us", microseconds(h.percentile(99, 100))},
        {"p999_us", microseconds(h.percentile(999, 1000))},
        {"max_us", microseconds(h.max())},
    };
  }
  for (Count which : kCounts) {
    metrics[std::string(info(which).name)] = run.metrics.of(which).total;
  }
  return metrics;
}

// Counts as they are, times in milliseconds under a name that says so.
Json effects_json(const FaultRecord& fault) {
  Json effects = Json::object();
  for (const FaultRecord::Effect& effect : fault.effects) {
    if (effect.is_time) {
      effects[effect.what + " ms"] = effect.amount / 1'000'000;
    } else {
      effects[effect.what] = effect.amount;
    }
  }
  return effects;
}

}  // namespace

std::string_view name(RunVerdict verdict) {
  switch (verdict) {
    case RunVerdict::kPassed: return "passed";
    case RunVerdict::kViolated: return "violated";
    case RunVerdict::kLiveness: return "liveness";
    case RunVerdict::kUnknown: return "unknown";
    case RunVerdict::kNondeterministic: return "nondeterministic";
    case RunVerdict::kError: return "error";
    case RunVerdict::kInternal: return "internal";
  }
  return "internal";
}

RunVerdict verdict_of(const RunReport& run) {
  if (run.nondeterminism.has_value()) return RunVerdict::kNondeterministic;
  if (run.error.has_value()) return RunVerdict::kError;
  const auto is_violated = [](const kafka::CheckResult& c) {
    return c.verdict == kafka::Verdict::kViolated;
  };
  const auto is_open = [&run](const kafka::CheckResult& c) {
    return c.verdict == kafka::Verdict::kUnknown &&
           std::find(run.allowed_unknown.begin(), run.allowed_unknown.end(), c.name) ==
               run.allowed_unknown.end();
  };
  const auto is_crossed = [](const ThresholdResult& t) { return !t.ok; };
  if (std::any_of(run.checks.begin(), run.checks.end(), is_violated) ||
      std::any_of(run.thresholds.begin(), run.thresholds.end(), is_crossed)) {
    return RunVerdict::kViolated;
  }
  if (std::any_of(run.checks.begin(), run.checks.end(), is_open)) return RunVerdict::kUnknown;
  if (!run.liveness.empty()) return RunVerdict::kLiveness;
  return RunVerdict::kPassed;
}

int exit_code_of(RunVerdict verdict) {
  switch (verdict) {
    case RunVerdict::kPassed: return 0;
    case RunVerdict::kViolated: return 1;
    case RunVerdict::kUnknown: return 1;
    case RunVerdict::kLiveness: return 4;
    case RunVerdict::kNondeterministic: return 5;
    case RunVerdict::kError: return 3;
    case RunVerdict::kInternal: return 70;
  }
  return 70;
}

RunVerdict verdict_of(const VariantsReport& report) {
  // By the order of causes; a value at the front wins.
  constexpr RunVerdict kOrder[] = {RunVerdict::kInternal, RunVerdict::kNondeterministic,
                                   RunVerdict::kError,    RunVerdict::kViolated,
                                   RunVerdict::kUnknown,  RunVerdict::kLiveness};
  const bool is_refuted =
      std::ranges::any_of(report.comparisons, [](const auto& c) { return c.ok == false; });
  for (RunVerdict verdict : kOrder) {
    if (verdict == RunVerdict::kViolated && is_refuted) return verdict;
    if (std::ranges::any_of(report.runs,
                            [verdict](const RunReport* r) { return verdict_of(*r) == verdict; }))
      return verdict;
  }
  return RunVerdict::kPassed;
}

namespace {

Json to_json(const RunReport& run) {
  Json json;
  json["schema_version"] = kSchemaVersion;
  json["scenario"] = run.scenario;
  json["seed"] = run.seed;
  if (!run.variant.empty()) json["variant"] = run.variant;
  json["verdict"] = name(verdict_of(run));
  json["digest"] = fmt::format("{:016x}", run.digest);
  json["virtual_ms"] = env::millis(run.virtual_time);
  json["events"] = run.events;
  json["messages"] = run.messages;
  json["wall_ms"] = run.wall_us / 1000;
  json["checks"] = Json::array();
  for (const kafka::CheckResult& check : run.checks) {
    json["checks"].push_back({{"name", check.name},
                              {"verdict", verdict_name(check.verdict)},
                              {"evaluated", check.evaluated},
                              {"detail", check.detail},
                              {"at_ms", milliseconds(check.at)}});
  }
  for (const std::string& sentence : run.liveness) {
    json["checks"].push_back({{"name", "liveness"},
                              {"verdict", "violated"},
                              {"evaluated", 1},
                              {"detail", sentence},
                              {"at_ms", nullptr}});
  }
  json["thresholds"] = Json::array();
  for (const ThresholdResult& threshold : run.thresholds) {
    json["thresholds"].push_back({{"metric", threshold.metric},
                                  {"expr", threshold.expression},
                                  {"value", threshold.value},
                                  {"ok", threshold.ok}});
  }
  json["faults"] = Json::array();
  for (const FaultRecord& fault : run.faults) {
    json["faults"].push_back({{"name", fault.name},
                              {"at_ms", milliseconds(fault.at)},
                              {"until_ms", milliseconds(fault.until)},
                              {"affected", fault.affected},
                              {"effects", effects_json(fault)}});
  }
  json["metrics"] = metrics_json(run);
  json["rerun"] = run.rerun;
  if (run.error.has_value()) json["error"] = *run.error;
  if (run.nondeterminism.has_value()) json["nondeterminism"] = *run.nondeterminism;
  if (!run.notes.empty()) json["notes"] = run.notes;
  return json;
}

std::string printed(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string summary_json(const RunReport& run) { return printed(to_json(run)); }

std::string summary_json(const VariantsReport& report) {
  TIT_ASSERT(!report.runs.empty(), "variants are reported when they have run");
  Json json;
  json["schema_version"] = kSchemaVersion;
  json["scenario"] = report.runs.front()->scenario;
  json["seed"] = report.runs.front()->seed;
  json["verdict"] = name(verdict_of(report));
  json["variants"] = Json::array();
  for (const RunReport* run : report.runs) json["variants"].push_back(to_json(*run));
  json["compare"] = Json::array();
  for (const ComparisonResult& comparison : report.comparisons) {
    Json values = Json::object();
    for (const auto& [variant, value] : comparison.values) values[variant] = value;
    json["compare"].push_back({{"metric", comparison.metric},
                               {"expr", comparison.expression},
                               {"values", values},
                               {"ok", comparison.ok.has_value() ? Json(*comparison.ok) : Json()}});
  }
  return printed(json);
}

std::string events_csv(const RunReport& run) {
  std::string text = "time_ms,event,node,partition,leader,leader_epoch,isr,detail\n";
  for (const EventRow& row : run.event_rows) {
    std::string isr;
    for (std::int32_t id : row.isr) isr += fmt::format("{}{}", isr.empty() ? "" : " ", id);
    const std::int64_t ns = env::nanos(row.at);
    text += fmt::format("{}.{:06},{},{},{},{},{},{},{}\n", ns / 1'000'000, ns % 1'000'000,
                        row.event, reports::csv_field(row.node), reports::csv_field(row.partition),
                        row.leader.has_value() ? std::to_string(*row.leader) : "",
                        row.leader_epoch.has_value() ? std::to_string(*row.leader_epoch) : "", isr,
                        reports::csv_field(row.detail));
  }
  return text;
}

std::string human(env::Duration d) {
  const double ns = static_cast<double>(d.count());
  if (d < std::chrono::microseconds(10)) return fmt::format("{} ns", d.count());
  if (d < std::chrono::milliseconds(1)) return fmt::format("{:.0f} us", ns / 1e3);
  if (d < std::chrono::seconds(1)) return fmt::format("{:.{}f} ms", ns / 1e6, ns < 1e8 ? 1 : 0);
  return fmt::format("{:.{}f} s", ns / 1e9, ns < 1e11 ? 2 : 0);
}

// --- the run directory ---------------------------------------------------------------------------

namespace {

// In a folder that is being written. It tells a leftover of ours (a run that was killed) from
// somebody else's folder that happens to have the name.
constexpr std::string_view kPartialMark = ".titorelli-partial";

// Whether a run may lie here: nothing there, an empty folder, or an earlier run.
std::expected<void, std::string> check_place(const std::string& directory) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(directory, error))) return {};
  if (!fs::is_directory(directory, error)) {
    return std::unexpected(
        fmt::format("cannot write the run to '{}': a file of that name is in the way", directory));
  }
  if (!fs::exists(directory + "/summary.json", error) && !fs::is_empty(directory, error)) {
    return std::unexpected(
        fmt::format("cannot write the run to '{}': the folder holds something that is not a run "
                    "(no summary.json)",
                    directory));
  }
  return {};
}

// A name beside the folder that is free, or held by a leftover of ours, which goes.
std::string free_name_beside(const std::string& directory) {
  std::error_code error;
  for (int i = 1;; ++i) {
    std::string name = directory + (i == 1 ? ".partial" : fmt::format(".partial-{}", i));
    if (!fs::exists(fs::symlink_status(name, error))) return name;
    if (!fs::exists(fmt::format("{}/{}", name, kPartialMark), error)) continue;
    fs::remove_all(name, error);
    return name;
  }
}

}  // namespace

std::expected<RunDirectory, std::string> RunDirectory::create(std::string directory) {
  while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
  if (const auto is_free = check_place(directory); !is_free.has_value())
    return std::unexpected(is_free.error());
  RunDirectory run(directory, free_name_beside(directory));
  std::error_code error;
  for (fs::path above = fs::path(run.temporary_).parent_path();
       !above.empty() && !fs::exists(above, error); above = above.parent_path())
    ++run.parents_made_;
  error.clear();
  fs::create_directories(run.temporary_, error);
  if (error) {
    run.temporary_.clear();
    return std::unexpected(
        fmt::format("cannot write the run to '{}': {}", directory, error.message()));
  }
  if (const auto marked = run.write(kPartialMark, ""); !marked.has_value())
    return std::unexpected(marked.error());
  return run;
}

RunDirectory::RunDirectory(RunDirectory&& other) noexcept
    : final_(std::move(other.final_)),
      temporary_(std::exchange(other.temporary_, {})),
      parents_made_(other.parents_made_) {}

RunDirectory::~RunDirectory() {
  std::error_code error;
  if (temporary_.empty()) return;
  fs::remove_all(temporary_, error);
  fs::path above = fs::path(temporary_).parent_path();
  for (int i = 0; i < parents_made_; ++i, above = above.parent_path())
    fs::remove(above, error);  // only when it is empty
}

std::expected<void, std::string> RunDirectory::make_folder(std::string_view name) {
  std::error_code error;
  fs::create_directories(fmt::format("{}/{}", temporary_, name), error);
  if (!error) return {};
  return std::unexpected(fmt::format("cannot write '{}/{}': {}", final_, name, error.message()));
}

std::expected<void, std::string> RunDirectory::write(std::string_view file,
                                                     std::string_view content) {
  const std::string path = fmt::format("{}/{}", temporary_, file);
  if (file.find('/') != file.npos) {
    std::error_code error;  // of a folder that cannot be made the file cannot be written either
    fs::create_directories(fs::path(path).parent_path(), error);
  }
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  out.close();
  if (!out) return std::unexpected(fmt::format("cannot write '{}/{}'", final_, file));
  return {};
}

std::expected<void, std::string> RunDirectory::commit() {
  if (const auto is_free = check_place(final_); !is_free.has_value()) return is_free;
  std::error_code error;
  fs::remove(fmt::format("{}/{}", temporary_, kPartialMark), error);
  const std::string old = temporary_ + ".old";
  const bool replaces = fs::exists(final_, error);
  if (replaces) fs::rename(final_, old, error);
  if (!error) fs::rename(temporary_, final_, error);
  if (error) {
    std::error_code ignored;
    if (replaces && !fs::exists(final_, ignored)) fs::rename(old, final_, ignored);
    return std::unexpected(
        fmt::format("cannot write the run to '{}': {}", final_, error.message()));
  }
  fs::remove_all(old, error);
  temporary_.clear();
  return {};
}

}  // namespace sim
