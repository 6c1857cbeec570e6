#include "broker-model/broker/api_table.h"
#include "broker-model/broker/handlers/decode.h"

namespace kafka {

void handle_fetch(BrokerCore& broker, const RequestContext& context, const env::Rope& body) {
  with_request<FetchRequest>(broker, context, body, [&](FetchRequest&& request) {
    broker.replica_manager().fetch(context, std::move(request));
  });
}

}  // namespace kafka
