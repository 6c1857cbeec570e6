// What the cluster knows of a broker: words of node that ask, beside those that do.
#include <fmt/format.h>

#include "sim/lab/inspect.h"
#include "sim/lua/api_words.h"
#include "sim/lua/diagnostic.h"
#include "sim/lua/scenario.h"

namespace sim {
namespace {

kafka::NodeId check_broker(lua_State* L, std::string_view word) {
  const Host& host = check_host(L, 1, "a broker");
  const Member& member = run_of(L).lab(L).recorder().member(host.id());
  if (member.role != Role::kBroker) {
    scenario_error(L, Mistake::kWrongType,
                   fmt::format("{}:{}(): {} is no broker", member.name, word, member.name));
  }
  return member.id;
}

// Null before the controller has registered it.
const ClusterState::Broker* find_broker(lua_State* L, std::string_view word) {
  const kafka::NodeId id = check_broker(L, word);
  const auto& brokers = run_of(L).lab(L).state().brokers();
  const auto found = brokers.find(id);
  return found != brokers.end() ? &found->second : nullptr;
}

int broker_state(lua_State* L) {
  const ClusterState::Broker* broker = find_broker(L, "state");
  if (broker == nullptr) {
    lua_pushnil(L);
  } else {
    const std::string_view text = kafka::name(broker->state);
    lua_pushlstring(L, text.data(), text.size());
  }
  return 1;
}

int broker_epoch(lua_State* L) {
  const ClusterState::Broker* broker = find_broker(L, "epoch");
  if (broker == nullptr) {
    lua_pushnil(L);
  } else {
    lua_pushinteger(L, broker->epoch.value());
  }
  return 1;
}

int broker_rack(lua_State* L) {
  const kafka::NodeId id = check_broker(L, "rack");
  const std::string rack = rack_of(run_of(L).lab(L).cluster(), id);
  if (rack.empty()) {
    lua_pushnil(L);
  } else {
    lua_pushlstring(L, rack.data(), rack.size());
  }
  return 1;
}

int broker_partitions_led(lua_State* L) {
  const kafka::NodeId id = check_broker(L, "partitions_led");
  push_partitions(
      L, [id](const ClusterState::Partition& partition) { return partition.leader == id; });
  return 1;
}

int node_is_paused(lua_State* L) {
  lua_pushboolean(L, check_host(L, 1, "a node").state() == HostState::kPaused);
  return 1;
}

constexpr ApiWord kWords[] = {
    {"state", &broker_state, "broker:state() -> string or nil",
     "What the controller has committed: \"registered\", \"fenced\", \"unfenced\", "
     "\"in-controlled-shutdown\" or \"unregistered\"; nil before it has registered."},
    {"epoch", &broker_epoch, "broker:epoch() -> number or nil",
     "The epoch of its present registration."},
    {"rack", &broker_rack, "broker:rack() -> string or nil", "Its rack, of cluster{ racks = }."},
    {"partitions_led", &broker_partitions_led, "broker:partitions_led() -> list of strings",
     "The partitions it leads, \"orders-0\", as the controller has committed."},
    {"is_paused", &node_is_paused, "node:is_paused() -> boolean",
     "Whether its process stands still."},
};

}  // namespace

std::span<const ApiWord> broker_words() { return kWords; }

void push_partitions(lua_State* L,
                     const std::function<bool(const ClusterState::Partition&)>& is_wanted) {
  lua_newtable(L);
  lua_Integer count = 0;
  for (const auto& [name, partition] : run_of(L).lab(L).state().partitions()) {
    if (!is_wanted(partition)) continue;
    const std::string text = to_string(name);
    lua_pushlstring(L, text.data(), text.size());
    lua_rawseti(L, -2, ++count);
  }
}

void push_partitions(lua_State* L, const std::set<kafka::TopicPartition>& partitions) {
  lua_newtable(L);
  lua_Integer count = 0;
  for (const kafka::TopicPartition& name : partitions) {
    const std::string text = to_string(name);
    lua_pushlstring(L, text.data(), text.size());
    lua_rawseti(L, -2, ++count);
  }
}

std::optional<kafka::NodeId> check_holder(lua_State* L, int index,
                                          const ClusterState::Partition* partition) {
  if (lua_isnoneornil(L, index)) {
    return partition != nullptr ? partition->leader : std::nullopt;
  }
  const Host& host = check_host(L, index, "a broker");
  const Member& member = run_of(L).lab(L).recorder().member(host.id());
  if (member.role != Role::kBroker) {
    scenario_error(L, Mistake::kWrongType, fmt::format("a broker expected, got {}", member.name));
  }
  return member.id;
}

}  // namespace sim
