#include "sim/lab/fault_manual.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/lab/fault_args.h"
#include "sim/lab/faults/registry.h"

namespace sim {
namespace {

std::string word_of(const FaultInfo& info) {
  std::string word(info.name);
  std::ranges::replace(word, '-', '_');
  return word;
}

std::string_view what_a_family_is(std::string_view family) {
  if (family == "partition") return "who no longer hears whom";
  if (family == "link") return "what happens to packets on the way";
  if (family == "connection") return "what happens to TCP connections";
  if (family == "process") return "how processes and machines end or stand still";
  if (family == "cpu") return "processors that are slow";
  if (family == "disk") return "disks that are slow, full, or fail";
  if (family == "clock") return "wall clocks that are wrong; timers never are";
  return "what operators do, on purpose";
}

std::string row(const FaultParam& param) {
  std::string written(how_written(param.kind));
  if (param.kind == ParamKind::kChoice) {
    written = "one of " + std::string(param.choices);
    std::ranges::replace(written, '|', ' ');
  }
  const std::string fallback = param.is_required        ? "required"
                               : param.fallback.empty() ? ""
                                                        : fmt::format("`{}`", param.fallback);
  return fmt::format("| `{}` | {} | {} | {} |\n", param.name, param.doc, written, fallback);
}

}  // namespace

std::string fault_manual() {
  std::string text =
      "# Faults\n\n"
      "Written from the registries (sim/faults/registry.cc, sim/lab/faults/registry.cc): do not "
      "edit. `fault.NAME{ }` puts one into\n"
      "force and answers a handle: `:heal()`, `:is_over()`, `:affected()`, `:effects()`. All take "
      "`duration`, after which they heal by\n"
      "themselves. Nodes are objects, names or selectors: `\"leader of orders-0\"`, "
      "`\"followers of orders-0\"`, `\"isr of orders-0\"`,\n"
      "`\"controller\"`, `\"rack r1\"`, `\"brokers\"`, `\"random brokers\"`. A fault that touched "
      "nothing is reported as one that had no\n"
      "effect, and is an error under `scenario{ require_effect = true }`. `titorelli list faults "
      "NAME` shows the same on a terminal.\n\n"
      "| fault | family | what happens | chosen by a nemesis |\n|---|---|---|---|\n";
  for (const FaultInfo& info : faults()) {
    text += fmt::format("| [{}](#{}) | {} | {} | {} |\n", info.name, info.name, info.family,
                        info.doc, info.draw != nullptr ? "yes" : "no");
  }
  for (const std::string_view family : kFaultFamilies) {
    text += fmt::format("\n## Family {}: {}\n", family, what_a_family_is(family));
    for (const FaultInfo& info : faults()) {
      if (info.family != family) continue;
      text += fmt::format(
          "\n### {}\n\n{} In a scenario `fault.{}{{ }}`: "
          "[scenarios/faults/{}.lua](../scenarios/faults/{}.lua).\n\n",
          info.name, info.doc, word_of(info), info.name, info.name);
      if (info.params.empty()) continue;
      text += "| option | meaning | written | default |\n|---|---|---|---|\n";
      for (const FaultParam& param : info.params) text += row(param);
    }
  }
  return text;
}

}  // namespace sim
