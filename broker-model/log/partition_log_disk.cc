// Disk side of a partition log: opening and recovery (LogLoader, LogSegment.recover), completions,
// fsync, files.
#include <algorithm>
#include <limits>

#include "broker-model/log/partition_log_impl.h"
#include "broker-model/types/probe.h"

namespace kafka {
namespace {

constexpr std::string_view kEpochsFile = "leader-epoch-checkpoint";

// The part of a batch that recovery can judge without its neighbours.
bool is_batch_good(const RecordBatch& batch, bool validate) {
  constexpr Offset kOffsetMax = std::numeric_limits<Offset>::max() / 2;  // no sum overflows
  if (batch.magic() != 2 || batch.last_offset_delta() < 0) return false;
  if (batch.base_offset < 0 || batch.base_offset > kOffsetMax) return false;
  return !validate || batch.is_crc_good();
}

}  // namespace

PartitionLog::~PartitionLog() {
  if (router_ != nullptr) router_->forget(*this);
}

std::string PartitionLog::path(const LogFileName& name) const {
  return directory_ + "/" + to_string(name);
}

std::string PartitionLog::epochs_name() const {
  return directory_ + "/" + std::string(kEpochsFile);
}

void PartitionLog::track(env::DiskOpId op) {
  if (router_ != nullptr) router_->add(op, *this);
}

Segment PartitionLog::new_segment(env::Env& env, Offset base_offset, WallTime now) {
  Segment segment;
  segment.base_offset = base_offset;
  segment.file = env.open(path({base_offset}));
  segment.created = segment.last_modified = now;
  segment.is_dirty = true;  // its name, at least, is not synced
  return segment;
}

// Written whole; somebody has to sync it.
env::FileId PartitionLog::write_beside(env::Env& env, const LogFileName& name, env::Bytes content) {
  const env::FileId file = env.open(path(name));
  cuts_.push_back(env.truncate(file, 0));  // an older, longer one may have that name
  track(cuts_.back());
  if (content.empty()) return file;
  cuts_.push_back(env.write(file, 0, std::move(content)));
  track(cuts_.back());
  return file;
}

void PartitionLog::write_indexes(env::Env& env, Segment& segment) {
  const Offset base = segment.base_offset;
  segment.unsynced.push_back(
      write_beside(env, {base, LogFileKind::kIndex}, segment.offset_index_bytes()));
  segment.unsynced.push_back(
      write_beside(env, {base, LogFileKind::kTimeIndex}, segment.time_index_bytes()));
  segment.is_dirty = true;
  segment.has_index_files = true;
}

void PartitionLog::write_epochs(env::Env& env) {
  const bool was_idle = epochs_file_.is_idle();
  epochs_file_.write(env, epochs_.to_checkpoint());
  if (was_idle) track(epochs_file_.pending_op());
}

// --- opening -----------------------------------------------------------------------------------

void PartitionLog::open(env::Env& env, bool clean_shutdown) {
  const std::vector<env::FileInfo> files = env.list();
  open(env, {.clean_shutdown = clean_shutdown}, files);
}

void PartitionLog::open(env::Env& env, const OpenOptions& options,
                        std::span<const env::FileInfo> files) {
  TIT_ASSERT(state_ == State::kClosed, "a log is opened once");
  state_ = State::kOpening;
  opening_ = std::make_unique<Opening>();
  opening_->options = options;  // of checkpoints that may have been damaged
  opening_->options.log_start_offset = std::max<Offset>(options.log_start_offset, 0);
  opening_->options.recovery_point = std::max<Offset>(options.recovery_point, 0);
  list_files(env, *opening_, files);
  const auto read = [&](const std::string& name, std::optional<LogFileName> parsed,
                        std::int64_t size) {
    const env::FileId file = env.open(name);
    const env::DiskOpId op = env.read(file, 0, static_cast<std::size_t>(size));
    opening_->reads.push_back({.op = op, .name = parsed, .file = file, .data = {}});
    track(op);
  };
  for (const LogFileName& name : opening_->files)
    if (name.kind == LogFileKind::kLog || name.kind == LogFileKind::kSnapshot)
      read(path(name), name, opening_->sizes.at(path(name)));
  if (const auto epochs = opening_->sizes.find(epochs_name()); epochs != opening_->sizes.end())
    read(epochs_name(), std::nullopt, epochs->second);
  opening_->left = opening_->reads.size();
  if (opening_->left == 0) finish_open(env);
}

// What an earlier end left behind half done goes (LogLoader.removeTempFilesAndCollectSwapFiles):
// what was given up, what the cleaner had not finished, and swaps of a group behind such a one.
void PartitionLog::list_files(env::Env& env, Opening& opening,
                              std::span<const env::FileInfo> files) {
  const std::string prefix = directory_ + "/";
  auto file = std::lower_bound(
      files.begin(), files.end(), prefix,
      [](const env::FileInfo& info, const std::string& wanted) { return info.name < wanted; });
  for (; file != files.end() && file->name.starts_with(prefix); ++file) {
    const auto name = parse_log_file_name(std::string_view(file->name).substr(prefix.size()));
    if (name) opening.files.push_back(*name);
    if (name || file->name == epochs_name()) opening.sizes.emplace(file->name, file->size);
  }
  std::optional<Offset> first_cleaned;
  for (const LogFileName& name : opening.files)
    if (name.state == LogFileState::kCleaned && !first_cleaned) first_cleaned = name.offset;
  std::erase_if(opening.files, [&](const LogFileName& name) {
    const bool is_wanted =
        name.state == LogFileState::kInUse ||
        (name.state == LogFileState::kSwap && (!first_cleaned || name.offset < *first_cleaned));
    if (!is_wanted) env.remove(path(name));
    return !is_wanted;
  });
}

bool PartitionLog::take_read(env::Env& env, env::DiskOpId op, const env::DiskResult& result) {
  const auto read = std::find_if(opening_->reads.begin(), opening_->reads.end(),
                                 [&](const Opening::Read& known) { return known.op == op; });
  if (read == opening_->reads.end()) return false;
  if (result.error != env::DiskError::kNone) {
    state_ = State::kFailed;
    opening_.reset();
    return true;
  }
  read->data = result.data;
  if (--opening_->left == 0) finish_open(env);
  return true;
}

// The cleaner had synced what it swapped in: the segments that it replaces go, and it takes their
// place (LogLoader.load).
void PartitionLog::complete_swaps(env::Env& env, Opening& opening) {
  std::optional<Offset> first;
  Offset end = 0;
  for (const Opening::Read& read : opening.reads) {
    if (!read.name || read.name->state != LogFileState::kSwap) continue;
    const Records records = parse_records(read.data);
    const Offset next =
        records.batches.empty() ? read.name->offset : records.batches.back().next_offset();
    first = std::min(first.value_or(read.name->offset), read.name->offset);
    end = std::max(end, next);
  }
  if (first) reached(Probe::kSwapCompleted);
  const auto is_replaced = [&](const LogFileName& name) {
    return name.state == LogFileState::kInUse && first && name.offset >= *first &&
           name.offset < end;
  };
  std::erase_if(opening.reads,
                [&](const Opening::Read& read) { return read.name && is_replaced(*read.name); });
  std::erase_if(opening.files, [&](const LogFileName& name) {
    if (is_replaced(name)) env.remove(path(name));
    return is_replaced(name);
  });
  for (LogFileName& name : opening.files) {
    if (name.state != LogFileState::kSwap) continue;
    const std::string old = path(name);
    name.state = LogFileState::kInUse;
    env.rename(old, path(name));
  }
  for (Opening::Read& read : opening.reads)
    if (read.name) read.name->state = LogFileState::kInUse;
}

void PartitionLog::load_files(env::Env& env, Opening& opening) {
  for (const Opening::Read& read : opening.reads) {
    if (!read.name) {
      auto parsed = LeaderEpochCache::from_checkpoint(read.data.contiguous().text());
      if (!parsed) {  // LeaderEpochCheckpointFile: the log directory goes off-line
        state_ = State::kFailed;
        return;
      }
      epochs_ = std::move(*parsed);
    } else if (read.name->kind == LogFileKind::kSnapshot) {
      snapshots_.insert_or_assign(read.name->offset, read.data.contiguous());
    } else {
      Segment& segment = segments_.emplace_back();
      segment.base_offset = read.name->offset;
      segment.file = read.file;
      segment.created = segment.last_modified = env.wall_clock();
      segment.has_index_files = opening.has({segment.base_offset, LogFileKind::kIndex});
    }
  }
  std::ranges::sort(segments_, {}, &Segment::base_offset);
  for (const LogFileName& name : opening.files) {  // indexes of no segment
    const bool is_index = name.kind == LogFileKind::kIndex || name.kind == LogFileKind::kTimeIndex;
    if (is_index && !opening.has({name.offset})) env.remove(path(name));
  }
}

void PartitionLog::finish_open(env::Env& env) {
  const std::unique_ptr<Opening> opening = std::move(opening_);
  const OpenOptions& options = opening->options;
  state_ = State::kOpen;
  complete_swaps(env, *opening);
  load_files(env, *opening);
  if (has_failed()) return;
  const std::vector<EpochEntry> epochs_on_disk = epochs_.entries();
  const bool was_cut = recover_segments(env, *opening);
  if (segments_.empty())
    segments_.push_back(new_segment(env, options.log_start_offset, env.wall_clock()));
  log_start_offset_ = std::max(options.log_start_offset, segments_.front().base_offset);
  next_offset_ = active().next_offset();
  if (next_offset_ < log_start_offset_) {  // LogLoader: nothing of it is wanted
    for (const Segment& segment : segments_) give_up(env, segment);
    segments_.clear();
    segments_.push_back(new_segment(env, log_start_offset_, env.wall_clock()));
    next_offset_ = log_start_offset_;
  }
  log_end_offset_ = next_offset_;
  const bool is_all_synced = options.clean_shutdown && !was_cut;
  recovery_point_ = is_all_synced ? next_offset_ : std::min(options.recovery_point, next_offset_);
  sync_asked_ = recovery_point_;
  last_sync_ = env.wall_clock();
  for (Segment& segment : segments_) {
    const bool is_active = &segment == &active();
    const Offset end = is_active ? next_offset_ : (&segment + 1)->base_offset;
    segment.is_dirty |= end > recovery_point_;
    if (!is_active && !segment.has_index_files) write_indexes(env, segment);
  }
  epochs_.truncate_from_end(next_offset_);
  epochs_.truncate_from_start(log_start_offset_);
  if (epochs_.entries() != epochs_on_disk) write_epochs(env);
  remove_stray_snapshots(env);
  rebuild_producers(env, 0, options.clean_shutdown);
  if (config_.mutations.recovery_drops_a_batch && !options.clean_shutdown && !active().empty())
    truncate_to(env, active().entries.back().batch.base_offset);
}

// LogLoader.recoverLog, and loadSegmentFiles for segments whose index is missing.
bool PartitionLog::recover_segments(env::Env& env, const Opening& opening) {
  const OpenOptions& options = opening.options;
  bool is_cut = false;
  std::size_t kept = 0;
  Offset expected = 0;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    Segment& segment = segments_[i];
    if (is_cut) {  // what follows a bad batch is not of this log any more
      give_up(env, segment);
      continue;
    }
    const bool is_active = i + 1 == segments_.size();
    const bool is_beyond_recovery_point =
        is_active || segments_[i + 1].base_offset > options.recovery_point;
    const auto read =
        std::find_if(opening.reads.begin(), opening.reads.end(), [&](const Opening::Read& known) {
          return known.name == LogFileName{segment.base_offset, LogFileKind::kLog};
        });
    const bool is_unflushed = !options.clean_shutdown && is_beyond_recovery_point;
    const bool is_recovered = is_unflushed || (!segment.has_index_files && !read->data.empty());
    if (is_recovered && !read->data.empty()) reached(Probe::kLogRecovered);
    const Offset limit =
        is_active ? std::numeric_limits<Offset>::max() : segments_[i + 1].base_offset;
    const bool is_bad = !recover_segment(segment, parse_records(read->data), is_recovered,
                                         {.expected = &expected, .limit = limit});
    // Kafka recovers a segment without an index for its own sake: what follows stays.
    is_cut = is_bad && (is_unflushed || !is_recovered);
    if (is_bad) {
      reached(Probe::kLogTailCut);
      cuts_.push_back(env.truncate(segment.file, segment.size));
      track(cuts_.back());
      segment.is_dirty = true;
    }
    // Written anew: now, or when the active segment is closed.
    if (is_recovered && !is_active) segment.has_index_files = false;
    ++kept;
  }
  segments_.erase(segments_.begin() + static_cast<std::ptrdiff_t>(kept), segments_.end());
  return is_cut;
}

