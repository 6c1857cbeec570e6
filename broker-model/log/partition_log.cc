#include "broker-model/log/partition_log.h"

#include <algorithm>
#include <limits>

#include "broker-model/log/log_validator.h"
#include "broker-model/log/partition_log_impl.h"
#include "broker-model/types/probe.h"

namespace kafka {

void DiskOpRouter::add(env::DiskOpId op, PartitionLog& log) {
  if (entries_.empty() || entries_.back().op < op) {
    entries_.push_back({op, &log});
    return;
  }
  const auto at =
      std::lower_bound(entries_.begin(), entries_.end(), op,
                       [](const Entry& entry, env::DiskOpId wanted) { return entry.op < wanted; });
  entries_.insert(at, {op, &log});
}

PartitionLog* DiskOpRouter::take(env::DiskOpId op) {
  const auto at =
      std::lower_bound(entries_.begin(), entries_.end(), op,
                       [](const Entry& entry, env::DiskOpId wanted) { return entry.op < wanted; });
  if (at == entries_.end() || at->op != op) return nullptr;
  PartitionLog* log = at->log;
  entries_.erase(at);
  return log;
}

void DiskOpRouter::forget(const PartitionLog& log) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.log == &log; });
}

PartitionLog::PartitionLog(TopicPartition partition, std::string directory, LogConfig config,
                           DiskOpRouter* router)
    : partition_(std::move(partition)),
      directory_(std::move(directory)),
      config_(config),
      router_(router),
      producers_(config.producer_id_expiration, config.mutations),
      epochs_file_(epochs_name()) {}

std::int64_t PartitionLog::size() const {
  std::int64_t total = 0;
  for (const Segment& segment : segments_) total += segment.size;
  return total;
}

// --- appends -----------------------------------------------------------------------------------

std::expected<AppendInfo, ErrorCode> PartitionLog::append_as_leader(env::Env& env,
                                                                    const Records& records,
                                                                    LeaderEpoch epoch, WallTime now,
                                                                    AppendOrigin origin) {
  if (state_ == State::kFailed) return std::unexpected(ErrorCode::kKafkaStorageError);
  TIT_ASSERT(is_open(), "a log is open before it is appended to");
  auto batches =
      validate_for_leader(records, config_, {.origin = origin, .epoch = epoch, .now = now});
  if (!batches) return std::unexpected(batches.error());

  Offset next = next_offset_;
  for (RecordBatch& batch : *batches) {
    if (origin != AppendOrigin::kRaftLeader) batch.base_offset = next;
    // The raft client has numbered its batches itself (UnifiedLog.append, offsets as given).
    if (batch.base_offset < next) return std::unexpected(ErrorCode::kOffsetOutOfRange);
    next = batch.next_offset();
  }
  if (const auto fits = check_fits(*batches); !fits) return std::unexpected(fits.error());

  AppendInfo info{.base_offset = batches->front().base_offset,
                  .last_offset = next - 1,
                  .duplicate = false,
                  .log_append_time = std::nullopt,
                  .log_start_offset = log_start_offset_};
  if (config_.timestamp_type == TimestampType::kLogAppendTime) info.log_append_time = now;
  if (origin == AppendOrigin::kClient) {
    if (const auto known = producers_.find_duplicate(batches->front())) {
      info.base_offset = known->first_offset();
      info.last_offset = known->last_offset;
      info.duplicate = true;
      if (info.log_append_time) info.log_append_time = known->timestamp;
      return info;
    }
  }
  for (const RecordBatch& batch : *batches) {
    if (const auto good = producers_.check(batch, origin); !good) {
      return std::unexpected(good.error());
    }
  }
  write_batches(env, std::move(*batches), {.as_leader = true, .now = now, .origin = origin});
  return info;
}

