// titorelli diff: two runs beside each other.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "reports/diff.h"
#include "sim/cli/verbs.h"

namespace sim {
namespace {

constexpr int kExitDifferent = 1;
constexpr int kExitUsage = 2;

struct DiffFlags {
  std::string left;
  std::string right;
};

int diff(const DiffFlags& flags) {
  const auto found = reports::diff_runs(flags.left, flags.right);
  if (!found.has_value()) {
    fmt::print(stderr, "titorelli diff: {}\n", found.error());
    return kExitUsage;
  }
  fmt::print("{}", found->text);
  return found->is_equal ? 0 : kExitDifferent;
}

}  // namespace

VerbAction add_diff(CLI::App& command) {
  auto flags = std::make_shared<DiffFlags>();
  command.add_option("left", flags->left, "A run directory")->required();
  command.add_option("right", flags->right, "Another")->required();
  command.footer(
      "The first event that differs, with what came before it and what follows in each run; then "
      "what\ndiffers in verdict, checks, thresholds, faults and metrics. The first event needs the "
      "traces of\nboth runs (run --trace all); without them the rows of events.csv are compared. "
      "Not compared:\nwall time, the paths of the scenarios, the seeds themselves.\n\nExamples:\n"
      "  titorelli run scenarios/tour/leader-crash.lua --trace all -o out/a\n"
      "  titorelli run scenarios/tour/leader-crash.lua --trace all -o out/b --set "
      "linger.ms=20\n"
      "  titorelli diff out/a out/b\n\n"
      "Exit codes: 0 equal, 1 different, 2 one of them cannot be read.");
  return [flags] { return diff(*flags); };
}

}  // namespace sim
