#include "broker-model/types/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "broker-model/env/rng.h"  // Uint128
#include "broker-model/types/config_tables.h"

namespace kafka {
namespace {

std::string dotted(std::string_view name) {
  std::string form(name);
  std::replace(form.begin(), form.end(), '_', '.');
  return form;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// ASCII only: no locale has a say in what a configuration means.
bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() &&
         std::equal(text.begin(), text.end(), lower.begin(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

struct Unit {
  std::string_view name;
  std::int64_t numerator;        // of the key's own unit (ms or bytes)
  std::int64_t denominator = 1;  // "us" and "ns": whole milliseconds only
};
constexpr Unit kTimeUnits[] = {{"", 1},         {"ns", 1, 1'000'000}, {"us", 1, 1'000},
                               {"ms", 1},       {"s", 1'000},         {"m", 60'000},
                               {"min", 60'000}, {"h", 3'600'000},     {"d", 86'400'000}};
constexpr Unit kByteUnits[] = {
    {"", 1}, {"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
constexpr Unit kNoUnits[] = {{"", 1}};

std::span<const Unit> units_of(const ConfigKey& key) {
  switch (key.unit) {
    case ConfigUnit::kNone: return kNoUnits;
    case ConfigUnit::kMilliseconds: return kTimeUnits;
    case ConfigUnit::kBytes: return kByteUnits;
  }
  return kNoUnits;
}

// "1.5s" -> 1500. Exact, or nothing: no value is ever rounded.
std::optional<std::int64_t> parse_amount(std::string_view text, std::span<const Unit> units) {
  std::size_t end = text.empty() || (text[0] != '-' && text[0] != '+') ? 0 : 1;
  const bool negative = end == 1 && text[0] == '-';
  const std::size_t first_digit = end;
  env::Uint128 digits = 0;
  std::int64_t scale = 1;
  bool in_fraction = false;
  std::size_t digit_count = 0;
  for (; end < text.size(); ++end) {
    if (text[end] == '.' && !in_fraction && end > first_digit) {
      in_fraction = true;
      continue;
    }
    if (text[end] < '0' || text[end] > '9') break;
    if (++digit_count > 20 || (in_fraction && scale >= 1'000'000'000)) return std::nullopt;
    digits = digits * 10 + static_cast<unsigned>(text[end] - '0');
    if (in_fraction) scale *= 10;
  }
  if (digit_count == 0 || text[end - 1] == '.') return std::nullopt;
  const std::string_view suffix = trimmed(text.substr(end));
  const auto unit = std::find_if(units.begin(), units.end(),
                                 [suffix](const Unit& u) { return u.name == suffix; });
  if (unit == units.end()) return std::nullopt;
  const env::Uint128 divisor = static_cast<env::Uint128>(scale) * unit->denominator;
  digits *= static_cast<env::Uint128>(unit->numerator);
  if (digits % divisor != 0) return std::nullopt;
  digits /= divisor;
  constexpr auto kMax = static_cast<env::Uint128>(std::numeric_limits<std::int64_t>::max());
  if (digits > kMax) return std::nullopt;
  return negative ? -static_cast<std::int64_t>(digits) : static_cast<std::int64_t>(digits);
}

std::optional<double> parse_double(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view expected_form(const ConfigKey& key) {
  switch (key.type) {
    case ConfigType::kBoolean: return "true or false";
    case ConfigType::kDouble: return "a number";
    case ConfigType::kString: return "a string";
    case ConfigType::kList: return "a list of strings, separated by commas";
    case ConfigType::kInt:
    case ConfigType::kLong: break;
  }
  switch (key.unit) {
    case ConfigUnit::kNone: return "a whole number";
    case ConfigUnit::kMilliseconds:
      return "milliseconds as a whole number, or a duration such as \"250ms\", \"10s\", \"2m\"";
    case ConfigUnit::kBytes:
      return "bytes as a whole number, or a size such as \"16KiB\", \"1MiB\"";
  }
  return "a whole number";
}

ConfigError wrong_type(const ConfigKey& key, std::string_view value) {
  return {ConfigError::Kind::kWrongType,
          fmt::format("{}: expected {}, got \"{}\"", key.name, expected_form(key), value),
          {}};
}

ConfigError out_of_range(const ConfigKey& key, std::string_view limit, std::string_view value) {
  return {ConfigError::Kind::kOutOfRange,
          fmt::format("{}: must be {}, got {}", key.name, limit, value),
          {}};
}

using Parsed = std::expected<std::string, ConfigError>;

Parsed parse_integer(const ConfigKey& key, std::string_view value) {
  const auto amount = parse_amount(value, units_of(key));
  if (!amount.has_value()) return std::unexpected(wrong_type(key, value));
  if (key.minimum.has_value() && *amount < *key.minimum)
    return std::unexpected(out_of_range(key, fmt::format("at least {}", *key.minimum), value));
  const bool is_int = key.type == ConfigType::kInt;
  const std::int64_t lowest =
      is_int ? std::numeric_limits<std::int32_t>::min() : std::numeric_limits<std::int64_t>::min();
  const std::int64_t type_maximum =
      is_int ? std::numeric_limits<std::int32_t>::max() : std::numeric_limits<std::int64_t>::max();
  const std::int64_t maximum = std::min(key.maximum.value_or(type_maximum), type_maximum);
  if (*amount > maximum)
    return std::unexpected(out_of_range(key, fmt::format("at most {}", maximum), value));
  if (*amount < lowest)
    return std::unexpected(out_of_range(key, fmt::format("at least {}", lowest), value));
  return fmt::format("{}", *amount);
}

Parsed parse_real(const ConfigKey& key, std::string_view value) {
  const auto number = parse_double(value);
  if (!number.has_value()) return std::unexpected(wrong_type(key, value));
  if (key.minimum.has_value() && !(*number >= static_cast<double>(*key.minimum)))
    return std::unexpected(out_of_range(key, fmt::format("at least {}", *key.minimum), value));
  if (key.maximum.has_value() && !(*number <= static_cast<double>(*key.maximum)))
    return std::unexpected(out_of_range(key, fmt::format("at most {}", *key.maximum), value));
  return std::string(value);
}

std::optional<ConfigError> refuse_value(const ConfigKey& key, std::string_view value) {
  if (key.valid_values.empty() ||
      std::ranges::find(key.valid_values, value) != key.valid_values.end())
    return {};
  std::string list;
  for (std::string_view valid : key.valid_values)
    list += fmt::format("{}\"{}\"", list.empty() ? "" : ", ", valid);
  return ConfigError{ConfigError::Kind::kInvalid,
                     fmt::format("{}: expected one of {}, got \"{}\"", key.name, list, value),
                     nearest_names(value, key.valid_values)};
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> items;
  if (trimmed(text).empty()) return items;
  while (true) {
    const std::size_t comma = text.find(',');
    items.emplace_back(trimmed(text.substr(0, comma)));
    if (comma == std::string_view::npos) return items;
    text.remove_prefix(comma + 1);
  }
}

// The value in its canonical form: a number in the key's own unit, "true" or "false", a list
// without blanks.
Parsed parse(const ConfigKey& key, std::string_view raw) {
  const std::string_view value = trimmed(raw);
  switch (key.type) {
    case ConfigType::kBoolean:
      if (equals_ignoring_case(value, "true")) return "true";
      if (equals_ignoring_case(value, "false")) return "false";
      return std::unexpected(wrong_type(key, value));
    case ConfigType::kInt:
    case ConfigType::kLong: return parse_integer(key, value);
    case ConfigType::kDouble: return parse_real(key, value);
    case ConfigType::kString:
      if (auto refusal = refuse_value(key, value)) return std::unexpected(std::move(*refusal));
      return std::string(value);
    case ConfigType::kList: break;
  }
  std::string joined;
  for (const std::string& item : split(value)) {
    if (auto refusal = refuse_value(key, item)) return std::unexpected(std::move(*refusal));
    joined += (joined.empty() ? "" : ",") + item;
  }
  return joined;
}

std::expected<void, ConfigError> invalid(std::string message) {
  return std::unexpected(ConfigError{ConfigError::Kind::kInvalid, std::move(message), {}});
}

bool has_acks_all(const Config& producer) {
  const std::string acks = producer.get_string("acks");
  return acks == "all" || acks == "-1";
}

// ProducerConfig.postProcessAndValidateIdempotenceConfigs, KafkaProducer.configureDeliveryTimeout.
std::expected<void, ConfigError> validate_producer(const Config& config) {
  if (config.get_bool("enable.idempotence")) {
    const bool asked_for = config.is_set("enable.idempotence");
    if (asked_for && config.get_int("retries") == 0)
      return invalid("retries: must not be 0 with enable.idempotence=true");
    if (asked_for && !has_acks_all(config))
      return invalid(fmt::format("acks: must be \"all\" with enable.idempotence=true, got \"{}\"",
                                 config.get_string("acks")));
    const std::int64_t in_flight = config.get_int("max.in.flight.requests.per.connection");
    if (in_flight > 5)
      return invalid(
          fmt::format("max.in.flight.requests.per.connection: must be at most 5 with "
                      "enable.idempotence (the default), got {}",
                      in_flight));
  }
  const std::int64_t needed = std::min<std::int64_t>(config.get_int("linger.ms"), INT32_MAX) +
                              config.get_int("request.timeout.ms");
  if (config.is_set("delivery.timeout.ms") && config.get_int("delivery.timeout.ms") < needed)
    return invalid(
        fmt::format("delivery.timeout.ms: must be at least linger.ms + "
                    "request.timeout.ms = {}, got {}",
                    needed, config.get_int("delivery.timeout.ms")));
  return {};
}

// KafkaConfig.validateValues, as far as its keys are ours.
std::expected<void, ConfigError> validate_broker(const Config& config) {
  const std::int64_t wait = config.get_int("replica.fetch.wait.max.ms");
  if (wait > config.get_int("replica.socket.timeout.ms"))
    return invalid(
        fmt::format("replica.fetch.wait.max.ms: must be at most "
                    "replica.socket.timeout.ms = {}, got {}",
                    config.get_int("replica.socket.timeout.ms"), wait));
  if (wait > config.get_int("replica.lag.time.max.ms"))
    return invalid(
        fmt::format("replica.fetch.wait.max.ms: must be at most "
                    "replica.lag.time.max.ms = {}, got {}",
                    config.get_int("replica.lag.time.max.ms"), wait));
  if (config.has_value("log.roll.ms") && config.get_int("log.roll.ms") < 1)
    return invalid(
        fmt::format("log.roll.ms: must be at least 1, got {}", config.get_int("log.roll.ms")));
  return {};
}

// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, substitution});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

// --- tables ------------------------------------------------------------------------------------

const ConfigDef& ConfigDef::broker() {
  static const ConfigDef def = ConfigTables::make("broker", ConfigTables::broker_keys());
  return def;
}
const ConfigDef& ConfigDef::topic() {
  static const ConfigDef def = ConfigTables::make("topic", ConfigTables::topic_keys());
  return def;
}
const ConfigDef& ConfigDef::producer() {
  static const ConfigDef def = ConfigTables::make("producer", ConfigTables::producer_keys());
  return def;
}
const ConfigDef& ConfigDef::consumer() {
  static const ConfigDef def = ConfigTables::make("consumer", ConfigTables::consumer_keys());
  return def;
}
const ConfigDef& ConfigDef::admin() {
  static const ConfigDef def = ConfigTables::make("admin", ConfigTables::admin_keys());
  return def;
}

const ConfigKey* ConfigDef::find(std::string_view name) const {
  const std::string wanted = dotted(name);
  const auto found =
      std::ranges::lower_bound(keys_, std::string_view(wanted), {}, &ConfigKey::name);
  return found != keys_.end() && found->name == wanted ? &*found : nullptr;
}

// --- values ------------------------------------------------------------------------------------

std::expected<void, ConfigError> Config::set(std::string_view key, std::string_view value) {
  const ConfigKey* known = def_->find(key);
  if (known == nullptr) {
    std::vector<std::string_view> names;
    for (const ConfigKey& candidate : def_->keys()) names.push_back(candidate.name);
    return std::unexpected(ConfigError{ConfigError::Kind::kUnknownKey,
                                       fmt::format("unknown {} config \"{}\"", def_->noun(), key),
                                       nearest_names(dotted(key), names)});
  }
  Parsed parsed = parse(*known, value);
  if (!parsed.has_value()) return std::unexpected(std::move(parsed.error()));
  values_.insert_or_assign(std::string(known->name), std::move(*parsed));
  return {};
}

std::expected<void, ConfigError> Config::validate() const {
  if (def_ == &ConfigDef::producer()) return validate_producer(*this);
  if (def_ == &ConfigDef::broker()) return validate_broker(*this);
  return {};
}

const ConfigKey& Config::require(std::string_view key) const {
  const ConfigKey* known = def_->find(key);
  TIT_ASSERT(known != nullptr, "a configuration key was read that its table does not have");
  return *known;
}

std::string_view Config::text(const ConfigKey& key) const {
  const auto found = values_.find(key.name);
  if (found != values_.end()) return found->second;
  TIT_ASSERT(key.default_value.data() != nullptr, "a configuration key without a value was read");
  return key.default_value;
}

bool Config::get_bool(std::string_view key) const {
  const ConfigKey& known = require(key);
  TIT_ASSERT(known.type == ConfigType::kBoolean, "this configuration key is not a boolean");
  return text(known) == "true";
}

std::int64_t Config::get_int(std::string_view key) const {
  const ConfigKey& known = require(key);
  TIT_ASSERT(known.type == ConfigType::kInt || known.type == ConfigType::kLong,
             "this configuration key is not a whole number");
  const std::string_view form = text(known);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(form.data(), form.data() + form.size(), value);
  TIT_ASSERT(error == std::errc{} && end == form.data() + form.size(),
             "a stored configuration value is canonical");
  return value;
}

double Config::get_double(std::string_view key) const {
  const ConfigKey& known = require(key);
  TIT_ASSERT(known.type == ConfigType::kDouble, "this configuration key is not a double");
  return parse_double(text(known)).value_or(0);
}

std::string Config::get_string(std::string_view key) const {
  return std::string(text(require(key)));
}

std::vector<std::string> Config::get_list(std::string_view key) const {
  const ConfigKey& known = require(key);
  TIT_ASSERT(known.type == ConfigType::kList, "this configuration key is not a list");
  return split(text(known));
}

Duration Config::get_duration(std::string_view key) const {
  TIT_ASSERT(require(key).unit == ConfigUnit::kMilliseconds, "this key is not a duration");
  const std::int64_t ms = get_int(key);
  constexpr std::int64_t kNanosPerMs = 1'000'000;
  // Kafka says "no limit" as -1 or Long.MAX_VALUE; past 292 years nothing can tell the difference.
  if (ms == -1 || ms > Duration::max().count() / kNanosPerMs) return Duration::max();
  if (ms < Duration::min().count() / kNanosPerMs) return Duration::min();
  return Duration(ms * kNanosPerMs);
}

bool Config::is_set(std::string_view key) const { return values_.contains(require(key).name); }

bool Config::has_value(std::string_view key) const {
  return is_set(key) || require(key).default_value.data() != nullptr;
}

// --- derived values and names ------------------------------------------------------------------

bool producer_is_idempotent(const Config& producer) {
  return producer.get_bool("enable.idempotence") && producer.get_int("retries") != 0 &&
         has_acks_all(producer);
}

Duration producer_delivery_timeout(const Config& producer) {
  const std::int64_t linger = std::min<std::int64_t>(producer.get_int("linger.ms"), INT32_MAX);
  const std::int64_t needed =
      std::min<std::int64_t>(linger + producer.get_int("request.timeout.ms"), INT32_MAX);
  return std::chrono::milliseconds(std::max(producer.get_int("delivery.timeout.ms"), needed));
}

std::vector<std::string> nearest_names(std::string_view name,
                                       std::span<const std::string_view> candidates) {
  const std::size_t limit = std::max<std::size_t>(2, name.size() / 3);
  std::vector<std::pair<std::size_t, std::string_view>> close;
  for (std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance <= limit && distance < std::max<std::size_t>(name.size(), 1))
      close.emplace_back(distance, candidate);
  }
  std::ranges::sort(close);
  if (close.size() > 3) close.resize(3);
  std::vector<std::string> names;
  for (const auto& [distance, candidate] : close) names.emplace_back(candidate);
  return names;
}

}  // namespace kafka
