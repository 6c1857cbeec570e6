// LogManager: what happens to all logs of a broker by the clock: retention, flush.ms, files that
// were given up, log start offsets written (kafka.log.LogManager). Compaction is LogCleaner's;
// recovery points are the replica manager's own.
//
// Made with the replica manager; start() when the first logs are open, stop() when they are closed.
#pragma once

#include <optional>

#include "broker-model/broker/managed_logs.h"
#include "broker-model/broker/timers.h"
#include "broker-model/log/checkpoint_file.h"
#include "broker-model/types/config.h"

namespace kafka {

class LogManager {
 public:
  LogManager(const Config& broker, env::Env& env, LogHost& host);

  // `written`: what the checkpoint of log start offsets says on the disk.
  void start(OffsetCheckpoint written);
  void stop() { is_running_ = false; }
  bool on_timer(env::TimerKey);  // true: it was this machine's
  bool on_disk(env::DiskOpId, const env::DiskResult&);
  bool is_idle() const { return starts_file_.is_idle(); }
  const CheckpointWriter& file() const { return starts_file_; }

  // What was cut, deleted or cleaned leaves files behind.
  void watch_files(const PartitionLog&);
  // Only of logs that start behind their first segment: the rest is in the names of the files.
  void write_log_starts();
  // One log's segments, by its own policy.
  void delete_old_segments(const ManagedLog&);

 private:
  void set_timer(BrokerTimer, Duration after);
  void retain();
  void flush();
  void delete_files();

  env::Env* env_;
  LogHost* host_;
  Duration initial_delay_;
  Duration retention_interval_;
  Duration flush_interval_;
  Duration starts_interval_;
  bool is_running_ = false;
  std::optional<Instant> files_armed_;
  CheckpointWriter starts_file_;
  OffsetCheckpoint written_starts_;
};

}  // namespace kafka
