// power-loss: the machine goes dark; what was not synced is kept, lost or torn, page by page.
#include "sim/faults/nodes.h"
#include "sim/faults/process.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {{"node", ParamKind::kNode, "whose machine loses power", true}};

// Also of a machine whose process is down: its page cache is at stake.
FaultResult install(FaultContext& context, const FaultArgs& args) {
  Host& host = context.world.host(args.node("node"));
  const bool was_running = host.state() != HostState::kDown;
  const std::uint64_t connections = context.network.connections_of(host.id());
  const Disk* disk = disk_of(host);
  const DiskCounts before = disk != nullptr ? disk->counts() : DiskCounts();
  host.power_loss();
  const DiskCounts after = disk != nullptr ? disk->counts() : DiskCounts();
  return std::make_unique<DownFault>(host,
                                     Effects{{"processes ended", was_running ? 1U : 0U},
                                             {"connections dead", connections},
                                             {"pages lost", after.pages_lost - before.pages_lost},
                                             {"pages torn", after.pages_torn - before.pages_torn}});
}

}  // namespace

FaultInfo power_loss_fault() {
  return {.name = "power-loss",
          .family = "process",
          .doc =
              "The machine loses power: of what was not synced each page is kept, lost or torn; "
              "peers see nothing until they time out. Healing starts it again.",
          .params = kParams,
          .install = &install,
          .draw = &draw_server,
          .takes_down = true};
}

}  // namespace sim
