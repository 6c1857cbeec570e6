// kill: the process is gone, the machine is not.
#include "sim/faults/nodes.h"
#include "sim/faults/process.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {{"node", ParamKind::kNode, "whose process is killed", true}};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  Host& host = context.world.host(args.node("node"));
  if (auto wrong = not_running(host)) return std::unexpected(std::move(*wrong));
  const std::uint64_t connections = context.network.connections_of(host.id());
  host.kill();
  return std::make_unique<DownFault>(
      host, Effects{{"processes ended", 1}, {"connections reset", connections}});
}

}  // namespace

FaultInfo kill_fault() {
  return {.name = "kill",
          .family = "process",
          .doc =
              "SIGKILL: memory is gone, the page cache lives, peers see a reset. Healing starts "
              "the process again.",
          .params = kParams,
          .install = &install,
          .draw = &draw_server,
          .takes_down = true};
}

}  // namespace sim
