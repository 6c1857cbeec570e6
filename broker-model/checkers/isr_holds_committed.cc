// isr_holds_committed: every member of the controller's ISR holds all below the high watermark of
// the partition's leader, unless it has lost storage since it joined. (What it holds there is
// replicas_agree's.)
//
// Judged where it may change: the leader's high watermark moves, the ISR is another one, a member
// cuts its log. Only while the leader of the controller's epoch is in office.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "broker-model/checkers/checker.h"

namespace kafka {
namespace {

class IsrHoldsCommitted final : public Checker {
 public:
  IsrHoldsCommitted(const Truth& truth, std::string topic)
      : Checker("isr_holds_committed", truth, std::move(topic)) {}

  void on_observation(const Sighting& seen, const Observation& observation) override {
    if (!seen.partition.has_value() || !seen.node.has_value()) return;
    const PartitionTruth& partition = truth_.partition(*seen.partition);
    State& state = of(*seen.partition);
    if (const auto* moved = std::get_if<HighWatermarkMoved>(&observation.what)) {
      if (!moved->as_leader || !is_leader(partition, *seen.node)) return;
      if (moved->leader_epoch != partition.leader->epoch) return;
      state.high_watermark = moved->high_watermark;
      examine(seen, partition, state);
    } else if (const auto* leader = std::get_if<BecameLeader>(&observation.what)) {
      if (!is_leader(partition, *seen.node) || leader->leader_epoch != partition.leader->epoch)
        return;
      state.high_watermark = leader->high_watermark;
    } else if (std::holds_alternative<PartitionChanged>(observation.what) ||
               std::holds_alternative<MaximalIsrChanged>(observation.what)) {
      note_members(seen.at, partition, state);
      examine(seen, partition, state);
    } else if (std::holds_alternative<LogTruncated>(observation.what)) {
      examine(seen, partition, state);
    }
  }

 private:
  struct State {
    std::map<NodeId, Instant> joined;  // members of the ISR
    Offset high_watermark = 0;         // of the leader in office
  };

  State& of(std::size_t index) {
    if (states_.size() <= index) states_.resize(index + 1);
    return states_[index];
  }

  static bool is_leader(const PartitionTruth& partition, NodeId broker) {
    return partition.is_active_leader(broker) &&
           partition.leader->epoch == partition.controller_epoch;
  }

  static void note_members(Instant at, const PartitionTruth& partition, State& state) {
    std::erase_if(state.joined, [&](const auto& member) {
      return std::ranges::find(partition.isr, member.first) == partition.isr.end();
    });
    for (const NodeId member : partition.isr) state.joined.try_emplace(member, at);
  }

  void examine(const Sighting& seen, const PartitionTruth& partition, State& state) {
    if (!partition.leader.has_value() || !is_leader(partition, partition.leader->broker)) return;
    for (const auto& [member, joined] : state.joined) {
      const ReplicaLog* log = partition.replica(member);
      if (log == nullptr) continue;  // it has not told of its log yet
      count();
      if (log->end() >= state.high_watermark) continue;
      if (log->excused_loss_at().has_value() && *log->excused_loss_at() >= joined) continue;
      violate(seen.at);
      ++times_;
      if (first_.empty())
        first_ = fmt::format(
            "{} at {}: broker {} is in the ISR since {} and ends at {}, below the high watermark "
            "{} "
            "of broker {}, leader of epoch {}",
            to_string(partition.name), seconds(seen.at), member.value(), seconds(joined),
            log->end(), state.high_watermark, partition.leader->broker.value(),
            partition.leader->epoch.value());
    }
  }

  std::string describe() const override {
    return times_ > 1 ? fmt::format("{} ({} times in all)", first_, times_) : first_;
  }

  std::vector<State> states_;  // by partition index
  std::uint64_t times_ = 0;
  std::string first_;
};

}  // namespace

std::unique_ptr<Checker> make_isr_holds_committed(const Truth& truth, std::string topic) {
  return std::make_unique<IsrHoldsCommitted>(truth, std::move(topic));
}

}  // namespace kafka
