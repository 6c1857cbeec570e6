// How a frame is cut into segments: Ethernet with preamble and gap (38), IPv4 (20), TCP with time
// stamps (32) around at most 1,448 bytes of stream.
#pragma once

#include <algorithm>
#include <cstdint>

namespace sim {

inline constexpr std::uint64_t kSegmentBytes = 1448;
inline constexpr std::uint64_t kSegmentOverhead = 90;

// A FIN and the end of a handshake carry nothing and are a segment all the same.
constexpr std::uint64_t segments_of(std::uint64_t stream_bytes) {
  return std::max<std::uint64_t>((stream_bytes + kSegmentBytes - 1) / kSegmentBytes, 1);
}

constexpr std::uint64_t wire_bytes(std::uint64_t stream_bytes) {
  return stream_bytes + segments_of(stream_bytes) * kSegmentOverhead;
}

}  // namespace sim
