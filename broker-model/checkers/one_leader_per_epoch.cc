// one_leader_per_epoch: for each partition and leader epoch there is one leader, whoever speaks of
// it: the controller that committed it, or the brokers that took the lead.
#include <fmt/format.h>

#include <map>
#include <utility>

#include "broker-model/checkers/checker.h"

namespace kafka {
namespace {

class OneLeaderPerEpoch final : public Checker {
 public:
  OneLeaderPerEpoch(const Truth& truth, std::string topic)
      : Checker("one_leader_per_epoch", truth, std::move(topic)) {}

  void on_observation(const Sighting& seen, const Observation& observation) override {
    if (!seen.partition.has_value()) return;
    if (const auto* leader = std::get_if<BecameLeader>(&observation.what)) {
      if (seen.node.has_value())
        claim(seen, leader->leader_epoch, *seen.node,
              fmt::format("broker {} took the lead", seen.node->value()));
    } else if (const auto* change = std::get_if<PartitionChanged>(&observation.what)) {
      if (change->leader.has_value())
        claim(seen, change->leader_epoch, *change->leader,
              fmt::format("the controller made broker {} leader", change->leader->value()));
    }
  }

 private:
  struct Claim {
    NodeId leader;
    Instant at;
    std::string how;
  };

  void claim(const Sighting& seen, LeaderEpoch epoch, NodeId leader, std::string how) {
    count();
    const auto [found, is_new] = claims_.try_emplace(std::pair{*seen.partition, epoch},
                                                     Claim{leader, seen.at, std::move(how)});
    if (is_new || found->second.leader == leader) return;
    tell(seen.at,
         fmt::format("{} epoch {}", to_string(truth_.partition(*seen.partition).name),
                     epoch.value()),
         found->second, leader);
  }

  void tell(Instant at, const std::string& what, const Claim& earlier, NodeId leader) {
    violate(at);
    ++times_;
    if (first_.empty())
      first_ = fmt::format("{} has two leaders: at {} {}, at {} it was {}", what,
                           seconds(earlier.at), earlier.how, seconds(at), leader.value());
  }

  std::string describe() const override {
    return times_ > 1 ? fmt::format("{} ({} times in all)", first_, times_) : first_;
  }

  std::map<std::pair<std::size_t, LeaderEpoch>, Claim> claims_;
  std::uint64_t times_ = 0;
  std::string first_;
};

}  // namespace

std::unique_ptr<Checker> make_one_leader_per_epoch(const Truth& truth, std::string topic) {
  return std::make_unique<OneLeaderPerEpoch>(truth, std::move(topic));
}

}  // namespace kafka
