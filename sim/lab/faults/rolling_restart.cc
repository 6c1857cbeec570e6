// rolling-restart: brokers leave and come back one after another, as in an upgrade.
#include <fmt/format.h>

#include <algorithm>

#include "sim/faults/nodes.h"
#include "sim/faults/process.h"
#include "sim/lab/faults/shutdown.h"
#include "sim/lab/lab.h"

namespace sim {
namespace {

constexpr FaultParam kParams[] = {
    {"nodes", ParamKind::kNodes, "in this order; absent: all brokers, by id"},
    {"how", ParamKind::kChoice, "a controlled shutdown, or a kill", false, "shutdown",
     "shutdown|kill"},
    {"downtime", ParamKind::kDuration, "from the end of a process to its start", false, "2s"},
    {"wait", ParamKind::kDuration,
     "for how long the next one waits, at most, until the one before is back in service and in all "
     "its ISRs",
     false, "60s"},
};

class RollingRestart final : public Fault {
 public:
  RollingRestart(FaultContext& context, const FaultArgs& args, std::vector<HostId> nodes)
      : lab_(*context.lab),
        world_(context.world),
        ended_(context.ended),
        nodes_(std::move(nodes)),
        is_kill_(args.text("how") == "kill"),
        downtime_(args.duration("downtime")),
        wait_(args.duration("wait")) {
    take_down_next();
  }

  // One that is on its way out comes back as soon as it is gone.
  void heal() override {
    is_healed_ = true;
    world_.cancel(next_);
    if (is_down_) start();
  }
  Effects effects() const override { return {{"processes restarted", restarted_}}; }

 private:
  Host& host() { return world_.host(nodes_[at_]); }

  void take_down_next() {
    while (at_ < nodes_.size() && host().state() == HostState::kDown) ++at_;  // somebody else's
    if (at_ == nodes_.size()) {
      next_ = world_.at(world_.now(), [this] { ended_(); });
      return;
    }
    if (is_kill_) {
      host().kill();
      gone();
      return;
    }
    leaving_ = std::make_unique<Leaving>(world_, host());
    leaving_->begin([this] {
      if (is_healed_) {
        start();
      } else {
        gone();
      }
    });
  }
  void gone() {
    is_down_ = true;
    next_ = world_.at(world_.now() + downtime_, [this] {
      start();
      wait_for_it();
    });
  }
  void start() {
    is_down_ = false;
    host().start();
    ++restarted_;
    deadline_ = world_.now() + wait_;
  }
  void wait_for_it() {
    constexpr env::Duration kEvery = std::chrono::milliseconds(100);
    if (!lab_.is_in_service(host()) && world_.now() < deadline_) {
      next_ = world_.at(world_.now() + kEvery, [this] { wait_for_it(); });
      return;
    }
    ++at_;
    take_down_next();
  }

  Lab& lab_;
  World& world_;
  std::function<void()> ended_;
  std::vector<HostId> nodes_;
  bool is_kill_;
  env::Duration downtime_;
  env::Duration wait_;
  std::size_t at_ = 0;
  std::uint64_t restarted_ = 0;
  bool is_down_ = false;
  bool is_healed_ = false;
  std::unique_ptr<Leaving> leaving_;
  env::Instant deadline_{};
  World::CallbackId next_{};
};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  std::vector<HostId> nodes;
  if (args.has("nodes")) {
    nodes = args.nodes("nodes");
  } else {
    for (const Host* host : context.lab->brokers()) nodes.push_back(host->id());
  }
  const auto is_up = [&](HostId id) { return context.world.host(id).state() != HostState::kDown; };
  if (std::ranges::none_of(nodes, is_up))
    return std::unexpected("all of these nodes are down, so none could restart");
  return std::make_unique<RollingRestart>(context, args, std::move(nodes));
}

}  // namespace

// No draw: the nemesis could not keep its bound of nodes that are down.
FaultInfo rolling_restart_fault() {
  return {.name = "rolling-restart",
          .family = "operations",
          .doc =
              "Brokers leave and come back one after another, each when the one before is in "
              "service and in all its ISRs. It ends by itself.",
          .params = kParams,
          .install = &install,
          .takes_down = true};
}

}  // namespace sim
