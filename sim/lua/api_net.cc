// net: faults of the network.
#include "sim/lua/diagnostic.h"
#include "sim/lua/fault_words.h"
#include "sim/lua/options.h"
#include "sim/lua/scenario.h"

namespace sim {
namespace {

int net_partition(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  FaultArgs args;
  args.set("a", check_nodes(L, 2, "net:partition(a, b): a node or a list of nodes"));
  args.set("b", check_nodes(L, 3, "net:partition(a, b): a node or a list of nodes"));
  Options options(L, 4, "partition");
  const std::string direction = options.string("direction").value_or("both");
  const auto duration = options.duration("duration");
  options.finish();
  if (direction != "both" && direction != "to" && direction != "from") {
    static constexpr std::string_view kDirections[] = {"both", "to", "from"};
    unknown_name(L, Mistake::kOutOfRange, "direction", direction, kDirections);
  }
  args.set("direction", direction);
  std::optional<env::Duration> limit;
  if (duration.has_value()) limit = env::Duration(*duration);
  return inject_fault(L, "partition", args, limit);
}

constexpr ApiOption kPartitionOptions[] = {
    {"direction", "string", "\"both\"; \"to\": what a sends does not reach b; \"from\"."},
};

constexpr ApiWord kWords[] = {
    {"partition", &net_partition,
     "net:partition(a, b, { direction = \"both\", duration = }) -> handle",
     "Cuts all links between two sets of nodes (a node or a list each), as fault.partition does. "
     "One way with direction = \"to\" (what a sends does not reach b) or \"from\". Nothing is lost "
     "on a connection that lives: data moves again at a retransmission after the heal.",
     kPartitionOptions},
    {"capture", &net_capture,
     "net:capture{ api =, kind = \"request\", from =, to =, between =, topic =, partition =, nth = "
     "1, limit = 10000, point = \"leaves\" } -> capture",
     "Keeps the messages that match from now on, beginning with the `nth` and at most `limit`, to "
     "be looked at, held, delayed, replayed or saved. `from`, `to` and `between` are nodes or "
     "lists "
     "of nodes; `topic` and `partition` match what the message names."},
    {"load_capture", &net_load_capture, "net:load_capture(file) -> capture",
     "A capture that another run saved, from a file in the scenario's folder or below."},
};

}  // namespace

ApiNoun api_net() { return {"net", false, "The network.", kWords}; }

}  // namespace sim