std::expected<AppendInfo, ErrorCode> PartitionLog::append_as_follower(
    env::Env& env, const Records& records, std::optional<LeaderEpoch> fetch_epoch) {
  if (state_ == State::kFailed) return std::unexpected(ErrorCode::kKafkaStorageError);
  TIT_ASSERT(is_open(), "a log is open before it is appended to");
  const std::expected<std::size_t, ErrorCode> count = validate_for_follower(records, fetch_epoch);
  if (!count) return std::unexpected(count.error());
  AppendInfo info{.base_offset = next_offset_,
                  .last_offset = next_offset_ - 1,
                  .duplicate = false,
                  .log_append_time = std::nullopt,
                  .log_start_offset = log_start_offset_};
  if (*count == 0) return info;
  const auto end = records.batches.begin() + static_cast<std::ptrdiff_t>(*count);
  std::vector<RecordBatch> batches(records.batches.begin(), end);
  if (batches.front().base_offset < next_offset_) {
    return std::unexpected(ErrorCode::kOffsetOutOfRange);
  }
  if (const auto fits = check_fits(batches); !fits) return std::unexpected(fits.error());
  info.base_offset = batches.front().base_offset;
  info.last_offset = batches.back().last_offset();
  write_batches(
      env, std::move(batches),
      {.as_leader = false, .now = env.wall_clock(), .origin = AppendOrigin::kReplication});
  return info;
}

void PartitionLog::assign_epoch_start(env::Env& env, LeaderEpoch epoch) {
  TIT_ASSERT(is_open() || has_failed(), "a log is open before its epochs are assigned");
  if (epochs_.assign(epoch, next_offset_)) write_epochs(env);
}

std::expected<void, ErrorCode> PartitionLog::check_fits(
    const std::vector<RecordBatch>& batches) const {
  std::int64_t bytes = 0;
  for (const RecordBatch& batch : batches) bytes += static_cast<std::int64_t>(batch.size());
  if (bytes > config_.segment_bytes) return std::unexpected(ErrorCode::kRecordListTooLarge);
  return {};
}

void PartitionLog::write_batches(env::Env& env, std::vector<RecordBatch> batches,
                                 const WriteContext& context) {
  RollQuestion question{.last_offset = batches.back().last_offset(), .now = context.now};
  bool is_new_epoch = false;
  for (const RecordBatch& batch : batches) {
    question.bytes += static_cast<std::int64_t>(batch.size());
    question.max_timestamp = std::max(question.max_timestamp, batch.max_timestamp());
    is_new_epoch |= epochs_.assign(LeaderEpoch(batch.leader_epoch), batch.base_offset);
  }
  if (should_roll(question)) roll(env, batches.front().base_offset, context.now);

  Segment& segment = active();
  const std::int64_t position = segment.size;
  const bool leaves_producers = context.as_leader || !config_.mutations.followers_forget_producers;
  env::Rope bytes;
  for (RecordBatch& batch : batches) {
    if (leaves_producers) {
      const auto recorded = producers_.append(batch, context.origin);
      TIT_ASSERT(recorded.has_value(), "the producer state was checked before the append");
    }
    bytes.append(to_rope(batch));
    const Offset last_offset = batch.last_offset();
    segment.add(std::move(batch), last_offset, config_.index_interval_bytes);
  }
  segment.is_dirty = true;
  segment.last_modified = context.now;
  next_offset_ = segment.next_offset();
  const env::DiskOpId op = env.write(segment.file, position, std::move(bytes));
  track(op);
  writes_.push_back({.op = op, .end_offset = next_offset_, .as_leader = context.as_leader});
  if (is_new_epoch) write_epochs(env);
  if (next_offset_ - sync_asked_ >= config_.flush_messages) {  // UnifiedLog.append flushes
    if (config_.mutations.append_forgets_sync) return;
    reached(Probe::kLogFlushMessages);
    writes_.back().waits_for_sync = true;
    start_sync(env, next_offset_);
  }
}

