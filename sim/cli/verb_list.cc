// titorelli list, titorelli version.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "broker-model/checkers/checker.h"
#include "broker-model/types/config.h"
#include "broker-model/types/config_text.h"
#include "broker-model/types/mutations.h"
#include "reports/plot.h"
#include "sim/cli/build.h"
#include "sim/cli/verbs.h"
#include "sim/lab/events.h"
#include "sim/lab/fault_args.h"
#include "sim/lab/faults/registry.h"
#include "sim/lab/metrics.h"
#include "sim/net/presets.h"

namespace sim {
namespace {

constexpr int kExitUsage = 2;

struct ListFlags {
  std::string kind;
  std::string filter;  // of configs, and the name of a fault
  bool broker = false;
  bool topic = false;
  bool producer = false;
  bool consumer = false;
  bool admin = false;

  bool has_scope() const { return broker || topic || producer || consumer || admin; }
};

struct ConfigRow {
  const kafka::ConfigKey* key;
  std::string_view scope;
  std::string type;
  std::string value;
  std::string range;
};

std::vector<ConfigRow> config_rows(const ListFlags& flags) {
  const std::pair<const kafka::ConfigDef*, bool> tables[] = {
      {&kafka::ConfigDef::broker(), flags.broker},
      {&kafka::ConfigDef::topic(), flags.topic},
      {&kafka::ConfigDef::producer(), flags.producer},
      {&kafka::ConfigDef::consumer(), flags.consumer},
      {&kafka::ConfigDef::admin(), flags.admin}};
  std::string wanted = flags.filter;
  std::replace(wanted.begin(), wanted.end(), '_', '.');
  std::vector<ConfigRow> rows;
  for (const auto& [def, is_chosen] : tables) {
    if (flags.has_scope() && !is_chosen) continue;
    for (const kafka::ConfigKey& key : def->keys()) {
      if (key.name.find(wanted) == std::string_view::npos) continue;
      rows.push_back({.key = &key,
                      .scope = def->noun(),
                      .type = type_text(key),
                      .value = default_text(key),
                      .range = range_text(key)});
    }
  }
  return rows;
}

// Name, scope, type, default, range, meaning: as wide as the widest of what is shown.
int list_configs(const ListFlags& flags) {
  const std::vector<ConfigRow> rows = config_rows(flags);
  if (rows.empty()) {
    std::vector<std::string_view> names;
    for (const ConfigRow& row : config_rows(ListFlags{})) names.push_back(row.key->name);
    const std::vector<std::string> nearest = kafka::nearest_names(flags.filter, names);
    fmt::print(stderr, "titorelli list configs: no key has \"{}\" in its name{}\n", flags.filter,
               nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest.front()));
    return kExitUsage;
  }
  std::size_t widths[5] = {};
  for (const ConfigRow& row : rows) {
    const std::size_t sizes[5] = {row.key->name.size(), row.scope.size(), row.type.size(),
                                  row.value.size(), row.range.size()};
    for (std::size_t i = 0; i < 5; ++i) widths[i] = std::max(widths[i], sizes[i]);
  }
  for (const ConfigRow& row : rows) {
    fmt::print("{:<{}}  {:<{}}  {:<{}}  {:<{}}  {:<{}}  {}\n", row.key->name, widths[0], row.scope,
               widths[1], row.type, widths[2], row.value, widths[3], row.range, widths[4],
               row.key->doc);
  }
  return 0;
}

// The faults, or what one of them takes.
int list_faults(std::string_view name) {
  if (name.empty()) {
    for (const FaultInfo& fault : faults())
      fmt::print("{:<20} {:<11} {}\n", fault.name, fault.family, fault.doc);
    return 0;
  }
  std::string wanted(name);
  std::replace(wanted.begin(), wanted.end(), '_', '-');
  const FaultInfo* fault = find_fault(wanted);
  if (fault == nullptr) {
    std::vector<std::string_view> names;
    for (const FaultInfo& known : faults()) names.push_back(known.name);
    const std::vector<std::string> nearest = kafka::nearest_names(wanted, names);
    fmt::print(stderr, "titorelli list faults: there is no fault \"{}\"{}\n", name,
               nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest.front()));
    return kExitUsage;
  }
  fmt::print("{} ({}): {}\n", fault->name, fault->family, fault->doc);
  for (const FaultParam& param : fault->params) {
    const std::string fallback = param.is_required ? "required"
                                 : param.fallback.empty()
                                     ? "optional"
                                     : fmt::format("default {}", param.fallback);
    fmt::print("  {:<14} {}; {}\n  {:<14} {}\n", param.name,
               param.kind == ParamKind::kChoice ? fmt::format("one of {}", param.choices)
                                                : std::string(how_written(param.kind)),
               fallback, "", param.doc);
  }
  fmt::print("  {:<14} {}; optional\n  {:<14} Heals it by itself after that time.\n", "duration",
             how_written(ParamKind::kDuration), "");
  return 0;
}

