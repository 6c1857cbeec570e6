// The snapshots that lie beside the metadata log (the snapshot half of Kafka's KafkaRaftLog). Their
// contents are kept in memory, as the log's batches are; the blocks are those of the page cache.
//
//   opening --(all files read)--> open --(a disk operation fails)--> failed
//
// Invariant: where the log does not begin at offset 0, a snapshot covers what is missing.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "broker-model/env/env.h"
#include "broker-model/raft/snapshot.h"
#include "broker-model/raft/snapshot_writer.h"

namespace kafka {

class SnapshotStore {
 public:
  struct Entry {
    env::Rope bytes;
    std::optional<WallTime> last_contained_log_timestamp;  // nothing: its header is damaged
  };

  // --- life
  // Reads what is there; what was not finished is removed. Only after a disk operation.
  void open(env::Env& env, std::span<const env::FileInfo> files);
  bool on_disk(env::Env& env, env::DiskOpId op, const env::DiskResult& result);
  // No file is being read, none being fetched waits for the disk. One that is made here holds
  // nothing up.
  bool is_idle() const { return reads_.empty() && (!download_ || download_->is_idle()); }
  bool has_failed() const { return has_failed_; }
  // Once the log is open: those below its start go. False when none covers a log that does not
  // begin at 0: Kafka refuses to start.
  bool recover(env::Env& env, Offset log_start_offset);

  // --- what there is
  const std::map<SnapshotId, Entry>& all() const { return snapshots_; }
  std::optional<SnapshotId> earliest() const;
  std::optional<SnapshotId> latest() const;
  const Entry* find(const SnapshotId& id) const;

  // --- one that is made here. REQUIRES: !is_writing()
  bool is_writing() const { return written_.has_value(); }
  void write(env::Env& env, const SnapshotId& id, const env::Rope& bytes);
  // That has come to be since the last call.
  std::optional<SnapshotId> take_written() { return std::exchange(finished_, std::nullopt); }

  // --- one that is fetched: at most one at a time
  SnapshotWriter* download() { return download_ ? &*download_ : nullptr; }
  const SnapshotWriter* download() const { return download_ ? &*download_ : nullptr; }
  void begin_download(env::Env& env, const SnapshotId& id);  // in place of another
  void end_download(env::Env& env);  // a finished one becomes one of all(), another is removed

  void remove_before(env::Env& env, const SnapshotId& id);

 private:
  struct Read {
    env::DiskOpId op;
    SnapshotId id;
  };
  void add(const SnapshotId& id, env::Rope bytes);
  void drop(env::Env& env, SnapshotWriter& writer);

  std::map<SnapshotId, Entry> snapshots_;
  std::vector<Read> reads_;
  std::optional<SnapshotWriter> written_;
  std::optional<SnapshotId> finished_;
  std::optional<SnapshotWriter> download_;
  std::vector<env::DiskOpId> orphans_;  // of writers that are gone
  bool has_failed_ = false;
};

}  // namespace kafka
