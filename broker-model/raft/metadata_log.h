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

// Calls visit(batch, record) for the records of [from, to), control batches left out, and answers
// where it stopped: `to`, or before it when a batch reaches further.
template <class Visit>
Offset visit_records(const PartitionLog& log, Offset from, Offset to, Visit&& visit) {
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
  return from;
}

// Calls replay(record, offset) for the metadata records of [from, to), and answers as above. A
// record that does not decode is passed over, as MetadataLoader does after its fault handler has
// spoken.
template <class Replay>
Offset replay_batches(const PartitionLog& log, Offset from, Offset to, Replay&& replay) {
  return visit_records(log, from, to, [&](const RecordBatch&, const RecordView& view) {
    const auto decoded = decode_metadata_record(env::Bytes::copy_of(*view.value));
    if (decoded) replay(decoded->record, view.offset);
  });
}

}  // namespace kafka
