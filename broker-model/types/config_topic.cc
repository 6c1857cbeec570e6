// Keys of topics (TopicConfig, LogConfig of Kafka 4.3) and the broker keys that stand for them
// (ServerTopicConfigSynonyms).
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "broker-model/types/config_tables.h"

namespace kafka {
namespace {

using namespace config_table;

constexpr std::string_view kCleanupPolicies[] = {"compact", "delete"};
constexpr std::string_view kTimestampTypes[] = {"CreateTime", "LogAppendTime"};

constexpr auto kKeys = std::to_array<ConfigKey>({
    list("cleanup.policy", "delete", kCleanupPolicies,
         "what becomes of old segments: delete, compact, or both"),
    long_ms("delete.retention.ms", "86400000", 0,
            "a compacted log keeps a tombstone so long after it was first cleaned"),
    long_ms("file.delete.delay.ms", "60000", 0,
            "a segment that was given up stays on the disk so long"),
    long_integer("flush.messages", "9223372036854775807", 1,
                 "an append that makes so many records unsynced waits for a sync"),
    long_ms("flush.ms", "9223372036854775807", 0,
            "a log unsynced for so long is synced by the next look of the flusher"),
    int_bytes("index.interval.bytes", "4096", 0, "bytes between two entries of the index"),
    long_ms("max.compaction.lag.ms", "9223372036854775807", 1,
            "a record older than this is compacted whatever the dirty ratio"),
    int_bytes("max.message.bytes", "1048588", 0, "largest record batch that is taken"),
    long_ms("message.timestamp.after.max.ms", "3600000", 0,
            "a record may be stamped so far ahead of the broker's clock"),
    long_ms("message.timestamp.before.max.ms", "9223372036854775807", 0,
            "a record may be stamped so far behind the broker's clock"),
    string("message.timestamp.type", "CreateTime", kTimestampTypes,
           "whose time a record carries: the producer's or the broker's"),
    floating("min.cleanable.dirty.ratio", "0.5", 0, 1,
             "a log is compacted when so much of it is dirty"),
    long_ms("min.compaction.lag.ms", "0", 0, "a record younger than this is not compacted"),
    integer("min.insync.replicas", "1", 1, "acks=all is refused while fewer replicas are in sync"),
    long_bytes("retention.bytes", "-1", kAnyMinimum,
               "a larger log loses its oldest segments; -1: never"),
    long_ms("retention.ms", "604800000", -1, "a segment older than this is deleted; -1: never"),
    int_bytes("segment.bytes", "1073741824", 1048576, "a segment larger than this is closed"),
    int_bytes("segment.index.bytes", "10485760", 4,
              "a segment whose index would be larger is closed"),
    long_ms("segment.ms", "604800000", 1, "a segment older than this is closed"),
    boolean("unclean.leader.election.enable", "false",
            "a replica out of sync may lead when no other lives; records may be lost"),
});
static_assert(is_sorted_by_name(kKeys));

struct Synonym {
  std::string_view topic_key;
  std::string_view broker_key;
  std::int64_t factor = 1;  // broker's unit to the topic's
};

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kMinuteMs = 60'000;

// By topic key; among the broker keys of one, the first that has a value wins.
constexpr Synonym kSynonyms[] = {
    {"cleanup.policy", "log.cleanup.policy"},
    {"delete.retention.ms", "log.cleaner.delete.retention.ms"},
    {"file.delete.delay.ms", "log.segment.delete.delay.ms"},
    {"flush.messages", "log.flush.interval.messages"},
    {"flush.ms", "log.flush.interval.ms"},
    {"flush.ms", "log.flush.scheduler.interval.ms"},
    {"index.interval.bytes", "log.index.interval.bytes"},
    {"max.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms"},
    {"max.message.bytes", "message.max.bytes"},
    {"message.timestamp.after.max.ms", "log.message.timestamp.after.max.ms"},
    {"message.timestamp.before.max.ms", "log.message.timestamp.before.max.ms"},
    {"message.timestamp.type", "log.message.timestamp.type"},
    {"min.cleanable.dirty.ratio", "log.cleaner.min.cleanable.ratio"},
    {"min.compaction.lag.ms", "log.cleaner.min.compaction.lag.ms"},
    {"min.insync.replicas", "min.insync.replicas"},
    {"retention.bytes", "log.retention.bytes"},
    {"retention.ms", "log.retention.ms"},
    {"retention.ms", "log.retention.minutes", kMinuteMs},
    {"retention.ms", "log.retention.hours", kHourMs},
    {"segment.bytes", "log.segment.bytes"},
    {"segment.index.bytes", "log.index.size.max.bytes"},
    {"segment.ms", "log.roll.ms"},
    {"segment.ms", "log.roll.hours", kHourMs},
    {"unclean.leader.election.enable", "unclean.leader.election.enable"},
};

// In the topic's unit. A negative time means "no limit" in any unit (-1 hours is not -3600000 ms).
std::string converted(const Config& broker, const Synonym& synonym) {
  if (synonym.factor == 1) return broker.get_string(synonym.broker_key);
  const std::int64_t value = broker.get_int(synonym.broker_key);
  return fmt::format("{}", value < 0 ? -1 : value * synonym.factor);
}

}  // namespace

std::span<const ConfigKey> ConfigTables::topic_keys() { return kKeys; }

std::vector<std::string_view> broker_synonyms(std::string_view topic_key) {
  std::vector<std::string_view> names;
  for (const Synonym& synonym : kSynonyms)
    if (synonym.topic_key == topic_key) names.push_back(synonym.broker_key);
  return names;
}

Config topic_defaults(const Config& broker) {
  Config topic(ConfigDef::topic());
  std::string_view done;
  for (const Synonym& synonym : kSynonyms) {
    if (synonym.topic_key == done || !broker.has_value(synonym.broker_key)) continue;
    done = synonym.topic_key;
    // A broker value that no topic could carry (log.retention.ms=-5) leaves the topic's default.
    (void)topic.set(synonym.topic_key, converted(broker, synonym));
  }
  return topic;
}

}  // namespace kafka
