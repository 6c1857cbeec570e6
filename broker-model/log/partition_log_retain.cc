// Old segments of a partition log: retention (UnifiedLog.deleteOldSegments), and the files of what
// was given up (LocalLog.deleteSegmentFiles).
#include "broker-model/log/partition_log_impl.h"
#include "broker-model/types/probe.h"

namespace kafka {

// --- files -------------------------------------------------------------------------------------

void PartitionLog::give_up(env::Env& env, const LogFileName& name) {
  LogFileName deleted = name;
  deleted.state = LogFileState::kDeleted;
  if (config_.file_delete_delay <= Duration::zero()) {
    env.remove(path(name));
    return;
  }
  env.rename(path(name), path(deleted));
  const Instant due = config_.file_delete_delay > Instant::max() - env.now()
                          ? Instant::max()
                          : env.now() + config_.file_delete_delay;
  const auto later =
      std::upper_bound(doomed_.begin(), doomed_.end(), due,
                       [](Instant wanted, const Doomed& doomed) { return wanted < doomed.due; });
  doomed_.insert(later, {.due = due, .name = path(deleted)});
}

void PartitionLog::give_up(env::Env& env, const Segment& segment, bool snapshot) {
  give_up(env, {segment.base_offset});
  if (segment.has_index_files) {
    give_up(env, {segment.base_offset, LogFileKind::kIndex});
    give_up(env, {segment.base_offset, LogFileKind::kTimeIndex});
  }
  if (snapshot && snapshots_.erase(segment.base_offset) > 0)
    give_up(env, {segment.base_offset, LogFileKind::kSnapshot});
}

std::optional<Instant> PartitionLog::next_file_deletion() const {
  if (doomed_.empty()) return std::nullopt;
  return doomed_.front().due;
}

void PartitionLog::delete_files(env::Env& env, Instant now) {
  std::size_t count = 0;
  for (; count < doomed_.size() && doomed_[count].due <= now; ++count)
    env.remove(doomed_[count].name);
  if (count > 0) reached(Probe::kSegmentFilesDeleted);
  doomed_.erase(doomed_.begin(), doomed_.begin() + static_cast<std::ptrdiff_t>(count));
}

void PartitionLog::remove_files(env::Env& env) {
  if (is_cleaning()) abort_cleaning(env);
  const auto remove_segment = [&](Offset base_offset) {
    for (const LogFileKind kind : {LogFileKind::kLog, LogFileKind::kIndex, LogFileKind::kTimeIndex})
      env.remove(path({base_offset, kind}));
  };
  for (const Segment& segment : segments_) remove_segment(segment.base_offset);
  for (const auto& [offset, content] : snapshots_)
    env.remove(path({offset, LogFileKind::kSnapshot}));
  for (const Doomed& doomed : doomed_) env.remove(doomed.name);
  if (opening_ != nullptr)
    for (const LogFileName& name : opening_->files) env.remove(path(name));
  env.remove(epochs_name());
  epochs_file_.remove_unfinished(env);
  if (router_ != nullptr) router_->forget(*this);
  segments_.clear();
  writes_.clear();
  cuts_.clear();
  syncs_.clear();
  reads_anew_.clear();
  visible_.clear();
  doomed_.clear();
  snapshots_.clear();
  opening_.reset();
  cleaning_.reset();
  epochs_.clear();
  producers_.clear();
  epochs_file_ = CheckpointWriter(epochs_name());
  log_start_offset_ = log_end_offset_ = next_offset_ = recovery_point_ = 0;
  sync_asked_ = last_snapshot_ = 0;
  state_ = State::kClosed;
}

// --- retention ---------------------------------------------------------------------------------

void PartitionLog::delete_first_segments(env::Env& env, std::size_t count, WallTime now) {
  // There is always an active segment: a log that loses all gets a new one at its end.
  if (count == segments_.size()) roll(env, next_offset_, now);
  increment_log_start(env, segments_[count].base_offset);
  for (std::size_t i = 0; i < count; ++i) give_up(env, segments_[i]);
  segments_.erase(segments_.begin(), segments_.begin() + static_cast<std::ptrdiff_t>(count));
}

std::size_t PartitionLog::delete_old_segments(env::Env& env, WallTime now, Offset high_watermark) {
  TIT_ASSERT(is_open() && !is_cleaning(), "the cleaner and retention take turns");
  // From the oldest on, as long as `is_old(segment, end)` says so. What reaches the high watermark
  // stays, and so does an active segment that is empty.
  const auto delete_while = [&](auto&& is_old) {
    std::size_t count = 0;
    for (; count < segments_.size(); ++count) {
      const bool is_active = count + 1 == segments_.size();
      const Segment& segment = segments_[count];
      const Offset end = is_active ? next_offset_ : segments_[count + 1].base_offset;
      if (end > high_watermark || (is_active && segment.empty()) || !is_old(segment, end)) break;
    }
    if (count > 0) delete_first_segments(env, count, now);
    return count;
  };

  std::size_t deleted = delete_while([&](const Segment& segment, Offset end) {
    return end <= log_start_offset_ && segment.base_offset != active().base_offset;
  });
  if (deleted > 0) reached(Probe::kLogStartBreached);
  if (!config_.is_deleted) return deleted;

  if (config_.retention_bytes >= 0) {
    std::int64_t excess = size() - config_.retention_bytes;
    const std::size_t count = delete_while([&](const Segment& segment, Offset) {
      if (excess < segment.size) return false;
      excess -= segment.size;
      return true;
    });
    if (count > 0) reached(Probe::kLogRetentionSize);
    deleted += count;
  }
  if (config_.retention_ms >= Duration::zero() && config_.retention_ms != Duration::max()) {
    const std::size_t count = delete_while([&](const Segment& segment, Offset) {
      // A timestamp is the producer's: one from the future keeps its segment, as in Kafka.
      const std::int64_t newest = millis(segment.largest_timestamp());
      return newest <= millis(now) && millis(now) - newest > env::millis(config_.retention_ms);
    });
    if (count > 0) reached(Probe::kLogRetentionTime);
    deleted += count;
  }
  return deleted;
}

}  // namespace kafka
