#include "broker-model/messages/init_producer_id.h"
#include "broker-model/broker/api_table.h"
#include "broker-model/broker/handlers/decode.h"

namespace kafka {

// TransactionCoordinator.handleInitProducerId. Without a transactional id every call gives a new id
// with epoch 0, whatever the client had before.
void handle_init_producer_id(BrokerCore& broker, const RequestContext& context,
                             const env::Rope& body) {
  with_request<InitProducerIdRequest>(
      broker, context, body, [&](const InitProducerIdRequest& request) {
        InitProducerIdResponse response;
        if (request.transactional_id) {
          // No transaction coordinator runs here yet; an empty id is refused by every broker.
          response.error_code = request.transactional_id->empty()
                                    ? ErrorCode::kInvalidRequest
                                    : ErrorCode::kCoordinatorNotAvailable;
        } else if (const auto id = broker.take_producer_id()) {
          response.producer_id = *id;
        } else {
          response.error_code = ErrorCode::kCoordinatorLoadInProgress;
        }
        if (response.error_code != ErrorCode::kNone) response.producer_epoch = -1;
        broker.server().respond(broker.env(), context.id, response);
      });
}

}  // namespace kafka
