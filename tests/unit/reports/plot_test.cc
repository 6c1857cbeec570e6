// Plots of the committed sample run: the blocks cut from it, the files written, and what happens
// without gnuplot or without samples. TITORELLI_REWRITE=1 writes the goldens anew.
#include "reports/plot.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

#include "reports/extract.h"
#include "tests/unit/reports/scratch.h"

namespace reports {
namespace {

namespace fs = std::filesystem;
using test::Scratch;

const std::string kSample = TITORELLI_SOURCE_DIR "/tests/data/sample_run";

void copy_sample(const Scratch& scratch) {
  for (const char* file : {"summary.json", "metrics.csv", "histograms.csv", "events.csv"})
    fs::copy_file(kSample + "/" + file, scratch / file);
}

std::string text_of(const std::string& path) {
  const auto text = read_file(path);
  CHECK_MESSAGE(text.has_value(), path);
  return text.value_or("");
}

// PATH of the process while it lives.
class PathGuard {
 public:
  explicit PathGuard(const std::string& value) : old_(std::getenv("PATH")) {
    setenv("PATH", value.c_str(), 1);
  }
  ~PathGuard() { setenv("PATH", old_.c_str(), 1); }

 private:
  std::string old_;
};

bool has_gnuplot() { return std::system("command -v gnuplot >/dev/null 2>&1") == 0; }

}  // namespace

TEST_CASE("extract: the sample run's faults and windows") {
  const auto run = RunData::read(kSample);
  REQUIRE(run.has_value());
  CHECK(run->seed == 1);
  CHECK(run->verdict == "passed");
  CHECK(run->end_s == 10);
  CHECK(extract(*run, "faults") == "# faults\n# from_s to_s name\n3 7 \"kill broker-2\"\n");
  const auto windows = extract(*run, "windows records.sent no.such.metric");
  REQUIRE(windows.has_value());
  CHECK(windows->starts_with("# windows\n# time_s records.sent no.such.metric\n0 18.000 NaN\n"));
}

TEST_CASE("extract: the replicas' rows follow the partition from change to change") {
  const auto run = RunData::read(kSample);
  REQUIRE(run.has_value());
  const auto block = extract(*run, "replicas");
  REQUIRE(block.has_value());
  // Broker 2 led orders-0, was put out of the ISR by the election, and came back as a follower.
  CHECK(block->find("0.113558 4.79336 1 2 \"orders-0 on 2\"\n"
                    "4.79336 7.17683 1 0 \"orders-0 on 2\"\n"
                    "7.17683 10 1 1 \"orders-0 on 2\"\n") != std::string::npos);
}

TEST_CASE("extract: the percentile spectrum rises and ends with all records") {
  const auto run = RunData::read(kSample);
  REQUIRE(run.has_value());
  const auto block = extract(*run, "spectrum produce.latency");
  REQUIRE(block.has_value());
  CHECK(block->starts_with("# spectrum produce.latency\n# 1/(1-p) latency_ms count_so_far\n1 "));
  CHECK(block->ends_with(" 198\n"));
}

TEST_CASE("extract: an unknown or incomplete directive is an error that lists the known ones") {
  const auto run = RunData::read(kSample);
  REQUIRE(run.has_value());
  for (const char* directive :
       {"", "window x", "windows", "spectrum", "faults now", "replicas 1"}) {
    CAPTURE(directive);
    CHECK_FALSE(extract(*run, directive).has_value());
  }
  CHECK(extract(*run, "hills").error() ==
        "unknown data directive \"hills\"; expected windows METRIC..., spectrum METRIC, faults or "
        "replicas");
}

TEST_CASE("run data: what is not a run directory is refused with its name") {
  Scratch scratch("rundata");
  CHECK(RunData::read(scratch.path()).error().find("has no summary.json") != std::string::npos);
  scratch.put("summary.json", "[1, 2");
  CHECK(RunData::read(scratch.path()).error().find("not a summary of ours") != std::string::npos);
  scratch.put("summary.json", R"({"schema_version": 1, "scenario": 5})");
  CHECK_FALSE(RunData::read(scratch.path()).has_value());
  fs::copy_file(kSample + "/summary.json", scratch / "summary.json",
                fs::copy_options::overwrite_existing);
  CHECK(RunData::read(scratch.path()).error().find("metrics.csv") != std::string::npos);
}

TEST_CASE("plots of the sample run: .gp and .dat as committed, .svg where gnuplot is installed") {
  Scratch scratch("plots");
  copy_sample(scratch);
  const auto outcome = draw_plots(scratch.path(), {});
  REQUIRE(outcome.has_value());
  const bool rewrite = std::getenv("TITORELLI_REWRITE") != nullptr;
  REQUIRE(plot_templates().size() >= 3);
  for (const PlotTemplate& plot : plot_templates()) {
    CHECK_FALSE(plot.title().empty());
    CHECK_FALSE(plot.see().empty());
    for (const char* suffix : {".gp", ".dat"}) {
      const std::string file = "plots/" + std::string(plot.kind) + suffix;
      const std::string golden = kSample + "/" + file;
      CAPTURE(file);
      if (rewrite) {
        fs::create_directories(kSample + "/plots");
        fs::copy_file(scratch / file, golden, fs::copy_options::overwrite_existing);
      }
      CHECK(text_of(scratch / file) == text_of(golden));
    }
    if (!has_gnuplot()) continue;
    const std::string svg = text_of(scratch / ("plots/" + std::string(plot.kind) + ".svg"));
    CHECK(svg.find("<svg") != std::string::npos);
    CHECK(svg.find("sample.lua, seed 1: passed") != std::string::npos);
    CHECK(svg.ends_with("</svg>\n\n"));
  }
  if (has_gnuplot()) {
    CHECK(outcome->warnings.empty());
    CHECK(outcome->files.size() == 3 * plot_templates().size());
  } else {
    MESSAGE("gnuplot is not installed: no .svg was checked");
  }
}

TEST_CASE("plots: the latency plot shows units, legend and the fault's name") {
  if (!has_gnuplot()) {
    MESSAGE("skipped: gnuplot is not installed");
    return;
  }
  Scratch scratch("legend");
  copy_sample(scratch);
  const std::vector<std::string> kinds = {"latency-over-time"};
  const auto outcome = draw_plots(scratch.path(), kinds);
  REQUIRE(outcome.has_value());
  CHECK(outcome->files.size() == 3);
  const std::string svg = text_of(scratch / "plots/latency-over-time.svg");
  for (const char* word : {"kill broker-2", "produce p99", "end to end p99", "10 ms", "(s)"}) {
    CAPTURE(word);
    CHECK(svg.find(word) != std::string::npos);
  }
}

TEST_CASE("plots without gnuplot: .gp and .dat, one warning, no failure") {
  Scratch scratch("nognuplot");
  copy_sample(scratch);
  const PathGuard guard("");
  const auto outcome = draw_plots(scratch.path(), {});
  REQUIRE(outcome.has_value());
  CHECK(outcome->files.size() == 2 * plot_templates().size());
  REQUIRE(outcome->warnings.size() == 1);
  CHECK(outcome->warnings[0].find("gnuplot is not installed") != std::string::npos);
  for (const std::string& file : outcome->files) CHECK(fs::file_size(scratch / file) > 0);
}

TEST_CASE("plots of a run without samples: nothing is drawn, and it says so") {
  Scratch scratch("empty");
  fs::copy_file(kSample + "/summary.json", scratch / "summary.json");
  scratch.put("metrics.csv", "time_ms,metric,value\n");
  scratch.put("histograms.csv", "metric,low_us,high_us,count\n");
  scratch.put("events.csv", "time_ms,event,node,partition,leader,leader_epoch,isr,detail\n");
  const auto outcome = draw_plots(scratch.path(), {});
  REQUIRE(outcome.has_value());
  for (const std::string& file : outcome->files) CHECK_FALSE(file.ends_with(".svg"));
  if (!has_gnuplot()) return;
  CHECK(outcome->warnings.size() == plot_templates().size());
  for (const std::string& warning : outcome->warnings)
    CHECK(warning.starts_with("nothing to draw in "));
}

TEST_CASE("plots: a folder that cannot be written is an error with its name") {
  Scratch scratch("blocked");
  copy_sample(scratch);
  scratch.put("plots", "a file in the way");
  const auto outcome = draw_plots(scratch.path(), {});
  REQUIRE_FALSE(outcome.has_value());
  CHECK(outcome.error().starts_with("cannot write"));
}

}  // namespace reports
