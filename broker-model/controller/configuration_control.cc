#include "broker-model/controller/configuration_control.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "broker-model/types/features.h"

namespace kafka {
namespace {

constexpr std::string_view kMinInsyncReplicas = "min.insync.replicas";

// AlterConfigOp.OpType
enum class ConfigOp : std::int8_t { kSet = 0, kDelete = 1, kAppend = 2, kSubtract = 3 };

VersionedMetadataRecord config_record(const ConfigResource& resource, std::string_view name,
                                      std::optional<std::string> value) {
  return {ConfigRecord{.resource_type = static_cast<std::int8_t>(resource.type),
                       .resource_name = resource.name,
                       .name = std::string(name),
                       .value = std::move(value)},
          0};
}

std::vector<std::string> parts_of(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view part = list.substr(0, comma);
    if (!part.empty()) parts.emplace_back(part);
    list = comma == std::string_view::npos ? "" : list.substr(comma + 1);
  }
  return parts;
}

}  // namespace

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

ApiError ConfigurationControl::check_exists(const ConfigResource& resource) const {
  if (resource.type == ConfigResourceType::kTopic) {
    if (resource.name.empty()) {
      return {ErrorCode::kInvalidRequest, "Default topic resources are not allowed."};
    }
    if (image_.topic(std::string_view(resource.name)) == nullptr) {
      return {ErrorCode::kUnknownTopicOrPartition,
              "The topic '" + resource.name + "' does not exist."};
    }
    return {};
  }
  if (resource.name.empty()) return {};
  std::int32_t id = -1;
  const char* const end = resource.name.data() + resource.name.size();
  const auto [at, error] = std::from_chars(resource.name.data(), end, id);
  if (error != std::errc{} || at != end || id < 0) {
    return {ErrorCode::kInvalidRequest, "Invalid broker name " + resource.name};
  }
  if (image_.broker(NodeId(id)) == nullptr && NodeId(id) != id_) {
    return {ErrorCode::kBrokerIdNotRegistered, "No node with id " + resource.name + " found."};
  }
  return {};
}

std::string ConfigurationControl::changed_list(const ConfigResource& resource, const ConfigKey& key,
                                               const AlterableConfig& change) const {
  const ConfigMap* set = image_.find_config(resource);
  const auto found = set == nullptr ? ConfigMap::const_iterator{} : set->find(key.name);
  const bool is_set = set != nullptr && found != set->end();
  std::vector<std::string> values =
      parts_of(is_set ? std::string_view(found->second) : key.default_value);
  for (const std::string& value : parts_of(change.value.value_or(""))) {
    const auto at = std::ranges::find(values, value);
    const bool is_append = static_cast<ConfigOp>(change.config_operation) == ConfigOp::kAppend;
    if (is_append && at == values.end()) values.push_back(value);
    if (!is_append && at != values.end()) values.erase(at);
  }
  std::string joined;
  for (const std::string& value : values) joined += (joined.empty() ? "" : ",") + value;
  return joined;
}

ApiError ConfigurationControl::check_value(const ConfigResource& resource, ConfigRecord& record,
                                           Config& checked) const {
  if (record.name == kMinInsyncReplicas && resource.type == ConfigResourceType::kBroker &&
      features_.is_elr_enabled()) {
    if (!resource.name.empty()) {
      return {ErrorCode::kInvalidConfig,
              "Broker-level min.insync.replicas cannot be altered while ELR is enabled."};
    }
    if (!record.value) {
      return {ErrorCode::kInvalidConfig,
              "Cluster-level min.insync.replicas cannot be removed while ELR is enabled."};
    }
  }
  const ConfigKey* key = checked.def().find(record.name);
  if (key == nullptr || key->name != record.name) {
    return {ErrorCode::kInvalidConfig,
            "Unknown " + std::string(checked.def().noun()) + " config name: " + record.name};
  }
  if (!record.value) return {};
  if (const auto set = checked.set(record.name, *record.value); !set) {
    return {ErrorCode::kInvalidConfig, set.error().message};
  }
  record.value = checked.values().find(record.name)->second;  // "true" for " TRUE"
  return {};
}

