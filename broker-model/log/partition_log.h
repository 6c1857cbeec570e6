// PartitionLog: the log of one replica (UnifiedLog, LocalLog, LogSegment, LogLoader).
//
// A machine over the disk part of Env: it sets no timers and opens no connections. The broker makes
// it when it gets the replica, opens it, and hands it the completions of its disk operations.
//
//   closed --open()--> opening --(files read back)--> open --(a disk operation fails)--> failed
//
// Opening and closed: only on_disk() may be called. Failed: appends answer KAFKA_STORAGE_ERROR.
//
// Rule of visibility: an append takes offsets and producer state at once (Kafka's log lock makes
// appends follow one another), but log_end_offset() and read() move only when the write and all
// before it have reached the page cache. Invariant: log_start_offset <= log_end_offset <=
// next_offset. No observation is made here: the owner tells what take_visible() gives it, and
// truncations, since it knows the high watermark.
//
// The log holds the blocks of its batches, the same that lie in requests, page cache and replies.
// Operations on one file are taken to have effect in the order in which they were asked for.
// Index files are left out (the index is in memory), as are producer snapshots.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "broker-model/env/env.h"
#include "broker-model/log/checkpoint_file.h"
#include "broker-model/log/leader_epoch_cache.h"
#include "broker-model/log/log_config.h"
#include "broker-model/log/producer_state.h"
#include "broker-model/messages/records/record_batch.h"
#include "broker-model/types/error_code.h"

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

struct TimestampOffset {
  WallTime timestamp;
  Offset offset = 0;
  std::int32_t leader_epoch = -1;  // -1: not set in the batch
};

class PartitionLog {
 public:
  // `directory`: "orders-0". The router, if any, outlives the log.
  PartitionLog(TopicPartition partition, std::string directory, LogConfig config,
               DiskOpRouter* router = nullptr);
  ~PartitionLog();
  PartitionLog(const PartitionLog&) = delete;
  PartitionLog& operator=(const PartitionLog&) = delete;

  // --- life
  // Reads the segments back and recovers them, asynchronously; a log without files is open at once.
  // `files`: env.list(), which a caller with many logs fetches once.
  void open(env::Env& env, const OpenOptions& options, std::span<const env::FileInfo> files);
  void open(env::Env& env, bool clean_shutdown);  // lists for itself, recovery point 0
  // True when the operation was this log's.
  bool on_disk(env::Env& env, env::DiskOpId op, const env::DiskResult& result);
  bool is_open() const { return state_ == State::kOpen; }
  bool has_failed() const { return state_ == State::kFailed; }
  // Deletes all files of the partition. The log is closed afterwards.
  void remove_files(env::Env& env);

  // --- what it holds. REQUIRES: is_open() (a failed log keeps its last answers).
  const TopicPartition& partition() const { return partition_; }
  const LogConfig& config() const { return config_; }
  void set_config(const LogConfig& config) { config_ = config; }  // dynamic topic configuration
  Offset log_start_offset() const { return log_start_offset_; }
  Offset log_end_offset() const { return log_end_offset_; }  // of what is visible
  Offset next_offset() const { return next_offset_; }        // assigned; writes may be under way
  Offset recovery_point() const { return recovery_point_; }  // all below survives power loss
  std::size_t segment_count() const { return segments_.size(); }
  std::int64_t size() const;  // bytes in all segments, assigned ones included
  LeaderEpochCache& epochs() { return epochs_; }
  const LeaderEpochCache& epochs() const { return epochs_; }
  const ProducerStates& producers() const { return producers_; }

  // --- appends
  // Validates (LogValidator), assigns offsets and leader epoch, and writes. Errors change nothing.
  std::expected<AppendInfo, ErrorCode> append_as_leader(env::Env& env, const Records& records,
                                                        LeaderEpoch epoch, WallTime now,
                                                        AppendOrigin origin);
  // Takes offsets and epochs as they come. Batches below next_offset() are an error
  // (OFFSET_OUT_OF_RANGE: Kafka's UnexpectedAppendOffsetException); a batch whose epoch is above
  // `fetch_epoch` and all after it are left out (KAFKA-18723). Nothing left: an info with
  // last_offset = base_offset - 1.
  std::expected<AppendInfo, ErrorCode> append_as_follower(
      env::Env& env, const Records& records, std::optional<LeaderEpoch> fetch_epoch = std::nullopt);
  // A new leader's epoch begins at next_offset() (UnifiedLog.assignEpochStartOffset).
  void assign_epoch_start(env::Env& env, LeaderEpoch epoch);
  // Moves what has become visible since the last call to the end of `out`, in offset order.
  void take_visible(std::vector<VisibleBatch>& out);

  // --- cuts
  // Batches that reach `offset` or above go; next_offset() is `offset` afterwards. False, and
  // nothing done, when the log ends at or below it.
  bool truncate_to(env::Env& env, Offset offset);
  void truncate_fully_and_start_at(env::Env& env, Offset offset);
  // DeleteRecords and retention: segments wholly below go. False when it does not move: it
  // never goes back, nor past log_end_offset() (a follower tries again with its next fetch).
  bool increment_log_start(env::Env& env, Offset offset);

