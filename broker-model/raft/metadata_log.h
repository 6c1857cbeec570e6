// What leader and followers of `__cluster_metadata-0` share: the log's name and settings, the check
// of a fetch position, and reading its batches (Kafka's RaftLog, KafkaRaftLog, RecordsBatchReader).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "broker-model/log/partition_log.h"
#include "broker-model/messages/metadata_record.h"
#include "broker-model/raft/snapshot_store.h"

namespace kafka {

inline constexpr std::string_view kMetadataLogDirectory = "__cluster_metadata-0";
inline constexpr std::int64_t kMetadataBatchSizeMax = 8 * 1024 * 1024;

inline TopicPartition metadata_partition() { return {std::string(kMetadataTopicName), 0}; }

// metadata.log.segment.bytes and metadata.log.segment.ms; retention is by snapshots.
inline LogConfig metadata_log_config(std::int64_t segment_bytes, Duration segment_ms) {
  LogConfig config;
  config.max_message_bytes = kMetadataBatchSizeMax;
  config.segment_bytes = segment_bytes;
  config.segment_ms = segment_ms;
  config.retention_ms = Duration::max();
  config.retention_bytes = -1;
  config.file_delete_delay = Duration::zero();  // the raft client keeps no timer for files
  return config;
}

// Epoch of the last record, a snapshot's where the log holds none after it; 0 where there is
// nothing (lastFetchedEpoch).
LeaderEpoch last_epoch(const PartitionLog& log, const SnapshotStore& snapshots);

// Where the log's part of `epoch`, or of the largest epoch below it, ends (endOffsetForEpoch).
EpochEndOffset end_offset_for(const PartitionLog& log, const SnapshotStore& snapshots,
                              LeaderEpoch epoch);

// What a leader finds about a follower that has all below `offset`, the last of `epoch`
// (ValidOffsetAndEpoch): its log goes on from there, was another from a point on, or lacks what
// only a snapshot still holds.
struct PositionValid {};
struct PositionDiverges {
  EpochEndOffset at;
};
struct PositionNeedsSnapshot {
  SnapshotId id;
};
using PositionVerdict = std::variant<PositionValid, PositionDiverges, PositionNeedsSnapshot>;
PositionVerdict validate_position(const PartitionLog& log, const SnapshotStore& snapshots,
                                  Offset offset, LeaderEpoch epoch);

// Calls visit(batch) for the batches of [from, to). REQUIRES: both lie between two batches, as
// every high watermark, log start and end of a snapshot does.
template <class Visit>
void visit_batches(const PartitionLog& log, Offset from, Offset to, Visit&& visit) {
  constexpr std::int64_t kReadSize = 1024 * 1024;
  while (from < to) {
    const Records records = log.read(from, kReadSize, to, true);
    if (records.batches.empty()) break;
    for (const RecordBatch& batch : records.batches) {
      visit(batch);
      from = batch.next_offset();
    }
  }
}

}  // namespace kafka
