// CreateTopics: ReplicationControlManager.createTopics, with Kafka's order of checks and sentences.
#include <algorithm>
#include <set>

#include "broker-model/controller/replication_control.h"
#include "broker-model/types/random_uuid.h"

namespace kafka {
namespace {

constexpr std::size_t kTopicNameLengthMax = 249;
constexpr std::int64_t kPartitionsPerRequestMax = 10'000;  // MAX_PARTITIONS_PER_BATCH
constexpr std::int8_t kDynamicTopicConfig = 1;             // DescribeConfigsResponse.ConfigSource
constexpr std::int8_t kDefaultConfig = 5;

bool is_legal(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

// Topic.unifyCollisionChars: metric names cannot tell '.' from '_'.
std::string unified(std::string_view name) {
  std::string result(name);
  std::ranges::replace(result, '.', '_');
  return result;
}

ApiError check_legal_name(const std::string& name) {
  const auto invalid = [](std::string reason) {
    return ApiError{ErrorCode::kInvalidTopicException, "Topic name is invalid: " + reason};
  };
  if (name.empty()) return invalid("the empty string is not allowed");
  if (name == "." || name == "..") return invalid("'" + name + "' is not allowed");
  if (name.size() > kTopicNameLengthMax) {
    return invalid("the length of '" + name + "' is longer than the max allowed length 249");
  }
  if (!std::ranges::all_of(name, is_legal)) {
    return invalid("'" + name +
                   "' contains one or more characters other than ASCII alphanumerics, '.', '_'"
                   " and '-'");
  }
  return {};
}

std::int64_t total_partitions(const CreateTopicsRequest& request, std::int64_t default_partitions) {
  std::int64_t total = 0;
  for (const CreateTopicsRequest::CreatableTopic& topic : request.topics) {
    if (!topic.assignments.empty()) {
      total += static_cast<std::int64_t>(topic.assignments.size());
    } else if (topic.num_partitions == -1) {
      total += default_partitions;
    } else if (topic.num_partitions > 0) {
      total += topic.num_partitions;
    }
  }
  return total;
}

CreateTopicsResponse::CreatableTopicResult failed(const std::string& name, ApiError error) {
  return {.name = name, .error_code = error.code, .error_message = std::move(error.message)};
}

}  // namespace

ApiError ReplicationControl::check_name(const std::string& name) const {
  if (ApiError error = check_legal_name(name); error.is_failure()) return error;
  if (image_.topic(std::string_view(name)) != nullptr) {
    return {ErrorCode::kTopicAlreadyExists, "Topic '" + name + "' already exists."};
  }
  if (name.find_first_of("._") != std::string::npos) {
    for (const auto& [existing, id] : image_.topic_ids()) {
      if (unified(existing) == unified(name)) {
        return {ErrorCode::kInvalidTopicException,
                "Topic '" + name + "' collides with existing topic: " + existing};
      }
    }
  }
  return {};
}

ApiError ReplicationControl::check_assignment(const std::vector<NodeId>& replicas,
                                              std::optional<std::size_t> replication_factor) const {
  const auto invalid = [](const std::string& message) {
    return ApiError{ErrorCode::kInvalidReplicaAssignment,
                    "The manual partition assignment includes " + message};
  };
  if (replicas.empty()) return invalid("an empty replica list.");
  std::vector<NodeId> sorted = replicas;
  std::ranges::sort(sorted);
  std::optional<NodeId> previous;
  for (const NodeId id : sorted) {
    const std::string number = std::to_string(id.value());
    if (image_.broker(id) == nullptr) {
      return invalid("broker " + number + ", but no such broker is registered.");
    }
    if (id == previous) return invalid("the broker " + number + " more than once.");
    previous = id;
  }
  if (replication_factor && *replication_factor != replicas.size()) {
    return invalid("a partition with " + std::to_string(replicas.size()) +
                   " replica(s), but this is not consistent with previous partitions, which have " +
                   std::to_string(*replication_factor) + " replica(s).");
  }
  return {};
}

ApiError ReplicationControl::plan_manual(const CreateTopicsRequest::CreatableTopic& topic,
                                         NewPartitions& out) const {
  if (topic.replication_factor != -1) {
    return {ErrorCode::kInvalidRequest,
            "A manual partition assignment was specified, but replication factor was not set to"
            " -1."};
  }
  if (topic.num_partitions != -1) {
    return {ErrorCode::kInvalidRequest,
            "A manual partition assignment was specified, but numPartitions was not set to -1."};
  }
  const auto invalid = [](std::string message) {
    return ApiError{ErrorCode::kInvalidReplicaAssignment, std::move(message)};
  };
  std::map<std::int32_t, NewPartition> planned;
  std::optional<std::size_t> replication_factor;
  for (const CreateTopicsRequest::CreatableReplicaAssignment& assignment : topic.assignments) {
    const std::string number = std::to_string(assignment.partition_index);
    if (planned.contains(assignment.partition_index)) {
      return invalid("Found multiple manual partition assignments for partition " + number);
    }
    NewPartition partition{.replicas = to_node_ids(assignment.broker_ids), .isr = {}};
    if (ApiError error = check_assignment(partition.replicas, replication_factor);
        error.is_failure()) {
      return error;
    }
    std::ranges::copy_if(partition.replicas, std::back_inserter(partition.isr),
                         [&](NodeId id) { return image_.is_active(id); });
    replication_factor = partition.replicas.size();
    if (partition.isr.empty()) {
      return invalid("All brokers specified in the manual partition assignment for partition " +
                     number + " are fenced or in controlled shutdown.");
    }
    planned.emplace(assignment.partition_index, std::move(partition));
  }
  std::int32_t expected = 0;
  for (auto& [number, partition] : planned) {
    if (number != expected++) {
      return invalid("partitions should be a consecutive 0-based integer sequence");
    }
    out.push_back(std::move(partition));
  }
  return {};
}

ApiError ReplicationControl::plan_placed(const CreateTopicsRequest::CreatableTopic& topic,
                                         NewPartitions& out) {
  if (topic.replication_factor < -1 || topic.replication_factor == 0) {
    return {ErrorCode::kInvalidReplicationFactor,
            "Replication factor must be larger than 0, or -1 to use the default value."};
  }
  if (topic.num_partitions < -1 || topic.num_partitions == 0) {
    return {ErrorCode::kInvalidPartitions,
            "Number of partitions was set to an invalid non-positive value."};
  }
  const auto partitions = static_cast<std::int32_t>(
      topic.num_partitions == -1 ? config_.get_int("num.partitions") : topic.num_partitions);
  const auto replication_factor = static_cast<std::int32_t>(
      topic.replication_factor == -1 ? config_.get_int("default.replication.factor")
                                     : topic.replication_factor);
  return place(partitions, replication_factor, out);
}

ApiError ReplicationControl::place(std::int32_t partitions, std::int32_t replication_factor,
                                   NewPartitions& out) {
  const auto unable = [&](const std::string& why) {
    return ApiError{ErrorCode::kInvalidReplicationFactor, "Unable to replicate the partition " +
                                                              std::to_string(replication_factor) +
                                                              " time(s): " + why};
  };
  const auto placed =
      place_replicas(cluster_.usable_brokers(), partitions, replication_factor, rng_);
  if (!placed) return unable(placed.error());
  for (const std::vector<NodeId>& replicas : *placed) {
    NewPartition partition{.replicas = replicas, .isr = {}};
    std::ranges::copy_if(replicas, std::back_inserter(partition.isr),
                         [&](NodeId id) { return image_.is_active(id); });
    if (partition.isr.empty()) {
      return unable("All brokers are currently fenced or in controlled shutdown.");
    }
    out.push_back(std::move(partition));
  }
  return {};
}

VersionedMetadataRecord ReplicationControl::new_partition(NewPartition planned,
                                                          const TopicIdPartition& id) const {
  const ActiveBrokers brokers(image_, kNoBrokerChange);
  PartitionImage partition;
  for (const NodeId replica : planned.replicas) {
    partition.directories.push_back(brokers.default_directory(replica));
  }
  partition.leader = planned.isr.front();
  partition.replicas = std::move(planned.replicas);
  partition.isr = std::move(planned.isr);
  return {to_record(partition, id), kPartitionRecordVersion};
}

ApiError ReplicationControl::create_topic(const CreateTopicsRequest::CreatableTopic& topic,
                                          RecordList& records,
                                          CreateTopicsResponse::CreatableTopicResult& result) {
  std::vector<ConfigurationControl::Setting> settings;
  for (const CreateTopicsRequest::CreatableTopicConfig& config : topic.configs) {
    settings.push_back({config.name, config.value});
  }
  RecordList config_records;
  ApiError error = configuration_.set_topic_configs(topic.name, settings, config_records);
  if (error.is_failure()) return error;
  NewPartitions partitions;
  error =
      topic.assignments.empty() ? plan_placed(topic, partitions) : plan_manual(topic, partitions);
  if (error.is_failure()) return error;

  const Uuid id = random_uuid(rng_);
  result = {.name = topic.name,
            .topic_id = id,
            .error_message = std::nullopt,
            .num_partitions = static_cast<std::int32_t>(partitions.size()),
            .replication_factor = static_cast<std::int16_t>(partitions.front().replicas.size())};
  const ConfigDef& def = ConfigDef::topic();
  for (const ConfigKey& key : def.keys()) {
    if (key.default_value.data() == nullptr) continue;
    result.configs->push_back({.name = std::string(key.name),
                               .value = std::string(key.default_value),
                               .config_source = kDefaultConfig});
    for (const VersionedMetadataRecord& set : config_records) {
      const auto& config = std::get<ConfigRecord>(set.record);
      if (config.name != key.name) continue;
      result.configs->back().value = config.value;
      result.configs->back().config_source = kDynamicTopicConfig;
    }
  }
  configuration_.add_clear_elr_records(config_records);
  records.push_back({TopicRecord{.name = topic.name, .topic_id = id}, 0});
  std::ranges::move(config_records, std::back_inserter(records));
  std::int32_t number = 0;
  for (NewPartition& planned : partitions) {
    records.push_back(new_partition(std::move(planned), {id, number++}));
  }
  return {};
}

ControllerResult<CreateTopicsResponse> ReplicationControl::create_topics(
    const CreateTopicsRequest& request) {
  ControllerResult<CreateTopicsResponse> result;
  const bool is_too_large =
      total_partitions(request, config_.get_int("num.partitions")) > kPartitionsPerRequestMax;
  std::set<std::string> seen;
  std::set<std::string> repeated;
  for (const CreateTopicsRequest::CreatableTopic& topic : request.topics) {
    if (!seen.insert(topic.name).second) repeated.insert(topic.name);
  }
  for (const CreateTopicsRequest::CreatableTopic& topic : request.topics) {
    if (is_too_large) {
      result.response.topics.push_back(failed(
          topic.name,
          {ErrorCode::kPolicyViolation, "Excessively large number of partitions per request."}));
      continue;
    }
    if (repeated.contains(topic.name)) {  // ControllerApis: once, and refused
      if (seen.erase(topic.name) > 0) {
        result.response.topics.push_back(
            failed(topic.name, {ErrorCode::kInvalidRequest, "Duplicate topic name."}));
      }
      continue;
    }
    if (topic.name == kMetadataTopicName) {
      result.response.topics.push_back(
          failed(topic.name, {ErrorCode::kInvalidRequest,
                              "Creation of internal topic __cluster_metadata is prohibited."}));
      continue;
    }
    CreateTopicsResponse::CreatableTopicResult created;
    ApiError error = check_name(topic.name);
    if (!error.is_failure()) error = create_topic(topic, result.records, created);
    result.response.topics.push_back(error.is_failure() ? failed(topic.name, std::move(error))
                                                        : std::move(created));
  }
  if (request.validate_only) result.records.clear();
  return result;
}

}  // namespace kafka
