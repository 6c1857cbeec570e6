// no_lost_acks: a record that was acknowledged with an offset (acks=1 or all) is, with its content
// and at that offset, in the log of every leader of a later epoch, for as long as that leader
// keeps its log from there on.
//
// A record is judged (1) when its acknowledgement comes, against the leader of the highest epoch,
// which may be a later one than acknowledged it, (2) at each election, against the new leader, and
// (3) whenever an active leader truncates or replaces what it holds. To do this in O(log n) a time,
// the records that a replica contradicts are kept by replica as they come, and an election only
// reads the new leader's list and what lies above its log end.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "broker-model/checkers/checker.h"

namespace kafka {
namespace {

struct Ack {
  std::uint64_t content = 0;
  std::int16_t acks = -1;
  Instant at;
  std::optional<std::int32_t> epoch;  // of the entry that was acknowledged, where a log shows it
};
using AckKey = std::pair<Offset, std::uint64_t>;  // offset, tag: two records may claim one offset

// What one leadership lost. Late acknowledgements join the loss of the leadership they met.
struct Loss {
  std::string partition;
  Leadership leader;
  Instant at;
  std::string how;  // what happened at that instant
  OffsetRanges offsets;
  std::uint64_t records = 0;
  std::vector<std::uint64_t> tags;  // the first few
  Instant first_ack = Instant::max();
  Instant last_ack = Instant::min();
  std::set<std::pair<std::int32_t, std::int32_t>> ackers;  // epoch, broker
  bool only_acks_one = true;
  std::string why;  // words of the excuse; empty: there is none
};

constexpr std::size_t kLossesNamed = 4;
constexpr std::size_t kTagsNamed = 5;

class NoLostAcks final : public Checker {
 public:
  NoLostAcks(const Truth& truth, std::string topic)
      : Checker("no_lost_acks", truth, std::move(topic)) {}

  void on_observation(const Sighting& seen, const Observation& observation) override {
    if (!seen.partition.has_value()) return;
    const PartitionTruth& partition = truth_.partition(*seen.partition);
    if (const auto* acked = std::get_if<SendAcked>(&observation.what)) {
      on_acked(seen, partition, *acked);
    } else if (const auto* append = std::get_if<RecordsAppended>(&observation.what)) {
      on_append(seen, partition, *append);
    } else if (const auto* truncated = std::get_if<LogTruncated>(&observation.what)) {
      on_truncated(seen, partition, truncated->new_end_offset);
    } else if (const auto* moved = std::get_if<LogStartMoved>(&observation.what)) {
      if (partition.is_active_leader(*seen.node))
        forget_below(of(*seen.partition), moved->log_start_offset);
    } else if (const auto* opened = std::get_if<LogOpened>(&observation.what)) {
      forget_contradictions(of(*seen.partition), *seen.node, opened->log_end_offset);
    } else if (const auto* leader = std::get_if<BecameLeader>(&observation.what)) {
      on_leader(seen, partition, *leader);
    }
  }

 private:
  struct State {
    std::map<AckKey, Ack> acks;                         // acknowledged and not lost so far
    std::map<NodeId, std::set<AckKey>> contradictions;  // a replica holds something else there
    Offset deleted_below = 0;  // by a leader (retention, DeleteRecords): for everybody
  };

  State& of(std::size_t index) {
    if (states_.size() <= index) states_.resize(index + 1);
    return states_[index];
  }

  static bool contradicts(const LogEntry& entry, const Ack& ack) {
    return entry.is_content_known() ? entry.content != ack.content
                                    : entry.kind == EntryKind::kControl;
  }

