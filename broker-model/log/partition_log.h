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
// before it have reached the page cache; where flush.messages asks for it, when they are synced.
// Invariant: log_start_offset <= log_end_offset <= next_offset. No observation is made here: the
// owner tells what take_visible() gives it, and truncations, since it knows the high watermark.
//
// The log holds the blocks of its batches, the same that lie in requests, page cache and replies.
// Operations on one file are taken to have effect in the order in which they were asked for.
//
// partition_log.cc: appends and cuts. _read.cc: reads. _disk.cc: opening, recovery, completions,
// sync. _retain.cc: old segments and files given up. _producers.cc: snapshots. _clean.cc:
// compaction.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <map>
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
#include "broker-model/log/log_types.h"
#include "broker-model/log/producer_state.h"
#include "broker-model/log/segment.h"
#include "broker-model/messages/records/record_batch.h"
#include "broker-model/types/error_code.h"

namespace kafka {

struct LogFileName;
struct RecordView;

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
  // The last act before an orderly end: all is synced, with indexes and producer snapshot; then
  // is_idle() (LogManager.shutdown, UnifiedLog.close).
  void close(env::Env& env);
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
  Offset first_segment_offset() const { return segments_.front().base_offset; }
  Offset active_segment_offset() const { return segments_.back().base_offset; }
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
  // False when it does not move: it never goes back, nor past log_end_offset() (a follower tries
  // again with its next fetch). Segments wholly below go with the next delete_old_segments().
  bool increment_log_start(env::Env& env, Offset offset);
  // Segments below the log start offset, and with cleanup.policy=delete those that retention.bytes
  // and retention.ms give up, as long as they lie below the high watermark. How many; the log start
  // offset moves with them. REQUIRES: !is_cleaning().
  std::size_t delete_old_segments(env::Env& env, WallTime now, Offset high_watermark);
  // Files of segments that were given up stay as *.deleted for file.delete.delay.ms. When the first
  // of them is due, and removing those that are; somebody with a timer must call it.
  std::optional<Instant> next_file_deletion() const;
  void delete_files(env::Env& env, Instant now);

  // --- compaction (Cleaner, LogCleanerManager)
  CleanableRange cleanable(std::optional<Offset> checkpoint, WallTime now,
                           Offset high_watermark) const;
  // Goes on with completions, group of segments by group, until !is_cleaning(). `keys_max`: so many
  // keys of the dirty part are held against the log in one pass. REQUIRES: !is_cleaning().
  void start_cleaning(env::Env& env, const CleanableRange& range, WallTime now,
                      std::size_t keys_max);
  bool is_cleaning() const;
  CleanedRecords take_cleaned_records();  // since the last call
  std::optional<CleaningResult> take_cleaning_result();
  void abort_cleaning(env::Env& env);

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
  // fsync of all that is not synced. recovery_point() moves when it is done. An append that leaves
  // flush.messages or more unsynced asks for it and becomes visible when it is done.
  void sync(env::Env& env);
  bool is_flush_due(WallTime now) const;  // flush.ms
  bool is_syncing() const { return !syncs_.empty(); }
  bool is_idle() const;  // no disk operation is under way
  void remove_expired_producers(WallTime now) { producers_.remove_expired(now); }

  void check_invariants() const;

 private:
  enum class State : std::uint8_t { kClosed, kOpening, kOpen, kFailed };

  struct PendingWrite {  // in the order of the appends
    env::DiskOpId op;
    Offset end_offset = 0;  // what log_end_offset becomes; a truncation lowers it
    bool as_leader = false;
    bool waits_for_sync = false;  // flush.messages: until recovery_point_ has passed it
    bool is_done = false;
  };
  struct ReadAnew {
    env::DiskOpId op;
    env::FileId file;       // of a segment; the cleaner puts others in its place
    bool is_stale = false;  // the log was cut since: its positions may mean something else
  };
  struct SyncRound {
    std::vector<env::DiskOpId> ops;
    Offset end_offset = 0;  // what recovery_point becomes
  };
  struct Opening;  // partition_log_impl.h
  struct Cleaning;
  struct Doomed {  // file.delete.delay.ms
    Instant due;
    std::string name;
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
  std::string path(const LogFileName& name) const;
  std::string epochs_name() const;
  Segment& active() { return segments_.back(); }

  void list_files(env::Env& env, Opening& opening, std::span<const env::FileInfo> files);
  bool take_read_anew(env::DiskOpId op, const env::DiskResult& result);
  bool take_read(env::Env& env, env::DiskOpId op, const env::DiskResult& result);
  void finish_open(env::Env& env);
  void complete_swaps(env::Env& env, Opening& opening);
  void load_files(env::Env& env, Opening& opening);
  // True when a bad batch cut the log short.
  bool recover_segments(env::Env& env, const Opening& opening);
  // Takes batches up to the first bad one; false when there was one. Offsets are not under the
  // CRC: they are held against those around them.
  struct OffsetBounds {
    Offset* expected = nullptr;  // the lowest that may come; moves on with what is taken
    Offset limit = 0;            // where the next segment begins
  };
  bool recover_segment(Segment& segment, Records records, bool validate,
                       const OffsetBounds& bounds);

  void remove_stray_snapshots(env::Env& env);
  // `map_end`: the offset up to which producers_ speaks now.
  void rebuild_producers(env::Env& env, Offset map_end, bool is_from_clean_shutdown);
  Offset load_producers(env::Env& env);
  void take_snapshot(env::Env& env, Offset offset, bool is_synced);

  Segment new_segment(env::Env& env, Offset base_offset, WallTime now);
  // Its files, and with `snapshot` the producer snapshot at its base offset, are given up.
  void give_up(env::Env& env, const Segment& segment, bool snapshot = true);
  void give_up(env::Env& env, const LogFileName& name);
  void delete_first_segments(env::Env& env, std::size_t count, WallTime now);
  env::FileId write_beside(env::Env& env, const LogFileName& name, env::Bytes content);
  void write_indexes(env::Env& env, Segment& segment);

  std::vector<Segment>::const_iterator segment_holding(Offset offset) const;  // or the first
  void map_keys(std::size_t keys_max);
  void group_segments();
  void clean_next_group(env::Env& env);
  void clean_batch(const SegmentEntry& entry, Segment& into);
  bool is_kept(const RecordBatch& batch, const RecordView& record) const;
  void swap_in(env::Env& env);
  bool on_cleaning_op(env::Env& env, env::DiskOpId op, bool is_bad);
  void end_cleaning(CleaningResult::Outcome outcome);

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
  Offset sync_asked_ = 0;  // all below is synced, or a sync of it is under way
  WallTime last_sync_;     // UnifiedLog.lastFlushTime
  LeaderEpochCache epochs_;
  ProducerStates producers_;
  std::map<Offset, env::Bytes> snapshots_;  // the files, by their offset
  Offset last_snapshot_ = 0;                // no other is taken at or below it
  CheckpointWriter epochs_file_;

  std::deque<PendingWrite> writes_;
  std::vector<env::DiskOpId> cuts_;  // truncations, and writes of files beside the log, under way
  std::vector<SyncRound> syncs_;
  std::vector<ReadAnew> reads_anew_;
  std::vector<VisibleBatch> visible_;
  std::vector<Doomed> doomed_;          // by due time
  std::unique_ptr<Cleaning> cleaning_;  // null: none since the last result was taken
};

}  // namespace kafka
