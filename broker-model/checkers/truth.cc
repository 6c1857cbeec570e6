#include "broker-model/checkers/truth.h"

#include <algorithm>
#include <type_traits>

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
  while (this->end() < end) entries_.emplace_back();
}

void ReplicaLog::append(const RecordsAppended& append) {
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
  } else if (const auto* open = std::get_if<LogOpened>(&observation.what)) {
    log(*index, source).open(open->log_start_offset, open->log_end_offset);
    if (partition.leader.has_value() && partition.leader->broker == source)
      partition.leader->is_active = false;
  } else if (const auto* truncation = std::get_if<LogTruncated>(&observation.what)) {
    log(*index, source).truncate(truncation->new_end_offset);
  } else if (const auto* moved = std::get_if<LogStartMoved>(&observation.what)) {
    log(*index, source).move_start(moved->log_start_offset);
  } else if (const auto* cleaned = std::get_if<RecordsCleaned>(&observation.what)) {
    log(*index, source).clean(cleaned->removed);
    partition.cleaned.insert(cleaned->removed.begin(), cleaned->removed.end());
  } else if (const auto* leader = std::get_if<BecameLeader>(&observation.what)) {
    partition.leaders.try_emplace(leader->leader_epoch, source);
    if (!partition.leader.has_value() || leader->leader_epoch > partition.leader->epoch)
      partition.leader = Leadership{.broker = source,
                                    .epoch = leader->leader_epoch,
                                    .start_offset = leader->log_end_offset,
                                    .since = at};
  } else if (std::get_if<BecameFollower>(&observation.what) != nullptr) {
    if (partition.leader.has_value() && partition.leader->broker == source)
      partition.leader->is_active = false;
  } else if (const auto* change = std::get_if<PartitionChanged>(&observation.what)) {
    if (change->is_unclean) partition.unclean_since.try_emplace(change->leader_epoch, at);
  }
}

void Truth::set_min_insync_replicas(std::string_view topic, std::int64_t replicas) {
  min_insync_replicas_.insert_or_assign(std::string(topic), replicas);
}

std::int64_t Truth::min_insync_replicas(std::string_view topic) const {
  const auto found = min_insync_replicas_.find(topic);
  return found == min_insync_replicas_.end() ? 1 : found->second;
}

}  // namespace kafka
