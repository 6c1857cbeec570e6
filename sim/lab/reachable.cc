#include "sim/lab/reachable.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "broker-model/types/error_code.h"
#include "broker-model/types/probe.h"
#include "sim/lab/events.h"
#include "sim/lab/faults/registry.h"
#include "sim/lab/reached.h"

namespace sim {
namespace {

using enum kafka::ErrorCode;

struct ApiErrors {
  std::string_view api;
  std::vector<kafka::ErrorCode> codes;
};

// Of what an admin client asks the controller.
std::vector<ApiErrors> admin_errors() {
  return {
      {"DeleteTopics",
       {kNotController, kRequestTimedOut, kInvalidRequest, kTopicDeletionDisabled, kUnknownTopicId,
        kUnknownTopicOrPartition}},
      {"CreatePartitions",
       {kNotController, kRequestTimedOut, kInvalidRequest, kInvalidPartitions,
        kInvalidReplicaAssignment, kInvalidReplicationFactor, kUnknownTopicOrPartition}},
      {"ElectLeaders",
       {kNotController, kRequestTimedOut, kInvalidRequest, kUnknownTopicOrPartition,
        kElectionNotNeeded, kPreferredLeaderNotAvailable, kEligibleLeadersNotAvailable}},
      {"IncrementalAlterConfigs",
       {kNotController, kRequestTimedOut, kInvalidRequest, kInvalidConfig, kUnsupportedVersion,
        kUnknownTopicOrPartition, kBrokerIdNotRegistered}},
      {"AlterPartitionReassignments",
       {kNotController, kRequestTimedOut, kUnknownTopicOrPartition, kInvalidReplicaAssignment,
        kInvalidReplicationFactor, kNoReassignmentInProgress}},
      {"ListPartitionReassignments", {kNotController, kRequestTimedOut}},
      {"UpdateFeatures", {kNotController, kRequestTimedOut, kInvalidUpdateVersion}},
      {"UnregisterBroker", {kNotController, kRequestTimedOut, kBrokerIdNotRegistered}},
  };
}

// The codes that stand in the model's handlers, by the API in whose responses they leave. A unit
// test holds the sources against this table.
std::vector<ApiErrors> answer_errors() {
  return {
      {"Produce",
       {kInvalidRequiredAcks, kUnknownTopicId, kUnknownTopicOrPartition, kInvalidRecord,
        kInvalidTxnState, kKafkaStorageError, kNotLeaderOrFollower, kRequestTimedOut,
        kNotEnoughReplicas, kNotEnoughReplicasAfterAppend, kInvalidProducerEpoch,
        kOutOfOrderSequenceNumber, kTransactionCoordinatorFenced, kCorruptMessage, kMessageTooLarge,
        kInvalidTimestamp, kRecordListTooLarge, kUnsupportedCompressionType}},
      {"Fetch",
       {kFetchSessionIdNotFound, kInvalidFetchSessionEpoch, kFetchSessionTopicIdError,
        kInconsistentTopicId, kUnknownTopicId, kUnknownTopicOrPartition, kNotLeaderOrFollower,
        kFencedLeaderEpoch, kUnknownLeaderEpoch, kKafkaStorageError, kOffsetOutOfRange,
        kInvalidRequest, kInconsistentClusterId, kBrokerNotAvailable}},
      {"ListOffsets",
       {kUnknownTopicOrPartition, kNotLeaderOrFollower, kFencedLeaderEpoch, kUnknownLeaderEpoch,
        kOffsetNotAvailable}},
      {"DeleteRecords",
       {kUnknownTopicOrPartition, kInvalidTopicException, kNotLeaderOrFollower, kKafkaStorageError,
        kPolicyViolation, kOffsetOutOfRange, kRequestTimedOut}},
      {"Metadata",
       {kLeaderNotAvailable, kReplicaNotAvailable, kUnknownTopicId, kInvalidTopicException,
        kUnknownTopicOrPartition}},
      {"ApiVersions", {kUnsupportedVersion}},
      {"CreateTopics",
       {kRequestTimedOut, kInvalidConfig, kInvalidTopicException, kTopicAlreadyExists,
        kInvalidRequest, kInvalidReplicaAssignment, kInvalidReplicationFactor, kInvalidPartitions,
        kPolicyViolation, kNotController}},
      {"InitProducerId", {kInvalidRequest, kCoordinatorNotAvailable, kCoordinatorLoadInProgress}},
      {"Vote", {kInconsistentClusterId, kInvalidRequest, kFencedLeaderEpoch, kInvalidVoterKey}},
      {"BeginQuorumEpoch",
       {kInconsistentClusterId, kInvalidRequest, kFencedLeaderEpoch, kInvalidVoterKey}},
      {"EndQuorumEpoch", {kInconsistentClusterId, kInvalidRequest, kFencedLeaderEpoch}},
      {"FetchSnapshot",
       {kInconsistentClusterId, kInvalidRequest, kUnknownTopicOrPartition, kSnapshotNotFound,
        kPositionOutOfRange, kFencedLeaderEpoch, kUnknownLeaderEpoch, kNotLeaderOrFollower,
        kBrokerNotAvailable}},
      {"DescribeQuorum", {kNotLeaderOrFollower, kUnknownTopicOrPartition}},
      {"AddRaftVoter",
       {kInconsistentClusterId, kInvalidRequest, kRequestTimedOut, kUnsupportedVersion,
        kDuplicateVoter, kNotLeaderOrFollower, kBrokerNotAvailable}},
      {"RemoveRaftVoter",
       {kInconsistentClusterId, kInvalidRequest, kRequestTimedOut, kUnsupportedVersion,
        kVoterNotFound, kNotLeaderOrFollower, kBrokerNotAvailable}},
      {"UpdateRaftVoter",
       {kInconsistentClusterId, kInvalidRequest, kRequestTimedOut, kUnsupportedVersion,
        kVoterNotFound, kNotLeaderOrFollower, kBrokerNotAvailable, kFencedLeaderEpoch,
        kUnknownLeaderEpoch}},
      {"AlterPartition",
       {kNotController, kStaleBrokerEpoch, kUnknownTopicOrPartition, kFencedLeaderEpoch,
        kInvalidRequest, kInvalidUpdateVersion, kIneligibleReplica, kNewLeaderElected,
        kUnknownTopicId}},
      {"Envelope", {kNotController, kInvalidRequest}},
      {"BrokerRegistration",
       {kNotController, kInconsistentClusterId, kDuplicateBrokerRegistration,
        kBrokerIdNotRegistered, kInvalidRegistration, kUnsupportedVersion}},
      {"BrokerHeartbeat", {kNotController, kStaleBrokerEpoch}},
      {"ControllerRegistration", {kNotController}},
      {"AllocateProducerIds", {kNotController, kStaleBrokerEpoch, kUnknownServerError}},
  };
}

// What a producer's callback may be told.
constexpr kafka::ErrorCode kSendErrors[] = {
    kRequestTimedOut,
    kNetworkException,
    kMessageTooLarge,
    kOperationNotAttempted,
    kNotLeaderOrFollower,
    kNotEnoughReplicas,
    kKafkaStorageError,
    kUnknownServerError,
    kInvalidTimestamp,
    kUnknownTopicId,
    kNotEnoughReplicasAfterAppend,
};

// Of a broker, as the controller commits them. Registered is what a start leads to, from anything.
constexpr std::string_view kBrokerTransitions[] = {
    "registered to unfenced",
    "registered to registered",
    "fenced to unfenced",
    "fenced to registered",
    "fenced to fenced",
    "unfenced to unfenced",
    "unfenced to fenced",
    "unfenced to registered",
    "unfenced to in-controlled-shutdown",
    "in-controlled-shutdown to fenced",
    "in-controlled-shutdown to registered",
};

}  // namespace

std::vector<std::string> reachable() {
  std::vector<std::string> all;
  for (const std::string_view kind : Reached::kinds()) all.emplace_back(kind);
  for (const std::string_view change : {"shrink", "expand", "replace"})
    all.push_back(fmt::format("isr-change {}", change));
  for (const std::string_view outcome : {"clean", "unclean", "none"})
    all.push_back(fmt::format("election {}", outcome));
  for (const std::string_view state :
       {"registered", "fenced", "unfenced", "in-controlled-shutdown"})
    all.push_back(fmt::format("broker-state {}", state));
  for (const std::string_view step : kBrokerTransitions)
    all.push_back(fmt::format("broker-step {}", step));
  for (const std::string_view api : api_names()) {
    all.push_back(fmt::format("timeout {}", api));
    all.push_back(fmt::format("disconnect {}", api));
  }
  for (const kafka::ErrorCode error : kSendErrors)
    all.push_back(fmt::format("send-failed {}", kafka::name(error)));
  std::vector<ApiErrors> errors = answer_errors();
  std::ranges::move(admin_errors(), std::back_inserter(errors));
  for (const auto& [api, codes] : errors) {
    for (const kafka::ErrorCode code : codes)
      all.push_back(fmt::format("error {} {}", api, kafka::name(code)));
  }
  for (const FaultInfo& fault : faults()) {
    for (const std::string_view kind : {"fault", "heal", "effect"})
      all.push_back(fmt::format("{} {}", kind, fault.name));
  }
  for (const kafka::ProbeInfo& probe : kafka::probes())
    all.push_back(fmt::format("{} {}", probe.kind, probe.name));
  std::ranges::sort(all);
  return all;
}

}  // namespace sim
