// Elections that somebody asks for, and those that come round:
// ReplicationControlManager.electLeaders, maybeBalancePartitionLeaders, maybeElectUncleanLeaders.
#include "broker-model/controller/replication_control.h"

namespace kafka {
namespace {

constexpr std::size_t kElectionsPerRound = 1000;  // MAX_ELECTIONS_PER_IMBALANCE

// org.apache.kafka.common.ElectionType
constexpr std::int8_t kPreferredType = 0;
constexpr std::int8_t kUncleanType = 1;

}  // namespace

ApiError ReplicationControl::elect_leader(std::string_view topic_name, std::int32_t number,
                                          Election election, RecordList& records) const {
  const TopicImage* topic = image_.topic(topic_name);
  if (topic == nullptr) {
    return {ErrorCode::kUnknownTopicOrPartition, "No such topic as " + std::string(topic_name)};
  }
  const PartitionImage* partition = image_.partition(topic->id, number);
  if (partition == nullptr) {
    return {ErrorCode::kUnknownTopicOrPartition,
            "No such partition as " + topic->name + "-" + std::to_string(number)};
  }
  const bool is_preferred = election == Election::kPreferred;
  if (is_preferred ? partition->has_preferred_leader() : partition->leader.has_value()) {
    return {ErrorCode::kElectionNotNeeded};
  }
  const ActiveBrokers acceptor(image_, kNoBrokerChange);
  auto record =
      PartitionChangeBuilder(*partition, {topic->id, number}, acceptor, change_options(*topic))
          .election(election)
          .build();
  if (!record) {
    return {is_preferred ? ErrorCode::kPreferredLeaderNotAvailable
                         : ErrorCode::kEligibleLeadersNotAvailable};
  }
  add_change(*partition, std::move(*record), records);
  return {};
}

ControllerResult<ElectLeadersResponse> ReplicationControl::elect_leaders(
    const ElectLeadersRequest& request) const {
  if (request.election_type != kPreferredType && request.election_type != kUncleanType) {
    return {.response = error_response(request, ErrorCode::kInvalidRequest)};
  }
  const Election election =
      request.election_type == kPreferredType ? Election::kPreferred : Election::kUnclean;
  ControllerResult<ElectLeadersResponse> result;
  const auto elect = [&](ElectLeadersResponse::ReplicaElectionResult& into, std::int32_t number) {
    const ApiError error = elect_leader(into.topic, number, election, result.records);
    into.partition_result.push_back({.partition_id = number,
                                     .error_code = error.code,
                                     .error_message = error.message_on_wire()});
  };
  if (request.topic_partitions) {
    for (const auto& topic : *request.topic_partitions) {
      auto& into = result.response.replica_election_results.emplace_back();
      into.topic = topic.topic;
      for (const std::int32_t number : topic.partitions) elect(into, number);
    }
    return result;
  }
  // Of all partitions; those that have the wanted leader are not spoken of.
  for (const auto& [name, id] : image_.topic_ids()) {
    auto& into = result.response.replica_election_results.emplace_back();
    into.topic = name;
    for (const auto& [number, partition] : image_.topic(id)->partitions) {
      elect(into, number);
      if (into.partition_result.back().error_code == ErrorCode::kElectionNotNeeded) {
        into.partition_result.pop_back();
      }
    }
  }
  return result;
}

void ReplicationControl::elect_preferred(RecordList& records) const {
  const ActiveBrokers acceptor(image_, kNoBrokerChange);
  for (const TopicIdPartition& id : index_.imbalanced()) {
    if (records.size() >= kElectionsPerRound) return;
    const TopicImage& topic = *image_.topic(id.topic_id);
    const PartitionImage& partition = topic.partitions.at(id.partition);
    PartitionChangeBuilder builder(partition, id, acceptor, change_options(topic));
    auto record = builder.election(Election::kPreferred).build();
    if (record) add_change(partition, std::move(*record), records);
  }
}

void ReplicationControl::elect_unclean(RecordList& records) const {
  for (const TopicIdPartition& id : index_.leaderless()) {
    if (records.size() >= kElectionsPerRound) return;
    const TopicImage& topic = *image_.topic(id.topic_id);
    if (election_for(topic.name) == Election::kUnclean) {
      elect_leader(topic.name, id.partition, Election::kUnclean, records);
    }
  }
}

}  // namespace kafka
