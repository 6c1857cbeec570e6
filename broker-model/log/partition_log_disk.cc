// Disk side of a partition log: opening and recovery (LogLoader, LogSegment.recover), completions,
// fsync, files.
#include <algorithm>
#include <charconv>
#include <limits>

#include "broker-model/log/partition_log.h"

namespace kafka {
namespace {

constexpr std::size_t kOffsetDigits = 20;  // LogFileUtils.filenamePrefixFromOffset
constexpr std::string_view kLogSuffix = ".log";
constexpr std::string_view kEpochsFile = "leader-epoch-checkpoint";

// "00000000000000000170.log" -> 170
std::optional<Offset> segment_offset(std::string_view name) {
  if (name.size() != kOffsetDigits + kLogSuffix.size() || !name.ends_with(kLogSuffix)) {
    return std::nullopt;
  }
  Offset offset = 0;
  const char* end = name.data() + kOffsetDigits;
  const auto [stop, error] = std::from_chars(name.data(), end, offset);
  if (error != std::errc() || stop != end || offset < 0) return std::nullopt;
  return offset;
}

// The part of a batch that recovery can judge without its neighbours.
bool is_batch_good(const RecordBatch& batch, bool validate) {
  constexpr Offset kOffsetMax = std::numeric_limits<Offset>::max() / 2;  // no sum overflows
  if (batch.magic() != 2 || batch.last_offset_delta() < 0) return false;
  if (batch.base_offset < 0 || batch.base_offset > kOffsetMax) return false;
  return !validate || batch.is_crc_good();
}

}  // namespace

std::string PartitionLog::file_name(Offset base_offset) const {
  const std::string digits = std::to_string(base_offset);
  std::string name = directory_ + "/";
  name.append(kOffsetDigits - digits.size(), '0');
  name += digits;
  name += kLogSuffix;
  return name;
}

std::string PartitionLog::epochs_name() const {
  return directory_ + "/" + std::string(kEpochsFile);
}

void PartitionLog::track(env::DiskOpId op) {
  if (router_ != nullptr) router_->add(op, *this);
}

PartitionLog::Segment PartitionLog::new_segment(env::Env& env, Offset base_offset, WallTime now) {
  Segment segment;
  segment.base_offset = base_offset;
  segment.file = env.open(file_name(base_offset));
  segment.created = now;
  segment.is_dirty = true;  // its name, at least, is not synced
  return segment;
}

void PartitionLog::remove_segment(env::Env& env, const Segment& segment) {
  env.remove(file_name(segment.base_offset));
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
  opening_->options = options;
  const std::string prefix = directory_ + "/";
  auto file = std::lower_bound(
      files.begin(), files.end(), prefix,
      [](const env::FileInfo& info, const std::string& wanted) { return info.name < wanted; });
  for (; file != files.end() && file->name.starts_with(prefix); ++file) {
    const std::string_view name = std::string_view(file->name).substr(prefix.size());
    const std::optional<Offset> offset = segment_offset(name);
    if (!offset && name != kEpochsFile) continue;
    const env::FileId id = env.open(file->name);
    if (offset) {
      Segment& segment = segments_.emplace_back();
      segment.base_offset = *offset;
      segment.file = id;
      segment.created = env.wall_clock();
    }
    const env::DiskOpId op = env.read(id, 0, static_cast<std::size_t>(file->size));
    opening_->reads.push_back({.op = op, .segment = offset, .data = {}});
    track(op);
  }
  opening_->left = opening_->reads.size();
  if (opening_->left == 0) finish_open(env);
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

void PartitionLog::finish_open(env::Env& env) {
  const std::unique_ptr<Opening> opening = std::move(opening_);
  const OpenOptions& options = opening->options;
  state_ = State::kOpen;
  for (const Opening::Read& read : opening->reads) {
    if (read.segment) continue;
    auto parsed = LeaderEpochCache::from_checkpoint(read.data.contiguous().text());
    if (!parsed) {  // LeaderEpochCheckpointFile: the log directory goes off-line
      state_ = State::kFailed;
      return;
    }
    epochs_ = std::move(*parsed);
  }
  const std::vector<EpochEntry> epochs_on_disk = epochs_.entries();
  const bool was_cut = recover_segments(env, *opening);
  if (segments_.empty()) {
    segments_.push_back(new_segment(env, options.log_start_offset, env.wall_clock()));
  }
  log_start_offset_ = std::max(options.log_start_offset, segments_.front().base_offset);
  next_offset_ =
      active().entries.empty() ? active().base_offset : active().entries.back().last_offset + 1;
  if (next_offset_ < log_start_offset_) {  // LogLoader: nothing of it is wanted
    for (Segment& segment : segments_) remove_segment(env, segment);
    segments_.clear();
    segments_.push_back(new_segment(env, log_start_offset_, env.wall_clock()));
    next_offset_ = log_start_offset_;
  }
  log_end_offset_ = next_offset_;
  const bool is_all_synced = options.clean_shutdown && !was_cut;
  recovery_point_ = is_all_synced ? next_offset_ : std::min(options.recovery_point, next_offset_);
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    const Offset end = i + 1 < segments_.size() ? segments_[i + 1].base_offset : next_offset_;
    segments_[i].is_dirty |= end > recovery_point_;
  }
  epochs_.truncate_from_end(next_offset_);
  epochs_.truncate_from_start(log_start_offset_);
  if (epochs_.entries() != epochs_on_disk) write_epochs(env);
  rebuild_producers();
  if (config_.mutations.recovery_drops_a_batch && !options.clean_shutdown &&
      !active().entries.empty())
    truncate_to(env, active().entries.back().batch.base_offset);
}

bool PartitionLog::recover_segments(env::Env& env, const Opening& opening) {
  const OpenOptions& options = opening.options;
  bool is_cut = false;
  std::size_t kept = 0;
  Offset expected = 0;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    Segment& segment = segments_[i];
    if (is_cut) {  // what follows a bad batch is not of this log any more
      remove_segment(env, segment);
      continue;
    }
    const bool is_beyond_recovery_point =
        i + 1 == segments_.size() || segments_[i + 1].base_offset > options.recovery_point;
    const auto read = std::find_if(
        opening.reads.begin(), opening.reads.end(),
        [&](const Opening::Read& known) { return known.segment == segment.base_offset; });
    is_cut = !recover_segment(segment, parse_records(read->data),
                              !options.clean_shutdown && is_beyond_recovery_point, expected);
    if (is_cut) {
      cuts_.push_back(env.truncate(segment.file, segment.size));
      track(cuts_.back());
      segment.is_dirty = true;
    }
    ++kept;
  }
  segments_.erase(segments_.begin() + static_cast<std::ptrdiff_t>(kept), segments_.end());
  return is_cut;
}

