#include "broker-model/broker/log_manager.h"

#include "broker-model/types/probe.h"

namespace kafka {

LogManager::LogManager(const Config& broker, env::Env& env, LogHost& host)
    : env_(&env),
      host_(&host),
      initial_delay_(broker.get_duration("log.initial.task.delay.ms")),
      retention_interval_(broker.get_duration("log.retention.check.interval.ms")),
      flush_interval_(broker.get_duration("log.flush.scheduler.interval.ms")),
      starts_interval_(broker.get_duration("log.flush.start.offset.checkpoint.interval.ms")),
      starts_file_(std::string(kLogStartOffsetCheckpoint)) {}

void LogManager::set_timer(BrokerTimer timer, Duration after) {
  if (after == Duration::max()) return;  // never
  env_->set_timer({.kind = kind(timer), .id = 0}, after);
}

void LogManager::start(OffsetCheckpoint written) {
  written_starts_ = std::move(written);
  is_running_ = true;
  set_timer(BrokerTimer::kLogRetention, initial_delay_);
  if (flush_interval_ != Duration::max()) set_timer(BrokerTimer::kLogFlusher, initial_delay_);
  set_timer(BrokerTimer::kLogStarts, initial_delay_);
}

bool LogManager::on_timer(env::TimerKey key) {
  if (key.kind == kind(BrokerTimer::kLogRetention)) {
    if (is_running_) retain();
  } else if (key.kind == kind(BrokerTimer::kLogFlusher)) {
    if (is_running_) flush();
  } else if (key.kind == kind(BrokerTimer::kLogStarts)) {
    if (!is_running_) return true;
    write_log_starts();
    set_timer(BrokerTimer::kLogStarts, starts_interval_);
  } else if (key.kind == kind(BrokerTimer::kSegmentFiles)) {
    if (is_running_) delete_files();
  } else {
    return false;
  }
  return true;
}

bool LogManager::on_disk(env::DiskOpId op, const env::DiskResult& result) {
  return starts_file_.on_disk(*env_, op, result);
}

// --- retention -----------------------------------------------------------------------------------

// LogManager.cleanupLogs: compacted logs are left to the cleaner, which takes turns with itself.
void LogManager::retain() {
  for (const ManagedLog& managed : host_->open_logs())
    if (!managed.log->config().is_compacted) delete_old_segments(managed);
  set_timer(BrokerTimer::kLogRetention, retention_interval_);
}

void LogManager::delete_old_segments(const ManagedLog& managed) {
  PartitionLog& log = *managed.log;
  if (log.has_failed() || log.is_cleaning()) return;
  const Offset old_start = log.log_start_offset();
  if (log.delete_old_segments(*env_, env_->wall_clock(), managed.high_watermark) == 0) return;
  host_->on_old_segments_deleted(log, old_start);
  watch_files(log);
}

void LogManager::watch_files(const PartitionLog& log) {
  const std::optional<Instant> due = log.next_file_deletion();
  if (!due || *due == Instant::max() || (files_armed_ && *files_armed_ <= *due)) return;
  files_armed_ = due;
  set_timer(BrokerTimer::kSegmentFiles, std::max(*due - env_->now(), Duration::zero()));
}

void LogManager::delete_files() {
  files_armed_.reset();
  for (const ManagedLog& managed : host_->open_logs()) {
    managed.log->delete_files(*env_, env_->now());
    watch_files(*managed.log);
  }
}

// --- flush.ms ------------------------------------------------------------------------------------

void LogManager::flush() {
  for (const ManagedLog& managed : host_->open_logs()) {
    if (!managed.log->is_flush_due(env_->wall_clock())) continue;
    reached(Probe::kLogFlushTime);
    managed.log->sync(*env_);
  }
  set_timer(BrokerTimer::kLogFlusher, flush_interval_);
}

// --- log start offsets ---------------------------------------------------------------------------

void LogManager::write_log_starts() {
  OffsetCheckpoint offsets;
  for (const ManagedLog& managed : host_->open_logs())
    if (managed.log->log_start_offset() > managed.log->first_segment_offset())
      offsets[managed.log->partition()] = managed.log->log_start_offset();
  if (offsets == written_starts_) return;
  reached(Probe::kLogStartsWritten);
  starts_file_.write(*env_, format_offset_checkpoint(offsets));
  written_starts_ = std::move(offsets);
}

}  // namespace kafka
