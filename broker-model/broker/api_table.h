// Which handler answers which API. One line per API in api_table.cc; the versions come from
// messages/api_versions_table.h.
#pragma once

#include <span>

#include "broker-model/env/frame.h"
#include "broker-model/messages/codec.h"
#include "broker-model/rpc/rpc_server.h"

namespace kafka {

class BrokerCore;

using ApiHandler = void (*)(BrokerCore&, const RequestContext&, const env::Rope& body);
struct ApiEntry {
  ApiKey key{};
  ApiHandler handle = nullptr;
};

std::span<const ApiEntry> broker_api_table();  // in ascending order of keys
const ApiEntry* find_broker_api(ApiKey key);   // nullptr: not served

void handle_produce(BrokerCore&, const RequestContext&, const env::Rope& body);
void handle_fetch(BrokerCore&, const RequestContext&, const env::Rope& body);
void handle_list_offsets(BrokerCore&, const RequestContext&, const env::Rope& body);
void handle_metadata(BrokerCore&, const RequestContext&, const env::Rope& body);
void handle_api_versions(BrokerCore&, const RequestContext&, const env::Rope& body);
void handle_create_topics(BrokerCore&, const RequestContext&, const env::Rope& body);
void handle_delete_topics(BrokerCore&, const RequestContext&, const env::Rope& body);
void handle_create_partitions(BrokerCore&, const RequestContext&, const env::Rope& body);
void handle_elect_leaders(BrokerCore&, const RequestContext&, const env::Rope& body);
void handle_incremental_alter_configs(BrokerCore&, const RequestContext&, const env::Rope& body);
void handle_alter_partition_reassignments(BrokerCore&, const RequestContext&,
                                          const env::Rope& body);
void handle_list_partition_reassignments(BrokerCore&, const RequestContext&, const env::Rope& body);
void handle_update_features(BrokerCore&, const RequestContext&, const env::Rope& body);
void handle_describe_quorum(BrokerCore&, const RequestContext&, const env::Rope& body);
void handle_add_raft_voter(BrokerCore&, const RequestContext&, const env::Rope& body);
void handle_remove_raft_voter(BrokerCore&, const RequestContext&, const env::Rope& body);
void handle_unregister_broker(BrokerCore&, const RequestContext&, const env::Rope& body);
void handle_delete_records(BrokerCore&, const RequestContext&, const env::Rope& body);
void handle_init_producer_id(BrokerCore&, const RequestContext&, const env::Rope& body);

}  // namespace kafka