  void on_acked(const Sighting& seen, const PartitionTruth& partition, const SendAcked& acked) {
    if (acked.acks == 0 || !acked.offset.has_value()) return;
    count();
    State& state = of(*seen.partition);
    if (*acked.offset < state.deleted_below) return;
    const AckKey key{*acked.offset, acked.tag};
    Ack ack{.content = acked.content, .acks = acked.acks, .at = seen.at, .epoch = {}};
    for (const ReplicaLog& log : partition.replicas) {
      const LogEntry* entry = log.at(key.first);
      if (entry == nullptr) continue;
      if (contradicts(*entry, ack)) state.contradictions[log.broker()].insert(key);
      if (entry->is_content_known() && entry->content == ack.content)
        ack.epoch = entry->leader_epoch;
    }
    state.acks.insert_or_assign(key, ack);
    if (!partition.leader.has_value() || !partition.leader->is_active) return;
    const ReplicaLog* log = partition.replica(partition.leader->broker);
    const Offset end = log == nullptr ? 0 : log->end();
    const bool is_below_start = log != nullptr && key.first < log->start();
    const bool is_contradicted = state.contradictions[partition.leader->broker].contains(key);
    // A leader may have assigned an offset whose write is still under way only before it
    // acknowledged it; one it took over as a follower is below its start offset.
    const bool is_missing = key.first >= std::max(end, partition.leader->start_offset);
    if (!is_below_start && (is_contradicted || is_missing))
      lose(seen, partition, state, key, acknowledged_late(partition));
  }

  static std::string acknowledged_late(const PartitionTruth& partition) {
    return fmt::format("broker {} had become leader of epoch {} at {} with log end offset {}",
                       partition.leader->broker.value(), partition.leader->epoch.value(),
                       seconds(partition.leader->since), partition.leader->start_offset);
  }

  void on_append(const Sighting& seen, const PartitionTruth& partition,
                 const RecordsAppended& append) {
    State& state = of(*seen.partition);
    const ReplicaLog* log = partition.replica(*seen.node);
    std::vector<AckKey> contradicted;
    for (auto at = state.acks.lower_bound({append.base_offset, 0});
         at != state.acks.end() && at->first.first <= append.last_offset; ++at) {
      const LogEntry* entry = log->at(at->first.first);
      if (entry != nullptr && contradicts(*entry, at->second)) contradicted.push_back(at->first);
    }
    for (const AckKey& key : contradicted) state.contradictions[*seen.node].insert(key);
    if (!partition.is_active_leader(*seen.node)) return;
    for (const AckKey& key : contradicted)
      lose(seen, partition, state, key,
           fmt::format("broker {}, leader of epoch {}, wrote something else there at {}",
                       seen.node->value(), partition.leader->epoch.value(), seconds(seen.at)));
  }

  void on_truncated(const Sighting& seen, const PartitionTruth& partition, Offset end) {
    State& state = of(*seen.partition);
    forget_contradictions(state, *seen.node, end);
    if (!partition.is_active_leader(*seen.node)) return;
    lose_from(
        seen, partition, state, end,
        fmt::format("broker {}, leader of epoch {}, truncated its log to {} at {}",
                    seen.node->value(), partition.leader->epoch.value(), end, seconds(seen.at)));
  }

  void on_leader(const Sighting& seen, const PartitionTruth& partition,
                 const BecameLeader& leader) {
    if (!partition.is_active_leader(*seen.node)) return;  // a stale claim
    if (partition.leader->epoch != leader.leader_epoch) return;
    State& state = of(*seen.partition);
    const ReplicaLog* log = partition.replica(*seen.node);
    const std::string how = fmt::format(
        "broker {} became leader of epoch {} at {} with log end offset {}", seen.node->value(),
        leader.leader_epoch.value(), seconds(seen.at), leader.log_end_offset);
    // Between its log's visible end and its start offset a new leader may hold writes under way:
    // they are judged when they show.
    lose_from(seen, partition, state,
              std::max(leader.log_end_offset, log == nullptr ? 0 : log->end()), how);
    const auto found = state.contradictions.find(*seen.node);
    if (found == state.contradictions.end()) return;
    const std::vector<AckKey> keys(found->second.begin(), found->second.end());
    for (const AckKey& key : keys)
      if (log != nullptr && key.first >= log->start()) lose(seen, partition, state, key, how);
  }

  static void forget_below(State& state, Offset start) {
    state.deleted_below = std::max(state.deleted_below, start);
    const AckKey first{start, 0};
    state.acks.erase(state.acks.begin(), state.acks.lower_bound(first));
    for (auto& [broker, keys] : state.contradictions)
      keys.erase(keys.begin(), keys.lower_bound(first));
  }