bool PartitionLog::recover_segment(Segment& segment, Records records, bool validate,
                                   Offset& expected) {
  expected = std::max(expected, segment.base_offset);
  for (RecordBatch& batch : records.batches) {
    if (!is_batch_good(batch, validate) || batch.base_offset < expected) return false;
    expected = batch.next_offset();
    const LeaderEpoch epoch(batch.leader_epoch);
    if (!epochs_.latest_epoch() || *epochs_.latest_epoch() < epoch) {
      epochs_.assign(epoch, batch.base_offset);
    }
    add_entry(segment, std::move(batch));
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
    writes_.pop_front();
    if (write.end_offset <= log_end_offset_) continue;
    const std::optional<EntryRef> first = find_entry(log_end_offset_);
    std::size_t from = first ? first->second : 0;
    for (std::size_t s = first ? first->first : segments_.size(); s < segments_.size(); ++s) {
      const std::vector<Entry>& entries = segments_[s].entries;
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

void PartitionLog::start_sync(env::Env& env, Offset end_offset) {
  SyncRound round;
  for (Segment& segment : segments_) {
    if (!segment.is_dirty) continue;
    if (!config_.mutations.sync_forgotten) round.ops.push_back(env.sync(segment.file));
    segment.is_dirty = false;
  }
  if (!round.ops.empty()) round.ops.push_back(env.sync_dir());
  for (const env::DiskOpId op : round.ops) track(op);
  round.end_offset = end_offset;
  syncs_.push_back(std::move(round));
  finish_syncs();
}

void PartitionLog::finish_syncs() {
  if (state_ != State::kOpen) return;
  // The epochs of what counts as durable are durable too (LeaderEpochFileCache.assign writes at
  // once).
  while (!syncs_.empty() && syncs_.front().ops.empty() && epochs_file_.is_idle()) {
    recovery_point_ = std::max(recovery_point_, syncs_.front().end_offset);
    syncs_.erase(syncs_.begin());
  }
}

bool PartitionLog::is_idle() const {
  return opening_ == nullptr && writes_.empty() && cuts_.empty() && syncs_.empty() &&
         reads_anew_.empty() && epochs_file_.is_idle();
}

void PartitionLog::remove_files(env::Env& env) {
  for (const Segment& segment : segments_) remove_segment(env, segment);
  env.remove(epochs_name());
  if (router_ != nullptr) router_->forget(*this);
  segments_.clear();
  writes_.clear();
  cuts_.clear();
  syncs_.clear();
  reads_anew_.clear();
  visible_.clear();
  opening_.reset();
  epochs_.clear();
  producers_.clear();
  epochs_file_ = CheckpointWriter(epochs_name());
  log_start_offset_ = log_end_offset_ = next_offset_ = recovery_point_ = 0;
  state_ = State::kClosed;
}

}  // namespace kafka
