// leader_completeness: what was ever committed in a partition, acknowledged or not, is in the log
// of every later leader, and a leader in office neither cuts it off nor writes over it (Raft's
// Leader Completeness; LeaderCompleteness of the TLA+ models of KIP-966).
//
// Committed is what lay below a leader's high watermark. Each replica remembers how far it was
// compared, so an election reads what is new, not the whole log. What was lost is no longer
// expected: each loss is told once.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>

#include "broker-model/checkers/checker.h"

namespace kafka {
namespace {

constexpr std::size_t kLossesNamed = 4;

class LeaderCompleteness final : public Checker {
 public:
  LeaderCompleteness(const Truth& truth, std::string topic)
      : Checker("leader_completeness", truth, std::move(topic)) {}

  void on_observation(const Sighting& seen, const Observation& observation) override {
    if (!seen.partition.has_value() || !seen.node.has_value()) return;
    const PartitionTruth& partition = truth_.partition(*seen.partition);
    State& state = of(*seen.partition);
    if (const auto* change = std::get_if<PartitionChanged>(&observation.what)) {
      if (change->is_creation()) state = {};  // a topic that is new
    } else if (const auto* moved = std::get_if<HighWatermarkMoved>(&observation.what)) {
      if (moved->as_leader && partition.is_active_leader(*seen.node) &&
          moved->leader_epoch == partition.leader->epoch)
        commit(*partition.replica(*seen.node), state, moved->high_watermark);
    } else if (std::holds_alternative<LogStartMoved>(observation.what)) {
      if (partition.is_active_leader(*seen.node)) forget(*partition.replica(*seen.node), state);
    } else if (const auto* opened = std::get_if<LogOpened>(&observation.what)) {
      cut(state, *seen.node, opened->log_end_offset);
    } else if (const auto* truncated = std::get_if<LogTruncated>(&observation.what)) {
      cut(state, *seen.node, truncated->new_end_offset);
      if (partition.is_active_leader(*seen.node))
        judge(seen, partition, state, truncated->new_end_offset, "truncated its log");
    } else if (std::holds_alternative<RecordsAppended>(observation.what)) {
      if (partition.is_active_leader(*seen.node))
        judge(seen, partition, state, state.end(), "wrote");
    } else if (const auto* leader = std::get_if<BecameLeader>(&observation.what)) {
      if (!partition.is_active_leader(*seen.node)) return;  // a stale claim
      if (leader->leader_epoch != partition.leader->epoch) return;
      count();
      judge(seen, partition, state, leader->log_end_offset, "took the lead");
    }
  }

 private:
  struct State {
    Offset start = 0;  // of the first entry
    std::deque<LogEntry> committed;
    std::map<NodeId, Offset> compared;  // below it that replica's log agrees
    Offset end() const { return start + static_cast<Offset>(committed.size()); }
  };
  struct Loss {
    std::string where;
    OffsetRanges offsets;
    std::string why;
  };

  State& of(std::size_t index) {
    if (states_.size() <= index) states_.resize(index + 1);
    return states_[index];
  }

  static void cut(State& state, NodeId broker, Offset end) {
    const auto known = state.compared.find(broker);
    if (known != state.compared.end()) known->second = std::min(known->second, end);
  }

  // What a leader deletes (retention, DeleteRecords) is deleted for everybody.
  static void forget(const ReplicaLog& log, State& state) {
    while (!state.committed.empty() && state.start < log.start()) {
      state.committed.pop_front();
      ++state.start;
    }
    if (state.committed.empty()) state.start = std::max(state.start, log.start());
  }

  // The leader's own log says what is committed now.
  static void commit(const ReplicaLog& log, State& state, Offset high_watermark) {
    forget(log, state);
    for (Offset offset = state.end(); offset < std::min(high_watermark, log.end()); ++offset) {
      const LogEntry* entry = log.at(offset);
      state.committed.push_back(entry == nullptr ? LogEntry{} : *entry);
    }
    Offset& compared = state.compared[log.broker()];
    if (compared >= state.start) compared = std::max(compared, std::min(state.end(), log.end()));
  }

