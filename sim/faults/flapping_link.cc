// flapping-link: a cut that comes and goes, longer each time or shorter, as drawn.
#include "sim/faults/cuts.h"
#include "sim/faults/nodes.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {
    {"a", ParamKind::kNodes, "one end", true},
    {"b", ParamKind::kNodes, "the other end; absent: all other nodes"},
    {"down", ParamKind::kDuration, "how long it is cut, on average", false, "500ms"},
    {"up", ParamKind::kDuration, "how long it is open in between, on average", false, "2s"},
    {"direction", ParamKind::kChoice, "what is cut", false, "both", kDirections},
};

class FlappingLink final : public Fault {
 public:
  FlappingLink(FaultContext& context, const FaultArgs& args, std::vector<HostId> b)
      : world_(context.world),
        rng_(context.rng),
        cuts_(context.network),
        args_(args),
        b_(std::move(b)) {
    cut();
  }

  void heal() override {
    world_.cancel(next_);
    cuts_.heal();
  }
  Effects effects() const override {
    Effects effects = cuts_.effects();
    effects.push_back({"times cut", times_, Effect::Unit::kNote});
    return effects;
  }

 private:
  env::Duration drawn(std::string_view name) {
    return Distribution(Exponential{.mean = args_.duration(name), .low = {}}).draw(rng_);
  }
  void cut() {
    ++times_;
    add_cut(cuts_, args_.nodes("a"), b_, args_.text("direction"));
    next_ = world_.at(world_.now() + drawn("down"), [this] { open(); });
  }
  void open() {
    cuts_.heal();
    next_ = world_.at(world_.now() + drawn("up"), [this] { cut(); });
  }

  World& world_;
  env::Rng& rng_;
  Cuts cuts_;
  FaultArgs args_;
  std::vector<HostId> b_;
  World::CallbackId next_{};
  std::uint64_t times_ = 0;
};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  const std::vector<HostId>& a = args.nodes("a");
  std::vector<HostId> b = args.has("b") ? args.nodes("b") : all_hosts_but(context.world, a);
  if (auto wrong = wrong_sides(context.world, a, b)) return std::unexpected(std::move(*wrong));
  for (const std::string_view name : {"down", "up"}) {
    if (args.duration(name) < std::chrono::milliseconds(1))
      return std::unexpected(std::string(name) + " is at least 1ms");
  }
  return std::make_unique<FlappingLink>(context, args, std::move(b));
}

std::optional<FaultArgs> draw(const NemesisTargets& targets, env::Rng& rng) {
  const std::vector<HostId> all = shuffled(servers(targets), rng);
  if (all.size() < 2) return std::nullopt;
  return FaultArgs()
      .set("a", std::vector<HostId>{all[0]})
      .set("b", std::vector<HostId>(all.begin() + 1, all.end()))
      .set("down", targets.mean / 8)
      .set("up", targets.mean / 4)
      .set("direction", std::string("both"));
}

}  // namespace

FaultInfo flapping_link_fault() {
  return {.name = "flapping-link",
          .family = "partition",
          .doc = "A cut between two sets of nodes that comes and goes; both times are drawn.",
          .params = kParams,
          .install = &install,
          .draw = &draw};
}

}  // namespace sim
