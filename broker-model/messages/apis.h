// All APIs that exist here, as types: for tables, dispatch and tests that must miss none. Heavy:
// for .cc files only.
//
// A new API: its header and .cc, its key in fields.h, its two types here, its line in
// api_versions_table.cc, and its vectors (tests/data/messages/make_vectors).
#pragma once

#include "broker-model/messages/allocate_producer_ids.h"
#include "broker-model/messages/alter_partition.h"
#include "broker-model/messages/api_versions.h"
#include "broker-model/messages/broker_heartbeat.h"
#include "broker-model/messages/broker_registration.h"
#include "broker-model/messages/create_topics.h"
#include "broker-model/messages/envelope.h"
#include "broker-model/messages/fetch.h"
#include "broker-model/messages/init_producer_id.h"
#include "broker-model/messages/list_offsets.h"
#include "broker-model/messages/metadata.h"
#include "broker-model/messages/produce.h"

namespace kafka {

template <class... T>
struct TypeList {};

using RequestTypes =
    TypeList<ProduceRequest, FetchRequest, ListOffsetsRequest, MetadataRequest, ApiVersionsRequest,
             CreateTopicsRequest, InitProducerIdRequest, AlterPartitionRequest, EnvelopeRequest,
             BrokerRegistrationRequest, BrokerHeartbeatRequest, AllocateProducerIdsRequest>;
using ResponseTypes =
    TypeList<ProduceResponse, FetchResponse, ListOffsetsResponse, MetadataResponse,
             ApiVersionsResponse, CreateTopicsResponse, InitProducerIdResponse,
             AlterPartitionResponse, EnvelopeResponse, BrokerRegistrationResponse,
             BrokerHeartbeatResponse, AllocateProducerIdsResponse>;

// Calls f.template operator()<T>() for each T.
template <class... T, class F>
void for_each_type(TypeList<T...>, F&& f) {
  (f.template operator()<T>(), ...);
}

}  // namespace kafka
