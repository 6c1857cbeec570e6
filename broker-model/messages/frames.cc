#include "broker-model/messages/frames.h"

#include "broker-model/messages/api_versions_table.h"
#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<RequestHeader>;
template struct Codec<ResponseHeader>;

std::expected<RequestFrame, CodecError> decode_request_header(const env::Frame& frame) {
  Decoder peek(frame);
  const auto key = peek.integer<std::int16_t>();
  const auto version = peek.integer<std::int16_t>();
  RequestFrame result;
  if (const OfferedApi* known = find_api(key)) result.api = &known->api;
  const std::int16_t header_version =
      result.api != nullptr ? request_header_version(*result.api, version) : std::int16_t{1};
  Decoder decoder(frame);
  Codec<RequestHeader>::read(decoder, result.header, header_version);
  if (decoder.failed()) {
    return std::unexpected(decoder.errors().error(RequestHeader::message.name, header_version));
  }
  result.body = decoder.take(decoder.remaining());
  return result;
}

std::expected<std::int32_t, CodecError> peek_correlation_id(const env::Frame& frame) {
  Decoder decoder(frame);
  const auto correlation_id = decoder.integer<std::int32_t>();
  if (decoder.failed()) {
    return std::unexpected(decoder.errors().error(ResponseHeader::message.name, 0));
  }
  return correlation_id;
}

std::expected<ResponseFrame, CodecError> decode_response_header(const env::Frame& frame,
                                                                const ApiInfo& api,
                                                                std::int16_t version) {
  const std::int16_t header_version = response_header_version(api, version);
  Decoder decoder(frame);
  ResponseFrame result;
  Codec<ResponseHeader>::read(decoder, result.header, header_version);
  if (decoder.failed()) {
    return std::unexpected(decoder.errors().error(ResponseHeader::message.name, header_version));
  }
  result.body = decoder.take(decoder.remaining());
  return result;
}

}  // namespace kafka
