// A small cluster with a topic and a producer, for tests of on(), captures and replays.
#pragma once

#include <map>
#include <string>

#include "sim/lua/scenario.h"

namespace test {

// Line 1; a script begins in line 2. The producer sends nothing until it is driven.
inline constexpr const char* kInHandHead =
    "scenario { api = 1, name = 'x' } c = cluster { brokers = 3 } "
    "orders = c:topic('orders', { partitions = 2, replicas = 3, min_insync_replicas = 2 }) "
    "p = c:producer { acks = 'all', enable_idempotence = false } "
    "function drive(n) p:drive { topic = orders, rate = '10/s', count = n, keys = 50 } end\n";

struct InHandRun {
  std::string error;  // of begin() or of the run, as printed
  sim::RunReport report;
  std::string notes;  // joined by '|'
};

using Files = std::map<std::string, std::string>;

inline InHandRun run_in_hand(const std::string& script, const Files& files = {},
                             std::uint64_t seed = 1) {
  sim::ScenarioOptions options;
  options.path = "x.lua";
  options.source = kInHandHead + script;
  options.seed = seed;
  options.read_file = [&files](const std::string& path) -> std::expected<std::string, std::string> {
    const auto found = files.find(path);
    if (found == files.end()) return std::unexpected("there is no such file");
    return found->second;
  };
  const auto scenario = sim::ScenarioRun::create(std::move(options));
  InHandRun result;
  if (const auto failure = scenario->begin(); failure.has_value()) {
    result.error = failure->text;
    return result;
  }
  result.report = scenario->finish();
  result.error = result.report.error.value_or("");
  for (const std::string& sentence : result.report.liveness) result.error += sentence;
  for (const std::string& note : result.report.notes)
    result.notes += (result.notes.empty() ? "" : "|") + note;
  return result;
}

inline bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace test
