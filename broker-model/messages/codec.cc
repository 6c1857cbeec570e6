#include "broker-model/messages/codec.h"

#include <algorithm>
#include <utility>

#include "broker-model/messages/codec_fields.h"

namespace kafka {

namespace {

constexpr std::size_t kStringMax = 0x7fff;      // Kafka refuses longer ones, compact or not
constexpr std::size_t kReferenceFrom = 256;     // shorter bytes are copied into the message's block
constexpr std::int64_t kLengthMax = INT32_MAX;  // an int32 on the wire

std::size_t uvarint_size(std::uint32_t value) {
  return value == 0 ? 1 : (static_cast<std::size_t>(std::bit_width(value)) + 6) / 7;
}

void put_uvarint(std::uint8_t* at, std::uint32_t value) {
  while (value >= 0x80) {
    *at++ = static_cast<std::uint8_t>(value | 0x80);
    value >>= 7;
  }
  *at = static_cast<std::uint8_t>(value);
}

}  // namespace

// --- errors --------------------------------------------------------------------------------------

void ErrorPath::set(std::string sentence) {
  if (failed_) return;
  failed_ = true;
  sentence_ = std::move(sentence);
}

void ErrorPath::inside(std::string_view field) {
  const bool is_joined = path_.empty() || path_.front() == '[';
  path_ = std::string(field) + (is_joined ? "" : ".") + path_;
}

void ErrorPath::inside(std::size_t index) {
  const bool is_joined = path_.empty() || path_.front() == '[';
  path_ = '[' + std::to_string(index) + ']' + (is_joined ? "" : ".") + path_;
}

CodecError ErrorPath::error(std::string_view message, std::int16_t version) const {
  std::string text(message);
  text += " v" + std::to_string(version) + ": ";
  if (!path_.empty()) text += path_ + ": ";
  return {text + sentence_};
}

bool check_version(const MessageInfo& info, std::int16_t version, ErrorPath& errors) {
  if (version >= info.lowest && version <= info.highest) return true;
  errors.set("no such version, there are " + std::to_string(info.lowest) + " to " +
             std::to_string(info.highest));
  return false;
}

// --- Encoder -------------------------------------------------------------------------------------

void Encoder::long_uvarint(std::uint32_t value) {
  put_uvarint(builder_.extend(uvarint_size(value)), value);
}

void Encoder::length(std::size_t size, bool compact) {
  if (size >= static_cast<std::size_t>(kLengthMax)) {
    errors_.set("is longer than an int32 can say");
  } else if (compact) {
    uvarint(static_cast<std::uint32_t>(size) + 1);
  } else {
    integer(static_cast<std::int32_t>(size));
  }
}

void Encoder::null_length(bool compact) {
  if (compact) {
    uvarint(0);
  } else {
    integer(std::int32_t{-1});
  }
}

void Encoder::text(std::string_view value, bool compact) {
  if (value.size() > kStringMax) {
    errors_.set("is a string of " + std::to_string(value.size()) + " bytes, at most 32767 go");
    return;
  }
  if (compact) {
    uvarint(static_cast<std::uint32_t>(value.size()) + 1);
  } else {
    integer(static_cast<std::int16_t>(value.size()));
  }
  raw(value.data(), value.size());
}

void Encoder::null_text(bool compact) {
  if (compact) {
    uvarint(0);
  } else {
    integer(std::int16_t{-1});
  }
}

void Encoder::bytes(const env::Bytes& value, bool compact) {
  length(value.size(), compact);
  if (value.size() >= kReferenceFrom) {
    refer(value);
  } else {
    raw(value.data(), value.size());
  }
}

void Encoder::records(const Records& value, bool compact) {
  length(value.size(), compact);
  for (const RecordBatch& batch : value.batches) {
    write_batch_head(batch, builder_.extend(kBatchHeadSize));
    refer(batch.body);
  }
  refer(value.trailing);
}

void Encoder::refer(const env::Bytes& content) {
  if (content.empty()) return;
  splices_.push_back({builder_.size(), content});
  referred_ += content.size();
}

// The size goes in front of a value that is already there: values of tagged fields are short.
void Encoder::end_sized(std::size_t begin) {
  std::size_t size = builder_.size() - begin;
  for (const Splice& splice : splices_) {
    if (splice.at > begin) size += splice.content.size();
  }
  const std::size_t width = uvarint_size(static_cast<std::uint32_t>(size));
  builder_.extend(width);
  std::uint8_t* value = builder_.data() + begin;
  std::memmove(value + width, value, builder_.size() - width - begin);
  put_uvarint(value, static_cast<std::uint32_t>(size));
  for (Splice& splice : splices_) {
    if (splice.at > begin) splice.at += width;
  }
}

env::Frame Encoder::finish() {
  env::Bytes whole = builder_.finish();
  if (splices_.empty()) return env::Frame(std::move(whole));
  env::Frame frame;
  std::size_t done = 0;
  for (Splice& splice : splices_) {
    frame.append(whole.slice(done, splice.at - done));
    frame.append(std::move(splice.content));
    done = splice.at;
  }
  frame.append(whole.slice(done, whole.size() - done));
  return frame;
}

// --- Decoder -------------------------------------------------------------------------------------

Decoder::Decoder(const env::Rope& rope) : rope_(rope) {
  if (rope_.part_count() > 0) open_part(0);
}

void Decoder::open_part(std::size_t index) {
  part_start_ += static_cast<std::size_t>(end_ - begin_);
  part_ = index;
  begin_ = at_ = rope_.part(index).data();
  end_ = begin_ + rope_.part(index).size();
}

void Decoder::fail(std::string sentence) {
  if (failed()) return;
  errors_.set(std::move(sentence) + ", at byte " + std::to_string(position()));
  at_ = end_;
}

bool Decoder::require_of_parts(std::size_t size) {
  if (failed()) return false;
  if (size <= remaining()) return true;
  fail(std::to_string(size) + " more bytes expected, " + std::to_string(remaining()) + " are left");
  return false;
}

void Decoder::copy(void* out, std::size_t size) {
  if (!require(size)) {
    std::memset(out, 0, size);
    return;
  }
  auto* to = static_cast<std::uint8_t*>(out);
  while (size > 0) {
    if (at_ == end_) open_part(part_ + 1);
    const std::size_t piece = std::min(size, static_cast<std::size_t>(end_ - at_));
    std::memcpy(to, at_, piece);
    at_ += piece;
    to += piece;
    size -= piece;
  }
}

std::uint32_t Decoder::long_uvarint() {
  std::uint32_t value = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    const auto group = integer<std::uint8_t>();
    if (shift == 28 && group > 0x0f) {
      fail("an unsigned varint of more than 32 bits");
      return 0;
    }
    value |= static_cast<std::uint32_t>(group & 0x7f) << shift;
    if (group < 0x80) break;
  }
  return value;
}

