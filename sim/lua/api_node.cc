// Nodes (brokers, controllers, clients): what can happen to a process and its machine. Faults: what
// can be healed.
#include <fmt/format.h>

#include "sim/lua/api_words.h"
#include "sim/lua/diagnostic.h"
#include "sim/lua/options.h"
#include "sim/lua/scenario.h"

namespace sim {
namespace {

int push_fault(lua_State* L, FaultId id) {
  push_object(L, {.kind = ObjectKind::kFault, .id = id.value()});
  return 1;
}

void check_running(lua_State* L, const Host& host, std::string_view what) {
  if (host.state() == HostState::kDown) {
    scenario_error(L, fmt::format("{}:{}: it is down already", host.name(), what),
                   "start it first, with :start()");
  }
}

int node_kill(lua_State* L) {
  Host& host = check_host(L, 1, "a node");
  check_running(L, host, "kill()");
  return push_fault(L, run_of(L).lab(L).kill(host));
}

int node_power_loss(lua_State* L) {
  Host& host = check_host(L, 1, "a node");
  return push_fault(L, run_of(L).lab(L).power_loss(host));
}

int node_pause(lua_State* L) {
  Host& host = check_host(L, 1, "a node");
  check_running(L, host, "pause()");
  if (host.state() == HostState::kPaused)
    scenario_error(L, fmt::format("{}:pause(): it is paused already", host.name()));
  const std::int64_t duration = lua_isnoneornil(L, 2) ? 0 : check_duration(L, 2, "pause(duration)");
  return push_fault(L, run_of(L).lab(L).pause(host, env::Duration(duration)));
}

int node_shutdown(lua_State* L) {
  Host& host = check_host(L, 1, "a node");
  check_running(L, host, "shutdown()");
  return push_fault(L, run_of(L).lab(L).shutdown(host));
}

int node_start(lua_State* L) {
  Host& host = check_host(L, 1, "a node");
  if (!run_of(L).lab(L).start(host)) {
    scenario_error(L,
                   fmt::format("{}:start(): it is {}", host.name(),
                               host.state() == HostState::kPaused ? "paused; heal the pause instead"
                                                                  : "running"),
                   "after shutdown(), wait until it is down: wait_until(function() return not "
                   "node:is_up() end)");
  }
  return 0;
}

int node_is_up(lua_State* L) {
  lua_pushboolean(L, check_host(L, 1, "a node").state() != HostState::kDown);
  return 1;
}

int node_id(lua_State* L) {
  const Host& host = check_host(L, 1, "a node");
  lua_pushinteger(L, run_of(L).lab(L).recorder().member(host.id()).id.value());
  return 1;
}

int node_name(lua_State* L) {
  const std::string& name = check_host(L, 1, "a node").name();
  lua_pushlstring(L, name.data(), name.size());
  return 1;
}

#define TITORELLI_PROCESS_WORDS                                                                  \
  {"kill", &node_kill, "node:kill() -> fault",                                                   \
   "SIGKILL: memory is gone, the page cache lives, peers see a reset."},                         \
      {"power_loss", &node_power_loss, "node:power_loss() -> fault",                             \
       "The machine loses power: of what was not synced each page is kept, lost or torn; peers " \
       "see nothing."},                                                                          \
      {"pause", &node_pause, "node:pause(duration) -> fault",                                    \
       "SIGSTOP or a long GC; late timers fire on resume. Without a duration until it is "       \
       "healed."},                                                                               \
      {"shutdown", &node_shutdown, "node:shutdown() -> fault",                                   \
       "Asks it to leave: a broker does a controlled shutdown."},                                \
      {"start", &node_start, "node:start()",                                                     \
       "Starts a process that is down, over the same disk."},                                    \
      {"is_up", &node_is_up, "node:is_up() -> boolean",                                          \
       "Whether the process exists (a paused one does)."},                                       \
      {"name", &node_name, "node:name() -> string", "\"broker-1\", as in events and captures."}

constexpr ApiWord kProcessWords[] = {TITORELLI_PROCESS_WORDS};

constexpr ApiWord kNodeWords[] = {
    {"id", &node_id, "node:id() -> number", "Its node id."},
};

int fault_heal(lua_State* L) {
  const Object object = check_object(L, 1, ObjectKind::kFault, "a fault");
  run_of(L).lab(L).heal(FaultId(object.id));
  return 0;
}

int fault_affected(lua_State* L) {
  const Object object = check_object(L, 1, ObjectKind::kFault, "a fault");
  lua_pushinteger(L, static_cast<lua_Integer>(run_of(L).lab(L).affected(FaultId(object.id))));
  return 1;
}

constexpr ApiWord kFaultWords[] = {
    {"heal", &fault_heal, "fault:heal()",
     "Ends it: a partition heals, a paused node resumes, a node that is down starts. Twice is "
     "harmless."},
    {"affected", &fault_affected, "fault:affected() -> number",
     "What it has touched so far: frames held, connections reset, processes stopped."},
};

}  // namespace

std::span<const ApiWord> process_words() { return kProcessWords; }

ApiNoun api_node() {
  static const std::vector<ApiWord> kWords = joined({kProcessWords, kNodeWords, broker_words()});
  return {"node", true, "A broker or a controller.", kWords};
}
ApiNoun api_fault() { return {"fault", true, "What every fault answers.", kFaultWords}; }

}  // namespace sim
