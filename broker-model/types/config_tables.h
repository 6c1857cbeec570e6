// How the tables of configuration keys are written: one line a key. For config_*.cc only.
//
// Tables are sorted by name (a static_assert in each file), so that find() may search by halves.
#pragma once

#include <array>
#include <span>

#include "broker-model/types/config.h"

namespace kafka {

struct ConfigTables {
  static std::span<const ConfigKey> broker_keys();
  static std::span<const ConfigKey> topic_keys();
  static std::span<const ConfigKey> producer_keys();
  static std::span<const ConfigKey> consumer_keys();
  static std::span<const ConfigKey> admin_keys();
  static ConfigDef make(std::string_view noun, std::span<const ConfigKey> keys) {
    return ConfigDef(noun, keys);
  }
};

namespace config_table {

inline constexpr std::string_view kNull{};
inline constexpr auto kAnyMinimum = std::optional<std::int64_t>{};

using Minimum = std::optional<std::int64_t>;

constexpr ConfigKey boolean(std::string_view name, std::string_view value, std::string_view doc) {
  return {name, ConfigType::kBoolean, ConfigUnit::kNone, value, {}, {}, {}, doc};
}
constexpr ConfigKey integer(std::string_view name, std::string_view value, Minimum minimum,
                            std::string_view doc) {
  return {name, ConfigType::kInt, ConfigUnit::kNone, value, minimum, {}, {}, doc};
}
constexpr ConfigKey long_integer(std::string_view name, std::string_view value, Minimum minimum,
                                 std::string_view doc) {
  return {name, ConfigType::kLong, ConfigUnit::kNone, value, minimum, {}, {}, doc};
}
constexpr ConfigKey int_ms(std::string_view name, std::string_view value, Minimum minimum,
                           std::string_view doc) {
  return {name, ConfigType::kInt, ConfigUnit::kMilliseconds, value, minimum, {}, {}, doc};
}
constexpr ConfigKey long_ms(std::string_view name, std::string_view value, Minimum minimum,
                            std::string_view doc) {
  return {name, ConfigType::kLong, ConfigUnit::kMilliseconds, value, minimum, {}, {}, doc};
}
constexpr ConfigKey int_bytes(std::string_view name, std::string_view value, Minimum minimum,
                              std::string_view doc) {
  return {name, ConfigType::kInt, ConfigUnit::kBytes, value, minimum, {}, {}, doc};
}
constexpr ConfigKey long_bytes(std::string_view name, std::string_view value, Minimum minimum,
                               std::string_view doc) {
  return {name, ConfigType::kLong, ConfigUnit::kBytes, value, minimum, {}, {}, doc};
}
constexpr ConfigKey floating(std::string_view name, std::string_view value, std::int64_t minimum,
                             std::int64_t maximum, std::string_view doc) {
  return {name, ConfigType::kDouble, ConfigUnit::kNone, value, minimum, maximum, {}, doc};
}
constexpr ConfigKey list(std::string_view name, std::string_view value,
                         std::span<const std::string_view> valid, std::string_view doc) {
  return {name, ConfigType::kList, ConfigUnit::kNone, value, {}, {}, valid, doc};
}
constexpr ConfigKey string(std::string_view name, std::string_view value,
                           std::span<const std::string_view> valid, std::string_view doc) {
  return {name, ConfigType::kString, ConfigUnit::kNone, value, {}, {}, valid, doc};
}

template <std::size_t N>
constexpr bool is_sorted_by_name(const std::array<ConfigKey, N>& keys) {
  for (std::size_t i = 1; i < N; ++i)
    if (!(keys[i - 1].name < keys[i].name)) return false;
  return true;
}

// Titorelli's own key, the one name in these tables that Kafka does not have: a stock client cannot
// be told to stay below a protocol version that both sides speak. Brokers have it too: what they
// offer to such a client is capped alike, since a dissector flags an offer that it does not know.
inline constexpr std::string_view kApiCapsValues[] = {"", "tshark"};
inline constexpr ConfigKey kApiCaps =
    string("client.api.caps", "", kApiCapsValues,
           "Titorelli's own: cap the API versions in use; tshark: to those Wireshark 4.0 dissects");

}  // namespace config_table
}  // namespace kafka
