// A scenario from text to report, for tests of the language.
#pragma once

#include <map>
#include <string>

#include "sim/lua/scenario.h"

namespace test {

inline bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

constexpr const char* kHead =
    "scenario { api = 1, name = 'x' } local c = cluster { brokers = 3, racks = { 'a', 'b' } }\n";

// The script begins in line 2.
inline sim::ScenarioOptions script_options(const std::string& script) {
  sim::ScenarioOptions options;
  options.path = "x.lua";
  options.source = kHead + script;
  return options;
}

// Modules from a table, by name; their paths are lib/<name>.lua.
inline sim::ModuleReader modules_of(std::map<std::string, std::string> texts) {
  return [texts](const std::string& name) -> std::expected<sim::ModuleText, sim::ModuleRefusal> {
    const auto found = texts.find(name);
    if (found != texts.end()) return sim::ModuleText{"lib/" + name + ".lua", found->second};
    sim::ModuleRefusal refusal{"module \"" + name + "\" is not there", {}};
    for (const auto& [known, text] : texts) refusal.known.push_back(known);
    return std::unexpected(refusal);
  };
}

struct Told {
  std::string failure;  // of begin()
  sim::RunReport report;
  std::string notes;  // joined by '|'
  std::string error() const { return failure.empty() ? report.error.value_or("") : failure; }
};

inline Told run_script(sim::ScenarioOptions options) {
  const auto scenario = sim::ScenarioRun::create(std::move(options));
  Told told;
  if (const auto failure = scenario->begin(); failure.has_value()) {
    told.failure = failure->text;
    return told;
  }
  told.report = scenario->finish();
  for (const std::string& note : told.report.notes)
    told.notes += (told.notes.empty() ? "" : "|") + note;
  return told;
}
inline Told run_script(const std::string& script) { return run_script(script_options(script)); }

}  // namespace test
