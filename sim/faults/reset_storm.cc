// reset-storm: a middlebox that ends connections again and again, as a balancer does that restarts.
#include "sim/faults/rule_fault.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {
    kEndA,
    kEndB,
    {"every", ParamKind::kDuration, "the time between two blows, on average", false, "500ms"},
};

class ResetStorm final : public Fault {
 public:
  ResetStorm(FaultContext& context, Ends ends, env::Duration mean)
      : world_(context.world),
        network_(context.network),
        rng_(context.rng),
        ends_(std::move(ends)),
        gap_(Exponential{.mean = mean, .low = {}}) {
    strike();
  }
  void heal() override { world_.cancel(next_); }
  Effects effects() const override {
    return {{"connections reset", connections_}, {"blows", blows_, Effect::Unit::kNote}};
  }

 private:
  void strike() {
    ++blows_;
    connections_ += network_.reset_connections(ends_.a, ends_.b);
    next_ = world_.at(world_.now() + gap_.draw(rng_), [this] { strike(); });
  }

  World& world_;
  StreamNetwork& network_;
  env::Rng& rng_;
  Ends ends_;
  Distribution gap_;
  World::CallbackId next_{};
  std::uint64_t connections_ = 0;
  std::uint64_t blows_ = 0;
};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  auto ends = read_ends(context.world, FaultArgs(args).set("direction", std::string("both")));
  if (!ends.has_value()) return std::unexpected(ends.error());
  if (args.duration("every") < std::chrono::milliseconds(1))
    return std::unexpected("every is at least 1ms");
  return std::make_unique<ResetStorm>(context, std::move(*ends), args.duration("every"));
}

std::optional<FaultArgs> draw(const NemesisTargets& targets, env::Rng& rng) {
  std::optional<FaultArgs> args = draw_ends(targets, rng);
  if (!args.has_value()) return std::nullopt;
  args->set("every", targets.mean / 8);
  return args;
}

}  // namespace

FaultInfo reset_storm_fault() {
  return {.name = "reset-storm",
          .family = "connection",
          .doc =
              "A middlebox sends RST to both ends of every connection between two sets of nodes, "
              "again and again; the times between are drawn.",
          .params = kParams,
          .install = &install,
          .draw = &draw};
}

}  // namespace sim
