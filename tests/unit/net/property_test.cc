// Random faults, one truth: on each connection the receiver sees a prefix of what was sent, and all
// of it once every fault is healed, unless it was told that the connection ended.
#include <doctest/doctest.h>

#include <rapidcheck.h>

#include <array>
#include <map>
#include <set>

#include "net_fixture.h"

namespace sim::net_test {
namespace {

class Recorder final : public SocketSink {
 public:
  void on_socket_accepted(SocketId socket, HostId, std::uint16_t) override {
    live.insert_or_assign(socket, true);
  }
  void on_socket_connected(SocketId socket) override { live.insert_or_assign(socket, true); }
  void on_socket_failed(SocketId) override { ++failed; }
  void on_socket_closed(SocketId socket, bool) override { live.erase(socket); }
  void on_socket_frame(SocketId socket, env::Frame&& frame) override {
    RC_ASSERT(live.contains(socket));
    received[socket] += std::string(frame.contiguous().text());
  }
  std::map<SocketId, bool> live;
  std::map<SocketId, std::string> sent;
  std::map<SocketId, std::string> received;
  std::uint64_t failed = 0;
};

struct Chaos {
  explicit Chaos(std::uint64_t seed)
      : streams(seed),
        network(scheduler, streams,
                Topology({.latency = Exponential{.mean = 300us, .low = 100us},
                          .bytes_per_second = 2'000'000}),
                {.receive_buffer_bytes = 2000}),
        rng(seed) {
    for (std::uint32_t i = 0; i < kHosts; ++i) {
      network.add_host(HostId(i), fmt::format("h{}", i), "", hosts[i]);
      start(i);
    }
  }

  void start(std::uint32_t i) {
    network.host_up(HostId(i));
    network.listen(HostId(i), 9092);
    is_up[i] = true;
  }
  void stop(std::uint32_t i, bool power) {
    if (power) {
      network.host_lost(HostId(i));
    } else {
      network.host_killed(HostId(i));
    }
    is_up[i] = false;
    hosts[i].live.clear();
  }

  std::uint32_t any_host() { return static_cast<std::uint32_t>(rng.below(kHosts)); }

  void send_something(std::uint32_t i) {
    if (hosts[i].live.empty()) return;
    auto chosen = hosts[i].live.begin();
    std::advance(chosen, static_cast<std::int64_t>(rng.below(hosts[i].live.size())));
    const std::size_t size = rng.below(700) + 1;
    std::string content(size, static_cast<char>('a' + rng.below(26)));
    hosts[i].sent[chosen->first] += content;
    network.send(chosen->first, frame_of(content));
  }

  void step() {
    const std::uint32_t i = any_host();
    const std::uint64_t what = rng.below(100);
    if (what < 15 && is_up[i]) {
      network.connect(HostId(i), {.host = fmt::format("h{}", any_host()), .port = 9092});
    } else if (what < 70 && is_up[i]) {
      send_something(i);
    } else if (what < 76 && is_up[i] && !hosts[i].live.empty()) {
      network.set_readable(hosts[i].live.begin()->first, rng.chance(1, 2));
    } else if (what < 80 && is_up[i] && !hosts[i].live.empty()) {
      const SocketId socket = hosts[i].live.begin()->first;
      hosts[i].live.erase(socket);
      network.close(socket);
    } else if (what < 84) {
      network.host_paused(HostId(i), rng.chance(1, 2));
    } else if (what < 88) {
      const HostId one(any_host());
      const HostId two(any_host());
      const Direction direction = rng.chance(1, 2) ? Direction::kBoth : Direction::kForward;
      cuts.push_back(network.partition({HostId(i)}, {one, two}, direction));
    } else if (what < 93 && !cuts.empty()) {
      network.heal(cuts[rng.below(cuts.size())]);
    } else if (what < 95 && is_up[i]) {
      stop(i, rng.chance(1, 2));
    } else if (what < 97 && !is_up[i]) {
      start(i);
    }
    const env::Duration longest = rng.chance(1, 10) ? 2000ms : 3ms;
    run_for(rng.between(0ms, longest));
  }

