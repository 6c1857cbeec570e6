// What every handler starts with.
#pragma once

#include <utility>

#include "broker-model/broker/broker_core.h"
#include "broker-model/messages/codec.h"

namespace kafka {

// Calls `then(Request&&)`. A body that does not parse closes the connection, as Kafka does.
template <class Request, class Then>
void with_request(BrokerCore& broker, const RequestContext& context, const env::Rope& body,
                  Then&& then) {
  auto request = decode<Request>(body, context.version);
  if (request) {
    then(std::move(*request));
  } else {
    broker.server().close_connection(broker.env(), context.id);
  }
}

}  // namespace kafka
