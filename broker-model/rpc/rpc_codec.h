// Encoding of what this node itself says. That a response cannot be encoded is a bug of ours; a
// request may say what the version that a peer offers cannot express.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "broker-model/messages/frames.h"
#include "broker-model/types/error_code.h"

namespace kafka {

// Fails when the request says what the version cannot.
template <class Request>
std::optional<env::Frame> try_encode_request(const Request& request, std::int16_t version,
                                             std::int32_t correlation_id,
                                             std::string_view client_id) {
  RequestHeader header{.correlation_id = correlation_id, .client_id = std::string(client_id)};
  auto frame = encode_request(std::move(header), request, version);
  if (!frame) return std::nullopt;
  return std::move(*frame);
}

template <class Response>
env::Frame must_encode_response(const Response& response, std::int16_t version,
                                std::int32_t correlation_id) {
  auto frame = encode_response(correlation_id, response, version);
  TIT_ASSERT(frame.has_value(), frame.error().sentence.c_str());
  return std::move(*frame);
}

// The int16 that a body starts with: the error code of an ApiVersions response, in every version.
inline ErrorCode peek_error(const env::Rope& body) {
  Decoder decoder(body);
  return static_cast<ErrorCode>(decoder.integer<std::int16_t>());
}

}  // namespace kafka
