// Builds one record batch v2 (MemoryRecordsBuilder, DefaultRecord). A producer keeps one per batch
// under construction; close() yields the shared block.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "broker-model/messages/records/record_batch.h"
#include "broker-model/messages/records/record_reader.h"

namespace kafka {

struct NewRecord {
  WallTime timestamp = kNoTimestamp;  // milliseconds; Kafka refuses negative ones but -1
  std::optional<ByteView> key;
  std::optional<ByteView> value;
  std::span<const HeaderView> headers;
};

struct ProducerState {
  ProducerId id{-1};
  ProducerEpoch epoch{-1};
  std::int32_t base_sequence = kNoSequence;
};

struct BatchOptions {
  Offset base_offset = 0;
  std::int32_t leader_epoch = -1;
  std::size_t size_limit = 0;  // batch.size: what has_room_for() holds against; 0: no limit
  TimestampType timestamp_type = TimestampType::kCreateTime;
  WallTime log_append_time = kNoTimestamp;  // with kLogAppendTime: the batch's max timestamp
  bool is_transactional = false;
  bool is_control = false;
  ProducerState producer;
};

class BatchBuilder {
 public:
  explicit BatchBuilder(const BatchOptions& options);

  // MemoryRecordsBuilder.hasRoomFor: always for the first record, then while the batch with this
  // record stays within size_limit.
  bool has_room_for(const NewRecord& record) const;
  void append(const NewRecord& record);  // offset delta: the number of records before it

  std::int32_t record_count() const { return count_; }
  bool empty() const { return count_ == 0; }
  std::size_t size() const { return kBatchHeadSize + body_.size(); }  // exact: no compression
  void set_producer_state(const ProducerState& state) { options_.producer = state; }

  // REQUIRES: at least one record. The builder is spent afterwards.
  RecordBatch close();

 private:
  BatchOptions options_;
  env::BytesBuilder body_;
  std::int32_t count_ = 0;
  WallTime base_timestamp_ = kNoTimestamp;
  WallTime max_timestamp_ = kNoTimestamp;
};

// AbstractRecords.estimateSizeInBytesUpperBound: what a producer holds against batch.size when it
// opens a batch for this record.
std::size_t estimate_size_upper_bound(const NewRecord& record);
// Bytes that the record takes in a batch (DefaultRecord.sizeInBytes), its length field included.
std::size_t record_size(const NewRecord& record, std::int32_t offset_delta,
                        std::int64_t timestamp_delta);

// The same records with another producer id, epoch and sequence (a producer whose epoch
// was bumped rewrites its unsent batches): a new block with a new CRC; the old one may still be
// under way.
RecordBatch with_producer_state(const RecordBatch& batch, const ProducerState& state);
// The same with another timestamp type and max timestamp (DefaultRecordBatch.setMaxTimestamp):
// itself when nothing differs, else a new block.
RecordBatch with_max_timestamp(const RecordBatch& batch, TimestampType type, WallTime timestamp);

// Control batches. The leader change is the first batch of a leader of the metadata log.
RecordBatch leader_change_batch(Offset base_offset, std::int32_t leader_epoch, WallTime now,
                                const LeaderChange& message);
RecordBatch end_txn_marker_batch(Offset base_offset, std::int32_t leader_epoch, WallTime now,
                                 const ProducerState& producer, const EndTxnMarker& marker);

}  // namespace kafka