bool PartitionLog::recover_segment(Segment& segment, Records records, bool validate,
                                   const OffsetBounds& bounds) {
  Offset& expected = *bounds.expected;
  expected = std::max(expected, segment.base_offset);
  for (RecordBatch& batch : records.batches) {
    const Offset relative = batch.last_offset() - segment.base_offset;
    if (!is_batch_good(batch, validate) || batch.base_offset < expected || relative < 0 ||
        relative > std::numeric_limits<std::int32_t>::max() || batch.last_offset() >= bounds.limit)
      return false;
    expected = batch.next_offset();
    const LeaderEpoch epoch(batch.leader_epoch);
    if (!epochs_.latest_epoch() || *epochs_.latest_epoch() < epoch)
      epochs_.assign(epoch, batch.base_offset);
    const Offset last_offset = batch.last_offset();
    segment.add(std::move(batch), last_offset, config_.index_interval_bytes);
  }
  return records.trailing.empty();
}

// --- completions -------------------------------------------------------------------------------

bool PartitionLog::on_disk(env::Env& env, env::DiskOpId op, const env::DiskResult& result) {
  const auto write = std::find_if(writes_.begin(), writes_.end(),
                                  [&](const PendingWrite& known) { return known.op == op; });
  const bool is_bad =
      result.error != env::DiskError::kNone && !config_.mutations.disk_errors_ignored;
  if (write != writes_.end()) {
    write->is_done = true;
    // Kafka's LogDirFailureChannel: the directory goes offline, nothing after it is answered.
    if (is_bad) state_ = State::kFailed;
    if (state_ != State::kFailed) advance_visible();
    return true;
  }
  if (state_ == State::kOpening && take_read(env, op, result)) return true;
  if (take_read_anew(op, result)) return true;
  if (epochs_file_.on_disk(env, op, result)) {
    if (is_bad) state_ = State::kFailed;
    if (!epochs_file_.is_idle()) track(epochs_file_.pending_op());
    finish_syncs();
    return true;
  }
  if (std::erase(cuts_, op) > 0) {
    if (is_bad) state_ = State::kFailed;
    return true;
  }
  if (cleaning_ != nullptr && on_cleaning_op(env, op, is_bad)) return true;
  for (SyncRound& round : syncs_) {
    if (std::erase(round.ops, op) == 0) continue;
    if (is_bad) state_ = State::kFailed;
    finish_syncs();
    return true;
  }
  return false;
}

