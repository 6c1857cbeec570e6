// stalled-disk: no operation comes to an end until it is healed; then all go on, in order.
#include <fmt/format.h>

#include "sim/faults/nodes.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {{"node", ParamKind::kNode, "whose disk stands still", true}};

class StalledDisk final : public Fault {
 public:
  explicit StalledDisk(Disk& disk)
      : disk_(disk), stalled_before_(disk.counts().operations_stalled) {
    set(true);
  }
  void heal() override {
    set(false);
    after_ = stalled();
  }
  Effects effects() const override { return {{"operations stalled", after_.value_or(stalled())}}; }

 private:
  std::uint64_t stalled() const { return disk_.counts().operations_stalled - stalled_before_; }
  void set(bool is_stalled) {
    DiskTrouble trouble = disk_.trouble();
    trouble.is_stalled = is_stalled;
    disk_.set_trouble(trouble);
  }

  Disk& disk_;
  std::uint64_t stalled_before_;
  std::optional<std::uint64_t> after_;
};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  Host& host = context.world.host(args.node("node"));
  Disk* disk = disk_of(host);
  if (disk == nullptr) return std::unexpected(host.name() + " has no disk");
  if (disk->trouble().is_stalled)
    return std::unexpected(
        FaultRefusal::of_state(fmt::format("{} has a stalled disk already", host.name())));
  return std::make_unique<StalledDisk>(*disk);
}

}  // namespace

FaultInfo stalled_disk_fault() {
  return {.name = "stalled-disk",
          .family = "disk",
          .doc =
              "No operation of the disk comes to an end until the heal; then all go on, in "
              "order.",
          .params = kParams,
          .install = &install,
          .draw = &draw_server};
}

}  // namespace sim
