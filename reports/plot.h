// Plots: a template each (reports/plots/<kind>.gp), drawn by gnuplot from a run directory into
// RUN/plots/<kind>.gp, .dat and .svg. The .gp stands on its own: `gnuplot <kind>.gp` in that folder
// draws it again, restyled as you like. Without gnuplot the first two are written, and one warning.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reports {

struct PlotTemplate {
  std::string_view kind;  // the file's stem
  std::string_view text;
  std::string_view title() const;  // its "# title:" line
  std::string_view see() const;    // its "# see:" line: what to look for
};

std::span<const PlotTemplate> plot_templates();  // embedded at build time, sorted by kind

struct PlotOutcome {
  std::vector<std::string> files;     // relative to the run directory
  std::vector<std::string> warnings;  // gnuplot absent or failed
};

// Draws the given kinds (all when empty). An unknown kind, an unreadable run or an unwritable
// folder is an error.
std::expected<PlotOutcome, std::string> draw_plots(const std::string& run_directory,
                                                   std::span<const std::string> kinds);

}  // namespace reports
