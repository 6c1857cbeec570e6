// The topic-level settings that a partition log obeys (LogConfig), with Kafka 4.3's defaults.
#pragma once

#include <cstdint>

#include "broker-model/messages/records/record_batch.h"
#include "broker-model/types/ids.h"
#include "broker-model/types/mutations.h"

namespace kafka {

class Config;

struct LogConfig {
  std::int64_t segment_bytes = 1073741824;                    // segment.bytes
  Duration segment_ms = std::chrono::hours(168);              // segment.ms
  std::int64_t index_interval_bytes = 4096;                   // index.interval.bytes
  std::int64_t max_message_bytes = 1048588;                   // max.message.bytes
  TimestampType timestamp_type = TimestampType::kCreateTime;  // message.timestamp.type
  Duration timestamp_before_max = Duration::max();            // message.timestamp.before.max.ms
  Duration timestamp_after_max = std::chrono::hours(1);       // message.timestamp.after.max.ms
  Duration producer_id_expiration = std::chrono::hours(24);   // producer.id.expiration.ms (broker)
  LogMutations mutations{};

  // REQUIRES: `topic` is over ConfigDef::topic(). producer_id_expiration is the broker's to set.
  static LogConfig from_topic(const Config& topic);
};

}  // namespace kafka
