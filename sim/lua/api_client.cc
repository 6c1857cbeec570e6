// Producers and consumers: loads, single records, and how far they have come.
#include <fmt/format.h>

#include "sim/lab/inspect.h"
#include "sim/lua/api_words.h"
#include "sim/lua/diagnostic.h"
#include "sim/lua/options.h"
#include "sim/lua/scenario.h"

namespace sim {
namespace {

Host& check_client(lua_State* L, ObjectKind kind, std::string_view what) {
  return run_of(L).lab(L).world().host(HostId(check_object(L, 1, kind, what).id));
}

const ClientCounts& counts_of(lua_State* L, ObjectKind kind, std::string_view what) {
  return run_of(L).lab(L).recorder().member(check_client(L, kind, what).id()).counts;
}

int push_count(lua_State* L, std::uint64_t count) {
  lua_pushinteger(L, static_cast<lua_Integer>(count));
  return 1;
}

// --- producer ------------------------------------------------------------------------------------

int producer_drive(lua_State* L) {
  const Object object = check_object(L, 1, ObjectKind::kProducer, "a producer");
  Options options(L, 2, "drive");
  LoadSpec spec;
  if (!options.push("topic"))
    scenario_error(L, Mistake::kMissingOption, "drive{ topic = } is missing",
                   "p:drive{ topic = orders, rate = \"200/s\" }");
  spec.topic = check_topic(L, -1, "drive{ topic = }: a topic").name;
  lua_pop(L, 1);
  const auto gap = options.rate("rate");
  if (!gap.has_value())
    scenario_error(L, Mistake::kMissingOption, "drive{ rate = } is missing",
                   "p:drive{ topic = orders, rate = \"200/s\" }");
  spec.gap = env::Duration(*gap);
  if (const auto count = options.integer("count", 1, INT64_MAX); count.has_value()) {
    spec.count = static_cast<std::uint64_t>(*count);
  }
  spec.size = static_cast<std::uint32_t>(options.integer("size", 24, 1 << 20).value_or(100));
  spec.keys = static_cast<std::uint32_t>(options.integer("keys", 0, 1'000'000).value_or(0));
  options.finish();
  Lab& lab = run_of(L).lab(L);
  lab.drive(lab.world().host(HostId(object.id)), std::move(spec));
  return 0;
}

int producer_send(lua_State* L) {
  Host& host = check_client(L, ObjectKind::kProducer, "a producer");
  Options options(L, 2, "send");
  constexpr std::string_view kExample = "p:send{ topic = orders, value = \"one\" }";
  if (!options.push("topic"))
    scenario_error(L, Mistake::kMissingOption, "send{ topic = } is missing", kExample);
  const TopicSpec& topic = check_topic(L, -1, "send{ topic = }: a topic");
  lua_pop(L, 1);
  kafka::SendRecord record{.topic = topic.name,
                           .partition = std::nullopt,
                           .key = std::nullopt,
                           .value = {},
                           .tag = 0,
                           .intended = {}};
  const auto value = options.string("value");
  if (!value.has_value())
    scenario_error(L, Mistake::kMissingOption, "send{ value = } is missing", kExample);
  record.value = env::Bytes::copy_of(*value);
  if (const auto key = options.string("key"); key.has_value())
    record.key = env::Bytes::copy_of(*key);
  const auto partition = options.integer("partition", 0, topic.partitions - 1);
  if (partition.has_value()) record.partition = static_cast<std::int32_t>(*partition);
  options.finish();
  if (host.state() == HostState::kDown) {
    scenario_error(L, Mistake::kWrongState, fmt::format("{}:send{{ }}: it is down", host.name()),
                   "start it first, with :start()");
  }
  const std::uint64_t tag = run_of(L).lab(L).send(host, std::move(record));
  run_of(L).handles().add_send(tag);
  push_object(L, {.kind = ObjectKind::kSend, .id = static_cast<std::uint32_t>(tag)});
  return 1;
}

int producer_sent(lua_State* L) {
  return push_count(L, counts_of(L, ObjectKind::kProducer, "a producer").sent);
}
int producer_acked(lua_State* L) {
  return push_count(L, counts_of(L, ObjectKind::kProducer, "a producer").acked);
}
int producer_failed(lua_State* L) {
  return push_count(L, counts_of(L, ObjectKind::kProducer, "a producer").failed);
}
int producer_in_flight(lua_State* L) {
  const ClientCounts& counts = counts_of(L, ObjectKind::kProducer, "a producer");
  return push_count(L, counts.sent - counts.acked - counts.failed);
}

constexpr ApiOption kDriveOptions[] = {
    {"count", "integer", "How many records in all; without it there is no end."},
    {"size", "integer", "Of a value, in bytes."},
    {"keys", "integer", "How many different keys; 0 for records without a key."},
};
constexpr ApiOption kSendOptions[] = {
    {"value", "string", ""},
    {"key", "string", ""},
};

constexpr ApiWord kProducerWords[] = {
    {"drive", &producer_drive,
     "producer:drive{ topic =, rate = \"200/s\", count =, size = 100, keys = 0 }",
     "An open-loop load: records at that rate from the moment the topic has leaders, whether or "
     "not the cluster keeps up. `size` "
     "is the value's in bytes; `keys` is how many different keys there are, 0 for none.",
     kDriveOptions},
    {"send", &producer_send, "producer:send{ topic =, value =, key =, partition = } -> send",
     "One record by hand, as soon as the topic has leaders. Without a partition the key chooses, "
     "without a key the producer. Latency counts from this call.",
     kSendOptions},
    {"sent", &producer_sent, "producer:sent() -> number",
     "Records handed to its send() so far, by loads and by hand."},
    {"acked", &producer_acked, "producer:acked() -> number",
     "Records whose callback said success."},
    {"failed", &producer_failed, "producer:failed() -> number",
     "Records whose callback said failure."},
    {"in_flight", &producer_in_flight, "producer:in_flight() -> number",
     "Records sent and without an outcome so far; those that died with a killed process stay among "
     "them."},
};

// --- consumer ------------------------------------------------------------------------------------

struct Consumed {
  Host* host;
  const TopicSpec* topic;
  kafka::TopicPartition partition;
};

Consumed check_consumed(lua_State* L) {
  Host& host = check_client(L, ObjectKind::kConsumer, "a consumer");
  const TopicSpec* topic = run_of(L).lab(L).topic(run_of(L).handles().topic_of(host.id()));
  const std::int32_t partition = check_partition(L, 2, *topic);
  return {&host, topic, {topic->name, partition}};
}

int consumer_delivered(lua_State* L) {
  return push_count(L, counts_of(L, ObjectKind::kConsumer, "a consumer").delivered);
}

int consumer_position(lua_State* L) {
  const Consumed consumed = check_consumed(L);
  const auto position = position_of(*consumed.host, consumed.partition);
  if (position.has_value()) {
    lua_pushinteger(L, *position);
  } else {
    lua_pushnil(L);
  }
  return 1;
}

int consumer_lag(lua_State* L) {
  const Consumed consumed = check_consumed(L);
  const auto position = position_of(*consumed.host, consumed.partition);
  const ClusterState::Partition* state = run_of(L).lab(L).state().find(consumed.partition);
  if (!position.has_value() || state == nullptr || !state->leader.has_value() ||
      !state->logs.contains(*state->leader)) {
    lua_pushnil(L);
  } else {
    lua_pushinteger(L, state->logs.at(*state->leader).high_watermark - *position);
  }
  return 1;
}

int consumer_seek(lua_State* L) {
  const Consumed consumed = check_consumed(L);
  int is_integer = 0;
  const lua_Integer offset = lua_tointegerx(L, 3, &is_integer);
  if (is_integer == 0 || offset < 0)
    scenario_error(L, Mistake::kWrongType,
                   "consumer:seek(partition, offset) expects an offset, a whole number from 0");
  if (!is_assigned(*consumed.host, consumed.partition)) {
    scenario_error(L, Mistake::kWrongState,
                   fmt::format("{}:seek(): it is not assigned {}", consumed.host->name(),
                               to_string(consumed.partition)),
                   "a consumer is assigned its topic's partitions once it knows them: wait until "
                   "consumer:position(partition) answers");
  }
  consumed.host->command(std::make_shared<kafka::Command>(
      kafka::Seek{.partition = consumed.partition, .offset = offset}));
  return 0;
}

constexpr ApiOption kSeekParameters[] = {{"offset", "integer", ""}};

constexpr ApiWord kConsumerWords[] = {
    {"delivered", &consumer_delivered, "consumer:delivered() -> number",
     "Records that its poll() has returned so far."},
    {"position", &consumer_position, "consumer:position(partition) -> offset or nil",
     "The next record it will return; nil while it is down or does not know."},
    {"lag", &consumer_lag, "consumer:lag(partition) -> number or nil",
     "Records between its position and the leader's high watermark; nil when one is not known."},
    {"seek", &consumer_seek, "consumer:seek(partition, offset)",
     "Goes on from that offset, as KafkaConsumer.seek does.", kSeekParameters},
};

// --- send ----------------------------------------------------------------------------------------

const SendHandle& check_send(lua_State* L) {
  return run_of(L).handles().send(check_object(L, 1, ObjectKind::kSend, "a send").id);
}

template <class T>
int push_optional(lua_State* L, const std::optional<T>& value) {
  if (value.has_value()) {
    lua_pushinteger(L, *value);
  } else {
    lua_pushnil(L);
  }
  return 1;
}

int push_text_or_nil(lua_State* L, const std::string& text) {
  if (text.empty()) {
    lua_pushnil(L);
  } else {
    lua_pushlstring(L, text.data(), text.size());
  }
  return 1;
}

int send_is_done(lua_State* L) {
  lua_pushboolean(L, check_send(L).is_done);
  return 1;
}
int send_offset(lua_State* L) { return push_optional(L, check_send(L).offset); }
int send_partition(lua_State* L) { return push_optional(L, check_send(L).partition); }
int send_error(lua_State* L) { return push_text_or_nil(L, check_send(L).error); }
int send_reason(lua_State* L) { return push_text_or_nil(L, check_send(L).reason); }

constexpr ApiWord kSendWords[] = {
    {"is_done", &send_is_done, "send:is_done() -> boolean",
     "Whether the producer's callback was called. One that died with its process never is."},
    {"offset", &send_offset, "send:offset() -> offset or nil",
     "Where the record lies, of a success; nil with acks=0."},
    {"partition", &send_partition, "send:partition() -> number or nil",
     "The partition it went to, once it is done."},
    {"error", &send_error, "send:error() -> string or nil",
     "Kafka's name of the failure, \"NOT_ENOUGH_REPLICAS\"; nil of a success and before."},
    {"reason", &send_reason, "send:reason() -> string or nil", "The failure in words."},
};

}  // namespace

ApiNoun api_producer() {
  static const std::vector<ApiWord> kWords = joined({kProducerWords, process_words()});
  return {"producer", true, "What cluster:producer() answers.", kWords};
}
ApiNoun api_consumer() {
  static const std::vector<ApiWord> kWords = joined({kConsumerWords, process_words()});
  return {"consumer", true, "What cluster:consumer() answers.", kWords};
}
ApiNoun api_send() { return {"send", true, "What producer:send() answers.", kSendWords}; }

}  // namespace sim
