#include "broker-model/log/log_config.h"

#include <algorithm>

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
  config.segment_index_bytes = topic.get_int("segment.index.bytes");
  config.flush_messages = topic.get_int("flush.messages");
  config.flush_ms = topic.get_duration("flush.ms");
  const std::vector<std::string> policies = topic.get_list("cleanup.policy");
  config.is_deleted = std::ranges::find(policies, "delete") != policies.end();
  config.is_compacted = std::ranges::find(policies, "compact") != policies.end();
  config.retention_ms = topic.get_duration("retention.ms");
  config.retention_bytes = topic.get_int("retention.bytes");
  config.file_delete_delay = topic.get_duration("file.delete.delay.ms");
  config.delete_retention_ms = topic.get_duration("delete.retention.ms");
  config.min_compaction_lag_ms = topic.get_duration("min.compaction.lag.ms");
  config.max_compaction_lag_ms = topic.get_duration("max.compaction.lag.ms");
  config.min_cleanable_dirty_ratio = topic.get_double("min.cleanable.dirty.ratio");
  return config;
}

}  // namespace kafka
