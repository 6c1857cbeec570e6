// A world of hosts without SimEnv: a scheduler, the network, and a log of what each host was told.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/core/scheduler.h"
#include "sim/core/streams.h"
#include "sim/net/network.h"

namespace sim::net_test {

using namespace std::chrono_literals;

inline env::Instant at(env::Duration since_start) { return env::Instant(since_start); }

// Constant latency, so that tests can say when things happen.
inline LinkDirection exact(env::Duration latency, std::optional<std::uint64_t> rate = {}) {
  return {.latency = Constant{latency}, .bytes_per_second = rate};
}

inline env::Frame frame_of(std::string_view text) { return env::Frame(env::Bytes::copy_of(text)); }

struct Told {
  env::Duration when{};
  std::string what;  // accepted, connected, failed, closed, reset, or the content of a frame
  SocketId socket;
};

class TestHost final : public SocketSink {
 public:
  TestHost(Scheduler& scheduler, HostId own_id) : id(own_id), scheduler_(scheduler) {}

  void on_socket_accepted(SocketId socket, HostId, std::uint16_t) override {
    socket_accepted = socket;
    note("accepted", socket);
  }
  void on_socket_connected(SocketId socket) override { note("connected", socket); }
  void on_socket_failed(SocketId socket) override { note("failed", socket); }
  void on_socket_closed(SocketId socket, bool reset) override {
    note(reset ? "reset" : "closed", socket);
  }
  void on_socket_frame(SocketId socket, env::Frame&& frame) override {
    const env::Bytes content = frame.contiguous();
    note(std::string(content.text().substr(0, 16)), socket);
  }

  // "connected a b": what was told, in order.
  std::string story() const {
    std::string result;
    for (const Told& told : log) result += (result.empty() ? "" : " ") + told.what;
    return result;
  }
  // When it was told that for the first time; -1 ns: never.
  env::Duration when(std::string_view what) const {
    for (const Told& told : log) {
      if (told.what == what) return told.when;
    }
    return env::Duration(-1);
  }

  HostId id;
  SocketId socket_accepted;
  std::vector<Told> log;

 private:
  void note(std::string what, SocketId socket) {
    log.push_back({scheduler_.now().time_since_epoch(), std::move(what), socket});
  }
  Scheduler& scheduler_;
};

struct TestNet {
  explicit TestNet(Topology topology = Topology(exact(1ms)), StreamOptions options = {},
                   std::uint64_t seed = 1)
      : streams(seed), network(scheduler, streams, std::move(topology), options) {}

  TestHost& host(std::string_view name, std::string_view rack = "") {
    const HostId id(static_cast<std::uint32_t>(hosts.size() + 1));
    hosts.push_back(std::make_unique<TestHost>(scheduler, id));
    network.add_host(id, name, rack, *hosts.back());
    network.host_up(id);
    network.listen(id, 9092);
    return *hosts.back();
  }

  void run_until(env::Duration until) {
    Event event;
    while (scheduler.pop(at(until), event)) {
      ++events;
      event.target->on_event(event);
      network.check_invariants();
    }
  }
  void run_for(env::Duration d) { run_until(scheduler.now().time_since_epoch() + d); }

  SocketId connect(const TestHost& from, std::string_view to, std::uint16_t port = 9092) {
    return network.connect(from.id, {.host = std::string(to), .port = port});
  }
  void send(SocketId socket, std::string_view text) { network.send(socket, frame_of(text)); }

  Scheduler scheduler;
  Streams streams;
  StreamNetwork network;
  std::vector<std::unique_ptr<TestHost>> hosts;
  std::uint64_t events = 0;
};

// Two hosts 1 ms apart, "a" connected to "b", at 10 ms.
struct Pair : TestNet {
  explicit Pair(Topology topology = Topology(exact(1ms)), StreamOptions options = {})
      : TestNet(std::move(topology), options), a(host("a")), b(host("b")) {
    from_a = connect(a, "b");
    run_until(10ms);
    from_b = b.socket_accepted;
    a.log.clear();
    b.log.clear();
  }
  PartitionHandle cut(Direction direction = Direction::kBoth) {
    return network.partition({a.id}, {b.id}, direction);
  }
  TestHost& a;
  TestHost& b;
  SocketId from_a;
  SocketId from_b;
};

}  // namespace sim::net_test