int list_plainly(const std::string& kind) {
  if (kind == "checks") {
    for (const kafka::CheckerInfo& info : kafka::checkers())
      fmt::print("{:<26} {}\n", info.name, info.doc);
  } else if (kind == "metrics") {
    for (Latency which : kLatencies)
      fmt::print("{:<20} {:<8} {}\n", info(which).name, info(which).unit, info(which).doc);
    for (Count which : kCounts)
      fmt::print("{:<20} {:<8} {}\n", info(which).name, info(which).unit, info(which).doc);
  } else if (kind == "logic") {
    for (const kafka::LogicSwitch& each : kafka::logic_switches())
      fmt::print("{:<34} {:<12} {:<12} {}\n", each.name, each.kind, each.room, each.doc);
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

int list(const ListFlags& flags) {
  if (flags.kind == "configs") return list_configs(flags);
  const bool is_faults = flags.kind == "faults";
  if (!flags.has_scope() && is_faults) return list_faults(flags.filter);
  if (!flags.has_scope() && flags.filter.empty()) return list_plainly(flags.kind);
  fmt::print(stderr, "titorelli list {}: only configs take {}\n", flags.kind,
             is_faults ? "--broker, --topic and their like" : "a filter");
  return kExitUsage;
}

}  // namespace

VerbAction add_list(CLI::App& command) {
  auto flags = std::make_shared<ListFlags>();
  command
      .add_option("kind", flags->kind,
                  "checks, configs, events, faults, logic, metrics, plots or "
                  "topologies")
      ->required()
      ->check(CLI::IsMember(
          {"checks", "configs", "events", "faults", "logic", "metrics", "plots", "topologies"}));
  command.add_option("filter", flags->filter,
                     "Of configs: only keys with this in their name; of faults: one of them, with "
                     "its parameters");
  command.add_flag("--broker", flags->broker, "Of configs: keys of brokers and controllers");
  command.add_flag("--topic", flags->topic, "Keys of topics");
  command.add_flag("--producer", flags->producer, "Keys of producers");
  command.add_flag("--consumer", flags->consumer, "Keys of consumers");
  command.add_flag("--admin", flags->admin, "Keys of admin clients");
  command.footer(
      "Examples:\n  titorelli list checks\n  titorelli list configs timeout\n"
      "  titorelli list configs --topic --producer\n  titorelli list faults\n"
      "  titorelli list faults slow-disk\n\n"
      "Configs show name, scope, type, default, range and meaning. A key of type \"int ms\" takes "
      "Kafka's number\nor a duration (\"250ms\", \"10s\", \"2m\"), one of type \"int bytes\" a "
      "number or a size (\"16KiB\", \"1MiB\").\nFaults show name, family and meaning; one of them "
      "its parameters, with how each is written and its default.");
  return [flags] { return list(*flags); };
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
          version_text());
    } else {
      fmt::print("titorelli {} (scenario api 1, Kafka 4.3)\n", version_text());
    }
    return 0;
  };
}

}  // namespace sim
