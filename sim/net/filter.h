// FrameFilter: is asked of each frame by whoever watches messages or holds them. None is installed
// unless asked for; then a frame costs the network one look at a null pointer.
//
// A frame passes two points, each once: it leaves when its process writes it, and it arrives when
// it is about to be handed to the peer's process. Whoever answers false there holds it, and with it
// all that follows in its direction of its connection, until StreamNetwork::release(). After that
// it goes on as if it had just been sent, or is handed as soon as the process can take it.
#pragma once

#include <cstdint>

#include "sim/core/network_port.h"
#include "sim/net/tap.h"

namespace sim {

// Counts the frames of a run from 1, in the order in which processes wrote them.
using FrameTicket = env::Strong<struct FrameTicketTag, std::uint64_t>;

enum class FramePoint : std::uint8_t {
  kLeaves,   // held: in its sender's kernel, before the window and every cut
  kArrives,  // held: in its receiver's kernel, where it fills the window as unread data does
};

// Called from inside events and from operations of the lab. May not call the network.
class FrameFilter {
 public:
  virtual ~FrameFilter() = default;
  // False: it is held there. Not asked at kArrives of what its process cannot take yet.
  virtual bool on_frame(env::Instant, FramePoint, FrameTicket, const ConnectionName&,
                        bool is_from_client, const env::Frame&) = 0;
  // The connection of a held frame died: it will never go on.
  virtual void on_frame_lost(FrameTicket) = 0;
  // ConnectionName::id; nothing more is heard of it.
  virtual void on_connection_gone(std::uint64_t connection_id) = 0;
};

}  // namespace sim
