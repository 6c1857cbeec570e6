// The log as stories: tests/datadriven/log/{partition_log,retention,recovery,flush,compaction}.txt.
#include "broker-model/log/record_filter.h"
#include "broker-model/types/config.h"
#include "tests/datadriven/datadriven.h"
#include "tests/unit/log/log_fixture.h"

using namespace kafka;

namespace {

std::string show(const PartitionLog& log) {
  return "start " + std::to_string(log.log_start_offset()) + ", end " +
         std::to_string(log.log_end_offset()) + ", next " + std::to_string(log.next_offset()) +
         ", recovery point " + std::to_string(log.recovery_point());
}

std::string show(const RecordBatch& batch) {
  std::string text = std::to_string(batch.base_offset) + ".." +
                     std::to_string(batch.last_offset()) + " epoch " +
                     std::to_string(batch.leader_epoch);
  if (batch.is_control()) text += " control";
  return text;
}

// "a=1 b=2": what a batch holds.
std::string show_records(const RecordBatch& batch) {
  std::string text = show(batch);
  if (delete_horizon(batch)) text += " horizon " + std::to_string(millis(*delete_horizon(batch)));
  text += ":";
  RecordReader reader(batch);
  while (reader.next()) {
    const RecordView& record = reader.record();
    text += " " + std::to_string(record.offset) + "=" +
            std::string(record.key->begin(), record.key->end());
    if (!record.value) text += "-";
  }
  return reader.error() == ErrorCode::kNone ? text : text + " " + std::string(name(reader.error()));
}

// The configuration of a log by Kafka's names.
void configure(LogConfig& config, const test::DatadrivenCommand& command) {
  const auto ms = [&](std::string_view key, Duration& value) {
    if (command.has(key)) value = std::chrono::milliseconds(command.get_int(key));
  };
  config.segment_bytes = command.get_int("segment.bytes", config.segment_bytes);
  config.segment_index_bytes = command.get_int("segment.index.bytes", config.segment_index_bytes);
  config.index_interval_bytes =
      command.get_int("index.interval.bytes", config.index_interval_bytes);
  config.retention_bytes = command.get_int("retention.bytes", config.retention_bytes);
  config.flush_messages = command.get_int("flush.messages", config.flush_messages);
  ms("segment.ms", config.segment_ms);
  ms("retention.ms", config.retention_ms);
  ms("flush.ms", config.flush_ms);
  ms("file.delete.delay.ms", config.file_delete_delay);
  ms("delete.retention.ms", config.delete_retention_ms);
  ms("min.compaction.lag.ms", config.min_compaction_lag_ms);
  ms("max.compaction.lag.ms", config.max_compaction_lag_ms);
  if (!command.has("cleanup.policy")) return;
  const std::string policy = command.get("cleanup.policy");
  config.is_deleted = policy.find("delete") != std::string::npos;
  config.is_compacted = policy.find("compact") != std::string::npos;
}

struct Story {
  test::LogOnDisk disk_and_log;
  std::optional<Offset> cleaned_to;

  test::BatchShape shape_of(const test::DatadrivenCommand& command) {
    test::BatchShape shape{
        .count = static_cast<int>(command.get_int("count", 1)),
        .base_offset = command.get_int("base"),
        .epoch = static_cast<std::int32_t>(command.get_int("epoch")),
        .timestamp = disk_and_log.env->wall + std::chrono::milliseconds(command.get_int("ahead")),
        .value_size = static_cast<std::size_t>(command.get_int("size", 10))};
    if (command.has("producer")) {
      shape.producer = {ProducerId(command.get_int("producer")), ProducerEpoch(0),
                        static_cast<std::int32_t>(command.get_int("seq"))};
    }
    return shape;
  }

  std::string append(const test::DatadrivenCommand& command, bool as_leader) {
    test::LogOnDisk& t = disk_and_log;
    const test::BatchShape shape = shape_of(command);
    Records records = test::make_records(shape);
    if (!command.words.empty()) records = test::one(test::make_keyed_batch(command.words, shape));
    const auto info = as_leader
                          ? t.append(records, shape.epoch)
                          : t.log->append_as_follower(*t.env, records, LeaderEpoch(shape.epoch));
    if (!info) return std::string(name(info.error()));
    return (info->duplicate ? "duplicate of " : "offsets ") + std::to_string(info->base_offset) +
           ".." + std::to_string(info->last_offset);
  }

