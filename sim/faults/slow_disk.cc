// slow-disk: every operation takes longer; none fails.
#include <fmt/format.h>

#include "sim/faults/nodes.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {
    {"node", ParamKind::kNode, "whose disk is slow", true},
    {"factor", ParamKind::kFactor, "how many times as long an operation takes", false, "10"},
    {"latency", ParamKind::kDuration, "and how much longer on top of it", false, "0ms"},
};

class SlowDisk final : public Fault {
 public:
  SlowDisk(Disk& disk, std::int64_t factor, env::Duration extra)
      : disk_(disk), before_(disk.counts()) {
    DiskTrouble trouble = disk_.trouble();
    trouble.factor = factor;
    trouble.extra = extra;
    disk_.set_trouble(trouble);
  }
  void heal() override {
    DiskTrouble trouble = disk_.trouble();
    trouble.factor = 1;
    trouble.extra = env::Duration::zero();
    disk_.set_trouble(trouble);
    after_ = disk_.counts();
  }
  Effects effects() const override {
    const DiskCounts now = after_.value_or(disk_.counts());
    const env::Duration added = now.time_added - before_.time_added;
    return {{"operations slowed", now.operations_slowed - before_.operations_slowed},
            {"disk time added", static_cast<std::uint64_t>(added.count()), Effect::Unit::kTime}};
  }

 private:
  Disk& disk_;
  DiskCounts before_;
  std::optional<DiskCounts> after_;
};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  Host& host = context.world.host(args.node("node"));
  Disk* disk = disk_of(host);
  if (disk == nullptr) return std::unexpected(host.name() + " has no disk");
  if (disk->trouble().factor != 1 || disk->trouble().extra != env::Duration::zero())
    return std::unexpected(
        FaultRefusal::of_state(fmt::format("{} has a slow disk already", host.name())));
  return std::make_unique<SlowDisk>(*disk, args.number("factor"), args.duration("latency"));
}

std::optional<FaultArgs> draw(const NemesisTargets& targets, env::Rng& rng) {
  std::optional<FaultArgs> args = draw_server(targets, rng);
  if (!args.has_value()) return std::nullopt;
  args->set("factor", rng.between(std::int64_t{2}, std::int64_t{1000}));
  args->set("latency", env::Duration::zero());
  return args;
}

}  // namespace

FaultInfo slow_disk_fault() {
  return {.name = "slow-disk",
          .family = "disk",
          .doc =
              "Every operation of the disk takes so many times as long, and a fixed time longer "
              "if asked for. None fails.",
          .params = kParams,
          .install = &install,
          .draw = &draw};
}

}  // namespace sim