  // --- reads: in memory, O(log n)
  // Whole batches from the one that holds `start`, up to max_bytes in sum and below `upper_bound`;
  // the first comes whatever its size when at_least_one_batch. Out of range: nothing; the caller
  // has compared with log_start_offset() and log_end_offset().
  Records read(Offset start, std::int64_t max_bytes, Offset upper_bound,
               bool at_least_one_batch) const;
  // Bytes of the batches that a read between the two could return, for fetch.min.bytes.
  std::int64_t bytes_between(Offset from, Offset upper_bound) const;
  // ListOffsets by timestamp: the first record at or after it, below `upper_bound`.
  std::optional<TimestampOffset> offset_for_timestamp(WallTime timestamp, Offset upper_bound) const;
  // ListOffsets MAX_TIMESTAMP: the first record that has the largest timestamp of the log.
  std::optional<TimestampOffset> offset_of_max_timestamp() const;

  // Reads its files again: what the disk holds takes the place of what was written. Nobody checks
  // it here, as nobody does in Kafka before a read; a read that fails fails the log.
  void read_anew(env::Env& env);

  // --- durability
  // fsync of all that is not synced. recovery_point() moves when it is done.
  void sync(env::Env& env);
  bool is_syncing() const { return !syncs_.empty(); }
  bool is_idle() const;  // no disk operation is under way
  void remove_expired_producers(WallTime now) { producers_.remove_expired(now); }

  void check_invariants() const;

 private:
  enum class State : std::uint8_t { kClosed, kOpening, kOpen, kFailed };

  struct Entry {
    RecordBatch batch;
    Offset last_offset = 0;
    std::int64_t position = 0;  // in its segment's file
  };
  struct Segment {
    Offset base_offset = 0;
    env::FileId file;
    std::int64_t size = 0;
    std::vector<Entry> entries;  // by offset
    WallTime max_timestamp = kNoTimestamp;
    std::optional<WallTime> first_timestamp;  // of the first batch: what segment.ms counts from
    WallTime created;                         // used where the batches have no timestamps
    bool is_dirty = false;                    // has content that no sync has covered
  };
  struct PendingWrite {  // in the order of the appends
    env::DiskOpId op;
    Offset end_offset = 0;  // what log_end_offset becomes; a truncation lowers it
    bool as_leader = false;
    bool is_done = false;
  };
  struct ReadAnew {
    env::DiskOpId op;
    Offset segment = 0;
    bool is_stale = false;  // the log was cut since: its positions may mean something else
  };
  struct SyncRound {
    std::vector<env::DiskOpId> ops;
    Offset end_offset = 0;  // what recovery_point becomes
  };
  struct Opening {
    struct Read {
      env::DiskOpId op;
      std::optional<Offset> segment;  // nothing: the leader-epoch-checkpoint
      env::Rope data;
    };
    OpenOptions options;
    std::vector<Read> reads;
    std::size_t left = 0;
  };
  struct WriteContext {
    bool as_leader = false;
    WallTime now;
    AppendOrigin origin = AppendOrigin::kClient;
  };
  struct RollQuestion {  // what is about to be appended (RollParams)
    std::int64_t bytes = 0;
    WallTime max_timestamp = kNoTimestamp;
    Offset last_offset = 0;
    WallTime now;
  };
  using EntryRef = std::pair<std::size_t, std::size_t>;  // segment, entry

  void track(env::DiskOpId op);
  std::string file_name(Offset base_offset) const;
  std::string epochs_name() const;
  Segment& active() { return segments_.back(); }

  bool take_read_anew(env::DiskOpId op, const env::DiskResult& result);
  bool take_read(env::Env& env, env::DiskOpId op, const env::DiskResult& result);
  void finish_open(env::Env& env);
  // True when a bad batch cut the log short.
  bool recover_segments(env::Env& env, const Opening& opening);
  // Takes batches up to the first bad one; false when there was one. `expected`: lowest next
  // offset.
  bool recover_segment(Segment& segment, Records records, bool validate, Offset& expected);
  void rebuild_producers();

  Segment new_segment(env::Env& env, Offset base_offset, WallTime now);
  void remove_segment(env::Env& env, const Segment& segment);
  static void add_entry(Segment& segment, RecordBatch batch);
  static void restore_timestamps(Segment& segment);

  std::expected<void, ErrorCode> check_fits(const std::vector<RecordBatch>& batches) const;
  void write_batches(env::Env& env, std::vector<RecordBatch> batches, const WriteContext& context);
  bool should_roll(const RollQuestion& question) const;
  void roll(env::Env& env, Offset base_offset, WallTime now);
  void start_sync(env::Env& env, Offset end_offset);
  void finish_syncs();
  void advance_visible();
  void write_epochs(env::Env& env);
  void cut_visible(Offset end_offset);
  Offset end_of_batch_at(Offset offset) const;

  std::optional<EntryRef> find_entry(Offset offset) const;  // the first that reaches `offset`
  std::optional<TimestampOffset> first_record_at(const RecordBatch& batch,
                                                 WallTime timestamp) const;

  TopicPartition partition_;
  std::string directory_;
  LogConfig config_;
  DiskOpRouter* router_;
  State state_ = State::kClosed;
  std::unique_ptr<Opening> opening_;  // valid while kOpening

  std::vector<Segment> segments_;  // by base offset; at least one once open; the last is active
  Offset log_start_offset_ = 0;
  Offset log_end_offset_ = 0;
  Offset next_offset_ = 0;
  Offset recovery_point_ = 0;
  LeaderEpochCache epochs_;
  ProducerStates producers_;
  CheckpointWriter epochs_file_;

  std::deque<PendingWrite> writes_;
  std::vector<env::DiskOpId> cuts_;  // truncations under way
  std::vector<SyncRound> syncs_;
  std::vector<ReadAnew> reads_anew_;
  std::vector<VisibleBatch> visible_;
};

}  // namespace kafka