  std::string read(const test::DatadrivenCommand& command) {
    const PartitionLog& log = *disk_and_log.log;
    const Records records = log.read(command.get_int("from"), command.get_int("max", 1 << 20),
                                     command.get_int("upto", INT64_MAX), true);
    std::string text;
    for (const RecordBatch& batch : records.batches) text += show(batch) + "\n";
    return text.empty() ? "nothing" : text;
  }

  std::string records() {
    const PartitionLog& log = *disk_and_log.log;
    std::string text;
    for (Offset next = log.log_start_offset();;) {
      const Records some = log.read(next, 1 << 20, log.log_end_offset(), true);
      if (some.batches.empty()) return text;
      for (const RecordBatch& batch : some.batches) text += show_records(batch) + "\n";
      next = some.batches.back().next_offset();
    }
  }

  std::string files() {
    std::string text;
    for (const env::FileInfo& info : disk_and_log.disk.list()) {
      text += info.name + " " + std::to_string(info.size) + "\n";
    }
    return text;
  }

  std::string producer(ProducerId id) {
    const ProducerEntry* entry = disk_and_log.log->producers().find(id);
    if (entry == nullptr) return "unknown";
    return "last sequence " + std::to_string(entry->last_sequence()) + ", " +
           std::to_string(entry->batch_count()) + " batches";
  }

  // "power-loss", "kill" and "shutdown": the log is opened again over the same disk.
  void restart(const test::DatadrivenCommand& command) {
    test::LogOnDisk& t = disk_and_log;
    const bool is_clean = command.name == "shutdown";
    if (is_clean) {
      t.log->close(*t.env);
      t.run();
    }
    const OpenOptions options{
        .clean_shutdown = is_clean,
        .recovery_point = command.get_int("recovery-point", t.log->recovery_point()),
        .log_start_offset = command.get_int("log-start", t.log->log_start_offset())};
    if (command.name == "power-loss") t.disk.lose_power();
    const env::WallTime wall = t.env->wall;
    t.log.reset();
    t.env = std::make_unique<test::FakeEnv>(t.disk);
    t.env->wall = wall;
    t.log = std::make_unique<PartitionLog>(TopicPartition{"orders", 0}, "orders-0", t.config);
    t.log->open(*t.env, options, t.env->list());
    t.run();
    t.log->check_invariants();
  }

  std::string clean(const test::DatadrivenCommand& command) {
    test::LogOnDisk& t = disk_and_log;
    const Offset high_watermark = command.get_int("hw", t.log->log_end_offset());
    const CleanableRange range = t.log->cleanable(cleaned_to, t.env->wall, high_watermark);
    std::string text = "dirty from " + std::to_string(range.first_dirty) + ", uncleanable from " +
                       std::to_string(range.first_uncleanable) + ", clean " +
                       std::to_string(range.clean_bytes) + " B, cleanable " +
                       std::to_string(range.cleanable_bytes) + " B";
    if (range.is_overdue) text += ", overdue";
    if (range.is_checkpoint_invalid) text += ", checkpoint invalid";
    if (command.has("look") || range.cleanable_bytes == 0) return text;
    t.log->start_cleaning(*t.env, range, t.env->wall,
                          static_cast<std::size_t>(command.get_int("keys", 1000)));
    if (command.has("steps")) {
      step(command.get_int("steps"));
      return text;
    }
    t.run();
    return text + "\n" + take_result();
  }

  std::string take_result() {
    const CleanedRecords cleaned = disk_and_log.log->take_cleaned_records();
    const auto result = disk_and_log.log->take_cleaning_result();
    if (!result) return "under way";
    std::string text = "removed";
    for (const Offset offset : cleaned.removed) text += " " + std::to_string(offset);
    if (result->outcome == CleaningResult::Outcome::kAborted) return text + ", aborted";
    if (result->outcome == CleaningResult::Outcome::kImpossible) return text + ", impossible";
    cleaned_to = result->end_offset;
    return text + ", clean up to " + std::to_string(*cleaned_to);
  }

