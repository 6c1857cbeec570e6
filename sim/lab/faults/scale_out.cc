// scale-out: brokers join the cluster while it runs.
#include <fmt/format.h>

#include "sim/faults/nodes.h"
#include "sim/lab/faults/shutdown.h"
#include "sim/lab/lab.h"

namespace sim {
namespace {

constexpr std::int64_t kBrokersMax = 100;

constexpr FaultParam kParams[] = {
    {"brokers", ParamKind::kCount, "how many", false, "1"},
    {"rack", ParamKind::kName, "where they stand; absent: as cluster{ racks = } goes on"},
};

class ScaleOut final : public Fault {
 public:
  ScaleOut(FaultContext& context, std::int64_t count, std::optional<std::string> rack)
      : lab_(*context.lab), world_(context.world) {
    for (std::int64_t i = 0; i < count; ++i) added_.push_back(&lab_.add_broker(rack));
  }
  // They leave again, in order.
  void heal() override {
    joined_ = joined();
    for (Host* host : added_) {
      if (host->state() == HostState::kDown) continue;
      leaving_.push_back(std::make_unique<Leaving>(world_, *host));
      leaving_.back()->begin([] {});
    }
  }
  Effects effects() const override { return {{"brokers in service", joined_.value_or(joined())}}; }

 private:
  std::uint64_t joined() const {
    std::uint64_t count = 0;
    for (const Host* host : added_) count += lab_.is_unfenced(*host) ? 1 : 0;
    return count;
  }

  Lab& lab_;
  World& world_;
  std::vector<Host*> added_;
  std::vector<std::unique_ptr<Leaving>> leaving_;
  std::optional<std::uint64_t> joined_;
};

FaultResult install(FaultContext& context, const FaultArgs& args) {
  const std::int64_t count = args.number("brokers");
  const auto present = static_cast<std::int64_t>(context.lab->brokers().size());
  if (present + count > kBrokersMax)
    return std::unexpected(fmt::format("a cluster has at most {} brokers", kBrokersMax));
  std::optional<std::string> rack;
  if (args.has("rack")) rack = args.text("rack");
  return std::make_unique<ScaleOut>(context, count, std::move(rack));
}

}  // namespace

FaultInfo scale_out_fault() {
  return {.name = "scale-out",
          .family = "operations",
          .doc =
              "Brokers join the cluster while it runs. Partitions that exist stay where they "
              "are; topics made later use them. Healing shuts them down again.",
          .params = kParams,
          .install = &install};
}

}  // namespace sim
