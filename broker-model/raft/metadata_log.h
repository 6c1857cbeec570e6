// What leader and observers of `__cluster_metadata-0` share: the log's name and settings, the check
// of a fetch position, and replaying its batches (Kafka's KafkaRaftLog, RecordsBatchReader).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker-model/log/partition_log.h"
#include "broker-model/messages/metadata_record.h"
#include "broker-model/messages/records/record_reader.h"

namespace kafka {

inline constexpr std::string_view kMetadataLogDirectory = "__cluster_metadata-0";
inline constexpr std::int64_t kMetadataBatchSizeMax = 8 * 1024 * 1024;

inline TopicPartition metadata_partition() { return {std::string(kMetadataTopicName), 0}; }

inline LogConfig metadata_log_config() {
  LogConfig config;
  config.max_message_bytes = kMetadataBatchSizeMax;
  return config;
}

// Epoch of the last record, 0 for an empty log (lastFetchedEpoch).
inline LeaderEpoch last_epoch(const PartitionLog& log) {
  return log.epochs().latest_epoch().value_or(LeaderEpoch(0));
}

// Where the log's part of `epoch`, or of the largest epoch below it, ends (endOffsetForEpoch).
inline EpochEndOffset end_offset_for(const PartitionLog& log, LeaderEpoch epoch) {
  if (const auto end = log.epochs().end_offset_for(epoch, log.log_end_offset())) return *end;
  return {last_epoch(log), log.log_end_offset()};
}

// Calls visit(batch, record) for the records of [from, to) that have a value, control batches left
// out. REQUIRES: `to` lies between two batches, as every high watermark does.
template <class Visit>
void visit_records(const PartitionLog& log, Offset from, Offset to, Visit&& visit) {
  constexpr std::int64_t kReadSize = 1024 * 1024;
  while (from < to) {
    const Records records = log.read(from, kReadSize, to, true);
    if (records.batches.empty()) break;
    for (const RecordBatch& batch : records.batches) {
      RecordReader reader(batch);
      while (!batch.is_control() && reader.next()) {
        if (reader.record().offset >= from && reader.record().value) visit(batch, reader.record());
      }
      from = batch.next_offset();
    }
  }
}

}  // namespace kafka
