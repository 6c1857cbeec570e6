// All APIs that exist here, as types: for tables, dispatch and tests that must miss none. Heavy:
// for .cc files only.
//
// A new API: its header and .cc, its key in fields.h, its two types here, its line in
// api_versions_table.cc (On::kNobody until a listener serves it), and its vectors
// (tests/data/messages/make_vectors).
#pragma once

#include "broker-model/messages/add_raft_voter.h"
#include "broker-model/messages/allocate_producer_ids.h"
#include "broker-model/messages/alter_partition.h"
#include "broker-model/messages/alter_partition_reassignments.h"
#include "broker-model/messages/api_versions.h"
#include "broker-model/messages/assign_replicas_to_dirs.h"
#include "broker-model/messages/begin_quorum_epoch.h"
#include "broker-model/messages/broker_heartbeat.h"
#include "broker-model/messages/broker_registration.h"
#include "broker-model/messages/controller_registration.h"
#include "broker-model/messages/create_partitions.h"
#include "broker-model/messages/create_topics.h"
#include "broker-model/messages/delete_records.h"
#include "broker-model/messages/delete_topics.h"
#include "broker-model/messages/describe_configs.h"
#include "broker-model/messages/describe_quorum.h"
#include "broker-model/messages/describe_topic_partitions.h"
#include "broker-model/messages/elect_leaders.h"
#include "broker-model/messages/end_quorum_epoch.h"
#include "broker-model/messages/envelope.h"
#include "broker-model/messages/fetch.h"
#include "broker-model/messages/fetch_snapshot.h"
#include "broker-model/messages/incremental_alter_configs.h"
#include "broker-model/messages/init_producer_id.h"
#include "broker-model/messages/list_offsets.h"
#include "broker-model/messages/list_partition_reassignments.h"
#include "broker-model/messages/metadata.h"
#include "broker-model/messages/offset_for_leader_epoch.h"
#include "broker-model/messages/produce.h"
#include "broker-model/messages/remove_raft_voter.h"
#include "broker-model/messages/unregister_broker.h"
#include "broker-model/messages/update_features.h"
#include "broker-model/messages/update_raft_voter.h"
#include "broker-model/messages/vote.h"

namespace kafka {

template <class... T>
struct TypeList {};

using RequestTypes =
    TypeList<ProduceRequest, FetchRequest, ListOffsetsRequest, MetadataRequest, ApiVersionsRequest,
             CreateTopicsRequest, DeleteTopicsRequest, DeleteRecordsRequest, InitProducerIdRequest,
             OffsetForLeaderEpochRequest, DescribeConfigsRequest, CreatePartitionsRequest,
             ElectLeadersRequest, IncrementalAlterConfigsRequest,
             AlterPartitionReassignmentsRequest, ListPartitionReassignmentsRequest, VoteRequest,
             BeginQuorumEpochRequest, EndQuorumEpochRequest, DescribeQuorumRequest,
             AlterPartitionRequest, UpdateFeaturesRequest, EnvelopeRequest, FetchSnapshotRequest,
             BrokerRegistrationRequest, BrokerHeartbeatRequest, UnregisterBrokerRequest,
             AllocateProducerIdsRequest, ControllerRegistrationRequest, AssignReplicasToDirsRequest,
             DescribeTopicPartitionsRequest, AddRaftVoterRequest, RemoveRaftVoterRequest,
             UpdateRaftVoterRequest>;
using ResponseTypes =
    TypeList<ProduceResponse, FetchResponse, ListOffsetsResponse, MetadataResponse,
             ApiVersionsResponse, CreateTopicsResponse, DeleteTopicsResponse, DeleteRecordsResponse,
             InitProducerIdResponse, OffsetForLeaderEpochResponse, DescribeConfigsResponse,
             CreatePartitionsResponse, ElectLeadersResponse, IncrementalAlterConfigsResponse,
             AlterPartitionReassignmentsResponse, ListPartitionReassignmentsResponse, VoteResponse,
             BeginQuorumEpochResponse, EndQuorumEpochResponse, DescribeQuorumResponse,
             AlterPartitionResponse, UpdateFeaturesResponse, EnvelopeResponse,
             FetchSnapshotResponse, BrokerRegistrationResponse, BrokerHeartbeatResponse,
             UnregisterBrokerResponse, AllocateProducerIdsResponse, ControllerRegistrationResponse,
             AssignReplicasToDirsResponse, DescribeTopicPartitionsResponse, AddRaftVoterResponse,
             RemoveRaftVoterResponse, UpdateRaftVoterResponse>;

// Calls f.template operator()<T>() for each T.
template <class... T, class F>
void for_each_type(TypeList<T...>, F&& f) {
  (f.template operator()<T>(), ...);
}

}  // namespace kafka
