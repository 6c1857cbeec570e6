// The network as a host sees it: sim/net implements Network, SimEnv calls it. One SocketId is one
// side of a connection; SimEnv maps it to the ConnId of an incarnation.
//
// No Network call answers from inside itself: outcomes reach the SocketSink from scheduler events.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "broker-model/env/basics.h"
#include "broker-model/env/frame.h"

namespace sim {

using HostId = env::Strong<struct HostIdTag, std::uint32_t>;
using SocketId = env::Strong<struct SocketIdTag, std::uint64_t>;  // one side, unique in a run

// The host side: called from scheduler events, never from inside a Network call.
class SocketSink {
 public:
  virtual ~SocketSink() = default;
  virtual void on_socket_accepted(SocketId, HostId peer, std::uint16_t local_port) = 0;
  virtual void on_socket_connected(SocketId) = 0;
  virtual void on_socket_failed(SocketId) = 0;               // the socket no longer exists
  virtual void on_socket_closed(SocketId, bool reset) = 0;   // the socket no longer exists
  virtual void on_socket_frame(SocketId, env::Frame&&) = 0;  // only while readable
};

class Network {
 public:
  virtual ~Network() = default;

  virtual void add_host(HostId, std::string_view name, std::string_view rack, SocketSink&) = 0;
  virtual std::optional<HostId> resolve(std::string_view name) const = 0;

  virtual void host_up(HostId) = 0;  // may accept again; ports must be listened on anew
  virtual void host_killed(
      HostId) = 0;  // all its sockets die; peers see a reset, no partition crossed
  // Ended in order: sockets that were closed still deliver what was sent and their end; others are
  // reset. A network that does not tell the two apart treats it as a kill.
  virtual void host_stopped(HostId id) { host_killed(id); }
  virtual void host_lost(HostId) = 0;  // power: silence
  // The kernel of a paused host still acknowledges and buffers; nothing is handed to the process.
  virtual void host_paused(HostId, bool is_paused) = 0;

  virtual void listen(HostId, std::uint16_t port) = 0;
  virtual SocketId connect(HostId from, const env::Endpoint& to) = 0;
  virtual void send(SocketId, env::Frame&&) = 0;  // ignored on a socket that is gone
  virtual void set_readable(SocketId, bool) = 0;
  virtual void close(
      SocketId) = 0;  // in order, after what was sent; no on_socket_closed follows here
};

}  // namespace sim
