// Reached: how often each kind of event happened in a run, from "election" to "timeout Produce".
// What a scenario must reach (scenario{ reaches = }) is held against it, and a soak adds them up.
//
// Kinds that every run is full of (messages, appends, records sent and delivered) are not counted.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/lab/events.h"

namespace sim {

class Reached {
 public:
  // `word`: what was meant in particular, a state, an error, an API or a fault; may be empty.
  void count(EventType type, std::string_view word);
  // Anything else, by its whole name: "error Fetch FENCED_LEADER_EPOCH".
  void add(std::string name, std::uint64_t times = 1) { counts_[std::move(name)] += times; }
  // "election", or "timeout Produce": how often.
  std::uint64_t count_of(std::string_view name) const;
  // By name, "election" as well as "timeout Produce" and "timeout" for all of them.
  const std::map<std::string, std::uint64_t, std::less<>>& counts() const { return counts_; }

  static bool is_counted(EventType type);
  // Kinds that are counted, by name.
  static std::vector<std::string_view> kinds();

 private:
  std::map<std::string, std::uint64_t, std::less<>> counts_;
};

}  // namespace sim