  void run_for(env::Duration d) {
    Event event;
    const env::Instant until = scheduler.now() + d;
    while (scheduler.pop(until, event)) {
      event.target->on_event(event);
      network.check_invariants();
    }
  }

  void heal_all() {
    for (const PartitionHandle cut : cuts) network.heal(cut);
    for (std::uint32_t i = 0; i < kHosts; ++i) {
      network.host_paused(HostId(i), false);
      if (!is_up[i]) start(i);
      for (const auto& [socket, is_live] : hosts[i].live) network.set_readable(socket, true);
    }
  }

  // The two ends of a connection differ in the last bit of their ids (sim/net/connection.h).
  static SocketId peer(SocketId socket) { return SocketId(socket.value() ^ 1); }

  void check(bool is_complete) {
    std::map<SocketId, std::string> received;
    std::map<SocketId, bool> live;
    for (const Recorder& host : hosts) {
      received.insert(host.received.begin(), host.received.end());
      live.insert(host.live.begin(), host.live.end());
    }
    for (const Recorder& host : hosts) {
      for (const auto& [socket, content] : host.sent) {
        const std::string& got = received[peer(socket)];
        RC_ASSERT(content.starts_with(got));
        if (is_complete && live.contains(socket) && live.contains(peer(socket)))
          RC_ASSERT(content == got);
        frames_checked += content.size();
      }
    }
  }

