// The words of the scenario language, as a table: what is bound, what suggestions are drawn from,
// and what docs/scenario-api.md is written from. A new word is a row in its noun's file
// (api_<noun>.cc); a new noun is a file and a line in api.cc.
#pragma once

#include <lua.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sim/core/network_port.h"
#include "sim/lab/lab.h"

namespace sim {

class ScenarioRun;

// What a parameter or an option of a word is, where its name alone does not say it (the names that
// always mean the same are listed in api_shape.cc). Types: any, string, integer, number, boolean,
// function (or with what it is given: "function(fault)"), table, list, duration, rate, topic, node,
// nodes (one or a list), a noun, or a list of names: metric, plot, check.
struct ApiOption {
  std::string_view name;
  std::string_view type;
  std::string_view doc;  // one sentence, or ""
};

struct ApiWord {
  std::string_view name;
  lua_CFunction function;
  std::string_view signature;  // as one writes it: "topic:leader(partition) -> broker or nil"
  std::string_view doc;        // one or two sentences
  std::span<const ApiOption> details = {};  // of what the signature names
};

// Functions of a noun: globals ("", of no noun), tables (net, check) or objects (broker, topic,
// ...).
struct ApiNoun {
  std::string_view name;
  bool is_object = false;
  std::string_view doc;
  std::span<const ApiWord> words;
};

ApiNoun api_globals();
ApiNoun api_check();
ApiNoun api_net();
ApiNoun api_cluster();
ApiNoun api_topic();
ApiNoun api_node();
ApiNoun api_producer();
ApiNoun api_consumer();
ApiNoun api_send();
ApiNoun api_log();
ApiNoun api_fault();
ApiNoun api_handle();
ApiNoun api_nemesis();
ApiNoun api_admin();
ApiNoun api_order();
ApiNoun api_hook();
ApiNoun api_message();
ApiNoun api_capture();
ApiNoun api_replay();
std::span<const ApiNoun> api_nouns();  // all, in the order of the manual

// Words of the nouns above that have a file of their own.
int api_on(lua_State* L);            // api_on.cc
int net_capture(lua_State* L);       // api_capture.cc
int net_load_capture(lua_State* L);  // the same

// Fills the globals of L, strict: reading an unknown global, method or field raises with the
// nearest names.
void open_api(lua_State* L, ScenarioRun& run);
// Of a global of stock Lua that scenarios do without: why.
std::optional<std::string_view> taken_away(std::string_view name);
ScenarioRun& run_of(lua_State* L);

// The manual page, from the table.
std::string api_manual();

// --- objects
// ---------------------------------------------------------------------------------------

enum class ObjectKind : std::uint8_t {
  kCluster,
  kTopic,
  kNode,
  kProducer,
  kConsumer,
  kFault,
  kLog,
  kSend,
  kHook,
  kMessage,  // userdata of their own: in_hand.h
  kCapture,
  kReplay,
  kNemesis,  // id: its number of this run
  kAdmin,    // id: its host
  kOrder,    // id: its number of this run
};
struct Object {
  ObjectKind kind;
  std::uint32_t id;  // topic: number of its declaration; node, producer, consumer: host id; fault:
                     // its id; log, send: number in the run's handles
};

// Pushes the one userdata that stands for this object, so that equal objects are equal and can be
// table keys.
void push_object(lua_State* L, Object object);
// Raises unless the value at `index` is such an object. `what` names it in the message.
Object check_object(lua_State* L, int index, ObjectKind kind, std::string_view what);
bool is_object(lua_State* L, int index, ObjectKind kind);
std::string object_text(lua_State* L, const Object& object);  // "broker-1", "topic orders"

// Of a broker, controller or client.
Host& check_host(lua_State* L, int index, std::string_view what);
// One node or a list of nodes.
std::vector<HostId> check_hosts(lua_State* L, int index, std::string_view what);
// The topic's specification; also a string that names a declared topic.
const TopicSpec& check_topic(lua_State* L, int index, std::string_view what);
std::int32_t check_partition(lua_State* L, int index, const TopicSpec& topic);
void push_broker(lua_State* L, kafka::NodeId id);

}  // namespace sim
