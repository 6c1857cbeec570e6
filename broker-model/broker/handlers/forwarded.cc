// What a KRaft broker decides nothing about: it hands the request to the controller and the answer
// back (KafkaApis.forwardToController, ForwardingManager, KIP-590).
#include "broker-model/broker/api_table.h"
#include "broker-model/broker/handlers/decode.h"
#include "broker-model/messages/error_responses.h"
#include "broker-model/messages/frames.h"

namespace kafka {
namespace {

template <class Request>
void forward(BrokerCore& broker, const RequestContext& context, const env::Rope& body) {
  with_request<Request>(broker, context, body, [&](const Request& request) {
    broker.forward(context, Request::api, body,
                   must_encode_response(error_response(request, ErrorCode::kRequestTimedOut),
                                        context.version, context.correlation_id));
  });
}

}  // namespace

void handle_create_topics(BrokerCore& broker, const RequestContext& context,
                          const env::Rope& body) {
  forward<CreateTopicsRequest>(broker, context, body);
}

void handle_delete_topics(BrokerCore& broker, const RequestContext& context,
                          const env::Rope& body) {
  forward<DeleteTopicsRequest>(broker, context, body);
}

void handle_create_partitions(BrokerCore& broker, const RequestContext& context,
                              const env::Rope& body) {
  forward<CreatePartitionsRequest>(broker, context, body);
}

void handle_elect_leaders(BrokerCore& broker, const RequestContext& context,
                          const env::Rope& body) {
  forward<ElectLeadersRequest>(broker, context, body);
}

void handle_incremental_alter_configs(BrokerCore& broker, const RequestContext& context,
                                      const env::Rope& body) {
  forward<IncrementalAlterConfigsRequest>(broker, context, body);
}

void handle_alter_partition_reassignments(BrokerCore& broker, const RequestContext& context,
                                          const env::Rope& body) {
  forward<AlterPartitionReassignmentsRequest>(broker, context, body);
}

void handle_list_partition_reassignments(BrokerCore& broker, const RequestContext& context,
                                         const env::Rope& body) {
  forward<ListPartitionReassignmentsRequest>(broker, context, body);
}

void handle_update_features(BrokerCore& broker, const RequestContext& context,
                            const env::Rope& body) {
  forward<UpdateFeaturesRequest>(broker, context, body);
}

void handle_unregister_broker(BrokerCore& broker, const RequestContext& context,
                              const env::Rope& body) {
  forward<UnregisterBrokerRequest>(broker, context, body);
}

void handle_describe_quorum(BrokerCore& broker, const RequestContext& context,
                            const env::Rope& body) {
  forward<DescribeQuorumRequest>(broker, context, body);
}

void handle_add_raft_voter(BrokerCore& broker, const RequestContext& context,
                           const env::Rope& body) {
  forward<AddRaftVoterRequest>(broker, context, body);
}

void handle_remove_raft_voter(BrokerCore& broker, const RequestContext& context,
                              const env::Rope& body) {
  forward<RemoveRaftVoterRequest>(broker, context, body);
}

}  // namespace kafka
