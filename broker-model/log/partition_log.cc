#include "broker-model/log/partition_log.h"

#include <algorithm>
#include <limits>

#include "broker-model/log/log_validator.h"
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

PartitionLog::~PartitionLog() {
  if (router_ != nullptr) router_->forget(*this);
}

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
    if (config_.mutations.followers_forget_producers && !context.as_leader) continue;
    const auto recorded = producers_.append(batch, context.origin);
    TIT_ASSERT(recorded.has_value(), "the producer state was checked before the append");
  }
  if (should_roll(question)) roll(env, batches.front().base_offset, context.now);

  Segment& segment = active();
  const std::int64_t position = segment.size;
  env::Rope bytes;
  for (RecordBatch& batch : batches) {
    bytes.append(to_rope(batch));
    add_entry(segment, std::move(batch));
  }
  segment.is_dirty = true;
  next_offset_ = segment.entries.back().last_offset + 1;
  const env::DiskOpId op = env.write(segment.file, position, std::move(bytes));
  track(op);
  writes_.push_back({.op = op, .end_offset = next_offset_, .as_leader = context.as_leader});
  if (is_new_epoch) write_epochs(env);
}

void PartitionLog::add_entry(Segment& segment, RecordBatch batch) {
  const WallTime max_timestamp = batch.max_timestamp();
  segment.max_timestamp = std::max(segment.max_timestamp, max_timestamp);
  if (!segment.first_timestamp) segment.first_timestamp = max_timestamp;
  const Offset last_offset = batch.last_offset();
  const std::int64_t position = segment.size;
  segment.size += static_cast<std::int64_t>(batch.size());
  segment.entries.push_back({std::move(batch), last_offset, position});
}

// LogSegment.shouldRoll. The index is not asked: with the default interval and size of an index a
// segment of 1 GiB fills a fifth of it.
bool PartitionLog::should_roll(const RollQuestion& question) const {
  const Segment& segment = segments_.back();
  if (question.last_offset - segment.base_offset > std::numeric_limits<std::int32_t>::max()) {
    return true;  // a relative offset has 32 bits
  }
  if (segment.entries.empty()) return false;
  if (segment.size > config_.segment_bytes - question.bytes) {
    reached(Probe::kSegmentSize);
    return true;
  }
  const bool has_timestamp = segment.first_timestamp && millis(*segment.first_timestamp) >= 0;
  const std::int64_t waited =
      has_timestamp ? millis(question.max_timestamp) - millis(*segment.first_timestamp)
                    : millis(question.now) - millis(segment.created);
  const bool is_old = waited > env::millis(config_.segment_ms);
  if (is_old) reached(Probe::kSegmentAge);
  return is_old;
}

void PartitionLog::roll(env::Env& env, Offset base_offset, WallTime now) {
  Segment& old = active();
  if (old.entries.empty()) {  // it holds nothing and has the wrong base offset
    remove_segment(env, old);
    segments_.pop_back();
  } else {
    start_sync(env, base_offset);  // UnifiedLog.roll: the rolled segment is flushed at once
  }
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
  while (segments_.back().base_offset > offset) {
    remove_segment(env, segments_.back());
    segments_.pop_back();
  }
  Segment& segment = active();
  const auto first_cut = std::lower_bound(
      segment.entries.begin(), segment.entries.end(), offset,
      [](const Entry& entry, Offset wanted) { return entry.last_offset < wanted; });
  if (first_cut != segment.entries.end()) {
    segment.size = first_cut->position;
    segment.entries.erase(first_cut, segment.entries.end());
    cuts_.push_back(env.truncate(segment.file, segment.size));
    track(cuts_.back());
    segment.is_dirty = true;
    restore_timestamps(segment);
  }
  if (!config_.mutations.epochs_outlive_truncation && epochs_.truncate_from_end(offset))
    write_epochs(env);
  log_start_offset_ = std::min(log_start_offset_, offset);
  cut_visible(offset);
  rebuild_producers();
  return true;
}

Offset PartitionLog::end_of_batch_at(Offset offset) const {
  const std::optional<EntryRef> at = find_entry(offset);
  return at ? segments_[at->first].entries[at->second].last_offset + 1 : offset;
}

void PartitionLog::truncate_fully_and_start_at(env::Env& env, Offset offset) {
  TIT_ASSERT(is_open() || has_failed(), "a log is open before it is truncated");
  offset = std::max<Offset>(offset, 0);
  for (Segment& segment : segments_) remove_segment(env, segment);
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
  std::size_t gone = 0;
  while (gone + 1 < segments_.size() && segments_[gone + 1].base_offset <= offset) {
    remove_segment(env, segments_[gone++]);
  }
  segments_.erase(segments_.begin(), segments_.begin() + static_cast<std::ptrdiff_t>(gone));
  return true;
}

void PartitionLog::restore_timestamps(Segment& segment) {
  segment.max_timestamp = kNoTimestamp;
  for (const Entry& entry : segment.entries) {
    segment.max_timestamp = std::max(segment.max_timestamp, entry.batch.max_timestamp());
  }
  if (segment.entries.empty()) segment.first_timestamp.reset();
}

void PartitionLog::rebuild_producers() {
  producers_.clear();
  for (const Segment& segment : segments_) {
    for (const Entry& entry : segment.entries) {
      const auto recorded = producers_.append(entry.batch, AppendOrigin::kReplication);
      TIT_ASSERT(recorded.has_value(), "what lies in the log is not judged again");
    }
  }
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
    for (const Entry& entry : segment.entries) {
      TIT_ASSERT(entry.position == position, "batches of a segment follow one another");
      TIT_ASSERT(entry.last_offset > last_offset, "offsets rise through the log");
      position += static_cast<std::int64_t>(entry.batch.size());
      last_offset = entry.last_offset;
    }
    TIT_ASSERT(segment.size == position, "a segment is as long as its batches");
  }
  TIT_ASSERT(last_offset < next_offset_, "no batch lies behind the end");
  const auto& epochs = epochs_.entries();
  for (std::size_t i = 1; i < epochs.size(); ++i) {
    TIT_ASSERT(epochs[i - 1].epoch < epochs[i].epoch, "leader epochs rise");
    TIT_ASSERT(epochs[i - 1].start_offset < epochs[i].start_offset, "epoch starts rise");
  }
  TIT_ASSERT(epochs.empty() || epochs.back().start_offset <= next_offset_,
             "no leader epoch starts behind the end of the log");
}

}  // namespace kafka
