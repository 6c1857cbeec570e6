// LogCleaner: compacts the logs with cleanup.policy=compact, one pass over one log at a time, the
// dirtiest first (LogCleaner with log.cleaner.threads=1, LogCleanerManager).
//
//   resting --log.cleaner.backoff.ms--> choosing --there is one--> thinking (its lane) --> writing
//      ^------------- there is none ------'  ^------------------- the pass is over ----------'
//
// After each choice the old segments of compacted logs are deleted, too. Each pass that ends moves
// the partition's offset in cleaner-offset-checkpoint; one that was aborted (its log was cut)
// leaves it. A log whose records cannot be read is left alone from then on.
#pragma once

#include <optional>
#include <set>

#include "broker-model/broker/log_manager.h"

namespace kafka {

class LogCleaner {
 public:
  LogCleaner(const Config& broker, env::Env& env, LogHost& host, LogManager& manager);

  void start(OffsetCheckpoint checkpoint);
  void stop() { is_running_ = false; }
  bool on_timer(env::TimerKey);  // true: it was this machine's
  bool on_disk(env::DiskOpId, const env::DiskResult&);
  bool is_idle() const { return file_.is_idle(); }
  const CheckpointWriter& file() const { return file_; }

  void on_log_progress(PartitionLog&);  // an operation was done: its pass may be over
  void on_log_cut(PartitionLog&);
  void on_log_removed(const TopicPartition&);

 private:
  void choose();
  void rest();
  void begin_pass();
  void take_result(PartitionLog&);
  void delete_old_segments();
  void set_checkpoint(const TopicPartition&, Offset);
  std::optional<Offset> checkpoint_of(const TopicPartition&) const;

  env::Env* env_;
  LogHost* host_;
  LogManager* manager_;
  bool is_enabled_;
  bool is_running_ = false;
  Duration backoff_;
  std::size_t keys_max_;
  std::optional<TopicPartition> current_;  // whose pass is under way
  std::uint64_t pass_ = 0;
  OffsetCheckpoint checkpoint_;
  std::set<TopicPartition> uncleanable_;
  CheckpointWriter file_;
};

}  // namespace kafka
