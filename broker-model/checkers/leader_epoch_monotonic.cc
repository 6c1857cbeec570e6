// leader_epoch_monotonic: the leader epoch that the controller commits for a partition never moves
// back, and neither does the one that a broker takes up while it runs.
#include <fmt/format.h>

#include <map>
#include <utility>

#include "broker-model/checkers/checker.h"

namespace kafka {
namespace {

class LeaderEpochMonotonic final : public Checker {
 public:
  LeaderEpochMonotonic(const Truth& truth, std::string topic)
      : Checker("leader_epoch_monotonic", truth, std::move(topic)) {}

  void on_observation(const Sighting& seen, const Observation& observation) override {
    if (!seen.partition.has_value() || !seen.node.has_value()) return;
    if (const auto* change = std::get_if<PartitionChanged>(&observation.what)) {
      // A topic that was made anew under its name begins again, for the brokers as well.
      if (change->is_creation()) forget(*seen.partition);
      take(seen, controllers_[*seen.partition], change->leader_epoch, "the controller");
    } else if (const auto* leader = std::get_if<BecameLeader>(&observation.what)) {
      take_on_broker(seen, leader->leader_epoch);
    } else if (const auto* follower = std::get_if<BecameFollower>(&observation.what)) {
      take_on_broker(seen, follower->leader_epoch);
    } else if (std::holds_alternative<LogOpened>(observation.what)) {
      brokers_.erase({*seen.partition, *seen.node});  // another incarnation
    }
  }

 private:
  void forget(std::size_t partition) {
    controllers_.erase(partition);
    std::erase_if(brokers_, [&](const auto& entry) { return entry.first.first == partition; });
  }

  void take_on_broker(const Sighting& seen, LeaderEpoch epoch) {
    take(seen, brokers_[{*seen.partition, *seen.node}], epoch,
         fmt::format("broker {}", seen.node->value()));
  }

  void take(const Sighting& seen, std::optional<LeaderEpoch>& known, LeaderEpoch epoch,
            const std::string& who) {
    count();
    if (known.has_value() && epoch < *known) {
      violate(seen.at);
      ++times_;
      if (first_.empty())
        first_ = fmt::format("{} at {}: {} went back from leader epoch {} to {}",
                             to_string(truth_.partition(*seen.partition).name), seconds(seen.at),
                             who, known->value(), epoch.value());
    }
    known = epoch;
  }

  std::string describe() const override {
    return times_ > 1 ? fmt::format("{} ({} times in all)", first_, times_) : first_;
  }

  std::map<std::size_t, std::optional<LeaderEpoch>> controllers_;  // by partition index
  std::map<std::pair<std::size_t, NodeId>, std::optional<LeaderEpoch>> brokers_;
  std::uint64_t times_ = 0;
  std::string first_;
};

}  // namespace

std::unique_ptr<Checker> make_leader_epoch_monotonic(const Truth& truth, std::string topic) {
  return std::make_unique<LeaderEpochMonotonic>(truth, std::move(topic));
}

}  // namespace kafka
