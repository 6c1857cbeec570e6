#include "broker-model/log/log_config.h"

#include "broker-model/types/config.h"

namespace kafka {

LogConfig LogConfig::from_topic(const Config& topic) {
  LogConfig config;
  config.segment_bytes = topic.get_int("segment.bytes");
  config.segment_ms = topic.get_duration("segment.ms");
  config.index_interval_bytes = topic.get_int("index.interval.bytes");
  config.max_message_bytes = topic.get_int("max.message.bytes");
  config.timestamp_type = topic.get_string("message.timestamp.type") == "LogAppendTime"
                              ? TimestampType::kLogAppendTime
                              : TimestampType::kCreateTime;
  config.timestamp_before_max = topic.get_duration("message.timestamp.before.max.ms");
  config.timestamp_after_max = topic.get_duration("message.timestamp.after.max.ms");
  return config;
}

}  // namespace kafka
