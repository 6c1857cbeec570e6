// The simplest Network: everything takes 1 ms, nothing is lost, a kill resets at once.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "sim/core/world.h"

namespace sim::test {

class FakeNetwork final : public Network {
 public:
  explicit FakeNetwork(World& world) : world_(world) {}

  void add_host(HostId id, std::string_view name, std::string_view, SocketSink& sink) override {
    hosts_[id] = FakeHost{.name = std::string(name), .sink = &sink, .ports = {}, .is_up = false};
  }
  std::optional<HostId> resolve(std::string_view name) const override {
    for (const auto& [id, host] : hosts_) {
      if (host.name == name) return id;
    }
    return std::nullopt;
  }
  void host_up(HostId id) override { hosts_[id].is_up = true; }
  void host_killed(HostId id) override { end(id, true); }
  void host_lost(HostId id) override { end(id, false); }
  void host_paused(HostId, bool) override {}  // the host itself holds back what arrives
  void listen(HostId id, std::uint16_t port) override { hosts_[id].ports.insert(port); }

  SocketId connect(HostId from, const env::Endpoint& to) override {
    const SocketId near(next_++);
    const SocketId far(next_++);
    sockets_[near] = {.host = from, .peer = far};
    const std::optional<HostId> peer = resolve(to.host);
    later([this, near, far, from, peer, port = to.port] {
      if (!sockets_.contains(near)) return;
      if (!peer.has_value() || !hosts_[*peer].is_up || !hosts_[*peer].ports.contains(port)) {
        drop(near, [near](SocketSink& sink) { sink.on_socket_failed(near); });
        return;
      }
      sockets_[far] = {.host = *peer, .peer = near};
      hosts_[*peer].sink->on_socket_accepted(far, from, port);
      later([this, near] {
        if (sockets_.contains(near)) hosts_[sockets_[near].host].sink->on_socket_connected(near);
      });
    });
    return near;
  }
  void send(SocketId socket, env::Frame&& frame) override {
    if (!sockets_.contains(socket)) return;
    later([this, far = sockets_[socket].peer, frame = std::move(frame)] {
      if (sockets_.contains(far))
        hosts_[sockets_[far].host].sink->on_socket_frame(far, env::Frame(frame));
    });
  }
  void set_readable(SocketId, bool) override {}
  void close(SocketId socket) override {
    if (!sockets_.contains(socket)) return;
    tell_peer(socket, false);
    sockets_.erase(socket);
  }

 private:
  struct FakeHost {
    std::string name;
    SocketSink* sink = nullptr;
    std::set<std::uint16_t> ports;
    bool is_up = false;
  };
  struct Socket {
    HostId host{};
    SocketId peer{};
  };
  void later(World::Callback callback) {
    world_.at(world_.now() + env::Duration(1'000'000), std::move(callback));
  }
  template <class Call>
  void drop(SocketId socket, Call call) {
    SocketSink* sink = hosts_[sockets_[socket].host].sink;
    sockets_.erase(socket);
    call(*sink);
  }
  void tell_peer(SocketId socket, bool reset) {
    later([this, far = sockets_[socket].peer, reset] {
      if (!sockets_.contains(far)) return;
      drop(far, [far, reset](SocketSink& sink) { sink.on_socket_closed(far, reset); });
    });
  }
  void end(HostId id, bool is_told) {
    hosts_[id].is_up = false;
    hosts_[id].ports.clear();
    for (auto at = sockets_.begin(); at != sockets_.end();) {
      if (at->second.host == id) {
        if (is_told) tell_peer(at->first, true);
        at = sockets_.erase(at);
      } else {
        ++at;
      }
    }
  }

  World& world_;
  std::map<HostId, FakeHost> hosts_;
  std::map<SocketId, Socket> sockets_;
  std::uint64_t next_ = 1;
};

}  // namespace sim::test
