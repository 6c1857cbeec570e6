// write-errors: writes and truncations fail with an error of the medium (EIO); nothing is written.
#include "sim/faults/disk_fault.h"

namespace sim {
namespace {

FaultResult install(FaultContext& context, const FaultArgs& args) {
  return install_disk_errors(context, args, &DiskTrouble::write_errors, "writes failed",
                             &DiskCounts::writes_failed);
}

}  // namespace

FaultInfo write_errors_fault() {
  return {.name = "write-errors",
          .family = "disk",
          .doc =
              "Writes and truncations of the disk fail (EIO) and do nothing. A broker or "
              "controller ends itself over one. Healing starts it again.",
          .params = kDiskErrorParams,
          .install = &install,
          .draw = &draw_disk_errors,
          .takes_down = true};
}

}  // namespace sim
