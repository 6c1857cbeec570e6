// isr_within_maximal: the ISR that the controller has committed lies within the maximal ISR
// (committed and proposed) of the leader of its epoch, which is what that leader's high watermark
// waits for. And whoever joins an ISR is neither
// fenced nor shutting down.
//
// A proposal counts until the leader knows of a later partition epoch: it may be applied as long as
// the controller is at the epoch that it was made in. The leader itself may have forgotten it by
// then. Metadata of an epoch that it had from an AlterPartition response already replaces what is
// pending (Partition.makeLeader), with the request on its way; its high watermark waits on for the
// replica because that is caught up and eligible.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "broker-model/checkers/checker.h"

namespace kafka {
namespace {

class IsrWithinMaximal final : public Checker {
 public:
  IsrWithinMaximal(const Truth& truth, std::string topic)
      : Checker("isr_within_maximal", truth, std::move(topic)) {}

  void on_observation(const Sighting& seen, const Observation& observation) override {
    if (const auto* broker = std::get_if<BrokerStateChanged>(&observation.what)) {
      states_of_brokers_[broker->broker] = broker->state;
    } else if (std::holds_alternative<ControllerElected>(observation.what)) {
      // The one before may have died before it told. What this one found it tells in no order.
      states_of_brokers_.clear();
      elected_at_ = seen.at;
    }
    if (!seen.partition.has_value() || !seen.node.has_value()) return;
    const PartitionTruth& partition = truth_.partition(*seen.partition);
    State& state = of(*seen.partition);
    if (const auto* change = std::get_if<PartitionChanged>(&observation.what)) {
      judge_joiners(seen, partition, state, *change);
      compare(seen, partition, state);
    } else if (const auto* leader = std::get_if<BecameLeader>(&observation.what)) {
      if (leader->leader_epoch <= state.epoch) return;
      state.epoch = leader->leader_epoch;
      state.partition_epoch = PartitionEpoch(-1);
      take(seen, partition, state, leader->partition_epoch, leader->isr);
    } else if (const auto* maximal = std::get_if<MaximalIsrChanged>(&observation.what)) {
      state.isr = {partition.isr.begin(),
                   partition.isr.end()};  // Truth may have learnt of a change
      if (maximal->leader_epoch == state.epoch)
        take(seen, partition, state, maximal->partition_epoch, maximal->isr);
    }
  }

 private:
  struct State {
    std::set<NodeId> isr;      // the controller's, as of the last change
    std::set<NodeId> maximal;  // of the leader of `epoch`, since it knew of `partition_epoch`
    LeaderEpoch epoch{-1};
    PartitionEpoch partition_epoch{-1};
  };

  State& of(std::size_t index) {
    if (states_.size() <= index) states_.resize(index + 1);
    return states_[index];
  }

  void judge_joiners(const Sighting& seen, const PartitionTruth& partition, State& state,
                     const PartitionChanged& change) {
    // Nobody leads: a reassignment that is taken back may name any replica
    // (PartitionReassignmentRevert).
    const bool is_led = change.leader.has_value();
    for (const NodeId member : change.isr) {
      if (!is_led || state.isr.contains(member) || seen.at == elected_at_) continue;
      count();
      const auto known = states_of_brokers_.find(member);
      if (known == states_of_brokers_.end() || known->second == BrokerState::kUnfenced) continue;
      tell(seen, fmt::format("{} at {}: broker {} joined the ISR while it was {}",
                             to_string(partition.name), seconds(seen.at), member.value(),
                             name(known->second)));
    }
    state.isr = {change.isr.begin(), change.isr.end()};
  }

  void take(const Sighting& seen, const PartitionTruth& partition, State& state,
            PartitionEpoch partition_epoch, std::span<const NodeId> maximal) {
    if (partition_epoch > state.partition_epoch) state.maximal.clear();
    state.partition_epoch = std::max(state.partition_epoch, partition_epoch);
    state.maximal.insert(maximal.begin(), maximal.end());
    compare(seen, partition, state);
  }

  void compare(const Sighting& seen, const PartitionTruth& partition, const State& state) {
    if (state.epoch != partition.controller_epoch) return;
    count();
    for (const NodeId member : partition.isr) {
      if (state.maximal.contains(member)) continue;
      tell(seen, fmt::format("{} at {}: broker {} is in the controller's ISR, and the leader of "
                             "epoch {} does not count on it",
                             to_string(partition.name), seconds(seen.at), member.value(),
                             state.epoch.value()));
    }
  }

  void tell(const Sighting& seen, std::string what) {
    violate(seen.at);
    ++times_;
    if (first_.empty()) first_ = std::move(what);
  }

  std::string describe() const override {
    return times_ > 1 ? fmt::format("{} ({} times in all)", first_, times_) : first_;
  }

  std::vector<State> states_;  // by partition index
  std::map<NodeId, BrokerState> states_of_brokers_;
  std::optional<Instant> elected_at_;  // the controller in office
  std::uint64_t times_ = 0;
  std::string first_;
};

}  // namespace

std::unique_ptr<Checker> make_isr_within_maximal(const Truth& truth, std::string topic) {
  return std::make_unique<IsrWithinMaximal>(truth, std::move(topic));
}

}  // namespace kafka
