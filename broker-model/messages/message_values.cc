#include "broker-model/messages/message_values.h"

#include <fmt/format.h>

#include "broker-model/messages/api_versions_table.h"
#include "broker-model/messages/apis.h"
#include "broker-model/messages/value_fields.h"

namespace kafka {
namespace {

CodecError no_such_api(std::int16_t key) {
  return {fmt::format("api key {}: there is no such API here", key)};
}

template <class M>
std::expected<Value, CodecError> decoded(const env::Rope& body, std::int16_t version) {
  std::expected<M, CodecError> message = decode<M>(body, version);
  if (!message) return std::unexpected(std::move(message.error()));
  return to_value(*message, version);
}

}  // namespace

std::expected<RequestValue, CodecError> decode_request_value(const env::Frame& frame) {
  std::expected<RequestFrame, CodecError> split = decode_request_header(frame);
  if (!split) return std::unexpected(std::move(split.error()));
  std::expected<Value, CodecError> body =
      std::unexpected(no_such_api(split->header.request_api_key));
  for_each_type(RequestTypes{}, [&]<class M>() {
    if (static_cast<std::int16_t>(M::api.key) == split->header.request_api_key)
      body = decoded<M>(split->body, split->header.request_api_version);
  });
  if (!body) return std::unexpected(std::move(body.error()));
  return RequestValue{.header = std::move(split->header), .body = std::move(*body)};
}

std::expected<Value, CodecError> decode_response_value(const env::Frame& frame, ApiKey api,
                                                       std::int16_t version) {
  std::expected<Value, CodecError> body =
      std::unexpected(no_such_api(static_cast<std::int16_t>(api)));
  for_each_type(ResponseTypes{}, [&]<class M>() {
    if (M::api.key != api) return;
    std::expected<ResponseFrame, CodecError> split = decode_response_header(frame, M::api, version);
    if (split) {
      body = decoded<M>(split->body, version);
    } else {
      body = std::unexpected(std::move(split.error()));
    }
  });
  return body;
}

std::expected<env::Frame, CodecError> encode_request_value(const RequestHeader& header,
                                                           const Value& body) {
  std::expected<env::Frame, CodecError> frame =
      std::unexpected(no_such_api(header.request_api_key));
  for_each_type(RequestTypes{}, [&]<class M>() {
    if (static_cast<std::int16_t>(M::api.key) != header.request_api_key) return;
    std::expected<M, CodecError> message = from_value<M>(body, header.request_api_version);
    if (message) {
      frame = encode_request(header, *message, header.request_api_version);
    } else {
      frame = std::unexpected(std::move(message.error()));
    }
  });
  return frame;
}

}  // namespace kafka
