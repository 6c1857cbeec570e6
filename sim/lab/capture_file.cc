// Captures as files.
#include <fmt/format.h>
#include <xxhash.h>

#include "broker-model/messages/message_values.h"
#include "reports/trace.pb.h"
#include "sim/lab/capture.h"

namespace sim {
namespace {

namespace proto = titorelli::trace;

constexpr std::string_view kMagic = "titorelli capture";
constexpr std::uint32_t kSchemaVersion = 1;

std::string text_of(const env::Frame& frame) { return std::string(frame.contiguous().text()); }

env::Frame frame_of(const std::string& text) {
  return text.empty() ? env::Frame() : env::Frame(env::Bytes::copy_of(text));
}

std::uint64_t checksum(const proto::Capture& capture) {
  std::uint64_t sum = 0;
  for (const std::string& message : capture.messages())
    sum = XXH3_64bits_withSeed(message.data(), message.size(), sum);
  return sum;
}

// Nothing that a file says is taken at its word: the frame must be what it is said to be.
bool is_true(const CapturedMessage& captured) {
  const Message& message = captured.message;
  if (message.kind == MessageKind::kResponse) {
    return kafka::decode_response_value(message.frame, message.api, message.version).has_value();
  }
  const auto request = kafka::decode_request_value(message.frame);
  return request.has_value() && request->header.correlation_id == message.correlation_id &&
         request->header.request_api_key == static_cast<std::int16_t>(message.api) &&
         request->header.request_api_version == message.version;
}

std::optional<CapturedMessage> read_message(const std::string& bytes) {
  proto::CapturedMessage in;
  if (!in.ParseFromString(bytes)) return std::nullopt;
  if (!std::in_range<std::int16_t>(in.api_key()) || !std::in_range<std::int16_t>(in.api_version()))
    return std::nullopt;
  CapturedMessage captured;
  captured.message.at = env::Instant(env::Duration(in.time_ns()));
  captured.message.kind = in.is_request() ? MessageKind::kRequest : MessageKind::kResponse;
  captured.message.api = static_cast<kafka::ApiKey>(in.api_key());
  captured.message.version = static_cast<std::int16_t>(in.api_version());
  captured.message.correlation_id = in.correlation_id();
  captured.message.frame = frame_of(in.frame());
  captured.from = in.from();
  captured.to = in.to();
  if (!in.response().empty()) captured.response = frame_of(in.response());
  if (!is_true(captured)) return std::nullopt;
  return captured;
}

}  // namespace

std::string write_capture(const Capture& capture) {
  proto::Capture file;
  file.set_magic(std::string(kMagic));
  file.set_schema_version(kSchemaVersion);
  for (const CapturedMessage& captured : capture.messages()) {
    proto::CapturedMessage out;
    out.set_time_ns(env::nanos(captured.message.at));
    out.set_from(captured.from);
    out.set_to(captured.to);
    out.set_is_request(captured.message.kind == MessageKind::kRequest);
    out.set_api_key(static_cast<std::int16_t>(captured.message.api));
    out.set_api_version(captured.message.version);
    out.set_correlation_id(captured.message.correlation_id);
    out.set_frame(text_of(captured.message.frame));
    if (captured.response.has_value()) out.set_response(text_of(*captured.response));
    file.add_messages(out.SerializeAsString());
  }
  file.set_message_count(static_cast<std::uint32_t>(file.messages_size()));
  file.set_checksum(checksum(file));
  return file.SerializeAsString();
}

std::expected<std::vector<CapturedMessage>, std::string> read_capture(std::string_view bytes) {
  proto::Capture file;
  const bool is_whole = file.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  if (file.magic() != kMagic) return std::unexpected("it is no capture of Titorelli");
  if (file.schema_version() != kSchemaVersion) {
    return std::unexpected(fmt::format("it was written by another version (schema {}, not {})",
                                       file.schema_version(), kSchemaVersion));
  }
  if (!is_whole || static_cast<std::uint32_t>(file.messages_size()) != file.message_count())
    return std::unexpected("it is cut short");
  if (file.checksum() != checksum(file)) return std::unexpected("it is damaged");
  std::vector<CapturedMessage> messages;
  for (const std::string& one : file.messages()) {
    std::optional<CapturedMessage> message = read_message(one);
    if (!message.has_value()) {
      return std::unexpected(
          fmt::format("its message {} is none that this version knows", messages.size() + 1));
    }
    messages.push_back(std::move(*message));
  }
  return messages;
}

}  // namespace sim
