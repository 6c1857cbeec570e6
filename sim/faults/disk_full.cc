// disk-full: no page is left. What fits into a file's last page is written, then writes fail.
#include <fmt/format.h>

#include "sim/faults/disk_fault.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {{"node", ParamKind::kNode, "whose disk is full", true}};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  Host& host = context.world.host(args.node("node"));
  Disk* disk = disk_of(host);
  if (disk == nullptr) return std::unexpected(host.name() + " has no disk");
  if (disk->trouble().is_full)
    return std::unexpected(
        FaultRefusal::of_state(fmt::format("the disk of {} is full already", host.name())));
  return std::make_unique<DiskFault>(
      host, *disk,
      DiskFault::Options{.effect = "writes without space",
                         .count = &DiskCounts::writes_without_space,
                         .begin = [](DiskTrouble& t) { t.is_full = true; },
                         .end = [](DiskTrouble& t) { t.is_full = false; }});
}

}  // namespace

FaultInfo disk_full_fault() {
  return {
      .name = "disk-full",
      .family = "disk",
      .doc =
          "No space is left on the disk: a write fails (ENOSPC) when it has filled the last page "
          "of its file. A broker or controller ends itself over it. Healing makes room and "
          "starts it again.",
      .params = kParams,
      .install = &install,
      .draw = &draw_server,
      .takes_down = true};
}

}  // namespace sim
