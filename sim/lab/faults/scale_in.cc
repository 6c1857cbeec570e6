// scale-in: a broker leaves for good; nobody moves its replicas away first.
#include "sim/faults/nodes.h"
#include "sim/faults/process.h"
#include "sim/lab/faults/shutdown.h"
#include "sim/lab/lab.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {
    {"nodes", ParamKind::kNodes, "which brokers leave, one by one", true}};

class ScaleIn final : public Fault {
 public:
  ScaleIn(FaultContext& context, std::vector<HostId> nodes)
      : world_(context.world), nodes_(std::move(nodes)) {
    next();
  }
  // One that is on its way out comes back as soon as it is gone.
  void heal() override {
    is_healed_ = true;
    for (const HostId id : gone_) world_.host(id).start();
  }
  Effects effects() const override {
    return {{"brokers gone", static_cast<std::uint64_t>(gone_.size())}};
  }
  std::vector<HostId> down() const override { return gone_; }

 private:
  void next() {
    if (is_healed_ || gone_.size() == nodes_.size()) return;
    Host& host = world_.host(nodes_[gone_.size()]);
    leaving_ = std::make_unique<Leaving>(world_, host);
    leaving_->begin([this, &host] {
      gone_.push_back(host.id());
      if (is_healed_) {
        host.start();
      } else {
        world_.at(world_.now(), [this] { next(); });
      }
    });
  }

  World& world_;
  std::vector<HostId> nodes_;
  std::vector<HostId> gone_;
  std::unique_ptr<Leaving> leaving_;
  bool is_healed_ = false;
};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  for (const HostId id : args.nodes("nodes")) {
    const Host& host = context.world.host(id);
    if (context.lab->recorder().member(id).role != Role::kBroker)
      return std::unexpected(host.name() + " is no broker");
    if (auto wrong = not_running(host)) return std::unexpected(std::move(*wrong));
  }
  return std::make_unique<ScaleIn>(context, args.nodes("nodes"));
}

}  // namespace

// No draw: what leaves for good is no trouble that passes.
FaultInfo scale_in_fault() {
  return {.name = "scale-in",
          .family = "operations",
          .doc =
              "Brokers leave for good, one by one, in controlled shutdowns. Nobody moves their "
              "replicas away first. Healing brings them back.",
          .params = kParams,
          .install = &install,
          .takes_down = true};
}

}  // namespace sim
