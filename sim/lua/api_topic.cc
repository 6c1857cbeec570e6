// topic: the state of its partitions, as the truth tells it.
#include <fmt/format.h>

#include "sim/lua/diagnostic.h"
#include "sim/lua/scenario.h"

namespace sim {
namespace {

struct Asked {
  const TopicSpec* topic;
  std::int32_t number;
  const ClusterState::Partition* partition;  // null before its creation
};

Asked ask(lua_State* L) {
  check_object(L, 1, ObjectKind::kTopic, "a topic");
  const TopicSpec& topic = check_topic(L, 1, "a topic");
  const std::int32_t number = check_partition(L, 2, topic);
  return {&topic, number, run_of(L).lab(L).state().find({topic.name, number})};
}

void push_brokers(lua_State* L, const std::vector<kafka::NodeId>& ids) {
  lua_createtable(L, static_cast<int>(ids.size()), 0);
  lua_Integer i = 0;
  for (kafka::NodeId id : ids) {
    push_broker(L, id);
    lua_rawseti(L, -2, ++i);
  }
}

int topic_leader(lua_State* L) {
  const Asked asked = ask(L);
  if (asked.partition == nullptr || !asked.partition->leader.has_value()) {
    lua_pushnil(L);
  } else {
    push_broker(L, *asked.partition->leader);
  }
  return 1;
}

int topic_followers(lua_State* L) {
  const Asked asked = ask(L);
  std::vector<kafka::NodeId> followers;
  if (asked.partition != nullptr) {
    for (kafka::NodeId id : asked.partition->replicas) {
      if (asked.partition->leader != id) followers.push_back(id);
    }
  }
  push_brokers(L, followers);
  return 1;
}

int topic_isr(lua_State* L) {
  const Asked asked = ask(L);
  push_brokers(L, asked.partition != nullptr ? asked.partition->isr : std::vector<kafka::NodeId>{});
  return 1;
}

int topic_epoch(lua_State* L) {
  const Asked asked = ask(L);
  if (asked.partition == nullptr) {
    lua_pushnil(L);
  } else {
    lua_pushinteger(L, asked.partition->leader_epoch.value());
  }
  return 1;
}

// The log of the leader, or of the broker given as third argument; nil when that holds none.
int push_log_offset(lua_State* L, kafka::Offset ClusterState::Replica::* offset) {
  const Asked asked = ask(L);
  std::optional<kafka::NodeId> holder;
  if (lua_isnoneornil(L, 3)) {
    if (asked.partition != nullptr) holder = asked.partition->leader;
  } else {
    const Host& host = check_host(L, 3, "a broker");
    const Member& member = run_of(L).lab(L).recorder().member(host.id());
    if (member.role != Role::kBroker)
      scenario_error(L, Mistake::kWrongType, fmt::format("a broker expected, got {}", member.name));
    holder = member.id;
  }
  if (asked.partition == nullptr || !holder.has_value() ||
      !asked.partition->logs.contains(*holder)) {
    lua_pushnil(L);
  } else {
    lua_pushinteger(L, asked.partition->logs.at(*holder).*offset);
  }
  return 1;
}

int topic_hw(lua_State* L) { return push_log_offset(L, &ClusterState::Replica::high_watermark); }
int topic_leo(lua_State* L) { return push_log_offset(L, &ClusterState::Replica::log_end_offset); }

int topic_name(lua_State* L) {
  check_object(L, 1, ObjectKind::kTopic, "a topic");
  const std::string& name = check_topic(L, 1, "a topic").name;
  lua_pushlstring(L, name.data(), name.size());
  return 1;
}

constexpr ApiWord kWords[] = {
    {"leader", &topic_leader, "topic:leader(partition) -> node or nil",
     "The leader that the controller has committed; nil while there is none."},
    {"followers", &topic_followers, "topic:followers(partition) -> list of nodes",
     "The other replicas, in the order of assignment."},
    {"isr", &topic_isr, "topic:isr(partition) -> list of nodes",
     "The in-sync replicas that the controller has committed."},
    {"leader_epoch", &topic_epoch, "topic:leader_epoch(partition) -> number or nil",
     "The epoch of the present leadership."},
    {"hw", &topic_hw, "topic:hw(partition, broker) -> offset or nil",
     "The high watermark on a broker, by default on the leader."},
    {"leo", &topic_leo, "topic:leo(partition, broker) -> offset or nil",
     "The log end offset on a broker, by default on the leader."},
    {"name", &topic_name, "topic:name() -> string", "Its name."},
};

}  // namespace

ApiNoun api_topic() { return {"topic", true, "What cluster:topic() answers.", kWords}; }

}  // namespace sim
