// Nodes (brokers, controllers, clients): what can happen to a process and its machine. Faults: what
// can be healed.
#include <fmt/format.h>

#include "sim/lua/api_words.h"
#include "sim/lua/diagnostic.h"
#include "sim/lua/fault_words.h"
#include "sim/lua/options.h"
#include "sim/lua/scenario.h"

namespace sim {
namespace {

// A fault that needs no more than its node.
int inject_on_node(lua_State* L, std::string_view fault,
                   std::optional<env::Duration> duration = std::nullopt) {
  const Host& host = check_host(L, 1, "a node");
  return inject_fault(L, fault, FaultArgs().set("node", host.id()), duration);
}

int node_kill(lua_State* L) { return inject_on_node(L, "kill"); }
int node_power_loss(lua_State* L) { return inject_on_node(L, "power-loss"); }
int node_wipe(lua_State* L) { return inject_on_node(L, "wipe"); }
int node_shutdown(lua_State* L) { return inject_on_node(L, "shutdown"); }

int node_pause(lua_State* L) {
  check_host(L, 1, "a node");
  std::optional<env::Duration> duration;
  if (!lua_isnoneornil(L, 2)) duration = env::Duration(check_duration(L, 2, "pause(duration)"));
  return inject_on_node(L, "pause", duration);
}

int node_start(lua_State* L) {
  Host& host = check_host(L, 1, "a node");
  if (!run_of(L).lab(L).start(host)) {
    scenario_error(L, Mistake::kWrongState,
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
  {"kill", &node_kill, "node:kill() -> handle",                                                  \
   "SIGKILL: memory is gone, the page cache lives, peers see a reset."},                         \
      {"power_loss", &node_power_loss, "node:power_loss() -> handle",                            \
       "The machine loses power: of what was not synced each page is kept, lost or torn; peers " \
       "see nothing."},                                                                          \
      {"wipe", &node_wipe, "node:wipe() -> handle",                                              \
       "The machine loses power and its disk; what comes back is empty."},                       \
      {"pause", &node_pause, "node:pause(duration) -> handle",                                   \
       "SIGSTOP or a long GC; late timers fire on resume. Without a duration until it is "       \
       "healed."},                                                                               \
      {"shutdown", &node_shutdown, "node:shutdown() -> handle",                                  \
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

}  // namespace

std::span<const ApiWord> process_words() { return kProcessWords; }

ApiNoun api_node() {
  static const std::vector<ApiWord> kWords = joined({kProcessWords, kNodeWords, broker_words()});
  return {"node", true, "A broker or a controller.", kWords};
}

}  // namespace sim
