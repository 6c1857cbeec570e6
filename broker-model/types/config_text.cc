#include "broker-model/types/config_text.h"

#include <fmt/format.h>

namespace kafka {
namespace {

std::string_view type_name(ConfigType type) {
  switch (type) {
    case ConfigType::kBoolean: return "boolean";
    case ConfigType::kInt: return "int";
    case ConfigType::kLong: return "long";
    case ConfigType::kDouble: return "double";
    case ConfigType::kString: return "string";
    case ConfigType::kList: return "list";
  }
  return "string";
}

}  // namespace

std::string type_text(const ConfigKey& key) {
  switch (key.unit) {
    case ConfigUnit::kNone: return std::string(type_name(key.type));
    case ConfigUnit::kMilliseconds: return fmt::format("{} ms", type_name(key.type));
    case ConfigUnit::kBytes: return fmt::format("{} bytes", type_name(key.type));
  }
  return std::string(type_name(key.type));
}

std::string default_text(const ConfigKey& key) {
  if (key.default_value.data() == nullptr) return "null";
  return key.default_value.empty() ? "\"\"" : std::string(key.default_value);
}

std::string range_text(const ConfigKey& key) {
  if (key.type == ConfigType::kBoolean) return "true, false";
  if (!key.valid_values.empty()) {
    std::string list;
    for (std::string_view valid : key.valid_values) {
      list += list.empty() ? "" : ", ";
      list += valid.empty() ? std::string_view("\"\"") : valid;
    }
    return list;
  }
  if (key.minimum.has_value() && key.maximum.has_value())
    return fmt::format("{} to {}", *key.minimum, *key.maximum);
  if (key.minimum.has_value()) return fmt::format("{} and more", *key.minimum);
  if (key.maximum.has_value()) return fmt::format("{} and less", *key.maximum);
  return "any";
}

}  // namespace kafka
