// Objects of the scenario language: small handles, one userdata each, kept in the registry.
#include <fmt/format.h>

#include "sim/lab/interception.h"
#include "sim/lua/api.h"
#include "sim/lua/diagnostic.h"
#include "sim/lua/scenario.h"

namespace sim {
namespace {

constexpr const char* kObjects = "titorelli.objects";  // registry: kind * 2^32 + id -> userdata

const char* metatable_name(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::kCluster: return "titorelli.cluster";
    case ObjectKind::kTopic: return "titorelli.topic";
    case ObjectKind::kNode: return "titorelli.node";
    case ObjectKind::kProducer: return "titorelli.producer";
    case ObjectKind::kConsumer: return "titorelli.consumer";
    case ObjectKind::kFault: return "titorelli.fault";
    case ObjectKind::kLog: return "titorelli.log";
    case ObjectKind::kSend: return "titorelli.send";
    case ObjectKind::kNemesis: return "titorelli.nemesis";
    case ObjectKind::kHook: return "titorelli.hook";
    case ObjectKind::kMessage: return "titorelli.message";
    case ObjectKind::kCapture: return "titorelli.capture";
    case ObjectKind::kReplay: return "titorelli.replay";
    case ObjectKind::kAdmin: return "titorelli.admin";
    case ObjectKind::kOrder: return "titorelli.order";
  }
  return "";
}

std::string shown(lua_State* L, int index) {
  push_text(L, index);
  std::string text = lua_tostring(L, -1);
  lua_pop(L, 1);
  return text;
}

}  // namespace

void push_object(lua_State* L, Object object) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, kObjects);
  const lua_Integer key =
      static_cast<lua_Integer>(object.kind) << 32 | static_cast<lua_Integer>(object.id);
  if (lua_rawgeti(L, -1, key) == LUA_TNIL) {
    lua_pop(L, 1);
    *static_cast<Object*>(lua_newuserdatauv(L, sizeof(Object), 0)) = object;
    luaL_setmetatable(L, metatable_name(object.kind));
    lua_pushvalue(L, -1);
    lua_rawseti(L, -3, key);
  }
  lua_remove(L, -2);
}

bool is_object(lua_State* L, int index, ObjectKind kind) {
  return luaL_testudata(L, index, metatable_name(kind)) != nullptr;
}

Object check_object(lua_State* L, int index, ObjectKind kind, std::string_view what) {
  const auto* object = static_cast<const Object*>(luaL_testudata(L, index, metatable_name(kind)));
  if (object == nullptr) {
    scenario_error(L, Mistake::kWrongType,
                   fmt::format("{} expected, got {}", what, shown(L, index)),
                   lua_gettop(L) < index ? "was it called with a dot instead of a colon?" : "");
  }
  return *object;
}

std::string object_text(lua_State* L, const Object& object) {
  ScenarioRun& run = run_of(L);
  switch (object.kind) {
    case ObjectKind::kCluster: return "cluster";
    case ObjectKind::kTopic: return fmt::format("topic {}", run.topic_names().at(object.id));
    case ObjectKind::kNode:
    case ObjectKind::kProducer:
    case ObjectKind::kConsumer:
    case ObjectKind::kAdmin: return run.lab(L).world().host(HostId(object.id)).name();
    case ObjectKind::kFault:
      return fmt::format("fault \"{}\"", run.lab(L).faults().records().at(object.id).name);
    case ObjectKind::kLog: {
      const LogHandle& log = run.handles().log(object.id);
      return fmt::format("log of {}-{} on broker-{}", log.topic, log.partition, log.broker.value());
    }
    case ObjectKind::kSend: return fmt::format("send {}", object.id);
    case ObjectKind::kOrder: return fmt::format("order {}", object.id);
    case ObjectKind::kNemesis: return fmt::format("nemesis {}", object.id + 1);
    case ObjectKind::kHook:
      return fmt::format("hook on \"{}\"",
                         info(run.lab(L).interception().hooks().type(HookId(object.id))).name);
    case ObjectKind::kMessage: return fmt::format("message {}", object.id);
    case ObjectKind::kCapture: return fmt::format("capture {}", object.id + 1);
    case ObjectKind::kReplay: return run.lab(L).interception().replay(ReplayId(object.id)).name;
  }
  return "";
}

Host& check_host(lua_State* L, int index, std::string_view what) {
  for (ObjectKind kind :
       {ObjectKind::kNode, ObjectKind::kProducer, ObjectKind::kConsumer, ObjectKind::kAdmin}) {
    if (const auto* object =
            static_cast<const Object*>(luaL_testudata(L, index, metatable_name(kind)));
        object != nullptr) {
      return run_of(L).lab(L).world().host(HostId(object->id));
    }
  }
  scenario_error(L, Mistake::kWrongType, fmt::format("{} expected, got {}", what, shown(L, index)));
}

std::vector<HostId> check_hosts(lua_State* L, int index, std::string_view what) {
  index = lua_absindex(L, index);
  std::vector<HostId> hosts;
  if (!lua_istable(L, index)) {
    hosts.push_back(check_host(L, index, what).id());
    return hosts;
  }
  const lua_Integer count = luaL_len(L, index);
  for (lua_Integer i = 1; i <= count; ++i) {
    lua_geti(L, index, i);
    hosts.push_back(check_host(L, -1, what).id());
    lua_pop(L, 1);
  }
  return hosts;
}

const TopicSpec& check_topic(lua_State* L, int index, std::string_view what) {
  ScenarioRun& run = run_of(L);
  if (lua_type(L, index) == LUA_TSTRING) {
    const std::string name = lua_tostring(L, index);
    if (const TopicSpec* topic = run.lab(L).topic(name); topic != nullptr) return *topic;
    const std::vector<std::string_view> names(run.topic_names().begin(), run.topic_names().end());
    unknown_name(L, Mistake::kUnknownNode, "topic", name, names);
  }
  const Object object = check_object(L, index, ObjectKind::kTopic, what);
  return *run.lab(L).topic(run.topic_names().at(object.id));
}

std::int32_t check_partition(lua_State* L, int index, const TopicSpec& topic) {
  int is_integer = 0;
  const lua_Integer partition = lua_tointegerx(L, index, &is_integer);
  if (is_integer == 0 || partition < 0 || partition >= topic.partitions) {
    scenario_error(
        L, Mistake::kUnknownNode,
        fmt::format("topic {} has partitions 0 to {}, got {}", topic.name, topic.partitions - 1,
                    lua_isnoneornil(L, index) ? "none" : shown(L, index)));
  }
  return static_cast<std::int32_t>(partition);
}

void push_broker(lua_State* L, kafka::NodeId id) {
  push_object(L, {.kind = ObjectKind::kNode, .id = run_of(L).lab(L).broker(id).id().value()});
}

}  // namespace sim
