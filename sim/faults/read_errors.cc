// read-errors: reads fail with an error of the medium (EIO); nothing is read.
#include "sim/faults/disk_fault.h"

namespace sim {
namespace {

FaultResult install(FaultContext& context, const FaultArgs& args) {
  return install_disk_errors(context, args, &DiskTrouble::read_errors, "reads failed",
                             &DiskCounts::reads_failed);
}

}  // namespace

FaultInfo read_errors_fault() {
  return {.name = "read-errors",
          .family = "disk",
          .doc =
              "Reads of the disk fail (EIO). Servers read their files when they start, and "
              "a broker or controller whose read fails ends itself. Healing starts it "
              "again.",
          .params = kDiskErrorParams,
          .install = &install,
          .draw = &draw_disk_errors,
          .takes_down = true};
}

}  // namespace sim