ApiError ConfigurationControl::alter_resource(const ConfigResource& resource,
                                              const std::map<std::string, AlterableConfig>& changes,
                                              RecordList& records) const {
  const bool is_topic = resource.type == ConfigResourceType::kTopic;
  Config checked(is_topic ? ConfigDef::topic() : ConfigDef::broker());
  const ConfigMap* set = image_.find_config(resource);
  RecordList altered;
  for (const auto& [name, change] : changes) {
    std::optional<std::string> current;
    if (set != nullptr && set->contains(name)) current = set->find(name)->second;
    std::optional<std::string> value;
    switch (static_cast<ConfigOp>(change.config_operation)) {
      case ConfigOp::kSet: value = change.value; break;
      case ConfigOp::kDelete: break;
      case ConfigOp::kAppend:
      case ConfigOp::kSubtract: {
        const ConfigKey* key = checked.def().find(name);
        if (key == nullptr || key->type != ConfigType::kList) {
          return {ErrorCode::kInvalidConfig,
                  std::string("Can't ") + (change.config_operation == 2 ? "APPEND" : "SUBTRACT") +
                      " to key " + name + " because its type is not LIST."};
        }
        value = changed_list(resource, *key, change);
        break;
      }
      default: return {ErrorCode::kInvalidRequest, "Unknown config operation."};
    }
    VersionedMetadataRecord record = config_record(resource, name, std::move(value));
    ConfigRecord& change_record = std::get<ConfigRecord>(record.record);
    const ApiError error = check_value(resource, change_record, checked);
    if (error.is_failure()) return error;
    // Brokers load a value anew although it is as it was (KAFKA-14136).
    if (current == change_record.value && is_topic) continue;
    altered.push_back(std::move(record));
  }
  if (ApiError error = check_exists(resource); error.is_failure()) return error;
  std::ranges::move(altered, std::back_inserter(records));
  return {};
}

ControllerResult<IncrementalAlterConfigsResponse> ConfigurationControl::incremental_alter(
    const IncrementalAlterConfigsRequest& request) const {
  ControllerResult<IncrementalAlterConfigsResponse> result;
  const auto answer = [&](std::int8_t type, const std::string& name, const ApiError& error) {
    result.response.responses.push_back({.error_code = error.code,
                                         .error_message = error.message_on_wire(),
                                         .resource_type = type,
                                         .resource_name = name});
  };
  std::map<ConfigResource, std::map<std::string, AlterableConfig>> changes;
  std::set<ConfigResource> repeated;
  for (const auto& resource : request.resources) {
    const ConfigResource key{static_cast<ConfigResourceType>(resource.resource_type),
                             resource.resource_name};
    if (key.type != ConfigResourceType::kTopic && key.type != ConfigResourceType::kBroker) {
      answer(resource.resource_type, resource.resource_name,
             {ErrorCode::kUnsupportedVersion,
              "Unknown resource type " + std::to_string(resource.resource_type) + "."});
      continue;
    }
    if (repeated.contains(key)) continue;
    const auto [at, is_new] = changes.try_emplace(key);
    if (!is_new) {
      repeated.insert(key);
      changes.erase(at);
      answer(resource.resource_type, resource.resource_name,
             {ErrorCode::kInvalidRequest, "Duplicate resource."});
      continue;
    }
    for (const AlterableConfig& config : resource.configs) at->second[config.name] = config;
  }
  for (const auto& [resource, altered] : changes) {
    answer(static_cast<std::int8_t>(resource.type), resource.name,
           alter_resource(resource, altered, result.records));
  }
  add_clear_elr_records(result.records);
  if (request.validate_only) result.records.clear();
  return result;
}

