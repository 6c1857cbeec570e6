#include "broker-model/broker/api_table.h"
#include "broker-model/broker/handlers/decode.h"

namespace kafka {

void handle_list_offsets(BrokerCore& broker, const RequestContext& context, const env::Rope& body) {
  with_request<ListOffsetsRequest>(broker, context, body, [&](const ListOffsetsRequest& request) {
    broker.replica_manager().list_offsets(context, request);
  });
}

}  // namespace kafka
