#include "broker-model/messages/error_responses.h"

namespace kafka {

BrokerRegistrationResponse error_response(const BrokerRegistrationRequest&, ErrorCode error) {
  return {.error_code = error};
}

BrokerHeartbeatResponse error_response(const BrokerHeartbeatRequest&, ErrorCode error) {
  return {.error_code = error};
}

AlterPartitionResponse error_response(const AlterPartitionRequest&, ErrorCode error) {
  return {.error_code = error};
}

AllocateProducerIdsResponse error_response(const AllocateProducerIdsRequest&, ErrorCode error) {
  return {.error_code = error};
}

CreateTopicsResponse error_response(const CreateTopicsRequest& request, ErrorCode error) {
  CreateTopicsResponse response;
  for (const auto& topic : request.topics) {
    response.topics.push_back(
        {.name = topic.name, .error_code = error, .error_message = std::nullopt});
  }
  return response;
}

DeleteTopicsResponse error_response(const DeleteTopicsRequest& request, ErrorCode error) {
  DeleteTopicsResponse response;
  for (const auto& topic : request.topics) {
    response.responses.push_back(
        {.name = topic.name, .topic_id = topic.topic_id, .error_code = error});
  }
  for (const std::string& name : request.topic_names) {
    response.responses.push_back({.name = name, .error_code = error});
  }
  return response;
}

CreatePartitionsResponse error_response(const CreatePartitionsRequest& request, ErrorCode error) {
  CreatePartitionsResponse response;
  for (const auto& topic : request.topics) {
    response.results.push_back({.name = topic.name, .error_code = error});
  }
  return response;
}

ElectLeadersResponse error_response(const ElectLeadersRequest& request, ErrorCode error) {
  ElectLeadersResponse response{.error_code = error};
  if (!request.topic_partitions) return response;
  for (const auto& topic : *request.topic_partitions) {
    auto& result = response.replica_election_results.emplace_back();
    result.topic = topic.topic;
    for (const std::int32_t partition : topic.partitions) {
      result.partition_result.push_back(
          {.partition_id = partition, .error_code = error, .error_message = std::nullopt});
    }
  }
  return response;
}

AlterPartitionReassignmentsResponse error_response(
    const AlterPartitionReassignmentsRequest& request, ErrorCode error) {
  AlterPartitionReassignmentsResponse response{.error_code = error, .error_message = std::nullopt};
  for (const auto& topic : request.topics) {
    auto& answer = response.responses.emplace_back();
    answer.name = topic.name;
    for (const auto& partition : topic.partitions) {
      answer.partitions.push_back({.partition_index = partition.partition_index,
                                   .error_code = error,
                                   .error_message = std::nullopt});
    }
  }
  return response;
}

ListPartitionReassignmentsResponse error_response(const ListPartitionReassignmentsRequest&,
                                                  ErrorCode error) {
  return {.error_code = error, .error_message = std::nullopt};
}

IncrementalAlterConfigsResponse error_response(const IncrementalAlterConfigsRequest& request,
                                               ErrorCode error) {
  IncrementalAlterConfigsResponse response;
  for (const auto& resource : request.resources) {
    response.responses.push_back({.error_code = error,
                                  .error_message = std::nullopt,
                                  .resource_type = resource.resource_type,
                                  .resource_name = resource.resource_name});
  }
  return response;
}

DeleteRecordsResponse error_response(const DeleteRecordsRequest& request, ErrorCode error) {
  DeleteRecordsResponse response;
  for (const auto& topic : request.topics) {
    auto& answer = response.topics.emplace_back();
    answer.name = topic.name;
    for (const auto& partition : topic.partitions) {
      answer.partitions.push_back(
          {.partition_index = partition.partition_index, .low_watermark = -1, .error_code = error});
    }
  }
  return response;
}

UpdateFeaturesResponse error_response(const UpdateFeaturesRequest&, ErrorCode error) {
  return {.error_code = error, .error_message = std::nullopt};
}

ControllerRegistrationResponse error_response(const ControllerRegistrationRequest&,
                                              ErrorCode error) {
  return {.error_code = error, .error_message = std::nullopt};
}

UnregisterBrokerResponse error_response(const UnregisterBrokerRequest&, ErrorCode error) {
  return {.error_code = error, .error_message = std::nullopt};
}

DescribeQuorumResponse error_response(const DescribeQuorumRequest&, ErrorCode error) {
  return {.error_code = error, .error_message = std::nullopt};
}

AddRaftVoterResponse error_response(const AddRaftVoterRequest&, ErrorCode error) {
  return {.error_code = error, .error_message = std::nullopt};
}

RemoveRaftVoterResponse error_response(const RemoveRaftVoterRequest&, ErrorCode error) {
  return {.error_code = error, .error_message = std::nullopt};
}

}  // namespace kafka
