#include "sim/cli/failure_bundles.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <vector>

#include "reports/atomic_file.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/sweep_answer.h"
#include "sim/cli/worker_pool.h"

namespace sim {
namespace {

namespace fs = std::filesystem;

constexpr int kExitNondeterminism = 5;
constexpr int kExitInternal = 70;
constexpr int kExitCannotWrite = 74;

// "violated-no-lost-acks-17.bundle"
std::string file_name(std::string_view outcome, std::uint64_t seed) {
  constexpr std::size_t kWordsMax = 60;
  std::string name;
  for (const char c : outcome.substr(0, kWordsMax)) {
    const bool is_plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (is_plain) {
      name += c;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  if (!name.ends_with('-')) name += '-';
  return fmt::format("{}{}.bundle", name, seed);
}

struct Failure {
  WayToFail way;
  std::string path;
};

std::vector<Failure> failures_of(const SweepResult& result, const std::string& folder) {
  std::vector<Failure> failures;
  for (WayToFail& way : ways_to_fail(result)) {
    std::string path = folder + "/" + file_name(way.outcome, way.seed);
    failures.push_back({.way = std::move(way), .path = std::move(path)});
  }
  return failures;
}

// Bundles of an earlier state of the same sweep.
void remove_others(const std::string& folder, const std::vector<Failure>& failures) {
  std::set<std::string> kept;
  for (const Failure& failure : failures) kept.insert(failure.path);
  std::error_code error;
  std::vector<fs::path> others;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".bundle" && !kept.contains(entry.path().string()))
      others.push_back(entry.path());
  }
  for (const fs::path& other : others) fs::remove(other, error);
}

}  // namespace

FailureBundles write_failure_bundles(const SweepResult& result, const RunRequest& request,
                                     const std::string& folder, int jobs) {
  FailureBundles bundles;
  const std::vector<Failure> failures = failures_of(result, folder);
  std::error_code error;
  if (failures.empty()) {
    remove_others(folder, failures);
    return bundles;
  }
  const auto fail = [&bundles](int exit_code, std::string sentence) {
    if (!bundles.error.has_value())
      bundles.error = SweepError{.exit_code = exit_code, .sentence = std::move(sentence)};
  };
  fs::create_directories(folder, error);
  if (error) {
    fail(kExitCannotWrite, fmt::format("cannot make '{}': {}", folder, error.message()));
    return bundles;
  }
  // The answer is "=" and the outcome, or a sentence about the file.
  WorkerPool pool(jobs, [&](std::uint64_t index) {
    RunRequest one = request;
    one.seed = failures[index].way.seed;
    one.check_every_event = result.identity.checks_every_event(failures[index].way.seed);
    result.identity.grid.apply(failures[index].way.point, one);
    one.keeps_bundle = true;
    one.assertion_bundle = failures[index].path;
    const ScenarioOutcome outcome = run_scenario(one);
    if (outcome.bundle.has_value()) {
      const auto written =
          reports::write_file_atomically(failures[index].path, encode(*outcome.bundle));
      if (!written.has_value()) return written.error();
    }
    return "=" + outcome_of(outcome);
  });
  std::uint64_t next = 0;
  const auto cannot_start = pool.run(
      [&]() -> std::optional<std::uint64_t> {
        if (next >= failures.size()) return std::nullopt;
        return next++;
      },
      [&](TaskEnd end) {
        if (interrupted() != 0) return;
        const Failure& failure = failures[end.task];
        const std::string again = end.answer.value_or("=internal");
        if (!again.starts_with("=")) {
          fail(kExitCannotWrite, again);
        } else if (again.substr(1) != failure.way.outcome &&
                   !(again == "=internal" && failure.way.outcome.starts_with("internal"))) {
          fail(kExitNondeterminism,
               fmt::format("seed {} has two outcomes, \"{}\" and \"{}\"", failure.way.seed,
                           failure.way.outcome, again.substr(1)));
        } else if (fs::exists(failure.path, error)) {  // not of one that could not begin
          bundles.paths.emplace(failure.way.outcome, failure.path);
        }
      },
      [] { return interrupted() != 0; });
  if (cannot_start.has_value()) fail(kExitInternal, *cannot_start);
  if (interrupted() == 0) remove_others(folder, failures);
  return bundles;
}

}  // namespace sim
