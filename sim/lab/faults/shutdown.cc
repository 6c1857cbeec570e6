// shutdown: a controlled shutdown, as an operator would ask for it.
#include "sim/lab/faults/shutdown.h"

#include "broker-model/types/command.h"
#include "sim/faults/nodes.h"
#include "sim/faults/process.h"

namespace sim {

void Leaving::begin(std::function<void()> gone) {
  gone_ = std::move(gone);
  host_.command(std::make_shared<kafka::Command>(kafka::ShutDown{}));
  look();
}

void Leaving::look() {
  constexpr env::Duration kEvery = std::chrono::milliseconds(10);
  if (host_.state() == HostState::kDown) {
    gone_();
    return;
  }
  world_.at(world_.now() + kEvery, [this] { look(); });
}

namespace {

constexpr FaultParam kParams[] = {{"node", ParamKind::kNode, "who is asked to leave", true}};

class Shutdown final : public Fault {
 public:
  Shutdown(World& world, Host& host) : host_(host), leaving_(world, host) {
    leaving_.begin([this] {
      is_gone_ = true;
      if (is_healed_) host_.start();
    });
  }
  // Not before it is gone: then it starts again at once.
  void heal() override {
    is_healed_ = true;
    if (is_gone_) host_.start();
  }
  Effects effects() const override { return {{"processes asked to leave", 1}}; }
  std::vector<HostId> down() const override {
    return is_gone_ ? std::vector<HostId>{host_.id()} : std::vector<HostId>{};
  }

 private:
  Host& host_;
  Leaving leaving_;
  bool is_gone_ = false;
  bool is_healed_ = false;
};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  Host& host = context.world.host(args.node("node"));
  if (auto wrong = not_running(host)) return std::unexpected(std::move(*wrong));
  return std::make_unique<Shutdown>(context.world, host);
}

}  // namespace

FaultInfo shutdown_fault() {
  return {.name = "shutdown",
          .family = "operations",
          .doc =
              "A controlled shutdown: a broker hands its leaderships over first. Healing starts "
              "it again, as soon as it is gone.",
          .params = kParams,
          .install = &install,
          .draw = &draw_server,
          .takes_down = true};
}

}  // namespace sim
