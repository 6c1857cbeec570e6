// net: faults of the network.
#include <fmt/format.h>

#include <algorithm>

#include "sim/lua/diagnostic.h"
#include "sim/lua/options.h"
#include "sim/lua/scenario.h"

namespace sim {
namespace {

int net_partition(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  const std::vector<HostId> a = check_hosts(L, 2, "net:partition(a, b): a node or a list of nodes");
  const std::vector<HostId> b = check_hosts(L, 3, "net:partition(a, b): a node or a list of nodes");
  Options options(L, 4, "partition");
  const std::string direction = options.string("direction").value_or("both");
  options.finish();
  if (a.empty() || b.empty())
    scenario_error(L, Mistake::kBadTargets,
                   "net:partition(a, b): one side is empty, so nothing would be cut");
  for (HostId id : a) {
    if (std::find(b.begin(), b.end(), id) != b.end()) {
      scenario_error(L, Mistake::kBadTargets,
                     fmt::format("net:partition(a, b): {} is on both sides",
                                 run_of(L).lab(L).world().host(id).name()));
    }
  }
  if (direction != "both" && direction != "to" && direction != "from") {
    static constexpr std::string_view kDirections[] = {"both", "to", "from"};
    unknown_name(L, Mistake::kOutOfRange, "direction", direction, kDirections);
  }
  Lab& lab = run_of(L).lab(L);
  const FaultId id =
      direction == "from"
          ? lab.partition(b, a, Direction::kForward)
          : lab.partition(a, b, direction == "both" ? Direction::kBoth : Direction::kForward);
  push_object(L, {.kind = ObjectKind::kFault, .id = id.value()});
  return 1;
}

constexpr ApiOption kPartitionOptions[] = {
    {"direction", "string", "\"both\"; \"to\": what a sends does not reach b; \"from\"."},
};

constexpr ApiWord kWords[] = {
    {"partition", &net_partition, "net:partition(a, b, { direction = \"both\" }) -> fault",
     "Cuts all links between two sets of nodes (a node or a list each). One way with direction = "
     "\"to\" (what a sends does not reach b) "
     "or \"from\". Nothing is lost on a connection that lives: data moves again at a "
     "retransmission after the heal.",
     kPartitionOptions},
};

}  // namespace

ApiNoun api_net() { return {"net", false, "The network.", kWords}; }

}  // namespace sim
