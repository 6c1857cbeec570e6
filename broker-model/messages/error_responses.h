// What a request of the controller's and admin's APIs is answered when it fails as a whole: the
// error in every place of the response that has one (AbstractRequest.getErrorResponse), and the
// reverse: does a response tell of an error anywhere (AbstractResponse.errorCounts).
#pragma once

#include <utility>
#include <vector>

#include "broker-model/messages/add_raft_voter.h"
#include "broker-model/messages/allocate_producer_ids.h"
#include "broker-model/messages/alter_partition.h"
#include "broker-model/messages/alter_partition_reassignments.h"
#include "broker-model/messages/broker_heartbeat.h"
#include "broker-model/messages/broker_registration.h"
#include "broker-model/messages/controller_registration.h"
#include "broker-model/messages/create_partitions.h"
#include "broker-model/messages/create_topics.h"
#include "broker-model/messages/delete_records.h"
#include "broker-model/messages/delete_topics.h"
#include "broker-model/messages/describe_quorum.h"
#include "broker-model/messages/elect_leaders.h"
#include "broker-model/messages/incremental_alter_configs.h"
#include "broker-model/messages/list_partition_reassignments.h"
#include "broker-model/messages/remove_raft_voter.h"
#include "broker-model/messages/unregister_broker.h"
#include "broker-model/messages/update_features.h"

namespace kafka {

BrokerRegistrationResponse error_response(const BrokerRegistrationRequest&, ErrorCode);
BrokerHeartbeatResponse error_response(const BrokerHeartbeatRequest&, ErrorCode);
AlterPartitionResponse error_response(const AlterPartitionRequest&, ErrorCode);
AllocateProducerIdsResponse error_response(const AllocateProducerIdsRequest&, ErrorCode);
ControllerRegistrationResponse error_response(const ControllerRegistrationRequest&, ErrorCode);
CreateTopicsResponse error_response(const CreateTopicsRequest&, ErrorCode);
DeleteTopicsResponse error_response(const DeleteTopicsRequest&, ErrorCode);
CreatePartitionsResponse error_response(const CreatePartitionsRequest&, ErrorCode);
ElectLeadersResponse error_response(const ElectLeadersRequest&, ErrorCode);
AlterPartitionReassignmentsResponse error_response(const AlterPartitionReassignmentsRequest&,
                                                   ErrorCode);
ListPartitionReassignmentsResponse error_response(const ListPartitionReassignmentsRequest&,
                                                  ErrorCode);
IncrementalAlterConfigsResponse error_response(const IncrementalAlterConfigsRequest&, ErrorCode);
DeleteRecordsResponse error_response(const DeleteRecordsRequest&, ErrorCode);
UpdateFeaturesResponse error_response(const UpdateFeaturesRequest&, ErrorCode);
UnregisterBrokerResponse error_response(const UnregisterBrokerRequest&, ErrorCode);
DescribeQuorumResponse error_response(const DescribeQuorumRequest&, ErrorCode);
AddRaftVoterResponse error_response(const AddRaftVoterRequest&, ErrorCode);
RemoveRaftVoterResponse error_response(const RemoveRaftVoterRequest&, ErrorCode);

template <class Request>
using ResponseTo = decltype(error_response(std::declval<const Request&>(), ErrorCode{}));

// A visitor of a response's field list that hands each error code, NONE too, to a function.
template <class F>
class ErrorVisitor {
 public:
  explicit ErrorVisitor(F found) : found_(std::move(found)) {}
  template <class Spec, class T>
  void operator()(Spec, std::string_view, T& field) {
    visit(field);
  }

 private:
  void visit(ErrorCode& code) { found_(code); }
  template <class T>
  void visit(std::vector<T>& list) {
    if constexpr (requires(T& element) { element.fields(*this); }) {
      for (T& element : list) element.fields(*this);
    }
  }
  template <class T>
  void visit(T& field) {
    if constexpr (requires { field.fields(*this); }) field.fields(*this);
  }
  F found_;
};

// The error codes of a response, in wire order. By value: a field list is no const member.
template <class Response, class F>
void for_each_error(Response response, F found) {
  ErrorVisitor<F> visitor(std::move(found));
  response.fields(visitor);
}

template <class Response>
bool mentions(const Response& response, ErrorCode error) {
  bool is_there = false;
  for_each_error(response, [&](ErrorCode code) { is_there = is_there || code == error; });
  return is_there;
}

}  // namespace kafka