// LogSegment.shouldRoll.
bool PartitionLog::should_roll(const RollQuestion& question) const {
  const Segment& segment = segments_.back();
  if (question.last_offset - segment.base_offset > std::numeric_limits<std::int32_t>::max()) {
    return true;  // a relative offset has 32 bits
  }
  if (segment.empty()) return false;
  if (segment.is_index_full(config_.segment_index_bytes)) {
    reached(Probe::kSegmentIndexFull);
    return true;
  }
  if (segment.size > config_.segment_bytes - question.bytes) {
    reached(Probe::kSegmentSize);
    return true;
  }
  const bool has_timestamp = segment.first_timestamp && millis(*segment.first_timestamp) >= 0;
  const std::int64_t waited =
      has_timestamp ? millis(question.max_timestamp) - millis(*segment.first_timestamp)
                    : millis(question.now) - millis(segment.created);
  const bool is_old = waited > env::millis(config_.roll_after());
  if (is_old) reached(Probe::kSegmentAge);
  return is_old;
}

void PartitionLog::roll(env::Env& env, Offset base_offset, WallTime now) {
  if (active().empty()) {  // it holds nothing and has the wrong base offset
    const Segment empty = std::move(active());
    segments_.pop_back();
    give_up(env, empty);
    segments_.push_back(new_segment(env, base_offset, now));
    return;
  }
  // The rolled segment is flushed at once, its producer snapshot with it.
  write_indexes(env, active());
  take_snapshot(env, base_offset, false);
  start_sync(env, base_offset);
  segments_.push_back(new_segment(env, base_offset, now));
}

void PartitionLog::take_visible(std::vector<VisibleBatch>& out) {
  out.insert(out.end(), std::make_move_iterator(visible_.begin()),
             std::make_move_iterator(visible_.end()));
  visible_.clear();
}

// --- cuts --------------------------------------------------------------------------------------

bool PartitionLog::truncate_to(env::Env& env, Offset offset) {
  TIT_ASSERT(is_open() || has_failed(), "a log is open before it is truncated");
  offset = std::max<Offset>(offset, 0);
  if (config_.mutations.truncation_keeps_a_batch) offset = end_of_batch_at(offset);
  if (offset >= next_offset_) {
    // An epoch that was assigned at the end and got no record may conflict (UnifiedLog.truncateTo).
    if (epochs_.truncate_from_end(next_offset_)) write_epochs(env);
    return false;
  }
  if (segments_.front().base_offset > offset) {
    truncate_fully_and_start_at(env, offset);
    return true;
  }
  if (is_cleaning()) abort_cleaning(env);
  while (segments_.back().base_offset > offset) {
    give_up(env, segments_.back());
    segments_.pop_back();
  }
  if (Segment& segment = active(); segment.cut(offset, config_.index_interval_bytes)) {
    cuts_.push_back(env.truncate(segment.file, segment.size));
    track(cuts_.back());
    segment.is_dirty = true;
  }
  if (!config_.mutations.epochs_outlive_truncation && epochs_.truncate_from_end(offset))
    write_epochs(env);
  log_start_offset_ = std::min(log_start_offset_, offset);
  const Offset old_end = next_offset_;
  cut_visible(offset);
  rebuild_producers(env, old_end, false);
  return true;
}

Offset PartitionLog::end_of_batch_at(Offset offset) const {
  const std::optional<EntryRef> at = find_entry(offset);
  return at ? segments_[at->first].entries[at->second].last_offset + 1 : offset;
}

