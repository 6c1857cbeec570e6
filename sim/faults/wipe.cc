// wipe: the machine loses power and its disk; what comes back is empty.
#include "sim/faults/nodes.h"
#include "sim/faults/process.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {{"node", ParamKind::kNode, "who loses its disk", true}};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  Host& host = context.world.host(args.node("node"));
  const Disk* disk = disk_of(host);
  if (disk == nullptr) return std::unexpected(host.name() + " has no disk");
  const bool was_running = host.state() != HostState::kDown;
  const std::uint64_t connections = context.network.connections_of(host.id());
  const std::uint64_t before = disk->counts().files_wiped;
  host.wipe();
  return std::make_unique<DownFault>(host,
                                     Effects{{"processes ended", was_running ? 1U : 0U},
                                             {"connections dead", connections},
                                             {"files wiped", disk->counts().files_wiped - before}});
}

}  // namespace

// No draw: records that only the wiped disk held are lost by design, which no nemesis may decide.
FaultInfo wipe_fault() {
  return {.name = "wipe",
          .family = "process",
          .doc =
              "The machine loses power and its disk is replaced by an empty one. Healing starts "
              "it again.",
          .params = kParams,
          .install = &install,
          .takes_down = true};
}

}  // namespace sim
