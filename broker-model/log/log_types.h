// What a partition log takes and gives: the values of its interface.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "broker-model/env/env.h"
#include "broker-model/messages/records/record_batch.h"

namespace kafka {

class PartitionLog;

// Whose disk operation is it? One for a node with many logs; each log enters what it asks for.
class DiskOpRouter {
 public:
  void add(env::DiskOpId op, PartitionLog& log);
  // The log that asked, once; nullptr when no log did. Then call log->on_disk(...).
  PartitionLog* take(env::DiskOpId op);
  void forget(const PartitionLog& log);  // before a log is destroyed

 private:
  struct Entry {
    env::DiskOpId op;
    PartitionLog* log = nullptr;
  };
  std::deque<Entry> entries_;  // by op
};

struct AppendInfo {
  Offset base_offset = 0;
  Offset last_offset = 0;  // visible when log_end_offset() > last_offset, also for a duplicate
  bool duplicate = false;  // nothing was appended: the offsets are those of the earlier append
  std::optional<WallTime> log_append_time;  // with message.timestamp.type=LogAppendTime
  Offset log_start_offset = 0;
};

// A batch that has become part of the log.
struct VisibleBatch {
  RecordBatch batch;
  bool as_leader = false;
};

struct OpenOptions {
  bool clean_shutdown = false;  // .kafka_cleanshutdown was there: no batch is validated
  Offset recovery_point = 0;    // from recovery-point-offset-checkpoint: older segments are trusted
  Offset log_start_offset = 0;  // from log-start-offset-checkpoint
};

// What of a compacted log the cleaner may go over now (LogToClean, LogCleanerManager).
struct CleanableRange {
  Offset first_dirty = 0;        // below it no record is doubled
  Offset first_uncleanable = 0;  // base offset of the first segment that is left alone
  std::int64_t clean_bytes = 0;
  std::int64_t cleanable_bytes = 0;
  bool is_overdue = false;             // by max.compaction.lag.ms
  bool is_checkpoint_invalid = false;  // first_dirty is not what was checkpointed
  double ratio() const {
    const std::int64_t total = clean_bytes + cleanable_bytes;
    return total == 0 ? 0 : static_cast<double>(cleanable_bytes) / static_cast<double>(total);
  }
};

struct CleaningResult {
  enum class Outcome : std::uint8_t { kDone, kAborted, kImpossible } outcome = Outcome::kDone;
  Offset end_offset = 0;  // no record below it is doubled now, unless it was aborted
};

// What went with segments that a pass has replaced: `removed` rises by segment, each record was
// superseded, or expired, by what lies below `end_offset`.
struct CleanedRecords {
  Offset end_offset = 0;
  std::vector<Offset> removed;
};

struct TimestampOffset {
  WallTime timestamp;
  Offset offset = 0;
  std::int32_t leader_epoch = -1;  // -1: not set in the batch
};

}  // namespace kafka
