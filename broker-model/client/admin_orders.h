// What KafkaAdminClient makes of each order: its request, which node it goes to, and what the
// answer means. One overload of each function an order; a new one needs no more.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "broker-model/messages/error_responses.h"
#include "broker-model/types/command.h"

namespace kafka {

struct AdminOutcome {
  ErrorCode error = ErrorCode::kNone;
  std::string message{};
};

CreateTopicsRequest admin_request(const CreateTopic& order, std::int32_t timeout_ms);
DeleteTopicsRequest admin_request(const DeleteTopic& order, std::int32_t timeout_ms);
CreatePartitionsRequest admin_request(const AddPartitions& order, std::int32_t timeout_ms);
IncrementalAlterConfigsRequest admin_request(const AlterConfig& order, std::int32_t timeout_ms);
AlterPartitionReassignmentsRequest admin_request(const ReassignPartition& order,
                                                 std::int32_t timeout_ms);
ElectLeadersRequest admin_request(const ElectLeader& order, std::int32_t timeout_ms);
UpdateFeaturesRequest admin_request(const UpdateFeature& order, std::int32_t timeout_ms);
DeleteRecordsRequest admin_request(const DeleteRecords& order, std::int32_t timeout_ms);
UnregisterBrokerRequest admin_request(const UnregisterBroker& order, std::int32_t timeout_ms);
AddRaftVoterRequest admin_request(const AddVoter& order, std::int32_t timeout_ms);
RemoveRaftVoterRequest admin_request(const RemoveVoter& order, std::int32_t timeout_ms);

// Nothing: the response does not answer one order.
std::optional<AdminOutcome> admin_outcome(const CreateTopicsResponse&);
std::optional<AdminOutcome> admin_outcome(const DeleteTopicsResponse&);
std::optional<AdminOutcome> admin_outcome(const CreatePartitionsResponse&);
std::optional<AdminOutcome> admin_outcome(const IncrementalAlterConfigsResponse&);
std::optional<AdminOutcome> admin_outcome(const AlterPartitionReassignmentsResponse&);
std::optional<AdminOutcome> admin_outcome(const ElectLeadersResponse&);
std::optional<AdminOutcome> admin_outcome(const UpdateFeaturesResponse&);
std::optional<AdminOutcome> admin_outcome(const DeleteRecordsResponse&);
std::optional<AdminOutcome> admin_outcome(const UnregisterBrokerResponse&);
std::optional<AdminOutcome> admin_outcome(const AddRaftVoterResponse&);
std::optional<AdminOutcome> admin_outcome(const RemoveRaftVoterResponse&);

using AdminWork = decltype(AdminOrder::what);

// "createTopics", as KafkaAdminClient names the call.
std::string_view call_name(const AdminWork& work);
// The partition whose leader must be asked; nothing: any broker, which forwards.
const TopicPartition* leader_wanted(const AdminWork& work);
// The answer says that it is worth another try.
bool is_retried(const AdminWork& work, ErrorCode error);

}  // namespace kafka