  static void forget_contradictions(State& state, NodeId broker, Offset from) {
    const auto found = state.contradictions.find(broker);
    if (found == state.contradictions.end()) return;
    found->second.erase(found->second.lower_bound({from, 0}), found->second.end());
  }

  void lose_from(const Sighting& seen, const PartitionTruth& partition, State& state, Offset from,
                 const std::string& how) {
    std::vector<AckKey> keys;
    for (auto at = state.acks.lower_bound({from, 0}); at != state.acks.end(); ++at)
      keys.push_back(at->first);
    for (const AckKey& key : keys) lose(seen, partition, state, key, how);
  }

  void lose(const Sighting& seen, const PartitionTruth& partition, State& state, const AckKey& key,
            const std::string& how) {
    const auto found = state.acks.find(key);
    if (found == state.acks.end()) return;  // lost before
    const Ack ack = found->second;
    state.acks.erase(found);
    for (auto& [broker, keys] : state.contradictions) keys.erase(key);
    const Excuse excused = partition.excuse(key.first, ack.content, ack.epoch);
    if (excused) {
      excuse(seen.at);
    } else {
      violate(seen.at);
    }

    const LossKey loss_key{*seen.partition, partition.leader->epoch, excused.kind};
    const auto [place, is_new] = loss_of_.try_emplace(loss_key, losses_.size());
    if (is_new) {
      Loss loss;
      loss.partition = to_string(partition.name);
      loss.leader = *partition.leader;
      loss.at = seen.at;
      loss.how = how;
      loss.why = partition.words(excused);
      losses_.push_back(std::move(loss));
    }
    Loss& loss = losses_[place->second];
    loss.offsets.add(key.first);
    ++loss.records;
    ++lost_;
    if (loss.tags.size() < kTagsNamed) loss.tags.push_back(key.second);
    loss.first_ack = std::min(loss.first_ack, ack.at);
    loss.last_ack = std::max(loss.last_ack, ack.at);
    if (ack.acks != 1) loss.only_acks_one = false;
    if (!ack.epoch.has_value()) return;
    const auto acker = partition.leaders.find(LeaderEpoch(*ack.epoch));
    if (acker != partition.leaders.end()) loss.ackers.emplace(*ack.epoch, acker->second.value());
  }

  static std::string describe(const Loss& loss) {
    std::string text =
        fmt::format("{} offsets {} (acked at {}..{}", loss.partition, loss.offsets.text(),
                    seconds(loss.first_ack), seconds(loss.last_ack));
    std::string by;
    for (const auto& [epoch, broker] : loss.ackers)
      by += fmt::format("{} broker {} in epoch {}", by.empty() ? " by" : ",", broker, epoch);
    std::string tags;
    for (const std::uint64_t tag : loss.tags)
      tags += fmt::format("{}{}", tags.empty() ? "" : ", ", tag);
    text += fmt::format("{}; tags {}{}; {})", by, tags,
                        loss.records > loss.tags.size() ? ", ..." : "", loss.how);
    // What only the leader had to hold may go with it, by configuration. That is no excuse: who
    // wants it checks something else.
    if (!loss.why.empty()) return text + "; " + loss.why;
    return loss.only_acks_one ? text + "; acks=1 allows this" : text;
  }

  std::string describe() const override {
    if (losses_.empty()) return "";
    std::string text = fmt::format("{} acknowledged record{} lost: ", lost_, lost_ == 1 ? "" : "s");
    for (std::size_t i = 0; i < losses_.size() && i < kLossesNamed; ++i)
      text += (i == 0 ? "" : "; ") + describe(losses_[i]);
    if (losses_.size() > kLossesNamed)
      text += fmt::format("; and {} more losses", losses_.size() - kLossesNamed);
    return text;
  }

  using LossKey = std::tuple<std::size_t, LeaderEpoch, Excuse::Kind>;
  std::vector<State> states_;  // by partition index
  std::vector<Loss> losses_;   // in the order they happened
  std::map<LossKey, std::size_t> loss_of_;
  std::uint64_t lost_ = 0;
};

}  // namespace

std::unique_ptr<Checker> make_no_lost_acks(const Truth& truth, std::string topic) {
  return std::make_unique<NoLostAcks>(truth, std::move(topic));
}

}  // namespace kafka
