// titorelli list, titorelli version.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "broker-model/checkers/checker.h"
#include "broker-model/types/config.h"
#include "reports/plot.h"
#include "sim/cli/verbs.h"
#include "sim/lab/events.h"
#include "sim/lab/metrics.h"
#include "sim/net/presets.h"

#ifndef TITORELLI_VERSION
#define TITORELLI_VERSION "unknown"
#endif

namespace sim {
namespace {

void list_configs() {
  for (const kafka::ConfigDef* def :
       {&kafka::ConfigDef::broker(), &kafka::ConfigDef::topic(), &kafka::ConfigDef::producer(),
        &kafka::ConfigDef::consumer(), &kafka::ConfigDef::admin()}) {
    for (const kafka::ConfigKey& key : def->keys()) {
      fmt::print("{:<44} {:<9} default {:<14} {}\n", key.name, def->noun(),
                 key.default_value.empty() ? "\"\"" : key.default_value, key.doc);
    }
  }
}

int list(const std::string& kind) {
  if (kind == "checks") {
    for (const kafka::CheckerInfo& info : kafka::checkers())
      fmt::print("{:<26} {}\n", info.name, info.doc);
  } else if (kind == "configs") {
    list_configs();
  } else if (kind == "metrics") {
    for (Latency which : kLatencies)
      fmt::print("{:<20} {:<8} {}\n", info(which).name, info(which).unit, info(which).doc);
    for (Count which : kCounts)
      fmt::print("{:<20} {:<8} {}\n", info(which).name, info(which).unit, info(which).doc);
  } else if (kind == "events") {
    for (const EventInfo& event : event_kinds())
      fmt::print("{:<16} {}  filters: {}\n", event.name, event.doc, event.filters);
  } else if (kind == "topologies") {
    for (const TopologyPreset& preset : topology_presets())
      fmt::print("{:<20} {}\n", preset.name, preset.doc);
  } else {
    for (const reports::PlotTemplate& plot : reports::plot_templates())
      fmt::print("{:<20} {}\n", plot.kind, plot.see());
  }
  return 0;
}

}  // namespace

VerbAction add_list(CLI::App& command) {
  auto kind = std::make_shared<std::string>();
  command.add_option("kind", *kind, "checks, configs, events, metrics, plots or topologies")
      ->required()
      ->check(CLI::IsMember({"checks", "configs", "events", "metrics", "plots", "topologies"}));
  command.footer("Examples:\n  titorelli list checks\n  titorelli list configs | grep timeout");
  return [kind] { return list(*kind); };
}

VerbAction add_version(CLI::App& command) {
  auto json = std::make_shared<bool>(false);
  command.add_flag("--json", *json, "As JSON");
  command.footer("Example:\n  titorelli version --json");
  return [json] {
    if (*json) {
      fmt::print(
          "{{\"name\": \"titorelli\", \"version\": \"{}\", \"scenario_api\": 1, \"kafka\": "
          "\"4.3\"}}\n",
          TITORELLI_VERSION);
    } else {
      fmt::print("titorelli {} (scenario api 1, Kafka 4.3)\n", TITORELLI_VERSION);
    }
    return 0;
  };
}

}  // namespace sim
