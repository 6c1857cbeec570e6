// What a leader checks before it appends (UnifiedLog.analyzeAndValidateRecords, LogValidator,
// ProduceRequest.validateRecords).
#pragma once

#include <expected>
#include <vector>

#include "broker-model/log/log_config.h"
#include "broker-model/log/producer_state.h"
#include "broker-model/messages/records/record_batch.h"
#include "broker-model/types/error_code.h"

namespace kafka {

struct LeaderAppend {
  AppendOrigin origin = AppendOrigin::kClient;
  LeaderEpoch epoch;
  WallTime now;  // System.currentTimeMillis: what the timestamp window is held against
};

// The batches to append, with leader epoch and timestamps set and offsets not yet assigned; or
// CORRUPT_MESSAGE (CRC, length), MESSAGE_TOO_LARGE (max.message.bytes), INVALID_TIMESTAMP,
// UNSUPPORTED_COMPRESSION_TYPE, INVALID_RECORD for all else. As in Kafka, the offset deltas inside
// an uncompressed batch are not looked at: its header says how many there are.
std::expected<std::vector<RecordBatch>, ErrorCode> validate_for_leader(const Records& records,
                                                                       const LogConfig& config,
                                                                       const LeaderAppend& append);

// What a follower checks (the same with AppendOrigin.REPLICATION): CORRUPT_MESSAGE, or
// UNKNOWN_SERVER_ERROR when offsets do not rise (OffsetsOutOfOrderException). Answers how many
// batches to take: those from the first with an epoch above `fetch_epoch` on are left out.
std::expected<std::size_t, ErrorCode> validate_for_follower(const Records& records,
                                                            std::optional<LeaderEpoch> fetch_epoch);

}  // namespace kafka
