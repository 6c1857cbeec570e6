// log: what one broker's log of a partition really holds, read from the broker itself.
#include <fmt/format.h>

#include "broker-model/messages/records/record_reader.h"
#include "sim/lab/inspect.h"
#include "sim/lua/api_words.h"
#include "sim/lua/diagnostic.h"
#include "sim/lua/options.h"
#include "sim/lua/scenario.h"

namespace sim {
namespace {

constexpr std::uint64_t kInstructionsPerRecord = 50;

int topic_log(lua_State* L) {
  check_object(L, 1, ObjectKind::kTopic, "a topic");
  const TopicSpec& topic = check_topic(L, 1, "a topic");
  const std::int32_t partition = check_partition(L, 2, topic);
  const auto holder = check_holder(L, 3, run_of(L).lab(L).state().find({topic.name, partition}));
  if (!holder.has_value()) {
    lua_pushnil(L);
    return 1;
  }
  push_object(L, {.kind = ObjectKind::kLog,
                  .id = run_of(L).handles().number_of(
                      {.topic = topic.name, .partition = partition, .broker = *holder})});
  return 1;
}

constexpr ApiWord kTopicWords[] = {
    {"log", &topic_log, "topic:log(partition, broker) -> log or nil",
     "The log on a broker, by default on the present leader; nil while there is none."},
};

struct Asked {
  const LogHandle* handle;
  const kafka::Partition* replica;  // null: not to be read now
};

Asked ask(lua_State* L) {
  ScenarioRun& run = run_of(L);
  const LogHandle& handle = run.handles().log(check_object(L, 1, ObjectKind::kLog, "a log").id);
  Host& broker = run.lab(L).broker(handle.broker);
  return {&handle, replica_of(broker, {handle.topic, handle.partition})};
}

const kafka::Partition& check_open(lua_State* L) {
  const Asked asked = ask(L);
  if (asked.replica == nullptr) {
    const Host& broker = run_of(L).lab(L).broker(asked.handle->broker);
    scenario_error(
        L, Mistake::kWrongState,
        fmt::format("the log of {}-{} on {} cannot be read: {}", asked.handle->topic,
                    asked.handle->partition, broker.name(),
                    broker.state() == HostState::kDown ? "the broker is down"
                                                       : "the broker holds none, or has not "
                                                         "opened it yet"),
        "log:is_open() tells whether it can be read");
  }
  return *asked.replica;
}

int log_is_open(lua_State* L) {
  lua_pushboolean(L, ask(L).replica != nullptr);
  return 1;
}

int log_start_offset(lua_State* L) {
  lua_pushinteger(L, check_open(L).log().log_start_offset());
  return 1;
}

int log_end_offset(lua_State* L) {
  lua_pushinteger(L, check_open(L).log().log_end_offset());
  return 1;
}

int log_high_watermark(lua_State* L) {
  lua_pushinteger(L, check_open(L).high_watermark());
  return 1;
}

int log_broker(lua_State* L) {
  push_broker(L, ask(L).handle->broker);
  return 1;
}

void set_bytes(lua_State* L, const char* field, const std::optional<kafka::ByteView>& bytes) {
  if (!bytes.has_value()) return;
  lua_pushlstring(L, reinterpret_cast<const char*>(bytes->data()), bytes->size());
  lua_setfield(L, -2, field);
}

void set_integer(lua_State* L, const char* field, std::int64_t value) {
  lua_pushinteger(L, value);
  lua_setfield(L, -2, field);
}

void push_record(lua_State* L, const StoredRecord& stored) {
  lua_createtable(L, 0, 8);
  set_integer(L, "offset", stored.record.offset);
  set_integer(L, "leader_epoch", stored.batch.leader_epoch);
  set_integer(L, "timestamp", stored.record.timestamp.time_since_epoch().count());
  set_bytes(L, "key", stored.record.key);
  set_bytes(L, "value", stored.record.value);
  if (stored.batch.has_producer_id()) {
    set_integer(L, "producer_id", stored.batch.producer_id().value());
    set_integer(L, "producer_epoch", stored.batch.producer_epoch().value());
    set_integer(L, "sequence", stored.record.sequence);
  }
  if (stored.batch.is_control()) {
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, "is_control");
  }
}

int log_records(lua_State* L) {
  const kafka::Partition& replica = check_open(L);
  Options options(L, 2, "records");
  const std::int64_t from = options.integer("from", 0, INT64_MAX).value_or(0);
  const std::int64_t to = options.integer("to", 0, INT64_MAX).value_or(INT64_MAX);
  options.finish();
  if (to < from)
    scenario_error(L, Mistake::kOutOfRange,
                   fmt::format("records{{ from = {}, to = {} }} ends before it begins", from, to));
  lua_newtable(L);
  lua_Integer count = 0;
  const bool is_whole = visit_records(replica.log(), from, to, [&](const StoredRecord& stored) {
    Sandbox::of(L).charge(L, kInstructionsPerRecord);
    push_record(L, stored);
    lua_rawseti(L, -2, ++count);
  });
  if (!is_whole)
    scenario_error(L, Mistake::kOther, "a batch of the log cannot be read: it is compressed");
  return 1;
}

constexpr ApiWord kLogWords[] = {
    {"records", &log_records, "log:records{ from =, to = } -> list of records",
     "What it holds from one offset up to, without, another: tables with offset, leader_epoch, "
     "timestamp, key and value (strings; nil when the record has none) and, of an idempotent "
     "producer, producer_id, producer_epoch and sequence; is_control of a marker."},
    {"start_offset", &log_start_offset, "log:start_offset() -> offset", "Where it begins."},
    {"end_offset", &log_end_offset, "log:end_offset() -> offset",
     "The offset that the next record will get."},
    {"high_watermark", &log_high_watermark, "log:high_watermark() -> offset",
     "What this broker believes to be replicated everywhere in the ISR."},
    {"broker", &log_broker, "log:broker() -> node", "Whose log it is."},
    {"is_open", &log_is_open, "log:is_open() -> boolean",
     "Whether it can be read now: the broker is up, holds the partition and has opened its log. "
     "The "
     "other words raise when it cannot."},
};

}  // namespace

std::span<const ApiWord> log_words() { return kTopicWords; }

ApiNoun api_log() {
  return {"log", true, "What topic:log() answers: what one broker's log really holds.", kLogWords};
}

}  // namespace sim
