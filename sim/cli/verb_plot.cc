// titorelli plot: draws plots of a run directory again.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "broker-model/types/config.h"
#include "reports/plot.h"
#include "sim/cli/verbs.h"

namespace sim {
namespace {

struct PlotFlags {
  std::string run;
  std::vector<std::string> kinds;
};

int plot(const PlotFlags& flags) {
  std::vector<std::string_view> known;
  for (const reports::PlotTemplate& one : reports::plot_templates()) known.push_back(one.kind);
  for (const std::string& kind : flags.kinds) {
    if (std::find(known.begin(), known.end(), kind) != known.end()) continue;
    const auto nearest = kafka::nearest_names(kind, known);
    fmt::print(stderr, "titorelli plot: unknown kind \"{}\"; {}\n", kind,
               nearest.empty() ? "see titorelli list plots"
                               : fmt::format("did you mean \"{}\"?", nearest.front()));
    return 2;
  }
  const auto outcome = reports::draw_plots(flags.run, flags.kinds);
  if (!outcome.has_value()) {
    fmt::print(stderr, "titorelli plot: {}\n", outcome.error());
    return outcome.error().starts_with("cannot write") ? 74 : 2;
  }
  for (const std::string& warning : outcome->warnings) fmt::print(stderr, "warning: {}\n", warning);
  for (const std::string& file : outcome->files) fmt::print("{}/{}\n", flags.run, file);
  return 0;
}

}  // namespace

VerbAction add_plot(CLI::App& command) {
  auto flags = std::make_shared<PlotFlags>();
  command.add_option("run", flags->run, "A run directory")->required();
  command.add_option("kind", flags->kinds, "Which plots; default: all (titorelli list plots)");
  command.footer(
      "Example:\n  titorelli plot out/leader-crash-1 latency-over-time\nThe .gp and .dat files "
      "beside each picture redraw it with gnuplot alone.");
  return [flags] { return plot(*flags); };
}

}  // namespace sim
