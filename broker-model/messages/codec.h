// Kafka's wire format. Encoder writes one message into one block and refers to record batches where
// they lie; Decoder reads a rope and refers to record batches likewise. Both stop at the first
// error and tell it in a sentence with the field's path.
//
//   std::expected<env::Frame, CodecError> frame = encode(request, version);
//   std::expected<FetchResponse, CodecError> response = decode<FetchResponse>(bytes, version);
//
// What is peculiar to one message type lives in Codec<M>, instantiated in that message's .cc by
// codec_fields.h; nobody else needs to see those templates. frames.h adds the headers.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <expected>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "broker-model/env/frame.h"
#include "broker-model/messages/fields.h"
#include "broker-model/messages/records/record_batch.h"

namespace kafka {

struct CodecError {
  std::string sentence;  // "Produce v9: topic_data[0].name: 12 bytes expected at ..., 3 left"
};

namespace detail {
template <class T>
constexpr T big_endian(T value) {
  if constexpr (sizeof(T) > 1 && std::endian::native == std::endian::little) {
    return std::byteswap(value);
  } else {
    return value;
  }
}
}  // namespace detail

// Where in a message an error lies; built from the inside out while the calls unwind.
class ErrorPath {
 public:
  bool failed() const { return failed_; }
  void set(std::string sentence);  // the first one counts
  void inside(std::string_view field);
  void inside(std::size_t index);
  CodecError error(std::string_view message, std::int16_t version) const;

 private:
  bool failed_ = false;
  std::string path_;
  std::string sentence_;
};

// Lives for one frame.
class Encoder {
 public:
  explicit Encoder(std::size_t capacity = 240) : builder_(capacity) {}

  template <std::integral T>
  void integer(T value) {
    value = detail::big_endian(value);
    std::memcpy(builder_.extend(sizeof value), &value, sizeof value);
  }
  void uvarint(std::uint32_t value) {
    if (value < 0x80) {
      *builder_.extend(1) = static_cast<std::uint8_t>(value);
    } else {
      long_uvarint(value);
    }
  }
  void raw(const void* content, std::size_t size) {
    if (size > 0) std::memcpy(builder_.extend(size), content, size);
  }
  void text(std::string_view value, bool compact);
  void null_text(bool compact);
  void bytes(const env::Bytes& value, bool compact);
  void records(const Records& value, bool compact);
  void length(std::size_t size, bool compact);  // of what follows; never null
  void null_length(bool compact);
  // The value of a tagged field: call begin, write it, call end with what begin answered.
  std::size_t begin_sized() const { return builder_.size(); }
  void end_sized(std::size_t begin);

  std::size_t size() const { return builder_.size() + referred_; }
  ErrorPath& errors() { return errors_; }
  bool failed() const { return errors_.failed(); }
  env::Frame finish();  // all that was written; the encoder is used up

 private:
  struct Splice {
    std::size_t at;  // in builder_: `content` comes before the byte at this place
    env::Bytes content;
  };
  void long_uvarint(std::uint32_t value);
  void refer(const env::Bytes& content);

  env::BytesBuilder builder_;
  std::vector<Splice> splices_;
  std::size_t referred_ = 0;
  ErrorPath errors_;
};

// Reads a rope that outlives it. After an error every read answers zero or empty.
class Decoder {
 public:
  explicit Decoder(const env::Rope& rope);

  template <std::integral T>
  T integer() {
    T value{};
    if (static_cast<std::size_t>(end_ - at_) >= sizeof value) [[likely]] {
      std::memcpy(&value, at_, sizeof value);
      at_ += sizeof value;
    } else {
      copy(&value, sizeof value);
    }
    return detail::big_endian(value);
  }
  std::uint32_t uvarint() {
    if (at_ != end_ && *at_ < 0x80) [[likely]] {
      return *at_++;
    }
    return long_uvarint();
  }
  // The length of what follows, at most what is left (every element takes a byte at least); -1:
  // null. Classic strings have an int16 length.
  std::int64_t length(bool compact);
  std::int64_t short_length();
  void text(std::string& out, std::int64_t size);
  env::Bytes bytes(std::int64_t size);  // by reference where they lie in one part
  Records records(std::int64_t size);
  env::Rope take(std::size_t size);  // by reference

  std::size_t position() const { return part_start_ + static_cast<std::size_t>(at_ - begin_); }
  std::size_t remaining() const { return failed() ? 0 : rope_.size() - position(); }
  void fail(std::string sentence);  // adds the position
  ErrorPath& errors() { return errors_; }
  bool failed() const { return errors_.failed(); }

 private:
  void open_part(std::size_t index);
  bool require(std::size_t size) {  // that many bytes are left; else fails
    if (!failed() && static_cast<std::size_t>(end_ - at_) >= size) [[likely]] {
      return true;
    }
    return require_of_parts(size);
  }
  bool require_of_parts(std::size_t size);
  void copy(void* out, std::size_t size);
  std::uint32_t long_uvarint();

  const env::Rope& rope_;
  std::size_t part_ = 0;
  std::size_t part_start_ = 0;  // position of the part's first byte
  const std::uint8_t* begin_ = nullptr;
  const std::uint8_t* at_ = nullptr;
  const std::uint8_t* end_ = nullptr;
  ErrorPath errors_;
};

// What is derived from M::fields(); codec_fields.h has the definitions, each message's .cc says
// `template struct Codec<M>;`.
template <class M>
struct Codec {
  static void write(Encoder&, const M&, std::int16_t version);
  static void read(Decoder&, M&, std::int16_t version);  // REQUIRES: a fresh M
  static std::string text(const M&);
};

// The schema facts of any kind of message.
template <class M>
constexpr MessageInfo info_of() {
  if constexpr (requires { M::api; }) {
    return {M::api.name, M::api.lowest, M::api.highest, M::api.flexible_from};
  } else if constexpr (requires { M::record; }) {
    return {M::record.name, M::record.lowest, M::record.highest, M::record.flexible_from};
  } else {
    return M::message;
  }
}

// Answer a sentence when the version is not one of the message's.
bool check_version(const MessageInfo& info, std::int16_t version, ErrorPath& errors);

// Fails on a version that the message lacks, on null where the version knows no null, and on a
// value other than the default in a field that the version lacks and that is not ignorable.
template <class M>
std::expected<env::Frame, CodecError> encode(const M& message, std::int16_t version) {
  Encoder encoder;
  if (check_version(info_of<M>(), version, encoder.errors())) {
    Codec<M>::write(encoder, message, version);
  }
  if (encoder.failed()) {
    return std::unexpected(encoder.errors().error(info_of<M>().name, version));
  }
  return encoder.finish();
}

// The whole rope must be the message. Any bytes are answered with a value or an error.
template <class M>
std::expected<M, CodecError> decode(const env::Rope& bytes, std::int16_t version) {
  Decoder decoder(bytes);
  std::expected<M, CodecError> result(std::in_place);
  if (check_version(info_of<M>(), version, decoder.errors())) {
    Codec<M>::read(decoder, *result, version);
    if (decoder.remaining() > 0) decoder.fail("the message has ended here, more bytes follow");
  }
  if (decoder.failed())
    result = std::unexpected(decoder.errors().error(info_of<M>().name, version));
  return result;
}

// "Produce{acks=-1, timeout_ms=30000, ...}": for traces and failures of tests.
template <class M>
std::string to_text(const M& message) {
  return std::string(info_of<M>().name) + Codec<M>::text(message);
}

}  // namespace kafka
