// sync-errors: a sync fails once, and what it should have written is never written (fsyncgate).
#include "sim/faults/disk_fault.h"

namespace sim {
namespace {

FaultResult install(FaultContext& context, const FaultArgs& args) {
  return install_disk_errors(context, args, &DiskTrouble::sync_errors, "syncs failed",
                             &DiskCounts::syncs_failed);
}

// Brokers alone: a controller that loses power later would have forgotten what the quorum counted
// on.
std::optional<FaultArgs> draw(const NemesisTargets& targets, env::Rng& rng) {
  NemesisTargets brokers = targets;
  brokers.controllers.clear();
  return draw_disk_errors(brokers, rng);
}

}  // namespace

FaultInfo sync_errors_fault() {
  return {.name = "sync-errors",
          .family = "disk",
          .doc =
              "A sync fails (EIO) and, as on Linux, its pages count as clean from then on: "
              "they stay in the cache, the next sync succeeds, and a loss of power takes "
              "them. A broker or controller ends itself over one. Healing starts it again.",
          .params = kDiskErrorParams,
          .install = &install,
          .draw = &draw,
          .takes_down = true};
}

}  // namespace sim
