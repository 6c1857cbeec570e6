// Replicas moved while the partition serves: ReplicationControlManager.alterPartitionReassignments,
// PartitionReassignmentReplicas, PartitionReassignmentRevert (KIP-455, KIP-860). The new replicas
// join the assignment at once, before what they replace; PartitionChangeBuilder completes the move
// when they are in the ISR.
#include <algorithm>
#include <set>

#include "broker-model/controller/replication_control.h"

namespace kafka {
namespace {

// In ascending order, as Kafka's.
std::vector<NodeId> difference(const std::vector<NodeId>& of, const std::vector<NodeId>& without) {
  std::vector<NodeId> result;
  std::ranges::copy_if(of, std::back_inserter(result),
                       [&](NodeId id) { return !contains(without, id); });
  std::ranges::sort(result);
  return result;
}

// How many replicas the partition will have when its reassignment is over.
std::size_t final_replication_factor(const PartitionImage& partition) {
  std::set<NodeId> replicas(partition.replicas.begin(), partition.replicas.end());
  for (const NodeId id : partition.removing_replicas) replicas.erase(id);
  return replicas.size();
}

}  // namespace

ApiError ReplicationControl::cancel_reassignment(const TopicImage& topic, std::int32_t number,
                                                 RecordList& records) const {
  const PartitionImage& partition = topic.partitions.at(number);
  if (!partition.is_reassigning()) return {ErrorCode::kNoReassignmentInProgress};
  std::vector<NodeId> replicas = partition.replicas;
  std::vector<NodeId> isr = partition.isr;
  const auto is_added = [&](NodeId id) { return contains(partition.adding_replicas, id); };
  std::erase_if(replicas, is_added);
  std::erase_if(isr, is_added);
  if (isr.empty()) {
    // Whoever is put in has not what the others had.
    if (replicas.empty()) {
      return {ErrorCode::kInvalidReplicaAssignment,
              "Invalid replica assignment: addingReplicas contains all replicas."};
    }
    if (election_for(topic.name) != Election::kUnclean) {
      return {ErrorCode::kInvalidReplicaAssignment,
              "Unable to revert partition assignment for " + topic.name + ":" +
                  std::to_string(number) + " because it would require an unclean leader election."};
    }
    isr.push_back(replicas.front());
  }
  const ActiveBrokers acceptor(image_, kNoBrokerChange);
  auto record =
      PartitionChangeBuilder(partition, {topic.id, number}, acceptor, change_options(topic))
          .election(election_for(topic.name))
          .target_isr(std::move(isr))
          .target_replicas(std::move(replicas))
          .target_removing({})
          .target_adding({})
          .build();
  if (record) add_change(partition, std::move(*record), records);
  return {};
}

ApiError ReplicationControl::change_reassignment(const TopicImage& topic, std::int32_t number,
                                                 std::vector<NodeId> target,
                                                 RecordList& records) const {
  const PartitionImage& partition = topic.partitions.at(number);
  std::vector<NodeId> removing = difference(partition.replicas, target);
  std::vector<NodeId> adding = difference(target, partition.replicas);
  std::vector<NodeId> merged = std::move(target);
  std::ranges::copy(removing, std::back_inserter(merged));
  const ActiveBrokers acceptor(image_, kNoBrokerChange);
  PartitionChangeBuilder builder(partition, {topic.id, number}, acceptor, change_options(topic));
  builder.target_replicas(std::move(merged));
  // With nothing to add or remove what is under way stays as it is, as Kafka's.
  if (!removing.empty()) builder.target_removing(std::move(removing));
  if (!adding.empty()) builder.target_adding(std::move(adding));
  if (auto record = builder.build()) add_change(partition, std::move(*record), records);
  return {};
}

ApiError ReplicationControl::alter_reassignment(
    std::string_view topic_name,
    const AlterPartitionReassignmentsRequest::ReassignablePartition& target,
    bool may_change_replication_factor, RecordList& records) const {
  const TopicImage* topic = image_.topic(topic_name);
  if (topic == nullptr) {
    return {ErrorCode::kUnknownTopicOrPartition,
            "Unable to find a topic named " + std::string(topic_name) + "."};
  }
  const PartitionImage* partition = image_.partition(topic->id, target.partition_index);
  if (partition == nullptr) {
    return {ErrorCode::kUnknownTopicOrPartition, "Unable to find partition " + topic->name + ":" +
                                                     std::to_string(target.partition_index) + "."};
  }
  if (!target.replicas) return cancel_reassignment(*topic, target.partition_index, records);
  std::vector<NodeId> replicas = to_node_ids(*target.replicas);
  if (ApiError error = check_assignment(replicas, std::nullopt); error.is_failure()) return error;
  const std::size_t current = final_replication_factor(*partition);
  if (!may_change_replication_factor && current != replicas.size()) {
    return {ErrorCode::kInvalidReplicationFactor, "The replication factor is changed from " +
                                                      std::to_string(current) + " to " +
                                                      std::to_string(replicas.size())};
  }
  return change_reassignment(*topic, target.partition_index, std::move(replicas), records);
}

ControllerResult<AlterPartitionReassignmentsResponse> ReplicationControl::alter_reassignments(
    const AlterPartitionReassignmentsRequest& request) const {
  ControllerResult<AlterPartitionReassignmentsResponse> result;
  result.response.error_message = std::nullopt;
  result.response.allow_replication_factor_change = request.allow_replication_factor_change;
  for (const auto& topic : request.topics) {
    auto& answer = result.response.responses.emplace_back();
    answer.name = topic.name;
    for (const auto& target : topic.partitions) {
      ApiError error = alter_reassignment(topic.name, target,
                                          request.allow_replication_factor_change, result.records);
      answer.partitions.push_back({.partition_index = target.partition_index,
                                   .error_code = error.code,
                                   .error_message = error.message_on_wire()});
    }
  }
  return result;
}

ListPartitionReassignmentsResponse ReplicationControl::list_reassignments(
    const ListPartitionReassignmentsRequest& request) const {
  ListPartitionReassignmentsResponse response{.error_message = std::nullopt};
  const auto list = [&](const TopicImage& topic, std::int32_t number) {
    const PartitionImage* partition = image_.partition(topic.id, number);
    if (partition == nullptr || !partition->is_reassigning()) return;
    if (response.topics.empty() || response.topics.back().name != topic.name) {
      response.topics.emplace_back().name = topic.name;
    }
    response.topics.back().partitions.push_back(
        {.partition_index = number,
         .replicas = to_wire_ids(partition->replicas),
         .adding_replicas = to_wire_ids(partition->adding_replicas),
         .removing_replicas = to_wire_ids(partition->removing_replicas)});
  };
  if (!request.topics) {
    for (const TopicIdPartition& id : index_.reassigning()) {
      list(*image_.topic(id.topic_id), id.partition);
    }
    return response;
  }
  for (const auto& wanted : *request.topics) {
    const TopicImage* topic = image_.topic(std::string_view(wanted.name));
    if (topic == nullptr) continue;
    for (const std::int32_t number : wanted.partition_indexes) list(*topic, number);
  }
  return response;
}

}  // namespace kafka
