#include "reports/plot.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "reports/atomic_file.h"
#include "reports/extract.h"

extern char** environ;

namespace reports {
namespace {

namespace fs = std::filesystem;

// The text after "# key: " at the start of a line, for every such line.
std::vector<std::string_view> header_lines(std::string_view text, std::string_view key) {
  const std::string prefix = fmt::format("# {}: ", key);
  std::vector<std::string_view> found;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.starts_with(prefix)) found.push_back(line.substr(prefix.size()));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return found;
}

std::string gnuplot_quoted(std::string_view text) {  // for a single-quoted string
  std::string result;
  for (char c : text) {
    if (c == '\'') result += '\'';
    if (c >= ' ') result += c;
  }
  return result;
}

// The preamble that makes a template stand on its own: output file, who it is about.
std::string preamble(const PlotTemplate& plot, const RunData& run) {
  return fmt::format(
      "# Drawn by titorelli. Draw again: gnuplot {0}.gp (in this folder)\n"
      "set terminal svg size 1000,520 dynamic enhanced font 'DejaVu Sans,13' background rgb "
      "'white'\n"
      "set output '{0}.svg'\n"
      "DATA = '{0}.dat'\n"
      "RUN = '{1}, seed {2}: {3}'\n"
      "END = {4:g}\n"
      "FAULTS = {5}\n\n",
      plot.kind, gnuplot_quoted(fs::path(run.scenario).filename().string()), run.seed, run.verdict,
      run.end_s, run.faults.size());
}

// Whether a block has a row with a first value to draw: comments and rows of NaN have none.
bool has_latency_or_state(std::string_view block) {
  while (!block.empty()) {
    const std::size_t end = std::min(block.find('\n'), block.size());
    const std::string_view line = block.substr(0, end);
    const std::size_t second = line.find(' ');
    if (!line.empty() && line.front() != '#' && second != std::string_view::npos &&
        !line.substr(second + 1).starts_with("NaN")) {
      return true;
    }
    block.remove_prefix(std::min(end + 1, block.size()));
  }
  return false;
}

std::string find_gnuplot() {
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "";
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    const std::string candidate = fmt::format("{}/gnuplot", rest.substr(0, end));
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

// Runs gnuplot in `folder`; true on success. Its own words go to `log`.
bool run_gnuplot(const std::string& program, const std::string& folder, const std::string& script) {
  const pid_t child = fork();
  if (child < 0) return false;
  if (child == 0) {
    if (chdir(folder.c_str()) != 0) _exit(127);
    const int log = open("gnuplot.log", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (log >= 0) {
      dup2(log, STDOUT_FILENO);
      dup2(log, STDERR_FILENO);
    }
    execl(program.c_str(), "gnuplot", script.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

std::string_view PlotTemplate::title() const {
  const auto lines = header_lines(text, "title");
  return lines.empty() ? kind : lines.front();
}

std::string_view PlotTemplate::see() const {
  const auto lines = header_lines(text, "see");
  return lines.empty() ? std::string_view{} : lines.front();
}

std::expected<PlotOutcome, std::string> draw_plots(const std::string& run_directory,
                                                   std::span<const std::string> kinds) {
  const auto run = RunData::read(run_directory);
  if (!run.has_value()) return std::unexpected(run.error());
  const std::string folder = run_directory + "/plots";
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return std::unexpected(fmt::format("cannot write '{}': {}", folder, error.message()));

  PlotOutcome outcome;
  const std::string gnuplot = find_gnuplot();
  if (gnuplot.empty()) {
    outcome.warnings.push_back(
        "gnuplot is not installed: the plots' .gp and .dat files are written, no .svg");
  }
  for (const PlotTemplate& plot : plot_templates()) {
    if (!kinds.empty() && std::find(kinds.begin(), kinds.end(), plot.kind) == kinds.end()) continue;
    std::string data;
    bool has_points = false;
    for (std::string_view directive : header_lines(plot.text, "data")) {
      const auto block = extract(*run, directive);
      if (!block.has_value())
        return std::unexpected(fmt::format("{}.gp: {}", plot.kind, block.error()));
      has_points = has_points || (directive != "faults" && has_latency_or_state(*block));
      data += (data.empty() ? "" : "\n\n") + *block;
    }
    const std::string stem = fmt::format("{}/{}", folder, plot.kind);
    for (const auto& [suffix, content] :
         {std::pair{".dat", data}, {".gp", preamble(plot, *run) + std::string(plot.text)}}) {
      if (const auto written = write_file_atomically(stem + suffix, content);
          !written.has_value()) {
        return std::unexpected(written.error());
      }
      outcome.files.push_back(fmt::format("plots/{}{}", plot.kind, suffix));
    }
    if (gnuplot.empty()) continue;
    if (!has_points) {
      outcome.warnings.push_back(
          fmt::format("nothing to draw in {}: the run has no such samples", plot.kind));
      continue;
    }
    if (!run_gnuplot(gnuplot, folder, fmt::format("{}.gp", plot.kind))) {
      fs::remove(stem + ".svg", error);
      const auto words = read_file(folder + "/gnuplot.log");
      outcome.warnings.push_back(
          fmt::format("gnuplot could not draw {}: {}", plot.kind, words.value_or("")));
    } else {
      outcome.files.push_back(fmt::format("plots/{}.svg", plot.kind));
    }
    fs::remove(folder + "/gnuplot.log", error);
  }
  return outcome;
}

}  // namespace reports
