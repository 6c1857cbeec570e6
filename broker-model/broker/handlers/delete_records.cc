#include "broker-model/broker/api_table.h"
#include "broker-model/broker/handlers/decode.h"

namespace kafka {

void handle_delete_records(BrokerCore& broker, const RequestContext& context,
                           const env::Rope& body) {
  with_request<DeleteRecordsRequest>(broker, context, body,
                                     [&](const DeleteRecordsRequest& request) {
                                       broker.replica_manager().delete_records(context, request);
                                     });
}

}  // namespace kafka