void PartitionLog::advance_visible() {
  while (!writes_.empty() && writes_.front().is_done) {
    const PendingWrite write = writes_.front();
    if (write.waits_for_sync && recovery_point_ < write.end_offset) return;
    writes_.pop_front();
    if (write.end_offset <= log_end_offset_) continue;
    const std::optional<EntryRef> first = find_entry(log_end_offset_);
    std::size_t from = first ? first->second : 0;
    for (std::size_t s = first ? first->first : segments_.size(); s < segments_.size(); ++s) {
      const std::vector<SegmentEntry>& entries = segments_[s].entries;
      for (std::size_t i = from; i < entries.size(); ++i) {
        if (entries[i].last_offset >= write.end_offset) break;
        visible_.push_back({entries[i].batch, write.as_leader});
      }
      from = 0;
    }
    log_end_offset_ = write.end_offset;
  }
}

// --- durability --------------------------------------------------------------------------------

void PartitionLog::sync(env::Env& env) {
  TIT_ASSERT(is_open() || has_failed(), "a log is open before it is synced");
  start_sync(env, next_offset_);
}

bool PartitionLog::is_flush_due(WallTime now) const {
  return is_open() && next_offset_ > sync_asked_ && config_.flush_ms != Duration::max() &&
         millis(now) - millis(last_sync_) >= env::millis(config_.flush_ms);
}

