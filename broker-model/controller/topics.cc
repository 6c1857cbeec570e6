// Topics deleted and partitions added: ControllerApis.deleteTopics and createPartitions,
// ReplicationControlManager.deleteTopics and createPartitions, with Kafka's checks and sentences.
#include <algorithm>
#include <map>
#include <set>

#include "broker-model/controller/replication_control.h"

namespace kafka {
namespace {

using Deleted = DeleteTopicsResponse::DeletableTopicResult;

Deleted refused(std::optional<std::string> name, const Uuid& id, ErrorCode error,
                std::optional<std::string> message = std::nullopt) {
  return {.name = std::move(name),
          .topic_id = id,
          .error_code = error,
          .error_message = std::move(message)};
}

// What a request names, without what it names more than once.
struct Named {
  std::set<std::string> names;
  std::set<Uuid> ids;
  std::set<std::string> repeated_names;
  std::set<Uuid> repeated_ids;

  void add_name(const std::string& name) { add(name, names, repeated_names); }
  void add_id(const Uuid& id) { add(id, ids, repeated_ids); }

 private:
  template <class T>
  static void add(const T& what, std::set<T>& once, std::set<T>& repeated) {
    if (repeated.contains(what) || !once.insert(what).second) {
      repeated.insert(what);
      once.erase(what);
    }
  }
};

}  // namespace

ControllerResult<DeleteTopicsResponse> ReplicationControl::delete_topics(
    const DeleteTopicsRequest& request, std::int16_t version) const {
  if (!config_.get_bool("delete.topic.enable")) {
    return {.response = error_response(request, version < 3 ? ErrorCode::kInvalidRequest
                                                            : ErrorCode::kTopicDeletionDisabled)};
  }
  ControllerResult<DeleteTopicsResponse> result;
  auto& responses = result.response.responses;
  Named named;
  for (const std::string& name : request.topic_names) named.add_name(name);
  for (const auto& topic : request.topics) {
    const bool has_id = topic.topic_id != Uuid{};
    if (topic.name && has_id) {
      responses.push_back(refused(topic.name, topic.topic_id, ErrorCode::kInvalidRequest,
                                  "You may not specify both topic name and topic id."));
    } else if (topic.name) {
      named.add_name(*topic.name);
    } else if (has_id) {
      named.add_id(topic.topic_id);
    } else {
      responses.push_back(refused(std::nullopt, {}, ErrorCode::kInvalidRequest,
                                  "Neither topic name nor id were specified."));
    }
  }
  for (const std::string& name : named.repeated_names) {
    responses.push_back(refused(name, {}, ErrorCode::kInvalidRequest, "Duplicate topic name."));
  }
  for (const Uuid& id : named.repeated_ids) {
    responses.push_back(
        refused(std::nullopt, id, ErrorCode::kInvalidRequest, "Duplicate topic id."));
  }
  std::map<Uuid, std::string> doomed;
  for (const Uuid& id : named.ids) {
    if (const TopicImage* topic = image_.topic(id)) {
      doomed.emplace(id, topic->name);
    } else {
      responses.push_back(refused(std::nullopt, id, ErrorCode::kUnknownTopicId));
    }
  }
  for (const std::string& name : named.names) {
    const TopicImage* topic = image_.topic(std::string_view(name));
    if (topic == nullptr) {
      responses.push_back(refused(name, {}, ErrorCode::kUnknownTopicOrPartition));
    } else if (named.repeated_ids.contains(topic->id) || !doomed.emplace(topic->id, name).second) {
      named.repeated_ids.insert(topic->id);
      doomed.erase(topic->id);
      responses.push_back(
          refused(name, topic->id, ErrorCode::kInvalidRequest,
                  "The provided topic name maps to an ID that was already supplied."));
    }
  }
  for (const auto& [id, name] : doomed) {
    responses.push_back(refused(name, id, ErrorCode::kNone));
    result.records.push_back({RemoveTopicRecord{.topic_id = id}, 0});
  }
  return result;
}

ApiError ReplicationControl::add_partitions(
    const CreatePartitionsRequest::CreatePartitionsTopic& request, RecordList& records) {
  const TopicImage* topic = image_.topic(std::string_view(request.name));
  if (topic == nullptr) return {ErrorCode::kUnknownTopicOrPartition};
  const auto present = static_cast<std::int32_t>(topic->partitions.size());
  if (request.count == present) {
    return {ErrorCode::kInvalidPartitions,
            "Topic already has " + std::to_string(present) + " partition(s)."};
  }
  if (request.count < present) {
    return {ErrorCode::kInvalidPartitions,
            "The topic " + topic->name + " currently has " + std::to_string(present) +
                " partition(s); " + std::to_string(request.count) + " would not be an increase."};
  }
  const std::int32_t additional = request.count - present;
  if (std::cmp_greater(additional, kRecordsPerUserOperationMax)) {
    return {ErrorCode::kPolicyViolation, "Unable to perform excessively large batch operation."};
  }
  const std::size_t replication_factor = topic->partitions.begin()->second.replicas.size();
  NewPartitions planned;
  if (!request.assignments) {
    const ApiError error =
        place(additional, static_cast<std::int32_t>(replication_factor), planned);
    if (error.is_failure()) return error;
  } else if (std::cmp_not_equal(request.assignments->size(), additional)) {
    return {ErrorCode::kInvalidReplicaAssignment, "Attempted to add " + std::to_string(additional) +
                                                      " additional partition(s), but only " +
                                                      std::to_string(request.assignments->size()) +
                                                      " assignment(s) were specified."};
  } else {
    for (const auto& assignment : *request.assignments) {
      NewPartition partition{.replicas = to_node_ids(assignment.broker_ids), .isr = {}};
      const ApiError error = check_assignment(partition.replicas, replication_factor);
      if (error.is_failure()) return error;
      std::ranges::copy_if(partition.replicas, std::back_inserter(partition.isr),
                           [&](NodeId id) { return image_.is_active(id); });
      if (partition.isr.empty()) {
        return {ErrorCode::kInvalidReplicaAssignment,
                "All brokers specified in the manual partition assignment for partition " +
                    std::to_string(present + static_cast<std::int32_t>(planned.size())) +
                    " are fenced or in controlled shutdown."};
      }
      planned.push_back(std::move(partition));
    }
  }
  std::int32_t number = present;
  for (NewPartition& partition : planned) {
    records.push_back(new_partition(std::move(partition), {topic->id, number++}));
  }
  return {};
}

ControllerResult<CreatePartitionsResponse> ReplicationControl::create_partitions(
    const CreatePartitionsRequest& request) {
  ControllerResult<CreatePartitionsResponse> result;
  std::map<std::string, int> times;
  for (const auto& topic : request.topics) ++times[topic.name];
  for (const auto& [name, count] : times) {
    if (count == 1) continue;
    result.response.results.push_back({.name = name,
                                       .error_code = ErrorCode::kInvalidRequest,
                                       .error_message = "Duplicate topic name."});
  }
  for (const auto& topic : request.topics) {
    if (times.at(topic.name) > 1) continue;
    RecordList records;
    ApiError error = add_partitions(topic, records);
    result.response.results.push_back(
        {.name = topic.name, .error_code = error.code, .error_message = error.message_on_wire()});
    std::ranges::move(records, std::back_inserter(result.records));
  }
  if (request.validate_only) result.records.clear();
  return result;
}

}  // namespace kafka
