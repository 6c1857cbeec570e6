#include "sim/lab/overrides.h"

#include <fmt/format.h>

namespace sim {
namespace {

const kafka::ConfigDef* const kTables[] = {
    &kafka::ConfigDef::broker(), &kafka::ConfigDef::topic(), &kafka::ConfigDef::producer(),
    &kafka::ConfigDef::consumer(), &kafka::ConfigDef::admin()};

}  // namespace

std::expected<void, std::string> Overrides::add(std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return std::unexpected(fmt::format("--set expects key=value, got \"{}\"", assignment));
  }
  const std::string_view key = assignment.substr(0, equals);
  const std::string_view value = assignment.substr(equals + 1);
  bool is_known = false;
  std::vector<std::string_view> names;
  for (const kafka::ConfigDef* table : kTables) {
    for (const kafka::ConfigKey& known : table->keys()) names.push_back(known.name);
    if (table->find(key) == nullptr) continue;
    is_known = true;
    kafka::Config probe(*table);
    if (const auto set = probe.set(key, value); !set.has_value()) {
      return std::unexpected(fmt::format("--set {}: {}", assignment, set.error().message));
    }
  }
  if (!is_known) {
    std::string text = fmt::format("--set {}: unknown configuration key \"{}\"", assignment, key);
    const std::vector<std::string> nearest = kafka::nearest_names(key, names);
    for (std::size_t i = 0; i < nearest.size(); ++i) {
      text += fmt::format("{}\"{}\"", i == 0 ? "; did you mean " : " or ", nearest[i]);
    }
    return std::unexpected(text + (nearest.empty() ? "" : "?"));
  }
  entries_.push_back({.key = std::string(key), .value = std::string(value)});
  return {};
}

void Overrides::apply(kafka::Config& config) const {
  for (const Entry& entry : entries_) {
    if (config.def().find(entry.key) == nullptr) continue;
    const auto set = config.set(entry.key, entry.value);
    TIT_ASSERT(set.has_value(), "an override was checked when it was added");
  }
}

}  // namespace sim