void PartitionLog::close(env::Env& env) {
  if (!is_open()) return;
  if (is_cleaning()) abort_cleaning(env);
  if (!active().empty()) write_indexes(env, active());
  take_snapshot(env, next_offset_, true);
  sync(env);
}

void PartitionLog::start_sync(env::Env& env, Offset end_offset) {
  SyncRound round;
  bool has_new_segment = false;  // its name is not synced yet (LocalLog.flush)
  for (Segment& segment : segments_) {
    if (!segment.is_dirty) continue;
    if (!config_.mutations.sync_forgotten) round.ops.push_back(env.sync(segment.file));
    for (const env::FileId file : segment.unsynced) round.ops.push_back(env.sync(file));
    segment.unsynced.clear();
    segment.is_dirty = false;
    has_new_segment |= segment.base_offset >= recovery_point_;
  }
  if (has_new_segment) round.ops.push_back(env.sync_dir());
  for (const env::DiskOpId op : round.ops) track(op);
  round.end_offset = end_offset;
  sync_asked_ = std::max(sync_asked_, end_offset);
  last_sync_ = env.wall_clock();
  syncs_.push_back(std::move(round));
  finish_syncs();
}

void PartitionLog::finish_syncs() {
  if (state_ != State::kOpen) return;
  // The epochs of what counts as durable are durable too (LeaderEpochFileCache.assign writes at
  // once).
  bool has_moved = false;
  while (!syncs_.empty() && syncs_.front().ops.empty() && epochs_file_.is_idle()) {
    recovery_point_ = std::max(recovery_point_, syncs_.front().end_offset);
    syncs_.erase(syncs_.begin());
    has_moved = true;
  }
  if (has_moved) advance_visible();
}

bool PartitionLog::is_idle() const {
  return opening_ == nullptr && writes_.empty() && cuts_.empty() && syncs_.empty() &&
         reads_anew_.empty() && epochs_file_.is_idle() && !is_cleaning();
}

}  // namespace kafka
