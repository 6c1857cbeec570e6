#include "broker-model/messages/create_topics.h"
#include "broker-model/broker/api_table.h"
#include "broker-model/broker/handlers/decode.h"
#include "broker-model/messages/frames.h"

namespace kafka {

// ForwardingManager: a KRaft broker decides nothing about topics, the controller does (KIP-590).
void handle_create_topics(BrokerCore& broker, const RequestContext& context,
                          const env::Rope& body) {
  with_request<CreateTopicsRequest>(broker, context, body, [&](const CreateTopicsRequest& request) {
    CreateTopicsResponse timed_out;
    for (const auto& topic : request.topics) {
      auto& result = timed_out.topics.emplace_back();
      result.name = topic.name;
      result.error_code = ErrorCode::kRequestTimedOut;
    }
    const auto frame = encode_response(context.correlation_id, timed_out, context.version);
    TIT_ASSERT(frame.has_value(), "a CreateTopics response of our own making cannot be encoded");
    broker.forward(context, CreateTopicsRequest::api, body, *frame);
  });
}

}  // namespace kafka
