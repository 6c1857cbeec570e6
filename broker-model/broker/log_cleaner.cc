#include "broker-model/broker/log_cleaner.h"

#include "broker-model/types/probe.h"

namespace kafka {
namespace {

// A pass reads a log twice and writes what it keeps: some 250 MB/s on one thread. Ours.
constexpr Duration kCpuPerKib = 4us;

// SkimpyOffsetMap: a hash of 16 bytes and an offset; filled up to 0.9
// (log.cleaner.io.buffer.load.factor).
std::size_t keys_of(std::int64_t buffer_bytes) {
  constexpr std::int64_t kEntrySize = 24;
  return static_cast<std::size_t>(std::max<std::int64_t>(buffer_bytes / kEntrySize * 9 / 10, 1));
}

}  // namespace

LogCleaner::LogCleaner(const Config& broker, env::Env& env, LogHost& host, LogManager& manager)
    : env_(&env),
      host_(&host),
      manager_(&manager),
      is_enabled_(broker.get_bool("log.cleaner.enable")),
      backoff_(broker.get_duration("log.cleaner.backoff.ms")),
      keys_max_(keys_of(broker.get_int("log.cleaner.dedupe.buffer.size"))),
      file_(std::string(kCleanerOffsetCheckpoint)) {}

void LogCleaner::start(OffsetCheckpoint checkpoint) {
  checkpoint_ = std::move(checkpoint);
  if (!is_enabled_) return;
  is_running_ = true;
  choose();
}

bool LogCleaner::on_timer(env::TimerKey key) {
  if (key.kind == kind(BrokerTimer::kLogCleaner)) {
    if (is_running_) choose();
    return true;
  }
  if (key.kind != kind(BrokerTimer::kLogCleanerLane)) return false;
  if (is_running_ && key.id == pass_ && current_) begin_pass();
  return true;
}

bool LogCleaner::on_disk(env::DiskOpId op, const env::DiskResult& result) {
  return file_.on_disk(*env_, op, result);
}

void LogCleaner::rest() { env_->set_timer({.kind = kind(BrokerTimer::kLogCleaner)}, backoff_); }

// LogCleanerManager.grabFilthiestCompactedLog. Of equals the first.
void LogCleaner::choose() {
  std::optional<CleanableRange> dirtiest;
  for (const ManagedLog& managed : host_->open_logs()) {
    const PartitionLog& log = *managed.log;
    if (!log.config().is_compacted || log.has_failed() || uncleanable_.contains(log.partition()))
      continue;
    const CleanableRange range =
        log.cleanable(checkpoint_of(log.partition()), env_->wall_clock(), managed.high_watermark);
    if (range.is_checkpoint_invalid) set_checkpoint(log.partition(), range.first_dirty);
    const bool is_due = (range.is_overdue && range.cleanable_bytes > 0) ||
                        range.ratio() > log.config().min_cleanable_dirty_ratio;
    if (!is_due || (dirtiest && dirtiest->ratio() >= range.ratio())) continue;
    dirtiest = range;
    current_ = log.partition();
  }
  if (!dirtiest) {
    delete_old_segments();
    reached(Probe::kCleanerBackoff);
    rest();
    return;
  }
  const std::int64_t bytes = dirtiest->clean_bytes + dirtiest->cleanable_bytes;
  env_->spend({.kind = env::LaneKind::kLogCleaner}, kCpuPerKib * bytes / 1024,
              {.kind = kind(BrokerTimer::kLogCleanerLane), .id = ++pass_});
}

// The log may have moved on, or gone, since it was chosen.
void LogCleaner::begin_pass() {
  const ManagedLog managed = host_->open_log(*current_);
  const WallTime now = env_->wall_clock();
  CleanableRange range;
  if (managed.log != nullptr && !managed.log->has_failed() && managed.log->config().is_compacted)
    range = managed.log->cleanable(checkpoint_of(*current_), now, managed.high_watermark);
  if (range.cleanable_bytes == 0) {
    current_.reset();
    rest();
    return;
  }
  managed.log->start_cleaning(*env_, range, now, keys_max_);
  on_log_progress(*managed.log);
}

void LogCleaner::on_log_progress(PartitionLog& log) {
  if (!current_ || *current_ != log.partition()) return;
  const CleanedRecords cleaned = log.take_cleaned_records();
  if (!cleaned.removed.empty()) host_->on_records_cleaned(log, cleaned);
  if (!log.is_cleaning()) take_result(log);
}

void LogCleaner::take_result(PartitionLog& log) {
  const std::optional<CleaningResult> result = log.take_cleaning_result();
  if (!result) return;
  const TopicPartition partition = *std::exchange(current_, std::nullopt);
  if (result->outcome == CleaningResult::Outcome::kDone)
    set_checkpoint(partition, result->end_offset);
  if (result->outcome == CleaningResult::Outcome::kImpossible) uncleanable_.insert(partition);
  manager_->watch_files(log);
  if (!is_running_) return;
  delete_old_segments();
  choose();
}

// CleanerThread.cleanFilthiestLog: compacted logs are deleted from here, one thing after the other.
void LogCleaner::delete_old_segments() {
  for (const ManagedLog& managed : host_->open_logs())
    if (managed.log->config().is_compacted && !uncleanable_.contains(managed.log->partition()))
      manager_->delete_old_segments(managed);
}

// --- the checkpoint ------------------------------------------------------------------------------

std::optional<Offset> LogCleaner::checkpoint_of(const TopicPartition& partition) const {
  const auto found = checkpoint_.find(partition);
  if (found == checkpoint_.end()) return std::nullopt;
  return found->second;
}

void LogCleaner::set_checkpoint(const TopicPartition& partition, Offset offset) {
  checkpoint_[partition] = offset;
  file_.write(*env_, format_offset_checkpoint(checkpoint_));
}

// LogManager.truncateTo: what is cut is dirty when it comes again.
void LogCleaner::on_log_cut(PartitionLog& log) {
  on_log_progress(log);
  const std::optional<Offset> known = checkpoint_of(log.partition());
  if (known && *known > log.active_segment_offset())
    set_checkpoint(log.partition(), log.active_segment_offset());
}

void LogCleaner::on_log_removed(const TopicPartition& partition) {
  uncleanable_.erase(partition);
  if (checkpoint_.erase(partition) > 0) file_.write(*env_, format_offset_checkpoint(checkpoint_));
  if (current_ != partition) return;
  current_.reset();
  if (is_running_) rest();
}

}  // namespace kafka
