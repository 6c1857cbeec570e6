#include "broker-model/client/admin_orders.h"

namespace kafka {
namespace {

constexpr std::int8_t kSetConfig = 0;  // AlterConfigOp.OpType
constexpr std::int8_t kDeleteConfig = 1;
constexpr std::int8_t kTopicResource = 2;  // ConfigResource.Type
constexpr std::int8_t kBrokerResource = 4;

AdminOutcome outcome(ErrorCode error, const std::optional<std::string>& message) {
  return {.error = error, .message = message.value_or("")};
}

}  // namespace

CreateTopicsRequest admin_request(const CreateTopic& order, std::int32_t timeout_ms) {
  CreateTopicsRequest::CreatableTopic topic{.name = order.name,
                                            .num_partitions = order.partitions,
                                            .replication_factor = order.replication_factor};
  for (const auto& [key, value] : order.configs) {
    topic.configs.push_back({.name = key, .value = value});
  }
  CreateTopicsRequest request{.timeout_ms = timeout_ms};
  request.topics.push_back(std::move(topic));
  return request;
}

DeleteTopicsRequest admin_request(const DeleteTopic& order, std::int32_t timeout_ms) {
  DeleteTopicsRequest request{.timeout_ms = timeout_ms};
  request.topics.push_back({.name = order.name});
  return request;
}

CreatePartitionsRequest admin_request(const AddPartitions& order, std::int32_t timeout_ms) {
  CreatePartitionsRequest request{.timeout_ms = timeout_ms};
  request.topics.push_back(
      {.name = order.topic, .count = order.count, .assignments = std::nullopt});
  return request;
}

IncrementalAlterConfigsRequest admin_request(const AlterConfig& order, std::int32_t) {
  IncrementalAlterConfigsRequest request;
  auto& resource = request.resources.emplace_back();
  const bool is_topic = !order.topic.empty();
  resource.resource_type = is_topic ? kTopicResource : kBrokerResource;
  if (is_topic) {
    resource.resource_name = order.topic;
  } else if (order.broker) {
    resource.resource_name = std::to_string(order.broker->value());
  }
  for (const auto& [key, value] : order.values) {
    resource.configs.push_back(
        {.name = key, .config_operation = value ? kSetConfig : kDeleteConfig, .value = value});
  }
  return request;
}

AlterPartitionReassignmentsRequest admin_request(const ReassignPartition& order,
                                                 std::int32_t timeout_ms) {
  AlterPartitionReassignmentsRequest request{.timeout_ms = timeout_ms};
  auto& topic = request.topics.emplace_back();
  topic.name = order.partition.topic;
  auto& partition = topic.partitions.emplace_back();
  partition.partition_index = order.partition.partition;
  if (order.replicas) {
    partition.replicas.emplace();
    for (const NodeId id : *order.replicas) partition.replicas->push_back(id.value());
  }
  return request;
}

ElectLeadersRequest admin_request(const ElectLeader& order, std::int32_t timeout_ms) {
  ElectLeadersRequest request{.election_type = static_cast<std::int8_t>(order.is_unclean ? 1 : 0),
                              .timeout_ms = timeout_ms};
  auto& topic = request.topic_partitions->emplace_back();
  topic.topic = order.partition.topic;
  topic.partitions.push_back(order.partition.partition);
  return request;
}

UpdateFeaturesRequest admin_request(const UpdateFeature& order, std::int32_t timeout_ms) {
  UpdateFeaturesRequest request{.timeout_ms = timeout_ms};
  request.feature_updates.push_back(
      {.feature = order.feature,
       .max_version_level = order.level,
       .allow_downgrade = order.may_downgrade,
       .upgrade_type = static_cast<std::int8_t>(order.may_downgrade ? 2 : 1)});
  return request;
}

DeleteRecordsRequest admin_request(const DeleteRecords& order, std::int32_t timeout_ms) {
  DeleteRecordsRequest request{.timeout_ms = timeout_ms};
  auto& topic = request.topics.emplace_back();
  topic.name = order.partition.topic;
  topic.partitions.push_back(
      {.partition_index = order.partition.partition, .offset = order.before});
  return request;
}

UnregisterBrokerRequest admin_request(const UnregisterBroker& order, std::int32_t) {
  return {.broker_id = order.broker.value()};
}

AddRaftVoterRequest admin_request(const AddVoter& order, std::int32_t timeout_ms) {
  AddRaftVoterRequest request{.cluster_id = std::nullopt,
                              .timeout_ms = timeout_ms,
                              .voter_id = order.voter.value(),
                              .voter_directory_id = order.directory};
  request.listeners.push_back(
      {.name = "CONTROLLER", .host = order.endpoint.host, .port = order.endpoint.port});
  return request;
}

RemoveRaftVoterRequest admin_request(const RemoveVoter& order, std::int32_t) {
  return {.cluster_id = std::nullopt,
          .voter_id = order.voter.value(),
          .voter_directory_id = order.directory};
}

std::optional<AdminOutcome> admin_outcome(const CreateTopicsResponse& response) {
  if (response.topics.size() != 1) return std::nullopt;
  return outcome(response.topics[0].error_code, response.topics[0].error_message);
}

std::optional<AdminOutcome> admin_outcome(const DeleteTopicsResponse& response) {
  if (response.responses.size() != 1) return std::nullopt;
  return outcome(response.responses[0].error_code, response.responses[0].error_message);
}

std::optional<AdminOutcome> admin_outcome(const CreatePartitionsResponse& response) {
  if (response.results.size() != 1) return std::nullopt;
  return outcome(response.results[0].error_code, response.results[0].error_message);
}

std::optional<AdminOutcome> admin_outcome(const IncrementalAlterConfigsResponse& response) {
  if (response.responses.size() != 1) return std::nullopt;
  return outcome(response.responses[0].error_code, response.responses[0].error_message);
}

std::optional<AdminOutcome> admin_outcome(const AlterPartitionReassignmentsResponse& response) {
  if (response.error_code != ErrorCode::kNone) {
    return outcome(response.error_code, response.error_message);
  }
  if (response.responses.size() != 1 || response.responses[0].partitions.size() != 1) {
    return std::nullopt;
  }
  const auto& partition = response.responses[0].partitions[0];
  return outcome(partition.error_code, partition.error_message);
}

std::optional<AdminOutcome> admin_outcome(const ElectLeadersResponse& response) {
  if (response.error_code != ErrorCode::kNone) return outcome(response.error_code, std::nullopt);
  if (response.replica_election_results.size() != 1 ||
      response.replica_election_results[0].partition_result.size() != 1) {
    return std::nullopt;
  }
  const auto& partition = response.replica_election_results[0].partition_result[0];
  return outcome(partition.error_code, partition.error_message);
}

std::optional<AdminOutcome> admin_outcome(const UpdateFeaturesResponse& response) {
  return outcome(response.error_code, response.error_message);
}

std::optional<AdminOutcome> admin_outcome(const DeleteRecordsResponse& response) {
  if (response.topics.size() != 1 || response.topics[0].partitions.size() != 1) {
    return std::nullopt;
  }
  return outcome(response.topics[0].partitions[0].error_code, std::nullopt);
}

std::optional<AdminOutcome> admin_outcome(const UnregisterBrokerResponse& response) {
  return outcome(response.error_code, response.error_message);
}

std::optional<AdminOutcome> admin_outcome(const AddRaftVoterResponse& response) {
  return outcome(response.error_code, response.error_message);
}

std::optional<AdminOutcome> admin_outcome(const RemoveRaftVoterResponse& response) {
  return outcome(response.error_code, response.error_message);
}

std::string_view call_name(const AdminWork& work) {
  constexpr std::string_view kNames[] = {"createTopics",
                                         "deleteTopics",
                                         "createPartitions",
                                         "incrementalAlterConfigs",
                                         "alterPartitionReassignments",
                                         "electLeaders",
                                         "updateFeatures",
                                         "deleteRecords",
                                         "unregisterBroker",
                                         "addRaftVoter",
                                         "removeRaftVoter"};
  static_assert(std::size(kNames) == std::variant_size_v<AdminWork>);
  return kNames[work.index()];
}

const TopicPartition* leader_wanted(const AdminWork& work) {
  const auto* records = std::get_if<DeleteRecords>(&work);
  return records == nullptr ? nullptr : &records->partition;
}

bool is_retried(const AdminWork& work, ErrorCode error) {
  switch (error) {
    case ErrorCode::kNotController:
    case ErrorCode::kThrottlingQuotaExceeded: return true;
    case ErrorCode::kRequestTimedOut: return std::holds_alternative<UnregisterBroker>(work);
    case ErrorCode::kNotLeaderOrFollower:
    case ErrorCode::kLeaderNotAvailable:
    case ErrorCode::kUnknownTopicOrPartition:
    case ErrorCode::kKafkaStorageError: return leader_wanted(work) != nullptr;
    default: return false;
  }
}

}  // namespace kafka
