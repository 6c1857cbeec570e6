// Binds the table of words, strictly: what does not exist is an error with the nearest name, never
// nil.
#include "sim/lua/api.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/lua/diagnostic.h"
#include "sim/lua/in_hand.h"
#include "sim/lua/scenario.h"

namespace sim {
namespace {

constexpr const char* kRun = "titorelli.run";

struct NounBinding {
  ObjectKind kind;
  const char* metatable;
  ApiNoun (*noun)();
};
constexpr NounBinding kObjectNouns[] = {
    {ObjectKind::kCluster, "titorelli.cluster", &api_cluster},
    {ObjectKind::kTopic, "titorelli.topic", &api_topic},
    {ObjectKind::kNode, "titorelli.node", &api_node},
    {ObjectKind::kProducer, "titorelli.producer", &api_producer},
    {ObjectKind::kConsumer, "titorelli.consumer", &api_consumer},
    {ObjectKind::kFault, "titorelli.fault", &api_handle},
    {ObjectKind::kNemesis, "titorelli.nemesis", &api_nemesis},
    {ObjectKind::kHook, "titorelli.hook", &api_hook},
    {ObjectKind::kMessage, "titorelli.message", &api_message},
    {ObjectKind::kCapture, "titorelli.capture", &api_capture},
    {ObjectKind::kReplay, "titorelli.replay", &api_replay},
    {ObjectKind::kLog, "titorelli.log", &api_log},
    {ObjectKind::kSend, "titorelli.send", &api_send},
    {ObjectKind::kAdmin, "titorelli.admin", &api_admin},
    {ObjectKind::kOrder, "titorelli.order", &api_order},
};

std::vector<std::string_view> names_of(const ApiNoun& noun) {
  std::vector<std::string_view> names;
  for (const ApiWord& word : noun.words) names.push_back(word.name);
  return names;
}

std::string key_text(lua_State* L, int index) {
  push_text(L, index);
  std::string text = lua_tostring(L, -1);
  lua_pop(L, 1);
  return text;
}

// __index of an object or a table of functions. Upvalues: the words by name, the noun's name, the
// candidates.
int strict_index(lua_State* L) {
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
  const std::string name = key_text(L, 2);
  const std::string noun = lua_tostring(L, lua_upvalueindex(2));
  const auto& nouns = api_nouns();
  const auto found =
      std::find_if(nouns.begin(), nouns.end(), [&](const ApiNoun& n) { return n.name == noun; });
  const std::vector<std::string_view> candidates = names_of(*found);
  if (noun == "fault")
    unknown_name(L, Mistake::kUnknownFault, "fault", name, candidates, "titorelli list faults");
  unknown_name(L, Mistake::kUnknownFunction, fmt::format("function of {}", noun), name, candidates);
}

int strict_newindex(lua_State* L) {
  const std::string noun = lua_tostring(L, lua_upvalueindex(1));
  scenario_error(L, Mistake::kSandbox, fmt::format("{} cannot be changed", noun));
}

// A global that nobody has set.
int strict_global(lua_State* L) {
  const std::string name = key_text(L, 2);
  if (const auto reason = taken_away(name); reason.has_value()) {
    scenario_error(L, Mistake::kSandbox, fmt::format("\"{}\" is not available in a scenario", name),
                   *reason);
  }
  std::vector<std::string> globals;  // the API, Lua's own, and the script's
  lua_pushglobaltable(L);
  lua_pushnil(L);
  while (lua_next(L, -2) != 0) {
    lua_pop(L, 1);
    if (lua_type(L, -1) == LUA_TSTRING) globals.emplace_back(lua_tostring(L, -1));
  }
  std::sort(globals.begin(), globals.end());
  const std::vector<std::string_view> candidates(globals.begin(), globals.end());
  const std::vector<std::string> nearest = kafka::nearest_names(name, candidates);
  scenario_error(L, Mistake::kUnknownName, fmt::format("unknown name \"{}\"", name),
                 nearest.empty()
                     ? "a global is known once it has been assigned; see docs/scenario-api.md"
                     : suggestion(nearest));
}

int object_tostring(lua_State* L) {
  const auto* object = static_cast<const Object*>(lua_touserdata(L, 1));
  const std::string text = object_text(L, *object);
  lua_pushlstring(L, text.data(), text.size());
  return 1;
}

int object_order(lua_State* L) {
  const auto* object = static_cast<const Object*>(lua_touserdata(L, 1));
  const std::string text = fmt::format("{}:{:010}", static_cast<int>(object->kind), object->id);
  lua_pushlstring(L, text.data(), text.size());
  return 1;
}

void push_words(lua_State* L, const ApiNoun& noun) {
  lua_createtable(L, 0, static_cast<int>(noun.words.size()));
  for (const ApiWord& word : noun.words) {
    lua_pushlstring(L, word.name.data(), word.name.size());  // for words that share a function
    lua_pushcclosure(L, word.function, 1);
    lua_setfield(L, -2, std::string(word.name).c_str());
  }
}

// The metatable on top is out of the script's reach.
void protect(lua_State* L) {
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
}

void push_strict_index(lua_State* L, const ApiNoun& noun) {
  push_words(L, noun);
  lua_pushlstring(L, noun.name.data(), noun.name.size());
  lua_pushcclosure(L, &strict_index, 2);
}

void push_strict_newindex(lua_State* L, const ApiNoun& noun) {
  lua_pushlstring(L, noun.name.data(), noun.name.size());
  lua_pushcclosure(L, &strict_newindex, 1);
}

}  // namespace

std::span<const ApiNoun> api_nouns() {
  static const ApiNoun kNouns[] = {api_globals(), api_cluster(),  api_topic(), api_log(),
                                   api_node(),    api_producer(), api_send(),  api_consumer(),
                                   api_admin(),   api_order(),    api_net(),   api_fault(),
                                   api_handle(),  api_nemesis(),  api_hook(),  api_message(),
                                   api_capture(), api_replay(),   api_check()};
  return kNouns;
}

std::optional<std::string_view> taken_away(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> kTakenAway[] = {
      {"os", "scenarios run on virtual time; use now()"},
      {"io", "a scenario touches no files; use note() to leave a word in the summary"},
      {"debug", "it would let a script see what differs from run to run"},
      {"package", "require(\"name\") reads scenarios/lib/name.lua, and nothing else"},
      {"load", "a scenario is its text"},
      {"loadstring", "a scenario is its text"},
      {"loadfile", "a scenario is its text"},
      {"dofile", "a scenario is its text"},
      {"collectgarbage", "nothing in a run may depend on the garbage collector"},
  };
  for (const auto& [taken, reason] : kTakenAway) {
    if (name == taken) return reason;
  }
  return std::nullopt;
}

ScenarioRun& run_of(lua_State* L) {
  lua_getfield(L, LUA_REGISTRYINDEX, kRun);
  auto* run = static_cast<ScenarioRun*>(lua_touserdata(L, -1));
  lua_pop(L, 1);
  return *run;
}

void open_api(lua_State* L, ScenarioRun& run) {
  lua_pushlightuserdata(L, &run);
  lua_setfield(L, LUA_REGISTRYINDEX, kRun);
  for (const NounBinding& binding : kObjectNouns) {
    const ApiNoun noun = binding.noun();
    luaL_newmetatable(L, binding.metatable);
    push_strict_index(L, noun);
    lua_setfield(L, -2, "__index");
    push_strict_newindex(L, noun);
    lua_setfield(L, -2, "__newindex");
    lua_pushcfunction(L, &object_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushcfunction(L, &object_order);
    lua_setfield(L, -2, "__order");
    if (binding.kind == ObjectKind::kMessage) {  // the only one that owns something
      lua_pushcfunction(L, &collect_message);
      lua_setfield(L, -2, "__gc");
    }
    lua_pop(L, 1);
  }
  for (const ApiNoun& noun : {api_net(), api_fault(), api_check()}) {
    lua_newtable(L);
    lua_createtable(L, 0, 3);
    push_strict_index(L, noun);
    lua_setfield(L, -2, "__index");
    push_strict_newindex(L, noun);
    lua_setfield(L, -2, "__newindex");
    protect(L);
    lua_setmetatable(L, -2);
    lua_setglobal(L, std::string(noun.name).c_str());
  }
  lua_pushglobaltable(L);
  for (const ApiWord& word : api_globals().words) {
    lua_pushcfunction(L, word.function);
    lua_setfield(L, -2, std::string(word.name).c_str());
  }
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, &strict_global);
  lua_setfield(L, -2, "__index");
  protect(L);
  lua_setmetatable(L, -2);
  lua_pop(L, 1);
}

namespace {

// Broken at blanks, at most 118 columns; lines after the first are indented by two.
std::string wrapped(std::string_view text, std::string_view indent) {
  constexpr std::size_t kColumns = 118;
  std::string result;
  std::size_t column = indent.size();
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (column > indent.size() && column + 1 + end > kColumns) {
      result += fmt::format("\n{}", indent);
      column = indent.size();
    } else if (column > indent.size()) {
      result += ' ';
      ++column;
    }
    result += text.substr(0, end);
    column += end;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

}  // namespace

std::string api_manual() {
  std::string text =
      "# The scenario language\n\n"
      "Written from the table that binds it (sim/lua/api_*.cc): do not edit. Lua 5.4 in a sandbox; "
      "durations are strings with a\n"
      "unit (\"250ms\", \"1.5s\", \"2m\"), rates likewise (\"200/s\"); configuration keys are "
      "Kafka's own, with dots or underscores.\n"
      "What can be known wrong at a declaration is refused there, with its line.\n";
  for (const ApiNoun& noun : api_nouns()) {
    text += fmt::format("\n## {}\n\n{}\n\n", noun.name, wrapped(noun.doc, ""));
    for (const ApiWord& word : noun.words) {
      text += fmt::format("- `{}`  \n  {}\n", word.signature, wrapped(word.doc, "  "));
      for (const ApiOption& detail : word.details) {
        if (detail.doc.empty()) continue;
        text += fmt::format("  - `{}` ({}) {}\n", detail.name, detail.type,
                            wrapped(detail.doc, "    "));
      }
    }
  }
  return text + events_manual();
}

}  // namespace sim
