// topic: the state of its partitions, as the truth tells it.
#include <fmt/format.h>

#include <algorithm>

#include "sim/lua/api_words.h"
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

int topic_partitions(lua_State* L) {
  check_object(L, 1, ObjectKind::kTopic, "a topic");
  lua_pushinteger(L, check_topic(L, 1, "a topic").partitions);
  return 1;
}

int topic_replicas(lua_State* L) {
  const Asked asked = ask(L);
  push_brokers(
      L, asked.partition != nullptr ? asked.partition->replicas : std::vector<kafka::NodeId>{});
  return 1;
}

int topic_partition_epoch(lua_State* L) {
  const Asked asked = ask(L);
  if (asked.partition == nullptr) {
    lua_pushnil(L);
  } else {
    lua_pushinteger(L, asked.partition->partition_epoch.value());
  }
  return 1;
}

// Of the leader; while there is none, of whoever has the most.
int topic_count(lua_State* L) {
  const Asked asked = ask(L);
  kafka::Offset count = 0;
  if (asked.partition != nullptr) {
    for (const auto& [broker, log] : asked.partition->logs) {
      if (asked.partition->leader.value_or(broker) == broker)
        count = std::max(count, log.high_watermark - log.log_start_offset);
    }
  }
  lua_pushinteger(L, count);
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
  const std::optional<kafka::NodeId> holder = check_holder(L, 3, asked.partition);
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
int topic_log_start(lua_State* L) {
  return push_log_offset(L, &ClusterState::Replica::log_start_offset);
}

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
    {"log_start", &topic_log_start, "topic:log_start(partition, broker) -> offset or nil",
     "The log start offset on a broker, by default on the leader."},
    {"count", &topic_count, "topic:count(partition) -> number",
     "Committed records: from the leader's log start offset to its high watermark."},
    {"partitions", &topic_partitions, "topic:partitions() -> number",
     "How many it has, as declared; they are numbered from 0."},
    {"replicas", &topic_replicas, "topic:replicas(partition) -> list of nodes",
     "The brokers it is assigned to, the preferred leader first; none before its creation."},
    {"partition_epoch", &topic_partition_epoch, "topic:partition_epoch(partition) -> number or nil",
     "Raised by each change that the controller commits."},
    {"name", &topic_name, "topic:name() -> string", "Its name."},
};

}  // namespace

ApiNoun api_topic() {
  static const std::vector<ApiWord> kAll = joined({kWords, log_words()});
  return {"topic", true, "What cluster:topic() answers.", kAll};
}

}  // namespace sim
