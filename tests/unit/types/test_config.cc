#include <doctest/doctest.h>

#include <algorithm>

#include "broker-model/types/config.h"

namespace kafka {
namespace {

TEST_CASE("defaults are Kafka 4.3's") {
  const Config broker(ConfigDef::broker());
  CHECK(broker.get_int("replica.lag.time.max.ms") == 30000);
  CHECK(broker.get_int("num.io.threads") == 8);
  CHECK(broker.get_duration("broker.session.timeout.ms") == 9s);
  CHECK_FALSE(broker.get_bool("unclean.leader.election.enable"));
  CHECK_FALSE(broker.has_value("log.roll.ms"));
  CHECK(broker.get_duration("log.message.timestamp.before.max.ms") == Duration::max());
  const Config producer(ConfigDef::producer());
  CHECK(producer.get_string("acks") == "all");
  CHECK(producer.get_int("linger.ms") == 5);
  CHECK(producer.get_int("batch.size") == 16384);
  CHECK(producer.get_string("client.api.caps").empty());
  const Config consumer(ConfigDef::consumer());
  CHECK(consumer.get_string("auto.offset.reset") == "latest");
  CHECK(consumer.get_int("fetch.max.bytes") == 52428800);
  CHECK(Config(ConfigDef::admin()).get_duration("connections.max.idle.ms") == 5min);
}

TEST_CASE("every default is a value that its own key accepts, and keys are sorted") {
  for (const ConfigDef* def : {&ConfigDef::broker(), &ConfigDef::topic(), &ConfigDef::producer(),
                               &ConfigDef::consumer(), &ConfigDef::admin()}) {
    CHECK(std::ranges::is_sorted(def->keys(), {}, &ConfigKey::name));
    for (const ConfigKey& key : def->keys()) {
      CAPTURE(key.name);
      CHECK_FALSE(key.doc.empty());
      CHECK(def->find(key.name) == &key);
      if (key.default_value.data() == nullptr) continue;
      Config config(*def);
      CHECK(config.set(key.name, key.default_value).has_value());
      CHECK(config.values().begin()->second == key.default_value);
    }
    CHECK(Config(*def).validate().has_value());
  }
}

TEST_CASE("values carry units, keys carry dots or underscores, -1 is no limit") {
  Config config(ConfigDef::broker());
  const auto ms = [&config](std::string_view text) {
    CAPTURE(text);
    REQUIRE(config.set("replica_lag_time_max_ms", text).has_value());
    return config.get_int("replica.lag.time.max.ms");
  };
  CHECK(ms("250") == 250);
  CHECK(ms("250ms") == 250);
  CHECK(ms("10s") == 10000);
  CHECK(ms("1.5s") == 1500);
  CHECK(ms("2m") == 120000);
  CHECK(ms("1h") == 3600000);
  CHECK(ms("2000us") == 2);
  CHECK(ms(" 7 s ") == 7000);
  CHECK(config.values().begin()->first == "replica.lag.time.max.ms");
  CHECK(config.is_set("replica_lag_time_max_ms"));
  REQUIRE(config.set("message.max.bytes", "1MiB").has_value());
  CHECK(config.get_int("message.max.bytes") == 1048576);
  REQUIRE(config.set("connections.max.idle.ms", "-1").has_value());
  CHECK(config.get_duration("connections.max.idle.ms") == Duration::max());
  REQUIRE(config.set("controlled.shutdown.enable", "FALSE").has_value());
  CHECK_FALSE(config.get_bool("controlled.shutdown.enable"));
}

struct Refusal {
  const ConfigDef& def;
  std::string_view key;
  std::string_view value;
  ConfigError::Kind kind;
  std::string_view message;
};

TEST_CASE("what is wrong is refused with what was expected and what came") {
  using Kind = ConfigError::Kind;
  const Refusal refusals[] = {
      {ConfigDef::broker(), "min.insync.replica", "2", Kind::kUnknownKey,
       "unknown broker config \"min.insync.replica\""},
      {ConfigDef::broker(), "num.io.threads", "many", Kind::kWrongType,
       "num.io.threads: expected a whole number, got \"many\""},
      {ConfigDef::broker(), "num.io.threads", "8s", Kind::kWrongType,
       "num.io.threads: expected a whole number, got \"8s\""},
      {ConfigDef::broker(), "num.io.threads", "0", Kind::kOutOfRange,
       "num.io.threads: must be at least 1, got 0"},
      {ConfigDef::broker(), "num.io.threads", "2147483648", Kind::kOutOfRange,
       "num.io.threads: must be at most 2147483647, got 2147483648"},
      {ConfigDef::broker(), "auto.create.topics.enable", "yes", Kind::kWrongType,
       "auto.create.topics.enable: expected true or false, got \"yes\""},
      {ConfigDef::producer(), "acks", "2", Kind::kInvalid,
       "acks: expected one of \"all\", \"-1\", \"0\", \"1\", got \"2\""},
      {ConfigDef::producer(), "linger.ms", "0.5ms", Kind::kWrongType,
       "linger.ms: expected milliseconds as a whole number, or a duration such as \"250ms\", "
       "\"10s\", \"2m\", got \"0.5ms\""},
      {ConfigDef::producer(), "linger.ms", "", Kind::kWrongType,
       "linger.ms: expected milliseconds as a whole number, or a duration such as \"250ms\", "
       "\"10s\", \"2m\", got \"\""},
      {ConfigDef::topic(), "segment.bytes", "1KiB", Kind::kOutOfRange,
       "segment.bytes: must be at least 1048576, got 1KiB"},
      {ConfigDef::producer(), "linger.ms", "99999999999999999999d", Kind::kWrongType, ""},
  };
  for (const Refusal& refusal : refusals) {
    CAPTURE(refusal.key);
    CAPTURE(refusal.value);
    Config config(refusal.def);
    const auto result = config.set(refusal.key, refusal.value);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().kind == refusal.kind);
    if (!refusal.message.empty()) CHECK(result.error().message == refusal.message);
    CHECK(config.values().empty());
  }
  Config config(ConfigDef::broker());
  CHECK(config.set("min_insync_replica", "2").error().nearest ==
        std::vector<std::string>{"min.insync.replicas"});
}

TEST_CASE("cross-checks are those of ProducerConfig and KafkaConfig") {
  const auto producer = [](std::vector<std::pair<std::string_view, std::string_view>> values) {
    Config config(ConfigDef::producer());
    for (const auto& [key, value] : values) REQUIRE(config.set(key, value).has_value());
    return config;
  };
  CHECK(producer({{"acks", "1"}}).validate().has_value());
  CHECK_FALSE(producer_is_idempotent(producer({{"acks", "1"}})));
  CHECK(producer_is_idempotent(producer({{"acks", "-1"}})));
  CHECK_FALSE(producer({{"acks", "1"}, {"enable.idempotence", "true"}}).validate().has_value());
  CHECK_FALSE(producer({{"retries", "0"}, {"enable.idempotence", "true"}}).validate().has_value());
  CHECK(producer({{"retries", "0"}}).validate().has_value());
  CHECK_FALSE(producer({{"max.in.flight.requests.per.connection", "6"}}).validate().has_value());
  CHECK(producer({{"max.in.flight.requests.per.connection", "6"}, {"enable.idempotence", "false"}})
            .validate()
            .has_value());
  CHECK_FALSE(producer({{"delivery.timeout.ms", "30s"}}).validate().has_value());
  CHECK(producer({{"delivery.timeout.ms", "30005"}}).validate().has_value());
  CHECK(producer_delivery_timeout(producer({{"request.timeout.ms", "200s"}})) == 200005ms);

  Config broker(ConfigDef::broker());
  REQUIRE(broker.set("replica.lag.time.max.ms", "400ms").has_value());
  CHECK(broker.validate().error().message ==
        "replica.fetch.wait.max.ms: must be at most replica.lag.time.max.ms = 400, got 500");
}

TEST_CASE("a topic starts from the broker's keys, milliseconds before hours") {
  Config broker(ConfigDef::broker());
  CHECK(topic_defaults(broker).get_int("segment.ms") == 604800000);
  REQUIRE(broker.set("log.roll.hours", "2").has_value());
  REQUIRE(broker.set("min.insync.replicas", "2").has_value());
  REQUIRE(broker.set("message.max.bytes", "5000").has_value());
  CHECK(topic_defaults(broker).get_int("segment.ms") == 7200000);
  CHECK(topic_defaults(broker).get_int("min.insync.replicas") == 2);
  CHECK(topic_defaults(broker).get_int("max.message.bytes") == 5000);
  REQUIRE(broker.set("log.roll.ms", "90s").has_value());
  CHECK(topic_defaults(broker).get_int("segment.ms") == 90000);
  for (const ConfigKey& key : ConfigDef::topic().keys()) {
    CAPTURE(key.name);
    for (std::string_view synonym : broker_synonyms(key.name))
      CHECK(ConfigDef::broker().find(synonym) != nullptr);
  }
}

TEST_CASE("nearest names: swaps count one, best first, at most three, nothing far") {
  const std::string_view names[] = {"acks", "linger.ms", "batch.size", "retries"};
  CHECK(nearest_names("linegr.ms", names) == std::vector<std::string>{"linger.ms"});
  CHECK(nearest_names("retires", names) == std::vector<std::string>{"retries"});
  CHECK(nearest_names("compression", names).empty());
  CHECK(nearest_names("", names).empty());
  const std::string_view close[] = {"aaa4", "aaa3", "aaa2", "aaa1", "aaa"};
  CHECK(nearest_names("aaa", close) == std::vector<std::string>{"aaa", "aaa1", "aaa2"});
}

}  // namespace
}  // namespace kafka