void PartitionLog::truncate_fully_and_start_at(env::Env& env, Offset offset) {
  TIT_ASSERT(is_open() || has_failed(), "a log is open before it is truncated");
  offset = std::max<Offset>(offset, 0);
  if (is_cleaning()) abort_cleaning(env);
  for (const Segment& segment : segments_) give_up(env, segment);
  for (const auto& [snapshot, content] : std::exchange(snapshots_, {}))
    env.remove(path({snapshot, LogFileKind::kSnapshot}));
  last_snapshot_ = offset;
  segments_.clear();
  segments_.push_back(new_segment(env, offset, env.wall_clock()));
  if (!epochs_.entries().empty()) {
    epochs_.clear();
    write_epochs(env);
  }
  producers_.clear();
  log_start_offset_ = offset;
  cut_visible(offset);
  log_end_offset_ = offset;  // nothing is left whose write could be waited for
}

// Writes that are under way for batches that are gone still have to be waited for, since what
// follows them in the file is visible only after them; they end at the cut now.
void PartitionLog::cut_visible(Offset end_offset) {
  next_offset_ = end_offset;
  for (ReadAnew& read : reads_anew_) read.is_stale = true;
  for (PendingWrite& write : writes_) write.end_offset = std::min(write.end_offset, end_offset);
  for (SyncRound& round : syncs_) round.end_offset = std::min(round.end_offset, end_offset);
  recovery_point_ = std::min(recovery_point_, end_offset);
  sync_asked_ = std::min(sync_asked_, end_offset);
  log_end_offset_ = writes_.empty() ? end_offset : std::min(log_end_offset_, end_offset);
  std::erase_if(visible_, [&](const VisibleBatch& visible) {
    return visible.batch.last_offset() >= end_offset;
  });
}

bool PartitionLog::increment_log_start(env::Env& env, Offset offset) {
  TIT_ASSERT(is_open() || has_failed(), "a log is open before its start moves");
  const bool goes_back = offset < log_start_offset_ && config_.mutations.log_start_moves_back;
  if ((offset <= log_start_offset_ && !goes_back) || offset > log_end_offset_) return false;
  log_start_offset_ = offset;
  if (epochs_.truncate_from_start(offset)) write_epochs(env);
  // ProducerStateManager.onLogStartOffsetIncremented
  last_snapshot_ = snapshots_.empty() ? offset : snapshots_.rbegin()->first;
  return true;
}

void PartitionLog::check_invariants() const {
  if (!is_open()) return;
  TIT_ASSERT(log_start_offset_ <= log_end_offset_ && log_end_offset_ <= next_offset_,
             "log start, log end and next offset are in order");
  TIT_ASSERT(recovery_point_ <= next_offset_, "the recovery point lies within the log");
  TIT_ASSERT(!segments_.empty(), "an open log has an active segment");
  Offset last_offset = -1;
  for (const Segment& segment : segments_) {
    std::int64_t position = 0;
    TIT_ASSERT(segment.base_offset > last_offset, "segments do not overlap");
    for (const SegmentEntry& entry : segment.entries) {
      TIT_ASSERT(entry.position == position, "batches of a segment follow one another");
      TIT_ASSERT(entry.last_offset > last_offset, "offsets rise through the log");
      position += static_cast<std::int64_t>(entry.batch.size());
      last_offset = entry.last_offset;
    }
    TIT_ASSERT(segment.size == position, "a segment is as long as its batches");
  }
  TIT_ASSERT(last_offset < next_offset_, "no batch lies behind the end");
  TIT_ASSERT(recovery_point_ <= sync_asked_, "what is synced was asked for");
  TIT_ASSERT(snapshots_.empty() || snapshots_.rbegin()->first <= next_offset_,
             "no producer snapshot speaks of what is not in the log");
  const auto& epochs = epochs_.entries();
  for (std::size_t i = 1; i < epochs.size(); ++i) {
    TIT_ASSERT(epochs[i - 1].epoch < epochs[i].epoch, "leader epochs rise");
    TIT_ASSERT(epochs[i - 1].start_offset < epochs[i].start_offset, "epoch starts rise");
  }
  TIT_ASSERT(epochs.empty() || epochs.back().start_offset <= next_offset_,
             "no leader epoch starts behind the end of the log");
}

}  // namespace kafka
