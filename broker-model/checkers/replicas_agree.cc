// replicas_agree: below the high watermarks of both, two replicas hold the same content and leader
// epoch at each offset from the leader's log start on.
//
// What the cleaner of a replica has removed counts as what it was. An offset may be empty on
// another replica only if some cleaner has emptied it.
//
// A high watermark counts once the leader of the day has confirmed it: a broker that has just
// restarted, or just become a follower, knows one from before and truncates what diverged on its
// next fetch (KIP-101, KIP-279). Each pair remembers how far it was compared; the mark only goes
// back when one of the two truncates, so that each offset is compared once per append and pair.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "broker-model/checkers/checker.h"

namespace kafka {
namespace {

class ReplicasAgree final : public Checker {
 public:
  ReplicasAgree(const Truth& truth, std::string topic)
      : Checker("replicas_agree", truth, std::move(topic)) {}

  void on_observation(const Sighting& seen, const Observation& observation) override {
    if (!seen.partition.has_value() || !seen.node.has_value()) return;
    const PartitionTruth& partition = truth_.partition(*seen.partition);
    State& state = of(*seen.partition);
    Replica& replica = state.replicas[*seen.node];
    if (const auto* moved = std::get_if<HighWatermarkMoved>(&observation.what)) {
      confirm(seen, partition, state, moved->high_watermark);
    } else if (std::get_if<RecordsAppended>(&observation.what) != nullptr) {
      if (!replica.is_confirmed) confirm(seen, partition, state, replica.high_watermark);
    } else if (const auto* leader = std::get_if<BecameLeader>(&observation.what)) {
      confirm(seen, partition, state, leader->high_watermark);
    } else if (std::get_if<BecameFollower>(&observation.what) != nullptr) {
      replica.is_confirmed = false;
    } else if (const auto* opened = std::get_if<LogOpened>(&observation.what)) {
      replica = {.high_watermark = opened->high_watermark, .is_confirmed = false};
      cut(state, *seen.node, opened->log_end_offset);
    } else if (const auto* truncated = std::get_if<LogTruncated>(&observation.what)) {
      replica.high_watermark = std::min(replica.high_watermark, truncated->new_end_offset);
      cut(state, *seen.node, truncated->new_end_offset);
    }
  }

 private:
  struct Replica {
    Offset high_watermark = 0;
    bool is_confirmed = false;
  };
  using Pair = std::pair<NodeId, NodeId>;  // the lower id first
  struct State {
    std::map<NodeId, Replica> replicas;
    std::map<Pair, Offset> compared;  // below it the two have been compared
  };

  State& of(std::size_t index) {
    if (states_.size() <= index) states_.resize(index + 1);
    return states_[index];
  }

  static Pair pair_of(NodeId a, NodeId b) { return {std::min(a, b), std::max(a, b)}; }

  static void cut(State& state, NodeId broker, Offset end) {
    for (auto& [pair, compared] : state.compared)
      if (pair.first == broker || pair.second == broker) compared = std::min(compared, end);
  }

  void confirm(const Sighting& seen, const PartitionTruth& partition, State& state,
               Offset high_watermark) {
    state.replicas[*seen.node] = {.high_watermark = high_watermark, .is_confirmed = true};
    const ReplicaLog* own = partition.replica(*seen.node);
    if (own == nullptr || own->may_be_deleted) return;
    for (const ReplicaLog& other : partition.replicas) {
      if (other.broker() == *seen.node || other.may_be_deleted) continue;
      const auto known = state.replicas.find(other.broker());
      if (known == state.replicas.end() || !known->second.is_confirmed) continue;
      compare(seen, partition, state, *own, other,
              std::min(high_watermark, known->second.high_watermark));
    }
  }

