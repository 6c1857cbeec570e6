#include "broker-model/log/log_validator.h"

#include <algorithm>

#include "broker-model/messages/records/batch_builder.h"
#include "broker-model/messages/records/record_reader.h"

namespace kafka {
namespace {

constexpr std::int8_t kMagicV2 = 2;

// Java's long arithmetic: a hostile timestamp wraps.
std::int64_t difference_ms(WallTime a, WallTime b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(millis(a)) -
                                   static_cast<std::uint64_t>(millis(b)));
}

// LogValidator.recordHasInvalidTimestamp
bool is_outside_window(WallTime timestamp, WallTime now, const LogConfig& config) {
  return difference_ms(now, timestamp) > env::millis(config.timestamp_before_max) ||
         difference_ms(timestamp, now) > env::millis(config.timestamp_after_max);
}

// LogValidator.validateBatch, for what clients send.
bool is_client_batch_good(const RecordBatch& batch) {
  if (batch.base_offset != 0 || batch.last_offset_delta() < 0) return false;
  if (batch.record_count() <= 0) return false;
  if (std::int64_t{batch.last_offset_delta()} + 1 != batch.record_count()) return false;
  if (batch.is_control()) return false;
  return !batch.has_producer_id() || batch.base_sequence() >= 0;
}

// LogValidator.validateRecord for each; answers the largest timestamp.
std::expected<WallTime, ErrorCode> validate_records(const RecordBatch& batch,
                                                    const LogConfig& config, WallTime now) {
  WallTime max_timestamp = kNoTimestamp;
  bool has_bad_timestamp = false;
  RecordReader reader(batch);
  while (reader.next()) {
    if (config.is_compacted && !reader.record().key)
      return std::unexpected(ErrorCode::kInvalidRecord);
    const WallTime timestamp = reader.record().timestamp;
    if (config.timestamp_type == TimestampType::kCreateTime && timestamp != kNoTimestamp) {
      has_bad_timestamp |= is_outside_window(timestamp, now, config);
    } else if (batch.timestamp_type() == TimestampType::kLogAppendTime) {
      has_bad_timestamp = true;  // for the broker to set, not for producers
    }
    max_timestamp = std::max(max_timestamp, timestamp);
  }
  if (reader.error() != ErrorCode::kNone) return std::unexpected(reader.error());
  if (has_bad_timestamp) return std::unexpected(ErrorCode::kInvalidTimestamp);
  return max_timestamp;
}

ErrorCode error_of_no_batch(const Records& records) {
  if (records.trailing.size() < 12) return ErrorCode::kInvalidRecord;
  const auto length =
      static_cast<std::int32_t>(detail::load_big_endian(records.trailing.data() + 8, 4));
  const bool is_too_short = length < static_cast<std::int32_t>(kBatchOverhead - 12);
  return is_too_short ? ErrorCode::kCorruptMessage : ErrorCode::kInvalidRecord;
}

ErrorCode check_for_leader(const RecordBatch& batch, const LogConfig& config,
                           const LeaderAppend& append) {
  if (batch.magic() != kMagicV2) return ErrorCode::kInvalidRecord;
  if (append.origin == AppendOrigin::kRaftLeader && batch.leader_epoch != append.epoch.value()) {
    return ErrorCode::kInvalidRecord;
  }
  if (append.origin == AppendOrigin::kClient && batch.base_offset != 0) {
    return ErrorCode::kInvalidRecord;
  }
  if (static_cast<std::int64_t>(batch.size()) > config.max_message_bytes) {
    return ErrorCode::kMessageTooLarge;
  }
  if (!batch.is_crc_good()) return ErrorCode::kCorruptMessage;
  if (batch.compression() != CompressionType::kNone) return ErrorCode::kUnsupportedCompressionType;
  if (append.origin == AppendOrigin::kClient && !is_client_batch_good(batch)) {
    return ErrorCode::kInvalidRecord;
  }
  return batch.last_offset_delta() < 0 ? ErrorCode::kInvalidRecord : ErrorCode::kNone;
}

}  // namespace

std::expected<std::vector<RecordBatch>, ErrorCode> validate_for_leader(const Records& records,
                                                                       const LogConfig& config,
                                                                       const LeaderAppend& append) {
  if (records.batches.empty()) return std::unexpected(error_of_no_batch(records));
  // The raft client brings batches as they shall lie in the log; all others bring one.
  const bool is_raft = append.origin == AppendOrigin::kRaftLeader;
  if (!is_raft && records.batches.size() > 1) return std::unexpected(ErrorCode::kInvalidRecord);

  std::vector<RecordBatch> valid;
  valid.reserve(records.batches.size());
  for (const RecordBatch& batch : records.batches) {
    const ErrorCode error = check_for_leader(batch, config, append);
    if (error != ErrorCode::kNone) return std::unexpected(error);
    valid.push_back(batch);
    if (is_raft) continue;
    const std::expected<WallTime, ErrorCode> max_timestamp =
        validate_records(batch, config, append.now);
    if (!max_timestamp) return std::unexpected(max_timestamp.error());
    const bool is_log_append = config.timestamp_type == TimestampType::kLogAppendTime;
    valid.back() = with_max_timestamp(batch, config.timestamp_type,
                                      is_log_append ? append.now : *max_timestamp);
    valid.back().leader_epoch = append.epoch.value();
  }
  return valid;
}

std::expected<std::size_t, ErrorCode> validate_for_follower(
    const Records& records, std::optional<LeaderEpoch> fetch_epoch) {
  std::optional<Offset> last_offset;
  std::size_t count = 0;
  for (const RecordBatch& batch : records.batches) {
    if (fetch_epoch && batch.leader_epoch > fetch_epoch->value()) break;
    if (batch.magic() != kMagicV2 || !batch.is_crc_good() || batch.last_offset_delta() < 0) {
      return std::unexpected(ErrorCode::kCorruptMessage);
    }
    if (last_offset && *last_offset >= batch.last_offset()) {
      return std::unexpected(ErrorCode::kUnknownServerError);
    }
    last_offset = batch.last_offset();
    ++count;
  }
  return count;
}

}  // namespace kafka
