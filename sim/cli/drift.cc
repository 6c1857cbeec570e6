#include "sim/cli/drift.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <optional>

#include "reports/summary_diff.h"
#include "reports/trace_diff.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/run_scenario.h"
#include "sim/cli/scenario_files.h"
#include "sim/lab/shell_word.h"
#include "sim/lab/trace_writer.h"

namespace sim {
namespace {

namespace fs = std::filesystem;

// Where `titorelli run` leaves this run when nobody says where: the whole scenario's, then that of
// the variant alone.
std::vector<std::string> places_of(const DriftedRun& run) {
  const std::string whole = default_directory(run.path, run.seed);
  for (const DeclaredVariant& variant : run.variants) {
    if (variant.name == run.variant)
      return {whole + "/" + variant.slug, default_directory(run.path, run.seed, &variant)};
  }
  return {whole};
}

// A run directory with a trace of that very run; nothing when there is none.
std::optional<std::string> traced_run(const DriftedRun& run) {
  for (const std::string& place : places_of(run)) {
    std::error_code error;
    if (!fs::exists(place + "/trace.pb", error)) continue;
    const auto summary = reports::RunSummary::read(place);
    if (summary.has_value() && summary->text("seed") == std::to_string(run.seed) &&
        summary->text("variant") == run.variant &&
        summary->text("digest") == fmt::format("{:016x}", run.on_record))
      return place;
  }
  return std::nullopt;
}

// A folder that goes away with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::error_code error;
    std::string name = (fs::temp_directory_path(error) / "titorelli-drift-XXXXXX").string();
    if (!error && mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code error;
    if (!path_.empty()) fs::remove_all(path_, error);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }  // "": it could not be made

 private:
  std::string path_;
};

// The run as it is now, with a trace; a sentence when it cannot be written.
std::expected<void, std::string> write_trace(const DriftedRun& run, const std::string& file) {
  auto source = read_source(run.path);
  if (!source.has_value()) return std::unexpected(source.error().text);
  ScenarioOptions options = scenario_options(run.path, std::move(*source));
  options.seed = run.seed;
  options.is_interrupted = [] { return interrupted() != 0; };
  if (!run.variant.empty()) {
    options.variant = VariantChoice{.name = run.variant, .all = {}};
    for (const DeclaredVariant& variant : run.variants)
      options.variant->all.push_back(variant.name);
  }
  std::unique_ptr<TraceWriter> trace;
  std::string complaint;
  options.make_trace = [&](std::uint64_t seed) -> TraceWriter* {
    auto created = TraceWriter::create(file, run.path, seed);
    if (created.has_value()) {
      trace = std::move(*created);
    } else {
      complaint = created.error();
    }
    return trace.get();
  };
  const std::unique_ptr<ScenarioRun> again = ScenarioRun::create(std::move(options));
  const std::optional<ScenarioFailure> failure = again->begin();
  if (failure.has_value()) return std::unexpected(failure->text);
  if (trace == nullptr) return std::unexpected(complaint);
  again->finish();
  if (!trace->close()) return std::unexpected(fmt::format("cannot write '{}'", file));
  return {};
}

}  // namespace

std::string describe_drift(const DriftedRun& run) {
  const std::optional<std::string> before = traced_run(run);
  if (!before.has_value()) {
    return fmt::format(
        "its first differing event is shown where {} holds the run on record, traced:\n"
        "titorelli run {} --seed {} --trace all, with the program and the scenario of before",
        places_of(run).front(), shell_word(run.path), run.seed);
  }
  const TemporaryFolder folder;
  if (folder.path().empty()) return "no temporary folder can be made for its trace";
  const std::string file = folder.path() + "/trace.pb";
  if (const auto written = write_trace(run, file); !written.has_value()) return written.error();
  const auto diff =
      reports::diff_traces({.path = *before + "/trace.pb", .name = "on record, " + *before},
                           {.path = file, .name = "now"});
  if (!diff.has_value()) return diff.error();
  if (diff->is_equal) {
    return fmt::format(
        "the {} events of both traces are equal: what differs is none that is traced",
        diff->equal_events);
  }
  std::string text = diff->text;
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace sim
