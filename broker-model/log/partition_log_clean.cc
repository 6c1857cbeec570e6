// Compaction of a partition log (Cleaner.doClean, LogCleanerManager.cleanableOffsets,
// LocalLog.replaceSegments): of the records with one key only the newest stays.
//
// The keys of the dirty part are mapped to their last offsets; then all segments up to there are
// written anew, without what the map supersedes. Small neighbours become one segment. Each group is
// written as *.cleaned, synced, renamed to *.swap and put in place of what it replaces; a crash
// leaves the old segments or the new one.
//
// Transactions have no coordinator yet: their records count as committed, their markers stay.
#include "broker-model/log/partition_log_impl.h"
#include "broker-model/log/record_filter.h"
#include "broker-model/types/probe.h"

namespace kafka {
namespace {

std::string_view text_of(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

constexpr LogFileKind kSegmentKinds[] = {LogFileKind::kLog, LogFileKind::kIndex,
                                         LogFileKind::kTimeIndex};

}  // namespace

std::vector<Segment>::const_iterator PartitionLog::segment_holding(Offset offset) const {
  const auto behind = std::upper_bound(
      segments_.begin(), segments_.end(), offset,
      [](Offset wanted, const Segment& segment) { return wanted < segment.base_offset; });
  return behind == segments_.begin() ? behind : std::prev(behind);
}

// --- what may be cleaned -----------------------------------------------------------------------

CleanableRange PartitionLog::cleanable(std::optional<Offset> checkpoint, WallTime now,
                                       Offset high_watermark) const {
  CleanableRange range{.first_dirty = checkpoint.value_or(log_start_offset_)};
  range.is_checkpoint_invalid =
      range.first_dirty < log_start_offset_ || range.first_dirty > log_end_offset_;
  if (range.is_checkpoint_invalid) range.first_dirty = log_start_offset_;

  const Segment& active = segments_.back();
  Offset uncleanable = std::min(high_watermark, active.base_offset);
  std::optional<WallTime> first_dirty_time;
  for (auto dirty = segment_holding(range.first_dirty); &*dirty != &active; ++dirty) {
    const bool is_young = config_.min_compaction_lag_ms > Duration::zero() &&
                          millis(dirty->largest_timestamp()) >
                              millis(now) - env::millis(config_.min_compaction_lag_ms);
    if (is_young) uncleanable = std::min(uncleanable, dirty->base_offset);
    if (!dirty->first_timestamp || millis(*dirty->first_timestamp) <= 0) continue;
    first_dirty_time =
        std::min(first_dirty_time.value_or(*dirty->first_timestamp), *dirty->first_timestamp);
  }
  uncleanable = std::max(uncleanable, range.first_dirty);
  range.is_overdue =
      first_dirty_time && config_.max_compaction_lag_ms != Duration::max() &&
      millis(*first_dirty_time) < millis(now) - env::millis(config_.max_compaction_lag_ms);

  range.first_uncleanable = segment_holding(uncleanable)->base_offset;
  const Offset dirty_from =
      segment_holding(std::min(range.first_dirty, range.first_uncleanable))->base_offset;
  for (const Segment& segment : segments_) {
    if (segment.base_offset < range.first_dirty) range.clean_bytes += segment.size;
    if (segment.base_offset >= dirty_from && segment.base_offset < range.first_uncleanable)
      range.cleanable_bytes += segment.size;
  }
  return range;
}

// --- one pass ----------------------------------------------------------------------------------

bool PartitionLog::is_cleaning() const { return cleaning_ != nullptr && !cleaning_->is_over; }

void PartitionLog::start_cleaning(env::Env& env, const CleanableRange& range, WallTime now,
                                  std::size_t keys_max) {
  TIT_ASSERT(is_open() && !is_cleaning(), "one pass at a time, over an open log");
  cleaning_ = std::make_unique<Cleaning>();
  cleaning_->range = range;
  cleaning_->now = now;
  cleaning_->mapped_end = range.first_dirty;
  map_keys(keys_max);
  if (cleaning_->mapped_end == range.first_dirty)  // the map has no room for one batch
    end_cleaning(CleaningResult::Outcome::kImpossible);
  cleaning_->result.end_offset = cleaning_->mapped_end;
  group_segments();
  clean_next_group(env);
}

// Cleaner.buildOffsetMap. A full map ends the dirty part before the batch that it had no room for.
void PartitionLog::map_keys(std::size_t keys_max) {
  Cleaning& job = *cleaning_;
  for (auto segment = segment_holding(job.range.first_dirty);
       segment->base_offset < job.range.first_uncleanable; ++segment) {
    for (const SegmentEntry& entry : segment->entries) {
      if (entry.last_offset < job.range.first_dirty) continue;
      RecordReader reader(entry.batch);
      while (!entry.batch.is_control() && reader.next()) {
        const RecordView& record = reader.record();
        if (!record.key || record.offset < job.range.first_dirty) continue;
        if (job.newest.size() >= keys_max) return;
        const auto [known, is_new] =
            job.newest.try_emplace(std::string(text_of(*record.key)), record.offset);
        if (!config_.mutations.cleaner_keeps_oldest) known->second = record.offset;
      }
      if (reader.error() != ErrorCode::kNone) {
        end_cleaning(CleaningResult::Outcome::kImpossible);
        return;
      }
      job.mapped_end = entry.last_offset + 1;
    }
    job.mapped_end = std::max(job.mapped_end, (segment + 1)->base_offset);
  }
}

// Cleaner.groupSegmentsBySize.
void PartitionLog::group_segments() {
  Cleaning& job = *cleaning_;
  std::int64_t bytes = 0;
  std::int64_t index_bytes = 0;
  for (std::size_t i = 0; i + 1 < segments_.size(); ++i) {
    const Segment& segment = segments_[i];
    if (segment.base_offset >= job.mapped_end) break;
    const Offset last_offset = segments_[i + 1].base_offset - 1;
    const bool fits = !job.groups.empty() && bytes + segment.size <= config_.segment_bytes &&
                      index_bytes + segment.offset_index_size() <= config_.segment_index_bytes &&
                      (segment.size == 0 || last_offset - job.groups.back().front() <=
                                                std::numeric_limits<std::int32_t>::max());
    if (!fits) {
      job.groups.emplace_back();
      bytes = index_bytes = 0;
    }
    job.groups.back().push_back(segment.base_offset);
    bytes += segment.size;
    index_bytes += segment.offset_index_size();
  }
}

void PartitionLog::clean_next_group(env::Env& env) {
  Cleaning& job = *cleaning_;
  if (job.is_over) return;
  if (job.next_group == job.groups.size()) {
    reached(Probe::kLogCleaned);
    end_cleaning(CleaningResult::Outcome::kDone);
    return;
  }
  const std::vector<Offset>& group = job.groups[job.next_group];
  const auto name = [&](LogFileKind kind) {
    return path({group.front(), kind, LogFileState::kCleaned});
  };
  Segment cleaned;
  cleaned.base_offset = group.front();
  cleaned.has_index_files = true;
  job.removing.clear();
  for (const Offset base : group) {
    const Segment& source = *segment_holding(base);
    cleaned.created = source.created;
    cleaned.last_modified = source.last_modified;
    for (const SegmentEntry& entry : source.entries) clean_batch(entry, cleaned);
  }
  if (job.is_over) return;
  Records records;
  for (const SegmentEntry& entry : cleaned.entries) records.batches.push_back(entry.batch);
  const auto write = [&](LogFileKind kind, env::Rope content) {
    const env::FileId file = env.open(name(kind));
    job.ops.push_back(env.write(file, 0, std::move(content)));
    job.ops.push_back(env.sync(file));
    return file;
  };
  cleaned.file = write(LogFileKind::kLog, to_rope(records));
  write(LogFileKind::kIndex, cleaned.offset_index_bytes());
  write(LogFileKind::kTimeIndex, cleaned.time_index_bytes());
  for (const env::DiskOpId op : job.ops) track(op);
  job.cleaned = std::move(cleaned);
}

// MemoryRecords.filterTo for one batch.
void PartitionLog::clean_batch(const SegmentEntry& entry, Segment& into) {
  Cleaning& job = *cleaning_;
  const RecordBatch& batch = entry.batch;
  const auto add = [&](const RecordBatch& kept) {
    into.add(kept, entry.last_offset, config_.index_interval_bytes);
  };
  if (batch.is_control() || batch.base_offset >= job.mapped_end) return add(batch);
  std::vector<RecordView> kept;
  bool has_tombstone = false;
  std::size_t count = 0;
  RecordReader reader(batch);
  for (; reader.next(); ++count) {
    const RecordView& record = reader.record();
    if (!is_kept(batch, record)) {
      job.removing.push_back(record.offset);
      continue;
    }
    has_tombstone |= !record.value;
    kept.push_back(record);
  }
  // What cannot be read must not get a sound CRC.
  if (reader.error() != ErrorCode::kNone) return end_cleaning(CleaningResult::Outcome::kImpossible);
  if (kept.empty()) {
    // An empty batch stays where its header still says something: the last sequence of a producer,
    // or where the part that was cleaned ends.
    const ProducerEntry* producer =
        batch.has_producer_id() ? producers_.find(batch.producer_id()) : nullptr;
    const bool is_last_of_producer =
        producer != nullptr && producer->last_offset() == batch.last_offset();
    if (!is_last_of_producer && batch.next_offset() != job.range.first_uncleanable) return;
    return add(count == 0 ? batch : without_records(batch));
  }
  // KIP-534: tombstones may go delete.retention.ms after they were first seen by the cleaner.
  std::optional<WallTime> horizon = delete_horizon(batch);
  const bool is_horizon_new = has_tombstone && !horizon;
  if (is_horizon_new)
    horizon = job.now + std::chrono::floor<WallTime::duration>(config_.delete_retention_ms);
  const bool is_as_it_was = kept.size() == count && !is_horizon_new;
  add(is_as_it_was ? batch : with_records(batch, kept, horizon));
}

// Cleaner.shouldRetainRecord.
bool PartitionLog::is_kept(const RecordBatch& batch, const RecordView& record) const {
  const Cleaning& job = *cleaning_;
  if (record.offset >= job.mapped_end) return true;
  if (!record.key) return false;
  const auto newest = job.newest.find(text_of(*record.key));
  const bool is_superseded = newest != job.newest.end() && (config_.mutations.cleaner_keeps_oldest
                                                                ? record.offset > newest->second
                                                                : record.offset < newest->second);
  if (is_superseded) return false;
  const std::optional<WallTime> horizon = delete_horizon(batch);
  return record.value || !horizon || job.now < *horizon;
}

// --- the swap ----------------------------------------------------------------------------------

void PartitionLog::swap_in(env::Env& env) {
  Cleaning& job = *cleaning_;
  const std::vector<Offset>& group = job.groups[job.next_group];
  const Offset base = group.front();
  for (const LogFileKind kind : kSegmentKinds)
    env.rename(path({base, kind, LogFileState::kCleaned}), path({base, kind, LogFileState::kSwap}));
  const auto first = std::ranges::find(segments_, base, &Segment::base_offset);
  TIT_ASSERT(first != segments_.end(), "segments that are cleaned stay where they are");
  for (std::size_t i = 0; i < group.size(); ++i) {
    const Segment& old = *(first + static_cast<std::ptrdiff_t>(i));
    TIT_ASSERT(old.base_offset == group[i], "segments that are cleaned stay where they are");
    give_up(env, old, old.base_offset != base);
  }
  segments_.erase(first + 1, first + static_cast<std::ptrdiff_t>(group.size()));
  *first = std::move(job.cleaned);
  for (const LogFileKind kind : kSegmentKinds)
    env.rename(path({base, kind, LogFileState::kSwap}), path({base, kind}));
  job.removed.insert(job.removed.end(), job.removing.begin(), job.removing.end());
  job.removing.clear();
  job.is_swapped = true;
  job.ops.push_back(env.sync_dir());
  track(job.ops.back());
}

bool PartitionLog::on_cleaning_op(env::Env& env, env::DiskOpId op, bool is_bad) {
  Cleaning& job = *cleaning_;
  if (std::erase(job.ops, op) == 0) return false;
  if (is_bad) state_ = State::kFailed;
  if (!job.ops.empty() || job.is_over || state_ != State::kOpen) return true;
  if (job.is_swapped) {
    job.is_swapped = false;
    ++job.next_group;
    clean_next_group(env);
  } else {
    swap_in(env);
  }
  return true;
}

void PartitionLog::abort_cleaning(env::Env& env) {
  TIT_ASSERT(is_cleaning(), "there is something to abort");
  Cleaning& job = *cleaning_;
  if (!job.is_swapped)
    for (const LogFileKind kind : kSegmentKinds)
      env.remove(path({job.groups[job.next_group].front(), kind, LogFileState::kCleaned}));
  cuts_.insert(cuts_.end(), job.ops.begin(), job.ops.end());  // still to come, and nobody waits
  job.ops.clear();
  reached(Probe::kLogCleaningAborted);
  end_cleaning(CleaningResult::Outcome::kAborted);
}

void PartitionLog::end_cleaning(CleaningResult::Outcome outcome) {
  cleaning_->is_over = true;
  cleaning_->newest.clear();
  cleaning_->result.outcome = outcome;
}

CleanedRecords PartitionLog::take_cleaned_records() {
  if (cleaning_ == nullptr) return {};
  return {.end_offset = cleaning_->mapped_end, .removed = std::exchange(cleaning_->removed, {})};
}

std::optional<CleaningResult> PartitionLog::take_cleaning_result() {
  if (cleaning_ == nullptr || !cleaning_->is_over) return std::nullopt;
  CleaningResult result = std::move(cleaning_->result);
  cleaning_.reset();
  return result;
}

}  // namespace kafka
