// clock-skew: the wall clock is slewed to a wrong time, evenly and without a step, and back again.
#include "sim/faults/clock.h"
#include "sim/faults/nodes.h"

namespace sim {
namespace {

constexpr std::int64_t kMillion = 1'000'000;

constexpr FaultParam kParams[] = {
    {"node", ParamKind::kNode, "whose clock is skewed", true},
    {"offset", ParamKind::kOffset, "how wrong it gets, ahead or (negative) behind", true},
    {"over", ParamKind::kDuration, "how long that takes, and the way back", false, "10s"},
};

class ClockSkew final : public Fault {
 public:
  ClockSkew(World& world, Host& host, env::Duration offset, env::Duration over)
      : world_(world), host_(host), offset_(offset), over_(over), misreadings_(host) {
    slew(offset_);
  }
  // The way back is begun here and goes on after the fault is over.
  void heal() override {
    if (is_slewing_) {
      world_.cancel(end_);
      stop();
    }
    slew(-applied_);
    misreadings_.stop();
  }
  Effects effects() const override { return misreadings_.effects(); }

 private:
  void slew(env::Duration by) {
    target_ = applied_ + by;
    since_ = world_.now();
    ppm_ = by.count() * kMillion / over_.count();
    host_.set_wall_clock_drift(host_.wall_clock_drift() + ppm_);
    is_slewing_ = true;
    end_ = world_.at(since_ + over_, [this] {
      stop();
      // What the rounding to parts per million left.
      step(target_ - applied_);
    });
  }
  void stop() {
    is_slewing_ = false;
    const std::int64_t elapsed = (world_.now() - since_).count();
    host_.set_wall_clock_drift(host_.wall_clock_drift() - ppm_);
    applied_ += env::Duration(elapsed / kMillion * ppm_ + elapsed % kMillion * ppm_ / kMillion);
  }
  void step(env::Duration by) {
    host_.set_wall_clock_offset(host_.wall_clock_error() + by);
    applied_ += by;
  }

  World& world_;
  Host& host_;
  env::Duration offset_;
  env::Duration over_;
  env::Duration applied_{};  // of this fault, so far
  env::Duration target_{};
  std::int64_t ppm_ = 0;
  env::Instant since_{};
  bool is_slewing_ = false;
  World::CallbackId end_{};
  ClockMisreadings misreadings_;
};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  const env::Duration offset = args.duration("offset");
  const env::Duration over = args.duration("over");
  if (offset == env::Duration::zero()) return std::unexpected("a skew of nothing is none");
  if (std::chrono::abs(offset) > std::chrono::hours(1))
    return std::unexpected("a skew is at most 1h; clock-jump goes further");
  if (over < std::chrono::milliseconds(1))
    return std::unexpected("over is at least 1ms; clock-jump does it at once");
  if (std::chrono::abs(offset) >= over)
    return std::unexpected(
        "offset is smaller than over: a clock that is slewed never runs backwards; clock-jump does "
        "it at once");
  return std::make_unique<ClockSkew>(context.world, context.world.host(args.node("node")), offset,
                                     over);
}

std::optional<FaultArgs> draw(const NemesisTargets& targets, env::Rng& rng) {
  std::optional<FaultArgs> args = draw_server(targets, rng);
  if (!args.has_value()) return std::nullopt;
  const env::Duration most = std::min<env::Duration>(targets.mean / 2, std::chrono::hours(1));
  args->set("offset", env::Duration(draw_either_way(most.count(), rng)));
  args->set("over", targets.mean);
  return args;
}

}  // namespace

FaultInfo clock_skew_fault() {
  return {.name = "clock-skew",
          .family = "clock",
          .doc = "The wall clock is slewed to a wrong time without a step; the heal slews it back.",
          .params = kParams,
          .install = &install,
          .draw = &draw};
}

}  // namespace sim
