#include "broker-model/checkers/truth.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

#include "broker-model/checkers/checker.h"
#include "broker-model/messages/records/record_reader.h"

namespace kafka {
namespace {

template <class T>
concept OfPartition = requires(const T& what) {
  { what.partition } -> std::convertible_to<TopicPartitionView>;
};

}  // namespace

void ReplicaLog::open(Offset start, Offset end) {
  if (start > this->end() || end < start_) {
    entries_.clear();
    start_ = start;
  }
  move_start(start);
  truncate(end);
  if (entries_.empty()) start_ = start;
  while (this->end() < end) entries_.emplace_back();
}

void ReplicaLog::lose_tail(const LogOpened& opened, Instant at, std::optional<StorageLoss> loss) {
  const Offset first = std::max(start_, opened.log_end_offset);
  const Offset last = end();
  const Offset flushed = std::clamp(flushed_, first, std::max(first, last));
  const bool medium = loss.has_value() && loss != StorageLoss::kUnsynced;
  std::erase_if(lost_, [&](const LostTail& tail) { return tail.first >= first; });
  if (first < flushed) lost_.push_back({first, flushed, at, medium});
  if (flushed < last) lost_.push_back({flushed, last, at, loss.has_value()});
  if (first < last && !lost_.empty() && lost_.back().is_excused) excused_loss_at_ = at;
  flushed_ = std::min(flushed_, opened.log_end_offset);
}

void ReplicaLog::append(const RecordsAppended& append) {
  while (!lost_.empty() && lost_.back().end > append.base_offset) {
    lost_.back().end = append.base_offset;
    if (lost_.back().first >= append.base_offset) lost_.pop_back();
  }
  // An append below the end replaces what was there: the owner tells truncations first, so this
  // only happens to a log that contradicts itself, and the newest word holds.
  if (append.base_offset < end()) truncate(append.base_offset);
  if (entries_.empty()) start_ = append.base_offset;
  const LogEntry absent{.content = 0, .leader_epoch = 0, .kind = EntryKind::kAbsent};
  entries_.resize(static_cast<std::size_t>(append.base_offset - start_), absent);
  const std::size_t first = entries_.size();
  entries_.resize(first + static_cast<std::size_t>(append.last_offset - append.base_offset + 1),
                  absent);

  const RecordBatch batch{append.base_offset, append.batch_epoch.value(), *append.body};
  const EntryKind kind = batch.is_control()         ? EntryKind::kControl
                         : batch.is_transactional() ? EntryKind::kTransactional
                                                    : EntryKind::kData;
  RecordReader reader(batch);
  while (reader.next()) {
    const RecordView& record = reader.record();
    if (record.offset < append.base_offset || record.offset > append.last_offset) continue;
    entries_[static_cast<std::size_t>(record.offset - start_)] = {
        .content = content_hash(record.key, record.value.value_or(ByteView())),
        .leader_epoch = append.batch_epoch.value(),
        .kind = kind};
  }
  if (reader.error() != ErrorCode::kNone)
    std::fill(entries_.begin() + static_cast<std::ptrdiff_t>(first), entries_.end(), LogEntry{});
}

void ReplicaLog::truncate(Offset end) {
  flushed_ = std::min(flushed_, end);
  if (end < start_) {  // truncateFullyAndStartAt an earlier offset
    entries_.clear();
    start_ = end;
  } else if (end < this->end()) {
    entries_.resize(static_cast<std::size_t>(end - start_));
  } else if (entries_.empty()) {
    start_ = end;
  }
}

void ReplicaLog::move_start(Offset start) {
  while (!entries_.empty() && start_ < start) {
    entries_.pop_front();
    ++start_;
  }
  if (entries_.empty()) start_ = std::max(start_, start);
}

void ReplicaLog::clean(std::span<const Offset> removed) {
  for (const Offset offset : removed) {
    if (offset < start_ || offset >= end()) continue;
    LogEntry& entry = entries_[static_cast<std::size_t>(offset - start_)];
    if (entry.holds_record()) entry.kind = EntryKind::kCleaned;
  }
}

const ReplicaLog* PartitionTruth::replica(NodeId broker) const {
  const auto found = std::ranges::find(replicas, broker, &ReplicaLog::broker);
  return found == replicas.end() ? nullptr : &*found;
}

std::size_t Truth::index_of(TopicPartitionView name) {
  if (last_index_ < partitions_.size() && TopicPartitionView(partitions_[last_index_].name) == name)
    return last_index_;
  auto found = indices_.find(name);
  if (found == indices_.end()) {
    found = indices_.try_emplace(name.owned(), partitions_.size()).first;
    partitions_.emplace_back().name = found->first;
  }
  last_index_ = found->second;
  return last_index_;
}

std::optional<std::size_t> Truth::partition_of(const Observation& observation) {
  return std::visit(
      [this](const auto& what) -> std::optional<std::size_t> {
        if constexpr (OfPartition<std::decay_t<decltype(what)>>) return index_of(what.partition);
        return std::nullopt;
      },
      observation.what);
}

ReplicaLog& Truth::log(std::size_t partition, NodeId broker) {
  std::vector<ReplicaLog>& replicas = partitions_[partition].replicas;
  const auto found = std::ranges::find(replicas, broker, &ReplicaLog::broker);
  return found == replicas.end() ? replicas.emplace_back(broker) : *found;
}

void Truth::on_observation(Instant at, NodeId source, std::optional<std::size_t> index,
                           const Observation& observation) {
  if (!index.has_value()) return;
  PartitionTruth& partition = partitions_[*index];
  if (const auto* append = std::get_if<RecordsAppended>(&observation.what)) {
    log(*index, source).append(*append);
  } else if (const auto* opened = std::get_if<LogOpened>(&observation.what)) {
    open(*index, source, at, *opened);
  } else if (const auto* truncation = std::get_if<LogTruncated>(&observation.what)) {
    log(*index, source).truncate(truncation->new_end_offset);
  } else if (const auto* flushed = std::get_if<LogFlushed>(&observation.what)) {
    log(*index, source).flush(flushed->recovery_point);
  } else if (const auto* moved = std::get_if<LogStartMoved>(&observation.what)) {
    log(*index, source).move_start(moved->log_start_offset);
  } else if (const auto* cleaned = std::get_if<RecordsCleaned>(&observation.what)) {
    log(*index, source).clean(cleaned->removed);
    partition.cleaned.insert(cleaned->removed.begin(), cleaned->removed.end());
  } else if (const auto* leader = std::get_if<BecameLeader>(&observation.what)) {
    lead(partition, source, at, *leader);
  } else if (std::get_if<BecameFollower>(&observation.what) != nullptr) {
    if (partition.leader.has_value() && partition.leader->broker == source)
      partition.leader->is_active = false;
  } else if (const auto* maximal = std::get_if<MaximalIsrChanged>(&observation.what)) {
    // News of a change that no controller told (see lead()): nothing is proposed at such a moment.
    if (maximal->partition_epoch > partition.partition_epoch) {
      partition.partition_epoch = maximal->partition_epoch;
      partition.controller_epoch = maximal->leader_epoch;
      partition.isr.assign(maximal->isr.begin(), maximal->isr.end());
    }
  } else if (const auto* changed = std::get_if<PartitionChanged>(&observation.what)) {
    take_change(partition, at, *changed);
  }
}

void Truth::open(std::size_t index, NodeId source, Instant at, const LogOpened& opened) {
  ReplicaLog& replica = log(index, source);
  const Machine& machine = machines_[source];
  std::optional<StorageLoss> loss;
  const auto is_since_opened = [&](const std::optional<Instant>& lost) {
    return lost.has_value() && *lost >= replica.opened_at;
  };
  if (is_since_opened(machine.power_lost)) loss = StorageLoss::kUnsynced;
  if (is_since_opened(machine.wiped)) loss = StorageLoss::kWiped;
  if (machine.has_failing_medium) loss = StorageLoss::kMedium;
  if (replica.may_be_deleted) {
    replica = ReplicaLog(source);
  } else {
    replica.lose_tail(opened, at, loss);
  }
  replica.open(opened.log_start_offset, opened.log_end_offset);
  replica.opened_at = at;
  PartitionTruth& partition = partitions_[index];
  if (partition.leader.has_value() && partition.leader->broker == source)
    partition.leader->is_active = false;
}

// A controller that dies between the commit of a record and its telling leaves a change untold: the
// broker that was elected by it says what it must have been.
void Truth::lead(PartitionTruth& partition, NodeId source, Instant at, const BecameLeader& leader) {
  partition.leaders.try_emplace(leader.leader_epoch, source);
  if (partition.leader.has_value() && leader.leader_epoch <= partition.leader->epoch) return;
  partition.leader = Leadership{.broker = source,
                                .epoch = leader.leader_epoch,
                                .start_offset = leader.log_end_offset,
                                .since = at};
  if (leader.partition_epoch > partition.partition_epoch) {
    take_change(partition, at,
                {.partition = partition.name,
                 .leader = source,
                 .leader_epoch = leader.leader_epoch,
                 .partition_epoch = leader.partition_epoch,
                 .isr = leader.isr,
                 .eligible_leader_replicas = {},
                 .replicas = {},
                 .leader_changed = true,
                 .is_unclean = false});
    const std::vector<NodeId>& eligible = partition.eligible[leader.leader_epoch];
    if (!eligible.empty() && std::ranges::find(eligible, source) == eligible.end())
      partition.unclean_since.try_emplace(leader.leader_epoch, at);
  }
  const auto eligible = partition.eligible.find(leader.leader_epoch);
  const ReplicaLog* own = partition.replica(source);
  if (own == nullptr || eligible == partition.eligible.end() ||
      std::ranges::find(eligible->second, source) == eligible->second.end())
    return;
  for (const LostTail& tail : own->lost()) {
    if (tail.is_excused)
      partition.excused_tails.push_back({tail, leader.leader_epoch, source, eligible->second});
  }
}

void Truth::take_change(PartitionTruth& partition, Instant at, const PartitionChanged& change) {
  // A controller that takes over tells what it found, elections among it that nobody told.
  const bool is_untold = !change.leader_changed && change.leader.has_value() &&
                         partition.partition_epoch >= PartitionEpoch(0) &&
                         change.leader_epoch > partition.controller_epoch;
  if (change.leader_changed || is_untold) {
    std::vector<NodeId>& eligible = partition.eligible[change.leader_epoch];
    eligible = partition.isr;
    eligible.insert(eligible.end(), partition.eligible_leader_replicas.begin(),
                    partition.eligible_leader_replicas.end());
    if (is_untold && !eligible.empty() &&
        std::ranges::find(eligible, *change.leader) == eligible.end())
      partition.unclean_since.try_emplace(change.leader_epoch, at);
  }
  if (change.is_unclean) partition.unclean_since.try_emplace(change.leader_epoch, at);
  partition.isr.assign(change.isr.begin(), change.isr.end());
  partition.eligible_leader_replicas.assign(change.eligible_leader_replicas.begin(),
                                            change.eligible_leader_replicas.end());
  partition.controller_epoch = change.leader_epoch;
  partition.partition_epoch = change.partition_epoch;
  if (change.replicas.empty()) return;
  const bool is_new_topic = change.is_creation();
  for (ReplicaLog& replica : partition.replicas) {
    if (is_new_topic ||
        std::ranges::find(change.replicas, replica.broker()) == change.replicas.end())
      replica.may_be_deleted = true;
  }
}

void Truth::on_storage_loss(Instant at, NodeId broker, StorageLoss loss) {
  Machine& machine = machines_[broker];
  switch (loss) {
    case StorageLoss::kUnsynced: machine.power_lost = at; break;
    case StorageLoss::kWiped: machine.wiped = at; break;
    case StorageLoss::kMedium: machine.has_failing_medium = true; break;
  }
}

Excuse PartitionTruth::excuse(Offset offset, std::uint64_t content,
                              std::optional<std::int32_t> epoch) const {
  const LeaderEpoch now = leader.has_value() ? leader->epoch : LeaderEpoch(-1);
  const auto is_later = [&](LeaderEpoch election) {
    return election <= now && (!epoch.has_value() || election.value() > *epoch);
  };
  for (const auto& [election, at] : unclean_since) {
    if (is_later(election)) return {.kind = Excuse::kUncleanElection, .election = election};
  }
  for (std::size_t index = 0; index < excused_tails.size(); ++index) {
    const ExcusedTail& lost = excused_tails[index];
    if (!is_later(lost.epoch) || offset < lost.tail.first || offset >= lost.tail.end) continue;
    const bool is_still_held = std::ranges::any_of(lost.eligible, [&](NodeId id) {
      const ReplicaLog* log = id == lost.leader ? nullptr : replica(id);
      const LogEntry* entry = log == nullptr ? nullptr : log->at(offset);
      return entry != nullptr && entry->kind != EntryKind::kUnknown && entry->content == content;
    });
    if (!is_still_held)
      return {.kind = Excuse::kStorageLost, .election = lost.epoch, .tail = index};
  }
  return {};
}

std::string PartitionTruth::words(const Excuse& excuse) const {
  switch (excuse.kind) {
    case Excuse::kNone: return "";
    case Excuse::kUncleanElection:
      return fmt::format("allowed: the election of epoch {} at {} was unclean",
                         excuse.election.value(), seconds(unclean_since.at(excuse.election)));
    case Excuse::kStorageLost: break;
  }
  const ExcusedTail& lost = excused_tails[excuse.tail];
  std::string ids;
  for (const NodeId id : lost.eligible)
    ids += fmt::format("{}{}", ids.empty() ? "" : ",", id.value());
  return fmt::format(
      "allowed: broker {}, elected from ISR and ELR [{}], had lost storage with offsets {}..{} at "
      "{}, and none of the others held them",
      lost.leader.value(), ids, lost.tail.first, lost.tail.end - 1, seconds(lost.tail.at));
}

}  // namespace kafka