void ConfigurationControl::add_clear_elr_records(RecordList& records) const {
  if (!features_.is_elr_enabled()) return;
  RecordList clearing;
  for (const VersionedMetadataRecord& record : records) {
    const auto* config = std::get_if<ConfigRecord>(&record.record);
    if (config == nullptr || config->name != kMinInsyncReplicas) continue;
    const bool is_topic =
        config->resource_type == static_cast<std::int8_t>(ConfigResourceType::kTopic);
    clearing.push_back({ClearElrRecord{.topic_name = is_topic ? config->resource_name : ""}, 0});
  }
  std::ranges::move(clearing, std::back_inserter(records));
}

VersionedMetadataRecord ConfigurationControl::cluster_min_isr_record() const {
  return config_record({ConfigResourceType::kBroker, ""}, kMinInsyncReplicas,
                       std::to_string(config_.get_int(kMinInsyncReplicas)));
}

void ConfigurationControl::add_elr_safety_records(RecordList& records) const {
  const ConfigMap* cluster = image_.find_config({ConfigResourceType::kBroker, ""});
  if (cluster == nullptr || !cluster->contains(kMinInsyncReplicas)) {
    records.push_back(cluster_min_isr_record());
  }
  for (const auto& [id, broker] : image_.brokers()) {
    const ConfigResource resource{ConfigResourceType::kBroker, std::to_string(id.value())};
    const ConfigMap* own = image_.find_config(resource);
    if (own != nullptr && own->contains(kMinInsyncReplicas)) {
      records.push_back(config_record(resource, kMinInsyncReplicas, std::nullopt));
    }
  }
}

ControllerResult<UpdateFeaturesResponse> ConfigurationControl::update_features(
    const UpdateFeaturesRequest& request, std::int16_t version, const QuorumFacts& quorum) const {
  ControllerResult<UpdateFeaturesResponse> result;
  const ApiError error = features_.update(request, quorum, result.records);
  result.response.error_code = error.code;
  result.response.error_message = std::nullopt;
  if (error.is_failure()) {
    result.response.error_message =
        "The update failed for all features since the following feature had an error: " +
        error.message;
    return result;
  }
  if (version <= 1) {
    for (const auto& update : request.feature_updates) {
      result.response.results.push_back({.feature = update.feature, .error_message = std::nullopt});
    }
  }
  const bool enables_elr = std::ranges::any_of(request.feature_updates, [](const auto& update) {
    return update.feature == kElrFeature && update.max_version_level > 0;
  });
  if (enables_elr) {
    RecordList records;
    add_elr_safety_records(records);
    std::ranges::move(result.records, std::back_inserter(records));
    result.records = std::move(records);
  }
  if (request.validate_only) result.records.clear();
  return result;
}

// Dynamic values of the topic, of this node, of the cluster; then the node's own configuration.
std::optional<std::string_view> ConfigurationControl::effective(std::string_view topic,
                                                                std::string_view key) const {
  const ConfigResource resources[] = {
      {ConfigResourceType::kTopic, std::string(topic)},
      {ConfigResourceType::kBroker, std::to_string(id_.value())},
      {ConfigResourceType::kBroker, ""},
  };
  for (const ConfigResource& resource : resources) {
    const ConfigMap* set = image_.find_config(resource);
    if (set == nullptr) continue;
    if (const auto found = set->find(key); found != set->end()) return found->second;
  }
  return std::nullopt;
}

std::size_t ConfigurationControl::min_insync_replicas(std::string_view topic) const {
  std::int64_t value = config_.get_int(kMinInsyncReplicas);
  if (const auto set = effective(topic, kMinInsyncReplicas)) {
    std::from_chars(set->data(), set->data() + set->size(), value);
  }
  return static_cast<std::size_t>(value);
}

bool ConfigurationControl::unclean_leader_election_enabled(std::string_view topic) const {
  constexpr std::string_view kKey = "unclean.leader.election.enable";
  if (const auto set = effective(topic, kKey)) return *set == "true";
  return config_.get_bool(kKey);
}

}  // namespace kafka
