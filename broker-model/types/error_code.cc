#include "broker-model/types/error_code.h"

#include <algorithm>
#include <array>

namespace kafka {
namespace {

struct Row {
  ErrorCode code;
  std::string_view name;
  ErrorKind kind;
};

constexpr auto kRows = std::to_array<Row>({
    // sorted by code
    {ErrorCode::kUnknownServerError, "UNKNOWN_SERVER_ERROR", ErrorKind::kFatal},
    {ErrorCode::kNone, "NONE", ErrorKind::kNone},
    {ErrorCode::kOffsetOutOfRange, "OFFSET_OUT_OF_RANGE", ErrorKind::kFatal},
    {ErrorCode::kCorruptMessage, "CORRUPT_MESSAGE", ErrorKind::kRetriable},
    {ErrorCode::kUnknownTopicOrPartition, "UNKNOWN_TOPIC_OR_PARTITION",
     ErrorKind::kRefreshMetadata},
    {ErrorCode::kInvalidFetchSize, "INVALID_FETCH_SIZE", ErrorKind::kFatal},
    {ErrorCode::kLeaderNotAvailable, "LEADER_NOT_AVAILABLE", ErrorKind::kRefreshMetadata},
    {ErrorCode::kNotLeaderOrFollower, "NOT_LEADER_OR_FOLLOWER", ErrorKind::kRefreshMetadata},
    {ErrorCode::kRequestTimedOut, "REQUEST_TIMED_OUT", ErrorKind::kRetriable},
    {ErrorCode::kBrokerNotAvailable, "BROKER_NOT_AVAILABLE", ErrorKind::kFatal},
    {ErrorCode::kReplicaNotAvailable, "REPLICA_NOT_AVAILABLE", ErrorKind::kRefreshMetadata},
    {ErrorCode::kMessageTooLarge, "MESSAGE_TOO_LARGE", ErrorKind::kFatal},
    {ErrorCode::kStaleControllerEpoch, "STALE_CONTROLLER_EPOCH", ErrorKind::kFatal},
    {ErrorCode::kOffsetMetadataTooLarge, "OFFSET_METADATA_TOO_LARGE", ErrorKind::kFatal},
    {ErrorCode::kNetworkException, "NETWORK_EXCEPTION", ErrorKind::kRefreshMetadata},
    {ErrorCode::kCoordinatorLoadInProgress, "COORDINATOR_LOAD_IN_PROGRESS", ErrorKind::kRetriable},
    {ErrorCode::kCoordinatorNotAvailable, "COORDINATOR_NOT_AVAILABLE", ErrorKind::kRetriable},
    {ErrorCode::kNotCoordinator, "NOT_COORDINATOR", ErrorKind::kRetriable},
    {ErrorCode::kInvalidTopicException, "INVALID_TOPIC_EXCEPTION", ErrorKind::kFatal},
    {ErrorCode::kRecordListTooLarge, "RECORD_LIST_TOO_LARGE", ErrorKind::kFatal},
    {ErrorCode::kNotEnoughReplicas, "NOT_ENOUGH_REPLICAS", ErrorKind::kRetriable},
    {ErrorCode::kNotEnoughReplicasAfterAppend, "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
     ErrorKind::kRetriable},
    {ErrorCode::kInvalidRequiredAcks, "INVALID_REQUIRED_ACKS", ErrorKind::kFatal},
    {ErrorCode::kIllegalGeneration, "ILLEGAL_GENERATION", ErrorKind::kFatal},
    {ErrorCode::kInconsistentGroupProtocol, "INCONSISTENT_GROUP_PROTOCOL", ErrorKind::kFatal},
    {ErrorCode::kInvalidGroupId, "INVALID_GROUP_ID", ErrorKind::kFatal},
    {ErrorCode::kUnknownMemberId, "UNKNOWN_MEMBER_ID", ErrorKind::kFatal},
    {ErrorCode::kInvalidSessionTimeout, "INVALID_SESSION_TIMEOUT", ErrorKind::kFatal},
    {ErrorCode::kRebalanceInProgress, "REBALANCE_IN_PROGRESS", ErrorKind::kFatal},
    {ErrorCode::kInvalidCommitOffsetSize, "INVALID_COMMIT_OFFSET_SIZE", ErrorKind::kFatal},
    {ErrorCode::kTopicAuthorizationFailed, "TOPIC_AUTHORIZATION_FAILED", ErrorKind::kFatal},
    {ErrorCode::kGroupAuthorizationFailed, "GROUP_AUTHORIZATION_FAILED", ErrorKind::kFatal},
    {ErrorCode::kClusterAuthorizationFailed, "CLUSTER_AUTHORIZATION_FAILED", ErrorKind::kFatal},
    {ErrorCode::kInvalidTimestamp, "INVALID_TIMESTAMP", ErrorKind::kFatal},
    {ErrorCode::kUnsupportedSaslMechanism, "UNSUPPORTED_SASL_MECHANISM", ErrorKind::kFatal},
    {ErrorCode::kIllegalSaslState, "ILLEGAL_SASL_STATE", ErrorKind::kFatal},
    {ErrorCode::kUnsupportedVersion, "UNSUPPORTED_VERSION", ErrorKind::kFatal},
    {ErrorCode::kTopicAlreadyExists, "TOPIC_ALREADY_EXISTS", ErrorKind::kFatal},
    {ErrorCode::kInvalidPartitions, "INVALID_PARTITIONS", ErrorKind::kFatal},
    {ErrorCode::kInvalidReplicationFactor, "INVALID_REPLICATION_FACTOR", ErrorKind::kFatal},
    {ErrorCode::kInvalidReplicaAssignment, "INVALID_REPLICA_ASSIGNMENT", ErrorKind::kFatal},
    {ErrorCode::kInvalidConfig, "INVALID_CONFIG", ErrorKind::kFatal},
    {ErrorCode::kNotController, "NOT_CONTROLLER", ErrorKind::kRetriable},
    {ErrorCode::kInvalidRequest, "INVALID_REQUEST", ErrorKind::kFatal},
    {ErrorCode::kUnsupportedForMessageFormat, "UNSUPPORTED_FOR_MESSAGE_FORMAT", ErrorKind::kFatal},
    {ErrorCode::kPolicyViolation, "POLICY_VIOLATION", ErrorKind::kFatal},
    {ErrorCode::kOutOfOrderSequenceNumber, "OUT_OF_ORDER_SEQUENCE_NUMBER", ErrorKind::kFatal},
    {ErrorCode::kDuplicateSequenceNumber, "DUPLICATE_SEQUENCE_NUMBER", ErrorKind::kFatal},
    {ErrorCode::kInvalidProducerEpoch, "INVALID_PRODUCER_EPOCH", ErrorKind::kFatal},
    {ErrorCode::kInvalidTxnState, "INVALID_TXN_STATE", ErrorKind::kFatal},
    {ErrorCode::kInvalidProducerIdMapping, "INVALID_PRODUCER_ID_MAPPING", ErrorKind::kFatal},
    {ErrorCode::kInvalidTransactionTimeout, "INVALID_TRANSACTION_TIMEOUT", ErrorKind::kFatal},
    {ErrorCode::kConcurrentTransactions, "CONCURRENT_TRANSACTIONS", ErrorKind::kRetriable},
    {ErrorCode::kTransactionCoordinatorFenced, "TRANSACTION_COORDINATOR_FENCED", ErrorKind::kFatal},
    {ErrorCode::kTransactionalIdAuthorizationFailed, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
     ErrorKind::kFatal},
    {ErrorCode::kSecurityDisabled, "SECURITY_DISABLED", ErrorKind::kFatal},
    {ErrorCode::kOperationNotAttempted, "OPERATION_NOT_ATTEMPTED", ErrorKind::kFatal},
    {ErrorCode::kKafkaStorageError, "KAFKA_STORAGE_ERROR", ErrorKind::kRefreshMetadata},
    {ErrorCode::kLogDirNotFound, "LOG_DIR_NOT_FOUND", ErrorKind::kFatal},
    {ErrorCode::kSaslAuthenticationFailed, "SASL_AUTHENTICATION_FAILED", ErrorKind::kFatal},
    {ErrorCode::kUnknownProducerId, "UNKNOWN_PRODUCER_ID", ErrorKind::kFatal},
    {ErrorCode::kReassignmentInProgress, "REASSIGNMENT_IN_PROGRESS", ErrorKind::kFatal},
    {ErrorCode::kDelegationTokenAuthDisabled, "DELEGATION_TOKEN_AUTH_DISABLED", ErrorKind::kFatal},
    {ErrorCode::kDelegationTokenNotFound, "DELEGATION_TOKEN_NOT_FOUND", ErrorKind::kFatal},
    {ErrorCode::kDelegationTokenOwnerMismatch, "DELEGATION_TOKEN_OWNER_MISMATCH",
     ErrorKind::kFatal},
    {ErrorCode::kDelegationTokenRequestNotAllowed, "DELEGATION_TOKEN_REQUEST_NOT_ALLOWED",
     ErrorKind::kFatal},
    {ErrorCode::kDelegationTokenAuthorizationFailed, "DELEGATION_TOKEN_AUTHORIZATION_FAILED",
     ErrorKind::kFatal},
    {ErrorCode::kDelegationTokenExpired, "DELEGATION_TOKEN_EXPIRED", ErrorKind::kFatal},
    {ErrorCode::kInvalidPrincipalType, "INVALID_PRINCIPAL_TYPE", ErrorKind::kFatal},
    {ErrorCode::kNonEmptyGroup, "NON_EMPTY_GROUP", ErrorKind::kFatal},
    {ErrorCode::kGroupIdNotFound, "GROUP_ID_NOT_FOUND", ErrorKind::kFatal},
    {ErrorCode::kFetchSessionIdNotFound, "FETCH_SESSION_ID_NOT_FOUND", ErrorKind::kRetriable},
    {ErrorCode::kInvalidFetchSessionEpoch, "INVALID_FETCH_SESSION_EPOCH", ErrorKind::kRetriable},
    {ErrorCode::kListenerNotFound, "LISTENER_NOT_FOUND", ErrorKind::kRefreshMetadata},
    {ErrorCode::kTopicDeletionDisabled, "TOPIC_DELETION_DISABLED", ErrorKind::kFatal},
    {ErrorCode::kFencedLeaderEpoch, "FENCED_LEADER_EPOCH", ErrorKind::kRefreshMetadata},
    {ErrorCode::kUnknownLeaderEpoch, "UNKNOWN_LEADER_EPOCH", ErrorKind::kRetriable},
    {ErrorCode::kUnsupportedCompressionType, "UNSUPPORTED_COMPRESSION_TYPE", ErrorKind::kFatal},
    {ErrorCode::kStaleBrokerEpoch, "STALE_BROKER_EPOCH", ErrorKind::kFatal},
    {ErrorCode::kOffsetNotAvailable, "OFFSET_NOT_AVAILABLE", ErrorKind::kRetriable},
    {ErrorCode::kMemberIdRequired, "MEMBER_ID_REQUIRED", ErrorKind::kFatal},
    {ErrorCode::kPreferredLeaderNotAvailable, "PREFERRED_LEADER_NOT_AVAILABLE",
     ErrorKind::kRefreshMetadata},
    {ErrorCode::kGroupMaxSizeReached, "GROUP_MAX_SIZE_REACHED", ErrorKind::kFatal},
    {ErrorCode::kFencedInstanceId, "FENCED_INSTANCE_ID", ErrorKind::kFatal},
    {ErrorCode::kEligibleLeadersNotAvailable, "ELIGIBLE_LEADERS_NOT_AVAILABLE",
     ErrorKind::kRefreshMetadata},
    {ErrorCode::kElectionNotNeeded, "ELECTION_NOT_NEEDED", ErrorKind::kRefreshMetadata},
    {ErrorCode::kNoReassignmentInProgress, "NO_REASSIGNMENT_IN_PROGRESS", ErrorKind::kFatal},
    {ErrorCode::kGroupSubscribedToTopic, "GROUP_SUBSCRIBED_TO_TOPIC", ErrorKind::kFatal},
    {ErrorCode::kInvalidRecord, "INVALID_RECORD", ErrorKind::kFatal},
    {ErrorCode::kUnstableOffsetCommit, "UNSTABLE_OFFSET_COMMIT", ErrorKind::kRetriable},
    {ErrorCode::kThrottlingQuotaExceeded, "THROTTLING_QUOTA_EXCEEDED", ErrorKind::kRetriable},
    {ErrorCode::kProducerFenced, "PRODUCER_FENCED", ErrorKind::kFatal},
    {ErrorCode::kResourceNotFound, "RESOURCE_NOT_FOUND", ErrorKind::kFatal},
    {ErrorCode::kDuplicateResource, "DUPLICATE_RESOURCE", ErrorKind::kFatal},
    {ErrorCode::kUnacceptableCredential, "UNACCEPTABLE_CREDENTIAL", ErrorKind::kFatal},
    {ErrorCode::kInconsistentVoterSet, "INCONSISTENT_VOTER_SET", ErrorKind::kFatal},
    {ErrorCode::kInvalidUpdateVersion, "INVALID_UPDATE_VERSION", ErrorKind::kFatal},
    {ErrorCode::kFeatureUpdateFailed, "FEATURE_UPDATE_FAILED", ErrorKind::kFatal},
    {ErrorCode::kPrincipalDeserializationFailure, "PRINCIPAL_DESERIALIZATION_FAILURE",
     ErrorKind::kFatal},
    {ErrorCode::kSnapshotNotFound, "SNAPSHOT_NOT_FOUND", ErrorKind::kFatal},
    {ErrorCode::kPositionOutOfRange, "POSITION_OUT_OF_RANGE", ErrorKind::kFatal},
    {ErrorCode::kUnknownTopicId, "UNKNOWN_TOPIC_ID", ErrorKind::kRefreshMetadata},
    {ErrorCode::kDuplicateBrokerRegistration, "DUPLICATE_BROKER_REGISTRATION", ErrorKind::kFatal},
    {ErrorCode::kBrokerIdNotRegistered, "BROKER_ID_NOT_REGISTERED", ErrorKind::kFatal},
    {ErrorCode::kInconsistentTopicId, "INCONSISTENT_TOPIC_ID", ErrorKind::kRefreshMetadata},
    {ErrorCode::kInconsistentClusterId, "INCONSISTENT_CLUSTER_ID", ErrorKind::kFatal},
    {ErrorCode::kTransactionalIdNotFound, "TRANSACTIONAL_ID_NOT_FOUND", ErrorKind::kFatal},
    {ErrorCode::kFetchSessionTopicIdError, "FETCH_SESSION_TOPIC_ID_ERROR", ErrorKind::kRetriable},
    {ErrorCode::kIneligibleReplica, "INELIGIBLE_REPLICA", ErrorKind::kFatal},
    {ErrorCode::kNewLeaderElected, "NEW_LEADER_ELECTED", ErrorKind::kFatal},
    {ErrorCode::kOffsetMovedToTieredStorage, "OFFSET_MOVED_TO_TIERED_STORAGE", ErrorKind::kFatal},
    {ErrorCode::kFencedMemberEpoch, "FENCED_MEMBER_EPOCH", ErrorKind::kFatal},
    {ErrorCode::kUnreleasedInstanceId, "UNRELEASED_INSTANCE_ID", ErrorKind::kFatal},
    {ErrorCode::kUnsupportedAssignor, "UNSUPPORTED_ASSIGNOR", ErrorKind::kFatal},
    {ErrorCode::kStaleMemberEpoch, "STALE_MEMBER_EPOCH", ErrorKind::kFatal},
    {ErrorCode::kMismatchedEndpointType, "MISMATCHED_ENDPOINT_TYPE", ErrorKind::kFatal},
    {ErrorCode::kUnsupportedEndpointType, "UNSUPPORTED_ENDPOINT_TYPE", ErrorKind::kFatal},
    {ErrorCode::kUnknownControllerId, "UNKNOWN_CONTROLLER_ID", ErrorKind::kFatal},
    {ErrorCode::kUnknownSubscriptionId, "UNKNOWN_SUBSCRIPTION_ID", ErrorKind::kFatal},
    {ErrorCode::kTelemetryTooLarge, "TELEMETRY_TOO_LARGE", ErrorKind::kFatal},
    {ErrorCode::kInvalidRegistration, "INVALID_REGISTRATION", ErrorKind::kFatal},
    {ErrorCode::kTransactionAbortable, "TRANSACTION_ABORTABLE", ErrorKind::kFatal},
    {ErrorCode::kInvalidRecordState, "INVALID_RECORD_STATE", ErrorKind::kFatal},
    {ErrorCode::kShareSessionNotFound, "SHARE_SESSION_NOT_FOUND", ErrorKind::kRetriable},
    {ErrorCode::kInvalidShareSessionEpoch, "INVALID_SHARE_SESSION_EPOCH", ErrorKind::kRetriable},
    {ErrorCode::kFencedStateEpoch, "FENCED_STATE_EPOCH", ErrorKind::kFatal},
    {ErrorCode::kInvalidVoterKey, "INVALID_VOTER_KEY", ErrorKind::kFatal},
    {ErrorCode::kDuplicateVoter, "DUPLICATE_VOTER", ErrorKind::kFatal},
    {ErrorCode::kVoterNotFound, "VOTER_NOT_FOUND", ErrorKind::kFatal},
    {ErrorCode::kInvalidRegularExpression, "INVALID_REGULAR_EXPRESSION", ErrorKind::kFatal},
    {ErrorCode::kRebootstrapRequired, "REBOOTSTRAP_REQUIRED", ErrorKind::kFatal},
    {ErrorCode::kStreamsInvalidTopology, "STREAMS_INVALID_TOPOLOGY", ErrorKind::kFatal},
    {ErrorCode::kStreamsInvalidTopologyEpoch, "STREAMS_INVALID_TOPOLOGY_EPOCH", ErrorKind::kFatal},
    {ErrorCode::kStreamsTopologyFenced, "STREAMS_TOPOLOGY_FENCED", ErrorKind::kFatal},
    {ErrorCode::kShareSessionLimitReached, "SHARE_SESSION_LIMIT_REACHED", ErrorKind::kRetriable},
});

const Row* find(ErrorCode code) {
  const auto row = std::lower_bound(kRows.begin(), kRows.end(), code,
                                    [](const Row& r, ErrorCode c) { return r.code < c; });
  return row != kRows.end() && row->code == code ? &*row : nullptr;
}

}  // namespace

std::string_view name(ErrorCode code) {
  const Row* row = find(code);
  return row != nullptr ? row->name : "UNKNOWN_ERROR_CODE";
}

ErrorKind kind(ErrorCode code) {
  const Row* row = find(code);
  return row != nullptr ? row->kind : ErrorKind::kFatal;
}

}  // namespace kafka
