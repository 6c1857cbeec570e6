// The topic-level settings that a partition log obeys (LogConfig), with Kafka 4.3's defaults.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "broker-model/messages/records/record_batch.h"
#include "broker-model/types/ids.h"
#include "broker-model/types/mutations.h"

namespace kafka {

class Config;

struct LogConfig {
  std::int64_t segment_bytes = 1073741824;                    // segment.bytes
  Duration segment_ms = std::chrono::hours(168);              // segment.ms
  std::int64_t index_interval_bytes = 4096;                   // index.interval.bytes
  std::int64_t segment_index_bytes = 10485760;                // segment.index.bytes
  std::int64_t max_message_bytes = 1048588;                   // max.message.bytes
  TimestampType timestamp_type = TimestampType::kCreateTime;  // message.timestamp.type
  Duration timestamp_before_max = Duration::max();            // message.timestamp.before.max.ms
  Duration timestamp_after_max = std::chrono::hours(1);       // message.timestamp.after.max.ms
  Duration producer_id_expiration = std::chrono::hours(24);   // producer.id.expiration.ms (broker)
  std::int64_t flush_messages = std::numeric_limits<std::int64_t>::max();  // flush.messages
  Duration flush_ms = Duration::max();                                     // flush.ms
  bool is_deleted = true;                                 // cleanup.policy has delete
  bool is_compacted = false;                              // cleanup.policy has compact
  Duration retention_ms = std::chrono::hours(168);        // retention.ms; max(): never
  std::int64_t retention_bytes = -1;                      // retention.bytes; < 0: never
  Duration file_delete_delay = std::chrono::seconds(60);  // file.delete.delay.ms
  Duration delete_retention_ms = std::chrono::hours(24);  // delete.retention.ms
  Duration min_compaction_lag_ms{};                       // min.compaction.lag.ms
  Duration max_compaction_lag_ms = Duration::max();       // max.compaction.lag.ms
  double min_cleanable_dirty_ratio = 0.5;                 // min.cleanable.dirty.ratio
  LogMutations mutations{};

  // A compacted log closes its segments early enough for max.compaction.lag.ms.
  Duration roll_after() const {
    return is_compacted ? std::min(segment_ms, max_compaction_lag_ms) : segment_ms;
  }

  // REQUIRES: `topic` is over ConfigDef::topic(). producer_id_expiration is the broker's to set.
  static LogConfig from_topic(const Config& topic);
};

}  // namespace kafka