  static constexpr std::uint32_t kHosts = 4;
  Scheduler scheduler;
  Streams streams;
  std::array<Recorder, kHosts> hosts;
  std::array<bool, kHosts> is_up{};
  StreamNetwork network;
  env::Rng rng;
  std::vector<PartitionHandle> cuts;
  std::uint64_t frames_checked = 0;
};

TEST_CASE("4 hosts, random cuts, kills, power losses, pauses: a prefix always, all of it at last") {
  std::uint64_t bytes = 0;
  const bool holds = rc::check("prefix", [&bytes](std::uint64_t seed) {
    Chaos chaos(seed);
    for (int i = 0; i < 300; ++i) {
      chaos.step();
      if (i % 20 == 0) chaos.check(false);
    }
    chaos.heal_all();
    chaos.run_for(5min);
    chaos.check(true);
    RC_ASSERT(chaos.scheduler.pending() == 0u);  // a healthy network is quiet
    bytes += chaos.network.counts().bytes_delivered;
  });
  CHECK(holds);
  CHECK(bytes > 100'000);
}

// All that there is besides: other rules, blows, and a filter that holds every tenth frame.
struct Havoc final : Chaos, private FrameFilter {
  explicit Havoc(std::uint64_t seed) : Chaos(seed) { network.set_filter(this); }

  void havoc() {
    const HostId a(any_host());
    const HostId b(any_host());
    const Direction direction = rng.chance(1, 2) ? Direction::kBoth : Direction::kForward;
    const std::uint64_t what = rng.below(12);
    if (what < 2) cuts.push_back(network.clog({a}, {b}, direction));
    if (what == 2)
      cuts.push_back(network.slow_link({a}, {b}, Exponential{.mean = 50ms, .low = 1ms}, direction));
    if (what == 3)
      cuts.push_back(network.limit_bandwidth({a}, {b}, rng.below(100'000) + 100, direction));
    if (what == 4) {
      const std::uint32_t ppm = rng.chance(1, 10) ? 1'000'000 : 200'000;
      cuts.push_back(network.lose_packets({a}, {b}, ppm, direction));
    }
    if (what == 5) cuts.push_back(network.limit_reading(a, rng.below(20'000) + 500));
    if (what == 6 && rng.chance(1, 4)) network.reset_connections({a}, {b});
    if (what == 7 && rng.chance(1, 4)) network.sever_connections({a}, {b});
    if (what > 7 && !cuts.empty()) network.heal(cuts[rng.below(cuts.size())]);
    if (!held.empty()) {
      auto chosen = held.begin();
      std::advance(chosen, static_cast<std::int64_t>(rng.below(held.size())));
      release(*chosen);
    }
  }
  void release(FrameTicket ticket) {
    held.erase(ticket);
    RC_ASSERT(network.release(ticket));
  }
  void heal_and_release() {
    network.set_filter(nullptr);
    while (!held.empty()) release(*held.begin());
    heal_all();
  }

  bool on_frame(env::Instant, FramePoint point, FrameTicket ticket, const ConnectionName&, bool,
                const env::Frame&) override {
    std::set<FrameTicket>& seen = point == FramePoint::kLeaves ? left : arrived;
    RC_ASSERT(seen.insert(ticket).second);
    if (rng.below(10) != 0) return true;
    held.insert(ticket);
    return false;
  }
  void on_frame_lost(FrameTicket ticket) override {
    RC_ASSERT(held.erase(ticket) == 1u);
    ++lost;
  }
  void on_connection_gone(std::uint64_t) override { ++gone; }

  std::set<FrameTicket> held;
  std::set<FrameTicket> left;
  std::set<FrameTicket> arrived;
  std::uint64_t lost = 0;
  std::uint64_t gone = 0;
};

TEST_CASE("4 hosts, every rule and blow, frames held: a prefix always, all of it at last") {
  std::uint64_t bytes = 0;
  std::uint64_t lost = 0;
  std::uint64_t held_at_arrival = 0;
  const bool holds = rc::check("havoc", [&](std::uint64_t seed) {
    Havoc world(seed);
    for (int i = 0; i < 400; ++i) {
      world.step();
      if (i % 3 == 0) world.havoc();
      if (i % 20 == 0) world.check(false);
    }
    world.heal_and_release();
    world.run_for(2h);
    world.check(true);
    RC_ASSERT(world.scheduler.pending() == 0u);
    RC_ASSERT(world.gone > 0u);
    bytes += world.network.counts().bytes_delivered;
    lost += world.lost;
    held_at_arrival += world.arrived.size();
  });
  CHECK(holds);
  CHECK(bytes > 100'000);
  CHECK(lost > 5);
  CHECK(held_at_arrival > 1000);
}

TEST_CASE("4 hosts, every rule and blow: the same seed gives the same counts") {
  const auto counts = [](std::uint64_t seed) {
    Havoc world(seed);
    for (int i = 0; i < 500; ++i) {
      world.step();
      if (i % 3 == 0) world.havoc();
    }
    std::string text;
    for (const RuleHandle rule : world.cuts) {
      const RuleCounts& n = world.network.counts(rule);
      text += fmt::format("{}/{}/{} ", n.affected(), n.losses, n.time_added.count());
    }
    return text;
  };
  for (std::uint64_t seed = 1; seed <= 10; ++seed) CHECK(counts(seed) == counts(seed));
  CHECK(counts(1) != counts(2));
}

TEST_CASE("4 hosts, random faults: the same seed gives the same counts") {
  const auto counts = [](std::uint64_t seed) {
    Chaos chaos(seed);
    for (int i = 0; i < 500; ++i) chaos.step();
    const NetworkCounts& n = chaos.network.counts();
    return fmt::format("{} {} {} {} {} {} {}", chaos.scheduler.now().time_since_epoch().count(),
                       n.frames_sent, n.frames_delivered, n.bytes_delivered, n.connections,
                       n.resets, n.retransmissions);
  };
  for (std::uint64_t seed = 1; seed <= 10; ++seed) CHECK(counts(seed) == counts(seed));
  CHECK(counts(1) != counts(2));
  CHECK(counts(1) == "50924621158 187 123 39295 48 12 61");  // on every compiler
}

}  // namespace
}  // namespace sim::net_test
