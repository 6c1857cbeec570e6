// Frames as trees of values and back, for any API: by the key and version that the frame names.
#pragma once

#include <expected>
#include <string_view>

#include "broker-model/messages/frames.h"
#include "broker-model/messages/value.h"

namespace kafka {

struct RequestValue {
  RequestHeader header;
  Value body;
};

// Fails on an API or version that does not exist here, and on bytes that are no such message.
std::expected<RequestValue, CodecError> decode_request_value(const env::Frame& frame);
std::expected<Value, CodecError> decode_response_value(const env::Frame& frame, ApiKey api,
                                                       std::int16_t version);

// What decode_request_value answered, perhaps edited. Fails where the codec would, and on a value
// of the wrong kind.
std::expected<env::Frame, CodecError> encode_request_value(const RequestHeader& header,
                                                           const Value& body);

}  // namespace kafka
