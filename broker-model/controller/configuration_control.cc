#include "broker-model/controller/configuration_control.h"

#include <charconv>

namespace kafka {

ApiError ConfigurationControl::set_topic_configs(std::string_view topic,
                                                 const std::vector<Setting>& settings,
                                                 RecordList& records) const {
  std::string without_value;
  for (const Setting& setting : settings) {
    if (setting.value) continue;
    if (!without_value.empty()) without_value += ",";
    without_value += setting.name;
  }
  if (!without_value.empty()) {
    return {ErrorCode::kInvalidConfig,
            "Null value not supported for topic configs: " + without_value};
  }
  // Clients use Kafka's dotted names; Config also takes underscores, which Kafka does not.
  Config checked(ConfigDef::topic());
  for (const Setting& setting : settings) {
    const ConfigKey* key = ConfigDef::topic().find(setting.name);
    if (key == nullptr || key->name != setting.name) {
      return {ErrorCode::kInvalidConfig, "Unknown topic config name: " + setting.name};
    }
    if (const auto set = checked.set(setting.name, *setting.value); !set) {
      return {ErrorCode::kInvalidConfig, set.error().message};
    }
  }
  for (const auto& [name, value] : checked.values()) {
    records.push_back(
        {ConfigRecord{.resource_type = static_cast<std::int8_t>(ConfigResourceType::kTopic),
                      .resource_name = std::string(topic),
                      .name = name,
                      .value = value},
         0});
  }
  return {};
}

std::size_t ConfigurationControl::effective_min_isr(std::string_view topic) const {
  std::int64_t value = config_.get_int("min.insync.replicas");
  if (const auto set = image_.topic_config(topic, "min.insync.replicas", "min.insync.replicas")) {
    std::from_chars(set->data(), set->data() + set->size(), value);
  }
  return static_cast<std::size_t>(value);
}

bool ConfigurationControl::unclean_leader_election_enabled(std::string_view topic) const {
  constexpr std::string_view kKey = "unclean.leader.election.enable";
  if (const auto set = image_.topic_config(topic, kKey, kKey)) return *set == "true";
  return config_.get_bool(kKey);
}

}  // namespace kafka
