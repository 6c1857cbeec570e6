// ReplicaManager: what happens by the clock (ISR shrink, checkpoints, expiry), and the orderly end.
#include "broker-model/broker/hosted_partition.h"

#include "broker-model/types/probe.h"

namespace kafka {

void ReplicaManager::set_timer(BrokerTimer timer, Duration after, std::uint64_t id) {
  env_->set_timer({.kind = kind(timer), .id = id}, after);
}

bool ReplicaManager::on_timer(env::TimerKey key) {
  if (key.kind == kind(BrokerTimer::kPurgatory)) {
    expire_purgatories();
  } else if (key.kind == kind(BrokerTimer::kFetcher)) {
    const NodeId source{static_cast<std::int32_t>(key.id)};
    const bool failed = std::erase(unaddressed_, source) > 0;
    if (flush_ != Flush::kNo) return true;
    if (failed && fetcher(source).is_waiting_for_answer()) {
      fetcher(source).on_request_failed(env_->now());
    } else {
      fetcher(source).poll(env_->now());
    }
  } else if (key.kind == kind(BrokerTimer::kIsrShrink)) {
    shrink_isrs();
  } else if (key.kind == kind(BrokerTimer::kAlterPartitionAgain)) {
    pump_alter_partition();
  } else if (key.kind == kind(BrokerTimer::kHighWatermarks)) {
    write_high_watermarks();
    set_timer(BrokerTimer::kHighWatermarks,
              options_.config.get_duration("replica.high.watermark.checkpoint.interval.ms"));
  } else if (key.kind == kind(BrokerTimer::kRecoveryPoints)) {
    write_recovery_points();
    set_timer(BrokerTimer::kRecoveryPoints,
              options_.config.get_duration("log.flush.offset.checkpoint.interval.ms"));
  } else if (key.kind == kind(BrokerTimer::kProducerExpiration)) {
    for (auto& [id, hosted] : hosted_)
      if (hosted->is_online) hosted->log.remove_expired_producers(env_->wall_clock());
    set_timer(BrokerTimer::kProducerExpiration, 600s);
  } else {
    return logs_.on_timer(key) || cleaner_.on_timer(key) || fetcher_rpc_.on_timer(*env_, key);
  }
  return true;
}

void ReplicaManager::shrink_isrs() {
  if (flush_ != Flush::kNo) return;
  for (auto& [key, hosted] : hosted_)
    if (hosted->is_online) hosted->partition.maybe_shrink_isr(env_->wall_clock());
  set_timer(BrokerTimer::kIsrShrink, lag_max_ / 2);
}

void ReplicaManager::write_high_watermarks() {
  OffsetCheckpoint offsets;
  for (const auto& [key, hosted] : hosted_)
    if (hosted->is_online)
      offsets[hosted->partition.topic_partition()] = hosted->partition.high_watermark();
  if (offsets == written_high_watermarks_) return;
  reached(Probe::kHighWatermarksWritten);
  high_watermark_file_.write(*env_, format_offset_checkpoint(offsets));
  written_high_watermarks_ = std::move(offsets);
}

void ReplicaManager::write_recovery_points() {
  OffsetCheckpoint offsets;
  for (const auto& [key, hosted] : hosted_) {
    if (!hosted->is_online) continue;
    tell_flushed(*hosted);
    offsets[hosted->partition.topic_partition()] = hosted->log.recovery_point();
  }
  if (offsets == written_recovery_points_) return;
  reached(Probe::kRecoveryPointsWritten);
  recovery_point_file_.write(*env_, format_offset_checkpoint(offsets));
  written_recovery_points_ = std::move(offsets);
}

// LogManager.shutdown: everything synced, then the points that say so; the clean-shutdown file is
// the owner's last act.
void ReplicaManager::begin_flush() {
  if (flush_ != Flush::kNo) return;
  flush_ = Flush::kLogs;
  fetcher_rpc_.close_all(*env_);
  produces_.clear();
  fetches_.clear();
  deletes_.clear();
  logs_.stop();
  cleaner_.stop();
  for (auto& [key, hosted] : hosted_)
    if (hosted->is_online) hosted->log.close(*env_);
  continue_flush();
}

void ReplicaManager::continue_flush() {
  if (flush_ == Flush::kLogs) {
    for (const auto& [key, hosted] : hosted_)
      if (hosted->is_online && !hosted->log.has_failed() && !hosted->log.is_idle()) return;
    flush_ = Flush::kCheckpoints;
    if (is_open_) {
      write_high_watermarks();
      write_recovery_points();
      logs_.write_log_starts();
    }
  }
  if (flush_ == Flush::kCheckpoints && high_watermark_file_.is_idle() &&
      recovery_point_file_.is_idle() && logs_.is_idle() && cleaner_.is_idle()) {
    flush_ = Flush::kDone;
    host_->on_flushed();
  }
}

}  // namespace kafka
