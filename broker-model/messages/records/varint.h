// Zig-zag varints of record format v2 (ByteUtils.readVarint, readVarlong, writeVarint).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace kafka::detail {

// Reads from the front of `rest` and moves it on; nothing when it is cut short or too long.
inline std::optional<std::uint64_t> read_unsigned_varint(std::span<const std::uint8_t>& rest,
                                                         std::size_t bytes_max) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < rest.size() && i < bytes_max; ++i) {
    value |= static_cast<std::uint64_t>(rest[i] & 0x7F) << (7 * i);
    if ((rest[i] & 0x80) == 0) {
      rest = rest.subspan(i + 1);
      return value;
    }
  }
  return std::nullopt;
}

inline std::optional<std::int64_t> read_varlong(std::span<const std::uint8_t>& rest) {
  const std::optional<std::uint64_t> raw = read_unsigned_varint(rest, 10);
  if (!raw) return std::nullopt;
  return static_cast<std::int64_t>((*raw >> 1) ^ (0 - (*raw & 1)));
}

inline std::optional<std::int32_t> read_varint(std::span<const std::uint8_t>& rest) {
  const std::optional<std::uint64_t> wide = read_unsigned_varint(rest, 5);
  if (!wide) return std::nullopt;
  const auto raw = static_cast<std::uint32_t>(*wide);
  return static_cast<std::int32_t>((raw >> 1) ^ (0 - (raw & 1)));
}

inline std::uint64_t zig_zag(std::int64_t value) {
  return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}

inline std::size_t varint_size(std::int64_t value) {
  std::size_t size = 1;
  for (std::uint64_t raw = zig_zag(value); raw >= 0x80; raw >>= 7) ++size;
  return size;
}

// Writes at `at` and answers the end. REQUIRES: room for varint_size(value) bytes.
inline std::uint8_t* write_varint(std::uint8_t* at, std::int64_t value) {
  std::uint64_t raw = zig_zag(value);
  for (; raw >= 0x80; raw >>= 7) *at++ = static_cast<std::uint8_t>(raw | 0x80);
  *at++ = static_cast<std::uint8_t>(raw);
  return at;
}

}  // namespace kafka::detail
