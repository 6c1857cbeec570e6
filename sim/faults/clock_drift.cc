// clock-drift: the wall clock runs fast or slow; its error grows until the heal sets it right.
#include "sim/faults/clock.h"
#include "sim/faults/nodes.h"

namespace sim {
namespace {

constexpr std::int64_t kMillion = 1'000'000;

constexpr FaultParam kParams[] = {
    {"node", ParamKind::kNode, "whose clock drifts", true},
    {"ppm", ParamKind::kPartsPerMillion,
     "parts per million it runs fast, or (negative) slow; quartz: 100", true},
};

class ClockDrift final : public Fault {
 public:
  ClockDrift(World& world, Host& host, std::int64_t ppm)
      : world_(world), host_(host), ppm_(ppm), since_(world.now()), misreadings_(host) {
    host_.set_wall_clock_drift(host_.wall_clock_drift() + ppm_);
  }
  void heal() override {
    const std::int64_t elapsed = (world_.now() - since_).count();
    host_.set_wall_clock_drift(host_.wall_clock_drift() - ppm_);
    const std::int64_t gained = elapsed / kMillion * ppm_ + elapsed % kMillion * ppm_ / kMillion;
    host_.set_wall_clock_offset(host_.wall_clock_error() - env::Duration(gained));
    misreadings_.stop();
  }
  Effects effects() const override { return misreadings_.effects(); }

 private:
  World& world_;
  Host& host_;
  std::int64_t ppm_;
  env::Instant since_;
  ClockMisreadings misreadings_;
};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  const std::int64_t ppm = args.number("ppm");
  if (ppm == 0) return std::unexpected("a drift of 0 ppm is none");
  if (ppm <= -kMillion || ppm > 10 * kMillion)
    return std::unexpected(
        "ppm is above -1000000 (a clock that stands still) and at most 10000000");
  return std::make_unique<ClockDrift>(context.world, context.world.host(args.node("node")), ppm);
}

std::optional<FaultArgs> draw(const NemesisTargets& targets, env::Rng& rng) {
  std::optional<FaultArgs> args = draw_server(targets, rng);
  if (!args.has_value()) return std::nullopt;
  args->set("ppm", draw_either_way(100'000, rng));
  return args;
}

}  // namespace

FaultInfo clock_drift_fault() {
  return {.name = "clock-drift",
          .family = "clock",
          .doc =
              "The wall clock runs fast or slow, so that its error grows; the heal sets it "
              "right.",
          .params = kParams,
          .install = &install,
          .draw = &draw};
}

}  // namespace sim
