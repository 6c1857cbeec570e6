#include "broker-model/broker/api_table.h"
#include "broker-model/broker/handlers/decode.h"

namespace kafka {

void handle_produce(BrokerCore& broker, const RequestContext& context, const env::Rope& body) {
  with_request<ProduceRequest>(broker, context, body, [&](const ProduceRequest& request) {
    broker.replica_manager().produce(context, request);
  });
}

}  // namespace kafka
