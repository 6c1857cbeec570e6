// Tap: what a capture (pcapng) sees of the network. None is installed unless asked for, and then
// the network pays nothing for it.
//
// The stream of one direction starts at offset 0 and holds, for each frame, four bytes of length
// and the frame; TCP sequence numbers follow from the offsets.
#pragma once

#include <cstdint>

#include "sim/core/network_port.h"

namespace sim {

// Names a connection in a capture. Stable as long as the connection lives.
struct ConnectionName {
  std::uint64_t id = 0;  // unique in a run
  HostId client;
  std::uint16_t client_port = 0;  // ephemeral: from 49152 up, counted per host
  HostId server;
  std::uint16_t server_port = 0;
};

struct TappedFrame {
  bool is_from_client = false;
  std::uint64_t offset = 0;  // of its length prefix, in the stream of its direction
};

class NetworkTap {
 public:
  virtual ~NetworkTap() = default;
  // The handshake: `asked` when the first SYN left, `opened` when the client got its answer.
  virtual void on_connection_opened(env::Instant asked, env::Instant opened,
                                    const ConnectionName&) = 0;
  // The process wrote it.
  virtual void on_frame_sent(env::Instant, const ConnectionName&, TappedFrame,
                             const env::Frame&) = 0;
  // It was handed to the peer's process. Follows on_frame_sent in the order of offsets.
  virtual void on_frame_delivered(env::Instant, const ConnectionName&, TappedFrame,
                                  const env::Frame&) = 0;
  // A FIN (or, with `is_reset`, a RST) of one side reached the other.
  virtual void on_connection_ended(env::Instant, const ConnectionName&, bool is_from_client,
                                   bool is_reset) = 0;
};

}  // namespace sim
