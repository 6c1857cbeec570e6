// titorelli merge: results of sweeps as one.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "reports/atomic_file.h"
#include "reports/extract.h"
#include "sim/cli/sweep_result.h"
#include "sim/cli/sweep_table.h"
#include "sim/cli/verbs.h"

namespace sim {
namespace {

constexpr int kExitUsage = 2;
constexpr int kExitCannotWrite = 74;

struct MergeFlags {
  std::vector<std::string> files;
  std::string out;
};

int fail(int code, const std::string& sentence) {
  fmt::print(stderr, "titorelli merge: {}\n", sentence);
  return code;
}

int merge(const MergeFlags& flags) {
  std::optional<SweepResult> all;
  for (const std::string& path : flags.files) {
    const auto bytes = reports::read_file(path);
    if (!bytes.has_value()) return fail(kExitUsage, fmt::format("cannot read '{}'", path));
    auto one = decode_sweep(*bytes);
    if (!one.has_value()) return fail(kExitUsage, fmt::format("'{}': {}", path, one.error()));
    if (!all.has_value()) {
      all = std::move(*one);
      continue;
    }
    auto both = merged(*all, *one);
    if (!both.has_value()) {
      return fail(both.error().exit_code,
                  fmt::format("'{}' and '{}' cannot be merged: {}", flags.files.front(), path,
                              both.error().sentence));
    }
    all = std::move(*both);
  }
  if (const auto written = reports::write_file_atomically(flags.out, encode(*all));
      !written.has_value())
    return fail(kExitCannotWrite, written.error());
  if (const auto written = write_table(flags.out, *all); !written.has_value())
    return fail(kExitCannotWrite, written.error());
  fmt::print("{}{}", all->has_grid() ? render_table(*all) : "", render(*all));
  return exit_code_of(*all);
}

}  // namespace

VerbAction add_merge(CLI::App& command) {
  auto flags = std::make_shared<MergeFlags>();
  command.add_option("file", flags->files, "Results of `titorelli sweep`: sweep.pb")->required();
  command.add_option("-o,--out", flags->out, "The merged result")->required();
  command.footer(
      "The shards of a sweep, merged, are byte for byte the result of one sweep. Results of other "
      "builds,\nscenarios or options are refused.\n\nExample:\n"
      "  titorelli merge out/*/sweep.pb -o out/all.pb");
  return [flags] { return merge(*flags); };
}

}  // namespace sim
