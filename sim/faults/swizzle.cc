// swizzle: nodes are cut off one by one, in a drawn order, and come back in another one.
#include "sim/faults/cuts.h"
#include "sim/faults/nodes.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {
    {"nodes", ParamKind::kNodes, "who is cut off, each from everybody", true},
    {"step", ParamKind::kDuration, "between two nodes, on the way in and on the way out", false,
     "1s"},
    {"hold", ParamKind::kDuration, "how long all of them are cut off", false, "2s"},
};

class Swizzle final : public Fault {
 public:
  Swizzle(FaultContext& context, const FaultArgs& args)
      : world_(context.world),
        rng_(context.rng),
        ended_(context.ended),
        step_(args.duration("step")),
        hold_(args.duration("hold")),
        to_cut_(shuffled(args.nodes("nodes"), rng_)) {
    for (std::size_t i = 0; i < to_cut_.size(); ++i) cuts_.emplace_back(context.network);
    cut_next();
  }

  void heal() override {
    world_.cancel(next_);
    for (Cuts& cuts : cuts_) cuts.heal();
  }
  Effects effects() const override {
    Effects sum = cuts_.front().effects();
    for (std::size_t i = 1; i < cuts_.size(); ++i) {
      const Effects more = cuts_[i].effects();
      for (std::size_t j = 0; j < sum.size(); ++j) sum[j].amount += more[j].amount;
    }
    return sum;
  }

 private:
  void cut_next() {
    const HostId node = to_cut_[done_];
    cuts_[done_].add({node}, all_hosts_but(world_, {node}));
    if (++done_ < to_cut_.size()) {
      next_ = world_.at(world_.now() + step_, [this] { cut_next(); });
      return;
    }
    for (std::size_t i = 0; i < done_; ++i) to_heal_.push_back(i);
    for (std::size_t left = done_; left > 1; --left) {
      const std::size_t chosen = rng_.below(left);
      std::swap(to_heal_[chosen], to_heal_[left - 1]);
    }
    next_ = world_.at(world_.now() + hold_, [this] { heal_next(); });
  }
  void heal_next() {
    cuts_[to_heal_.back()].heal();
    to_heal_.pop_back();
    if (to_heal_.empty()) {
      ended_();
    } else {
      next_ = world_.at(world_.now() + step_, [this] { heal_next(); });
    }
  }

  World& world_;
  env::Rng& rng_;
  std::function<void()> ended_;
  env::Duration step_;
  env::Duration hold_;
  std::vector<HostId> to_cut_;
  std::vector<Cuts> cuts_;  // by place in to_cut_
  std::size_t done_ = 0;
  std::vector<std::size_t> to_heal_;  // the last one first
  World::CallbackId next_{};
};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  if (args.nodes("nodes").size() < 2)
    return std::unexpected("a swizzle takes two nodes or more: with one the order is no matter");
  return std::make_unique<Swizzle>(context, args);
}

std::optional<FaultArgs> draw(const NemesisTargets& targets, env::Rng& rng) {
  std::vector<HostId> some = shuffled(targets.brokers, rng);
  if (some.size() < 2) return std::nullopt;
  some.resize(2 + rng.below(some.size() - 1));
  return FaultArgs()
      .set("nodes", std::move(some))
      .set("step", targets.mean / 8)
      .set("hold", targets.mean / 4);
}

}  // namespace

FaultInfo swizzle_fault() {
  return {.name = "swizzle",
          .family = "partition",
          .doc =
              "Nodes are cut off one by one, in an order drawn from the seed, and come back in "
              "another one. It ends by itself.",
          .params = kParams,
          .install = &install,
          .draw = &draw};
}

}  // namespace sim
