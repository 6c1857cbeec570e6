// titorelli export: a run's trace for other programs.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "reports/pcapng.h"
#include "sim/cli/verbs.h"

namespace sim {
namespace {

struct ExportFlags {
  std::string run;
  std::string format;
  std::string out;
};

int export_run(const ExportFlags& flags) {
  if (std::error_code error; !std::filesystem::is_directory(flags.run, error)) {
    fmt::print(stderr, "titorelli export: cannot read '{}': no such run directory\n", flags.run);
    return 2;
  }
  const std::string out = flags.out.empty() ? flags.run + "/trace.pcapng" : flags.out;
  const auto summary = reports::export_pcapng(flags.run, out);
  if (!summary.has_value()) {
    fmt::print(stderr, "titorelli export: {}\n", summary.error());
    return summary.error().starts_with("cannot write") ? 74 : 2;
  }
  fmt::print(stderr, "{} frames on {} connections, {} packets\n", summary->frames,
             summary->connections, summary->packets);
  fmt::print("{}\n", out);
  return 0;
}

}  // namespace

VerbAction add_export(CLI::App& command) {
  auto flags = std::make_shared<ExportFlags>();
  command.add_option("run", flags->run, "A run directory with a trace (run --trace all)")
      ->required();
  command.add_option("--to", flags->format, "pcapng: for Wireshark and tshark")
      ->required()
      ->check(CLI::IsMember({"pcapng"}));
  command.add_option("-o,--out", flags->out, "The file; default RUN/trace.pcapng");
  command.footer(
      "Example:\n  titorelli export out/leader-crash-1 --to pcapng\n\n"
      "tshark dissects Kafka on port 9092; for the controller add -d tcp.port==9093,kafka. tshark "
      "4.0 knows\n"
      "old versions only: run with --set client.api.caps=tshark to have it read the clients' "
      "traffic.");
  return [flags] { return export_run(*flags); };
}

}  // namespace sim
