// Configuration, typed: every key is Kafka 4.3's own, with type, default, range and a line of
// meaning.
//
// A ConfigDef is one table (broker and controller, topic, producer, consumer, admin). A Config is a
// set of values over one table: unset keys answer their defaults. Machines read what they need
// once, when they are made. Keys also match with underscores (min_insync_replicas).
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "broker-model/types/ids.h"

namespace kafka {

enum class ConfigType : std::uint8_t { kBoolean, kInt, kLong, kDouble, kString, kList };
enum class ConfigUnit : std::uint8_t { kNone, kMilliseconds, kBytes };  // what a bare number means

struct ConfigKey {
  std::string_view name;
  ConfigType type = ConfigType::kInt;
  ConfigUnit unit = ConfigUnit::kNone;
  std::string_view
      default_value;  // as Kafka prints it; data() == nullptr: null, nothing by default
  std::optional<std::int64_t> minimum;
  std::optional<std::int64_t> maximum;
  std::span<const std::string_view> valid_values;  // of a string or list; empty: any
  std::string_view doc;                            // one line
};

struct ConfigError {
  enum class Kind : std::uint8_t { kUnknownKey, kWrongType, kOutOfRange, kInvalid };
  Kind kind = Kind::kInvalid;
  std::string message;               // a sentence: unknown broker config "min.insync.replica"
  std::vector<std::string> nearest;  // valid names that are close, best first, at most three
};

class ConfigDef {
 public:
  static const ConfigDef& broker();  // brokers and controllers; topic defaults under their broker
                                     // names (log.segment.bytes, ...)
  static const ConfigDef& topic();
  static const ConfigDef& producer();
  static const ConfigDef& consumer();
  static const ConfigDef& admin();

  std::string_view noun() const { return noun_; }            // "broker"
  std::span<const ConfigKey> keys() const { return keys_; }  // sorted by name
  const ConfigKey* find(std::string_view name) const;  // dots or underscores; nullptr when unknown

 private:
  friend struct ConfigTables;
  ConfigDef(std::string_view noun, std::span<const ConfigKey> keys) : noun_(noun), keys_(keys) {}
  std::string_view noun_;
  std::span<const ConfigKey> keys_;
};

class Config {
 public:
  explicit Config(const ConfigDef& def) : def_(&def) {}

  // Text form, as in a properties file. A value of a millisecond key may carry a unit ("250ms",
  // "10s", "2m", "1h"), of a byte key too ("16KiB", "1MiB"). On error nothing changes.
  std::expected<void, ConfigError> set(std::string_view key, std::string_view value);

  // What Kafka checks across keys when the client or broker is built (ProducerConfig's
  // postProcessParsedConfig, KafkaConfig.validateValues). Call it once, after the last set().
  std::expected<void, ConfigError> validate() const;

  // REQUIRES: the key exists in the table, has that type, and has a value (see has_value).
  bool get_bool(std::string_view key) const;
  std::int64_t get_int(std::string_view key) const;  // kInt and kLong
  double get_double(std::string_view key) const;
  std::string get_string(std::string_view key) const;
  std::vector<std::string> get_list(std::string_view key) const;
  Duration get_duration(
      std::string_view key) const;  // of a millisecond key; -1 answers Duration::max()

  bool is_set(std::string_view key) const;
  bool has_value(std::string_view key) const;  // set, or its default is not null
  const std::map<std::string, std::string, std::less<>>& values() const {
    return values_;
  }  // explicit ones, dotted keys
  const ConfigDef& def() const { return *def_; }

 private:
  const ConfigKey& require(std::string_view key) const;
  std::string_view text(const ConfigKey& key) const;
  const ConfigDef* def_;
  std::map<std::string, std::string, std::less<>> values_;
};

// What KafkaProducer makes of its keys: idempotence left at its default yields to acks other than
// all and to retries=0; a defaulted delivery.timeout.ms is raised to linger.ms +
// request.timeout.ms.
bool producer_is_idempotent(const Config& producer);
Duration producer_delivery_timeout(const Config& producer);

// A topic's configuration on a broker of this configuration, before the topic's own overrides: each
// topic key takes the broker key that stands for it (segment.bytes <- log.segment.bytes,
// segment.ms <- log.roll.ms, else log.roll.hours), as ServerTopicConfigSynonyms says.
Config topic_defaults(const Config& broker);

// The broker keys that stand for a topic key, the one that wins first. Empty: none.
std::vector<std::string_view> broker_synonyms(std::string_view topic_key);

// Names of `candidates` close to `name` by Damerau-Levenshtein (at most 2, or a third of the
// length), best first, at most three. For every "did you mean".
std::vector<std::string> nearest_names(std::string_view name,
                                       std::span<const std::string_view> candidates);

}  // namespace kafka