  // Commands that answer something of their own.
  std::optional<std::string> ask(const test::DatadrivenCommand& command) {
    test::LogOnDisk& t = disk_and_log;
    if (command.name == "append") return append(command, true);
    if (command.name == "replicate") return append(command, false);
    if (command.name == "read") return read(command);
    if (command.name == "records") return records();
    if (command.name == "files") return files();
    if (command.name == "producer") return producer(ProducerId(command.get_int("id")));
    if (command.name == "clean") return clean(command);
    if (command.name == "cat") return t.disk.text(command.words.at(0));
    if (command.name == "retain") {
      const Offset high_watermark = command.get_int("hw", t.log->log_end_offset());
      const std::size_t count = t.log->delete_old_segments(*t.env, t.env->wall, high_watermark);
      return std::to_string(count) + " segments deleted; " + show(*t.log);
    }
    if (command.name == "diverges") {
      const auto end = t.log->epochs().end_offset_for(
          LeaderEpoch(static_cast<std::int32_t>(command.get_int("epoch"))),
          t.log->log_end_offset());
      return end ? "epoch " + std::to_string(end->epoch.value()) + " ends at " +
                       std::to_string(end->end_offset)
                 : "undefined";
    }
    return std::nullopt;
  }

  // Commands to the world around the log.
  std::optional<std::string> arrange(const test::DatadrivenCommand& command) {
    test::LogOnDisk& t = disk_and_log;
    if (command.name == "config") {
      const bool is_new = t.log->next_offset() == 0;
      configure(t.config, command);
      t.log->set_config(t.config);
      if (is_new) t.start({});
      return "";
    }
    if (command.name == "damage") {
      std::string text = t.disk.text(command.words.at(0));
      const auto at = static_cast<std::size_t>(command.get_int("at"));
      text.at(at) = static_cast<char>(text[at] ^ 1);
      t.disk.set_content(command.words.at(0), env::Bytes::copy_of(text));
      return "";
    }
    if (command.name == "remove") {
      t.disk.remove(command.words.at(0));
      return "";
    }
    if (command.name == "advance") {
      t.env->advance(std::chrono::milliseconds(command.get_int("ms")));
      t.log->delete_files(*t.env, t.env->monotonic);
      return t.log->is_flush_due(t.env->wall) ? "flush due" : "";
    }
    return std::nullopt;
  }

  void step(std::int64_t count) {
    test::LogOnDisk& t = disk_and_log;
    for (std::int64_t i = 0; i < count; ++i)
      t.env->complete_disk_op([&](env::DiskOpId op, const env::DiskResult& result) {
        CHECK(t.log->on_disk(*t.env, op, result));
      });
  }

  std::string run(const test::DatadrivenCommand& command) {
    test::LogOnDisk& t = disk_and_log;
    if (const auto answer = ask(command)) return *answer;
    if (const auto answer = arrange(command)) return *answer;
    if (command.name == "run") {
      t.run();
      if (const std::string result = take_result(); result != "under way")
        return result + "\n" + show(*t.log);
    }
    if (command.name == "delete-records")
      t.log->increment_log_start(*t.env, command.get_int("before"));
    if (command.name == "step") step(command.get_int("count", 1));
    if (command.name == "sync") t.log->sync(*t.env);
    if (command.name == "truncate") t.log->truncate_to(*t.env, command.get_int("to"));
    if (command.name == "start-at")
      t.log->truncate_fully_and_start_at(*t.env, command.get_int("offset"));
    if (command.name == "kill" || command.name == "power-loss" || command.name == "shutdown")
      restart(command);
    return show(*t.log);
  }
};

}  // namespace

TEST_CASE("stories of a log") {
  for (const char* name : {"partition_log", "retention", "recovery", "flush", "compaction"}) {
    Story story;
    test::run_datadriven(
        "log/" + std::string(name) + ".txt",
        [&](const test::DatadrivenCommand& command) { return story.run(command); });
  }
}

TEST_CASE("a topic's configuration becomes a log's, with Kafka's defaults") {
  Config topic(ConfigDef::topic());
  const LogConfig defaults = LogConfig::from_topic(topic);
  const LogConfig ours;
  CHECK(defaults.segment_bytes == ours.segment_bytes);
  CHECK(defaults.segment_ms == ours.segment_ms);
  CHECK(defaults.index_interval_bytes == ours.index_interval_bytes);
  CHECK(defaults.max_message_bytes == ours.max_message_bytes);
  CHECK(defaults.timestamp_type == ours.timestamp_type);
  CHECK(defaults.timestamp_before_max == ours.timestamp_before_max);
  CHECK(defaults.timestamp_after_max == ours.timestamp_after_max);
  REQUIRE(topic.set("segment.bytes", "2MiB"));
  REQUIRE(topic.set("message.timestamp.type", "LogAppendTime"));
  CHECK(LogConfig::from_topic(topic).segment_bytes == 2 << 20);
  CHECK(LogConfig::from_topic(topic).timestamp_type == TimestampType::kLogAppendTime);
}
