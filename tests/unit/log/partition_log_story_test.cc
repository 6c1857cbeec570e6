// The log as a story: tests/datadriven/log/partition_log.txt.
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

struct Story {
  test::LogOnDisk disk_and_log;

  std::string append(const test::DatadrivenCommand& command, bool as_leader) {
    test::LogOnDisk& t = disk_and_log;
    const auto epoch = static_cast<std::int32_t>(command.get_int("epoch"));
    test::BatchShape shape{.count = static_cast<int>(command.get_int("count", 1)),
                           .base_offset = command.get_int("base"),
                           .epoch = epoch,
                           .value_size = static_cast<std::size_t>(command.get_int("size", 10))};
    if (command.has("producer")) {
      shape.producer = {ProducerId(command.get_int("producer")), ProducerEpoch(0),
                        static_cast<std::int32_t>(command.get_int("seq"))};
    }
    const Records records = test::make_records(shape);
    const auto info = as_leader ? t.append(records, epoch)
                                : t.log->append_as_follower(*t.env, records, LeaderEpoch(epoch));
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

  std::string files() {
    std::string text;
    for (const env::FileInfo& info : disk_and_log.disk.list()) {
      text += info.name + " " + std::to_string(info.size) + "\n";
    }
    return text;
  }

  std::string run(const test::DatadrivenCommand& command) {
    test::LogOnDisk& t = disk_and_log;
    if (command.name == "config") {
      t.config.segment_bytes = command.get_int("segment.bytes");
      t.start({});
      return "";
    }
    if (command.name == "append") return append(command, true);
    if (command.name == "replicate") return append(command, false);
    if (command.name == "read") return read(command);
    if (command.name == "files") return files();
    if (command.name == "cat") return t.disk.text(command.words.at(0));
    if (command.name == "run") t.run();
    if (command.name == "sync") t.log->sync(*t.env);
    if (command.name == "truncate") t.log->truncate_to(*t.env, command.get_int("to"));
    if (command.name == "start-at") {
      t.log->truncate_fully_and_start_at(*t.env, command.get_int("offset"));
    }
    if (command.name == "kill" || command.name == "power-loss") {
      const OpenOptions options{.recovery_point = t.log->recovery_point(),
                                .log_start_offset = t.log->log_start_offset()};
      if (command.name == "power-loss") t.disk.lose_power();
      t.start(options);
    }
    if (command.name == "diverges") {
      const auto end = t.log->epochs().end_offset_for(
          LeaderEpoch(static_cast<std::int32_t>(command.get_int("epoch"))),
          t.log->log_end_offset());
      return end ? "epoch " + std::to_string(end->epoch.value()) + " ends at " +
                       std::to_string(end->end_offset)
                 : "undefined";
    }
    return show(*t.log);
  }
};

}  // namespace

TEST_CASE("a log through appends, rolls, crashes and a leader change") {
  Story story;
  test::run_datadriven("log/partition_log.txt",
                       [&](const test::DatadrivenCommand& command) { return story.run(command); });
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