  // A cleaner has removed it here or before it was copied; what is still known of it is the same.
  static bool is_compacted(const PartitionTruth& partition, const LogEntry& expected,
                           const LogEntry& found, Offset offset) {
    if (expected.kind == EntryKind::kAbsent || found.kind == EntryKind::kAbsent)
      return partition.cleaned.contains(offset);
    return expected.is_content_known() && found.is_content_known() &&
           expected.content == found.content && expected.leader_epoch == found.leader_epoch;
  }

  // What the leader in office lacks. `log_end`: its log ends there, writes under way included,
  // which are judged when they show.
  void judge(const Sighting& seen, const PartitionTruth& partition, State& state, Offset log_end,
             std::string_view what) {
    const ReplicaLog* log = partition.replica(*seen.node);
    const Offset visible = log == nullptr ? 0 : log->end();
    const Offset start = log == nullptr ? 0 : log->start();
    Offset& compared = state.compared[*seen.node];
    Offset offset = std::max({compared, state.start, start});
    for (; offset < std::min(visible, state.end()); ++offset) {
      const LogEntry& expected = state.committed[static_cast<std::size_t>(offset - state.start)];
      const LogEntry& found = *log->at(offset);
      if (expected.kind == EntryKind::kUnknown || found.kind == EntryKind::kUnknown) continue;
      if (expected == found || is_compacted(partition, expected, found, offset)) continue;
      lose_from(seen, partition, state, offset, what);
      return;
    }
    compared = std::max(compared, std::min(visible, state.end()));
    const Offset held = std::max(log_end, visible);
    if (held < state.end()) lose_from(seen, partition, state, std::max(held, state.start), what);
  }

  void lose_from(const Sighting& seen, const PartitionTruth& partition, State& state, Offset first,
                 std::string_view what) {
    Loss excused{.where = {}, .offsets = {}, .why = {}};
    Loss lost{.where = {}, .offsets = {}, .why = {}};
    for (Offset offset = first; offset < state.end(); ++offset) {
      const LogEntry& entry = state.committed[static_cast<std::size_t>(offset - state.start)];
      if (!entry.holds_record()) continue;  // a marker or a hole: nobody's record
      const Excuse excuse = partition.excuse(offset, entry.content, entry.leader_epoch);
      (excuse ? excused : lost).offsets.add(offset);
      if (excuse && excused.why.empty()) excused.why = partition.words(excuse);
    }
    state.committed.resize(static_cast<std::size_t>(first - state.start));
    for (auto& [broker, compared] : state.compared) compared = std::min(compared, first);
    if (excused.offsets.count() > 0) excuse(seen.at, excused.offsets.count());
    if (lost.offsets.count() > 0) violate(seen.at);
    for (Loss* loss : {&lost, &excused}) {
      if (loss->offsets.count() == 0) continue;
      loss->where = fmt::format("{}: broker {}, leader of epoch {}, {} at {} without",
                                to_string(partition.name), seen.node->value(),
                                partition.leader->epoch.value(), what, seconds(seen.at));
      losses_.push_back(std::move(*loss));
    }
  }

  std::string describe() const override {
    std::string text;
    for (std::size_t i = 0; i < losses_.size() && i < kLossesNamed; ++i) {
      const Loss& loss = losses_[i];
      text += fmt::format("{}{} committed offsets {}{}{}", i == 0 ? "" : "; ", loss.where,
                          loss.offsets.text(), loss.why.empty() ? "" : "; ", loss.why);
    }
    if (losses_.size() > kLossesNamed)
      text += fmt::format("; and {} more losses", losses_.size() - kLossesNamed);
    return text;
  }

  std::vector<State> states_;  // by partition index
  std::vector<Loss> losses_;   // in the order they happened
};

}  // namespace

std::unique_ptr<Checker> make_leader_completeness(const Truth& truth, std::string topic) {
  return std::make_unique<LeaderCompleteness>(truth, std::move(topic));
}

}  // namespace kafka
