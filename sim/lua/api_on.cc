// on(event, filter, function) and the hooks that it answers.
#include <fmt/format.h>

#include <algorithm>

#include "broker-model/messages/value.h"
#include "sim/lua/diagnostic.h"
#include "sim/lua/in_hand.h"
#include "sim/lua/options.h"
#include "sim/lua/scenario.h"

namespace sim {
namespace {

bool has_filter(const EventInfo& event, std::string_view name) {
  const std::vector<std::string_view> filters = words_of(event.filters);
  return std::ranges::find(filters, name) != filters.end();
}

std::string read_state(lua_State* L, Options& options) {
  const std::string state = options.string("state").value_or("");
  if (state.empty()) return state;
  static constexpr kafka::BrokerState kStates[] = {
      kafka::BrokerState::kRegistered, kafka::BrokerState::kFenced, kafka::BrokerState::kUnfenced,
      kafka::BrokerState::kInControlledShutdown, kafka::BrokerState::kUnregistered};
  std::vector<std::string_view> names;
  for (const kafka::BrokerState candidate : kStates) names.push_back(kafka::name(candidate));
  if (std::ranges::find(names, state) == names.end())
    unknown_name(L, Mistake::kOutOfRange, "broker state", state, names);
  return state;
}

std::string read_error(lua_State* L, Options& options) {
  std::string error = options.string("error").value_or("");
  if (error.empty() || kafka::parse_error_code(error).has_value()) return error;
  std::vector<std::string_view> names;
  for (std::int16_t code = -1; code <= 133; ++code)
    names.push_back(kafka::name(static_cast<kafka::ErrorCode>(code)));
  unknown_name(L, Mistake::kOutOfRange, "error", error, names);
}

EventFilter read_filter(lua_State* L, int index, const EventInfo& event) {
  const std::string call = fmt::format("on(\"{}\")", event.name);
  Options options(L, index, call);
  EventFilter filter;
  if (event.type == EventType::kMessage) {
    filter.message = read_message_filter(L, options, call, {});
  } else if (has_filter(event, "topic")) {
    if (has_filter(event, "partition")) {
      read_topic(L, options, call, filter.topic, filter.partition);
    } else if (options.push("topic")) {
      filter.topic = check_topic(L, -1, fmt::format("{}{{ topic = }}: a topic", call)).name;
      lua_pop(L, 1);
    }
  }
  if (has_filter(event, "node") && options.push("node")) {
    const Host& host = check_host(L, -1, fmt::format("{}{{ node = }}: a node", call));
    filter.node = run_of(L).lab(L).recorder().member(host.id()).id;
    lua_pop(L, 1);
  }
  if (has_filter(event, "api") && event.type != EventType::kMessage) {
    if (const auto api = options.string("api"); api.has_value()) filter.api = read_api(L, *api);
  }
  if (has_filter(event, "state")) filter.word = read_state(L, options);
  if (has_filter(event, "error")) filter.word = read_error(L, options);
  if (has_filter(event, "name")) filter.word = options.string("name").value_or("");
  filter.nth = static_cast<std::uint64_t>(options.integer("nth", 1, INT64_MAX).value_or(0));
  filter.once = options.boolean("once").value_or(false);
  options.finish();
  return filter;
}

HookId check_hook(lua_State* L) {
  return HookId(check_object(L, 1, ObjectKind::kHook, "a hook, what on() answers,").id);
}

int hook_cancel(lua_State* L) {
  const HookId id = check_hook(L);
  if (!run_of(L).in_hand().cancel(id)) {
    scenario_error(L, Mistake::kWrongState, "hook:cancel(): it is over already",
                   "it was cancelled before, or has had its one match (nth, once)");
  }
  return 0;
}

int hook_count(lua_State* L) {
  const HookId id = check_hook(L);
  const std::uint64_t count = run_of(L).lab(L).interception().hooks().count(id);
  lua_pushinteger(L, static_cast<lua_Integer>(count));
  return 1;
}

constexpr ApiWord kHookWords[] = {
    {"cancel", &hook_cancel, "hook:cancel()",
     "The handler is not called any more; one that waits goes on. A hook that is over (nth, once) "
     "cannot be cancelled."},
    {"count", &hook_count, "hook:count() -> number", "How often the handler was called."},
};

}  // namespace

int api_on(lua_State* L) {
  constexpr std::string_view kUsage = "on(event, { filter = }, function)";
  Lab& lab = run_of(L).lab(L);
  if (!lab.has_cluster()) scenario_error(L, Mistake::kOutOfOrder, "on(): cluster{ } comes first");
  if (lua_type(L, 1) != LUA_TSTRING) {
    scenario_error(L, Mistake::kWrongType, fmt::format("{} expects the name of an event", kUsage),
                   "`titorelli list events` shows them");
  }
  const std::string name = lua_tostring(L, 1);
  const EventInfo* event = find_event(name);
  if (event == nullptr) {
    std::vector<std::string_view> names;
    for (const EventInfo& known : event_kinds()) names.push_back(known.name);
    unknown_name(L, Mistake::kUnknownEvent, "event", name, names, "titorelli list events");
  }
  const int function = lua_isfunction(L, 2) && lua_isnone(L, 3) ? 2 : 3;
  if (!lua_isfunction(L, function)) {
    scenario_error(L, Mistake::kWrongType, fmt::format("{} expects a function", kUsage),
                   "the filter may be left out, the function comes last");
  }
  EventFilter filter;
  if (function == 3) filter = read_filter(L, 2, *event);
  lua_settop(L, function);
  const HookId id = run_of(L).in_hand().add_hook(L, event->type, std::move(filter));
  push_object(L, {.kind = ObjectKind::kHook, .id = id.value()});
  return 1;
}

ApiNoun api_hook() { return {"hook", true, "What on() answers.", kHookWords}; }

}  // namespace sim