  void compare(const Sighting& seen, const PartitionTruth& partition, State& state,
               const ReplicaLog& a, const ReplicaLog& b, Offset end) {
    // Only what both have told; a write under way is compared when it has become visible.
    end = std::min({end, a.end(), b.end()});
    Offset& compared = state.compared[pair_of(a.broker(), b.broker())];
    const Offset start = std::max({compared, a.start(), b.start(), leader_start(partition)});
    for (Offset offset = start; offset < end; ++offset) {
      const LogEntry& left = *a.at(offset);
      const LogEntry& right = *b.at(offset);
      if (left.kind == EntryKind::kUnknown || right.kind == EntryKind::kUnknown) continue;
      count();
      if (agree(left, right) || is_cleaned_away(partition, left, right, offset)) continue;
      ++differing_;
      const Excuse excused = why(partition, offset, left, right);
      if (excused) {
        excuse(seen.at);
      } else {
        violate(seen.at);
      }
      if (first_.empty() || (first_is_excused_ && !excused))
        tell(seen, partition, a, b, offset, excused);
    }
    compared = std::max(compared, end);
  }

  // What lies below is deleted for everybody, and no epoch is told for it: a follower that diverged
  // there keeps it until it hears where the log begins.
  static Offset leader_start(const PartitionTruth& partition) {
    const ReplicaLog* log =
        partition.leader.has_value() ? partition.replica(partition.leader->broker) : nullptr;
    return log == nullptr ? 0 : log->start();
  }

  static bool agree(const LogEntry& left, const LogEntry& right) {
    if (left.content != right.content || left.leader_epoch != right.leader_epoch) return false;
    return left.kind == right.kind || (left.is_content_known() && right.is_content_known());
  }

  // Each replica compacts at its own pace; what one copied from another that had compacted before
  // it never had.
  static bool is_cleaned_away(const PartitionTruth& partition, const LogEntry& left,
                              const LogEntry& right, Offset offset) {
    if (left.kind != EntryKind::kAbsent && right.kind != EntryKind::kAbsent) return false;
    const LogEntry& other = left.kind == EntryKind::kAbsent ? right : left;
    return other.is_content_known() && partition.cleaned.contains(offset);
  }

  // After an election that lost what was committed, one of two logs goes on where the other had
  // been, until the follower learns of its leader: it holds what is older than that election.
  static Excuse why(const PartitionTruth& partition, Offset offset, const LogEntry& left,
                    const LogEntry& right) {
    const LeaderEpoch older(std::min(left.leader_epoch, right.leader_epoch));
    const auto unclean = partition.unclean_since.upper_bound(older);
    if (unclean != partition.unclean_since.end())
      return {.kind = Excuse::kUncleanElection, .election = unclean->first};
    for (std::size_t index = 0; index < partition.excused_tails.size(); ++index) {
      const ExcusedTail& lost = partition.excused_tails[index];
      if (lost.tail.first <= offset && lost.epoch > older)
        return {.kind = Excuse::kStorageLost, .election = lost.epoch, .tail = index};
    }
    return {};
  }

  void tell(const Sighting& seen, const PartitionTruth& partition, const ReplicaLog& a,
            const ReplicaLog& b, Offset offset, const Excuse& excused) {
    const auto form = [offset](const ReplicaLog& log) {
      const LogEntry& entry = *log.at(offset);
      const char* kind = entry.kind == EntryKind::kAbsent    ? "nothing"
                         : entry.kind == EntryKind::kControl ? "a marker"
                         : entry.kind == EntryKind::kCleaned ? "a record that it compacted away"
                                                             : "a record";
      return fmt::format("broker {} holds {} of epoch {} (content {:016x})", log.broker().value(),
                         kind, entry.leader_epoch, entry.content);
    };
    const bool is_a_first = a.broker() < b.broker();
    first_ = fmt::format("{} offset {} at {}: {}, {}, both below their high watermarks",
                         to_string(partition.name), offset, seconds(seen.at),
                         form(is_a_first ? a : b), form(is_a_first ? b : a));
    if (excused) first_ += "; " + partition.words(excused);
    first_is_excused_ = static_cast<bool>(excused);
  }

  std::string describe() const override {
    if (first_.empty()) return "";
    return fmt::format("{} offset{} on which two replicas differ; first {}", differing_,
                       differing_ == 1 ? "" : "s", first_);
  }

  std::vector<State> states_;  // by partition index
  std::uint64_t differing_ = 0;
  std::string first_;
  bool first_is_excused_ = false;
};

}  // namespace

std::unique_ptr<Checker> make_replicas_agree(const Truth& truth, std::string topic) {
  return std::make_unique<ReplicasAgree>(truth, std::move(topic));
}

}  // namespace kafka
