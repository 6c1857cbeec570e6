// Frames of requests and responses: header and body in one rope. The int32 length in front of a
// frame is the port's business (env/frame.h).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "broker-model/messages/codec.h"
#include "broker-model/messages/request_header.h"
#include "broker-model/messages/response_header.h"

namespace kafka {

// Header versions for an API's version. ApiVersions responses keep header v0: the client does not
// know yet what the broker speaks.
constexpr std::int16_t request_header_version(const ApiInfo& api, std::int16_t version) {
  return version >= api.flexible_from ? 2 : 1;
}
constexpr std::int16_t response_header_version(const ApiInfo& api, std::int16_t version) {
  return api.key != ApiKey::kApiVersions && version >= api.flexible_from ? 1 : 0;
}

// Sets the header's request_api_key and request_api_version from the message and the version.
template <class M>
std::expected<env::Frame, CodecError> encode_request(RequestHeader header, const M& message,
                                                     std::int16_t version) {
  header.request_api_key = static_cast<std::int16_t>(M::api.key);
  header.request_api_version = version;
  Encoder encoder;
  if (check_version(info_of<M>(), version, encoder.errors())) {
    Codec<RequestHeader>::write(encoder, header, request_header_version(M::api, version));
    Codec<M>::write(encoder, message, version);
  }
  if (encoder.failed()) {
    return std::unexpected(encoder.errors().error(info_of<M>().name, version));
  }
  return encoder.finish();
}

template <class M>
std::expected<env::Frame, CodecError> encode_response(std::int32_t correlation_id, const M& message,
                                                      std::int16_t version) {
  Encoder encoder;
  if (check_version(info_of<M>(), version, encoder.errors())) {
    const ResponseHeader header{.correlation_id = correlation_id};
    Codec<ResponseHeader>::write(encoder, header, response_header_version(M::api, version));
    Codec<M>::write(encoder, message, version);
  }
  if (encoder.failed()) {
    return std::unexpected(encoder.errors().error(info_of<M>().name, version));
  }
  return encoder.finish();
}

struct RequestFrame {
  RequestHeader header;
  const ApiInfo* api = nullptr;  // null: no such API here, `body` is then all after header v1
  env::Rope body;                // for decode<M>(body, header.request_api_version)
};
// Reads the header by api key and version, which may be unknown: the caller decides what an unknown
// one deserves (an ApiVersions request of a later version must be answered, see api_versions.h).
std::expected<RequestFrame, CodecError> decode_request_header(const env::Frame& frame);

// Responses are matched with their request by the number that every frame starts with.
std::expected<std::int32_t, CodecError> peek_correlation_id(const env::Frame& frame);

struct ResponseFrame {
  ResponseHeader header;
  env::Rope body;
};
std::expected<ResponseFrame, CodecError> decode_response_header(const env::Frame& frame,
                                                                const ApiInfo& api,
                                                                std::int16_t version);

// Header and body at once, when the caller knows what was asked.
template <class M>
std::expected<M, CodecError> decode_response(const env::Frame& frame, std::int16_t version) {
  std::expected<ResponseFrame, CodecError> split = decode_response_header(frame, M::api, version);
  if (!split) return std::unexpected(std::move(split.error()));
  return decode<M>(split->body, version);
}

}  // namespace kafka
