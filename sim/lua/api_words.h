// Words that several files of the language's table share. A noun's table is put together from
// groups of words: api_<noun>.cc.
#pragma once

#include <functional>
#include <initializer_list>
#include <set>
#include <span>
#include <vector>

#include "sim/lua/api.h"

namespace sim {

std::span<const ApiWord> variant_words();  // globals: variant, compare
std::span<const ApiWord> measure_words();  // globals: metric, plot, require
std::span<const ApiWord> process_words();  // of nodes and clients: what can happen to a process
std::span<const ApiWord> broker_words();   // of nodes: what the cluster knows of a broker
std::span<const ApiWord> log_words();      // of topics: log

inline std::vector<ApiWord> joined(std::initializer_list<std::span<const ApiWord>> groups) {
  std::vector<ApiWord> words;
  for (std::span<const ApiWord> group : groups)
    words.insert(words.end(), group.begin(), group.end());
  return words;
}

// Raises unless the text is an expectation: "passed", "liveness" or "violated: NAME". `call` names
// what takes it.
void check_expectation(lua_State* L, std::string_view text, std::string_view call);

// The replica's holder: the broker at `index`, or the partition's leader when that is absent; none
// when there is no leader. Raises for a node that is no broker.
std::optional<kafka::NodeId> check_holder(lua_State* L, int index,
                                          const ClusterState::Partition* partition);

// Pushes the names of the partitions that are wanted, "orders-0", in order.
void push_partitions(lua_State* L,
                     const std::function<bool(const ClusterState::Partition&)>& is_wanted);
void push_partitions(lua_State* L, const std::set<kafka::TopicPartition>& partitions);

}  // namespace sim