std::int64_t Decoder::length(bool compact) {
  std::int64_t size = 0;
  if (compact) {
    size = std::int64_t{uvarint()} - 1;
  } else {
    size = integer<std::int32_t>();
    if (size < -1) {
      fail("a length of " + std::to_string(size));
      return 0;
    }
  }
  if (size > 0 && !require(static_cast<std::size_t>(size))) return 0;
  return failed() ? 0 : size;
}

std::int64_t Decoder::short_length() {
  const std::int64_t size = integer<std::int16_t>();
  if (size < -1) {
    fail("a length of " + std::to_string(size));
    return 0;
  }
  return failed() ? 0 : size;
}

void Decoder::text(std::string& out, std::int64_t size) {
  const auto count = static_cast<std::size_t>(size);
  if (count > kStringMax) {
    fail("a string of " + std::to_string(count) + " bytes, at most 32767 go");
    return;
  }
  if (static_cast<std::size_t>(end_ - at_) >= count) [[likely]] {
    out.assign(reinterpret_cast<const char*>(at_), count);
    at_ += count;
    return;
  }
  if (!require(count)) return;
  out.resize(count);
  copy(out.data(), count);
}

env::Bytes Decoder::bytes(std::int64_t size) {
  const auto count = static_cast<std::size_t>(size);
  if (count == 0 || !require(count)) return {};
  if (at_ == end_) open_part(part_ + 1);
  if (static_cast<std::size_t>(end_ - at_) < count) return take(count).contiguous();
  env::Bytes taken = rope_.part(part_).slice(static_cast<std::size_t>(at_ - begin_), count);
  at_ += count;
  return taken;
}

// Batches whose head lies in one part are read here, as all are that an Encoder or a log wrote;
// what remains goes through parse_records.
Records Decoder::records(std::int64_t size) {
  constexpr std::size_t kLengthFrom = 12;  // a batch's length counts from behind itself
  Records result;
  auto left = static_cast<std::size_t>(size);
  if (!require(left)) return result;
  while (left >= kBatchOverhead) {
    if (at_ == end_) open_part(part_ + 1);
    if (static_cast<std::size_t>(end_ - at_) < kBatchHeadSize) break;
    const std::uint64_t length = detail::load_big_endian(at_ + 8, 4);
    if (length < kBatchOverhead - kLengthFrom || length > left - kLengthFrom) break;
    RecordBatch& batch = result.batches.emplace_back();
    batch.base_offset = integer<std::int64_t>();
    at_ += sizeof(std::int32_t);
    batch.leader_epoch = integer<std::int32_t>();
    batch.body = bytes(static_cast<std::int64_t>(length - (kBatchHeadSize - kLengthFrom)));
    left -= kLengthFrom + length;
  }
  if (left == 0) return result;
  Records rest = parse_records(take(left));
  for (RecordBatch& batch : rest.batches) result.batches.push_back(std::move(batch));
  result.trailing = std::move(rest.trailing);
  return result;
}

env::Rope Decoder::take(std::size_t size) {
  env::Rope taken;
  if (!require(size)) return taken;
  while (size > 0) {
    if (at_ == end_) open_part(part_ + 1);
    const std::size_t piece = std::min(size, static_cast<std::size_t>(end_ - at_));
    taken.append(rope_.part(part_).slice(static_cast<std::size_t>(at_ - begin_), piece));
    at_ += piece;
    size -= piece;
  }
  return taken;
}

// --- text ----------------------------------------------------------------------------------------

namespace fields {

void append_text(std::string& out, const Uuid& value) { out += to_string(value); }

void append_text(std::string& out, ErrorCode value) { out += name(value); }

void append_text(std::string& out, const env::Bytes& value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr std::size_t kShown = 32;
  out += "0x";
  for (std::size_t i = 0; i < std::min(value.size(), kShown); ++i) {
    out += kDigits[value.data()[i] >> 4];
    out += kDigits[value.data()[i] & 15];
  }
  if (value.size() > kShown) out += "... (" + std::to_string(value.size()) + " bytes)";
}

void append_text(std::string& out, const Records& value) {
  out += std::to_string(value.batches.size());
  out += value.batches.size() == 1 ? " batch of " : " batches of ";
  out += std::to_string(value.size()) + " bytes";
  if (!value.batches.empty()) {
    out += " from offset " + std::to_string(value.batches.front().base_offset);
  }
}

void append_text(std::string& out, std::string_view value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += '"';
  for (const char c : value) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (c == '"' || c == '\\') out += '\\';
    if (byte < 0x20 || byte == 0x7f) {
      out += "\\x";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace fields

}  // namespace kafka
