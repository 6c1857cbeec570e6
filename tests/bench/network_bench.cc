// Frames through the network alone, against bare events of the kernel in the same process, the two
// taking turns in slices: 1,000 connections, on each of which a frame goes back and forth.
#include <benchmark/benchmark.h>
#include <time.h>

#include <memory>
#include <string>
#include <vector>

#include "sim/net/filter.h"
#include "sim/net/network.h"

namespace {

constexpr std::uint32_t kConnections = 1000;
constexpr std::uint64_t kSlice = 20'000;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct EchoHost final : sim::SocketSink {
  sim::StreamNetwork* network = nullptr;
  std::vector<sim::SocketId> connected;

  void on_socket_accepted(sim::SocketId, sim::HostId, std::uint16_t) override {}
  void on_socket_connected(sim::SocketId socket) override { connected.push_back(socket); }
  void on_socket_failed(sim::SocketId) override {}
  void on_socket_closed(sim::SocketId, bool) override {}
  void on_socket_frame(sim::SocketId socket, env::Frame&& frame) override {
    network->send(socket, std::move(frame));
  }
};

struct OpenFilter final : sim::FrameFilter {
  bool on_frame(env::Instant, sim::FramePoint, sim::FrameTicket, const sim::ConnectionName&, bool,
                const env::Frame&) override {
    return true;
  }
  void on_frame_lost(sim::FrameTicket) override {}
  void on_connection_gone(std::uint64_t) override {}
};

class Echoes {
 public:
  explicit Echoes(std::uint32_t hosts) : network(scheduler_, streams_, sim::Topology()) {
    for (std::uint32_t i = 0; i < hosts; ++i) {
      hosts_.push_back(std::make_unique<EchoHost>());
      hosts_[i]->network = &network;
      ids.emplace_back(i);
      network.add_host(ids[i], name(i), "", *hosts_[i]);
      network.host_up(ids[i]);
      network.listen(ids[i], 1);
    }
    for (std::uint32_t i = 0; i < kConnections; ++i) {
      const std::uint32_t from = i % hosts;
      network.connect(ids[from], {.host = name((from + 1 + i / hosts * 7) % hosts), .port = 1});
    }
    sim::Event event;
    while (scheduler_.pop(env::Instant(std::chrono::seconds(1)), event))
      event.target->on_event(event);
    const env::Bytes body = env::Bytes::copy_of(std::string(100, 'x'));
    for (const auto& host : hosts_) {
      for (const sim::SocketId socket : host->connected) network.send(socket, env::Frame(body));
    }
  }

  void turn(std::uint64_t frames) {
    const std::uint64_t until = network.counts().frames_delivered + frames;
    sim::Event event;
    while (network.counts().frames_delivered < until) {
      if (!scheduler_.pop(sim::Scheduler::kNever, event)) std::abort();
      event.target->on_event(event);
    }
  }

 private:
  static std::string name(std::uint32_t i) { return "h" + std::to_string(i); }
  sim::Scheduler scheduler_;
  sim::Streams streams_{1};

 public:
  sim::StreamNetwork network;
  std::vector<sim::HostId> ids;

 private:
  std::vector<std::unique_ptr<EchoHost>> hosts_;
};

// As many pending events as there are frames in flight, each of which schedules the next.
class Kernel final : public sim::EventTarget {
 public:
  Kernel() {
    for (std::uint32_t i = 0; i < kConnections; ++i) again(i);
  }
  void turn(std::uint64_t count) {
    sim::Event event;
    while (count-- > 0) {
      if (!scheduler_.pop(sim::Scheduler::kNever, event)) std::abort();
      event.target->on_event(event);
    }
  }

 private:
  void on_event(const sim::Event& event) override { again(event.a + 1); }
  void again(std::uint64_t a) {
    const env::Duration wait(static_cast<std::int64_t>(rng_.below(400'000)));
    scheduler_.post(scheduler_.now() + wait, *this, a);
  }
  sim::Scheduler scheduler_;
  env::Rng rng_{1};
};

template <class BeforeSlice>  // void(std::uint64_t number)
void measure(benchmark::State& state, Echoes& echoes, BeforeSlice before_slice) {
  Kernel kernel;
  kernel.turn(kSlice);
  echoes.turn(kSlice);
  double network_seconds = 0;
  double kernel_seconds = 0;
  std::uint64_t slices = 0;
  for (auto _ : state) {
    const double t0 = cpu_seconds();
    before_slice(slices);
    echoes.turn(kSlice);
    const double t1 = cpu_seconds();
    kernel.turn(kSlice);
    const double t2 = cpu_seconds();
    network_seconds += t1 - t0;
    kernel_seconds += t2 - t1;
    ++slices;
    state.SetIterationTime(t1 - t0);
  }
  const auto count = static_cast<double>(slices * kSlice);
  state.counters["frames_per_s"] = count / network_seconds;
  state.counters["kernel_per_s"] = count / kernel_seconds;
  state.counters["ratio"] = kernel_seconds / network_seconds;
}

void plain(benchmark::State& state) {
  Echoes echoes(100);
  measure(state, echoes, [](std::uint64_t) {});
}
BENCHMARK(plain)->Name("network/plain")->UseManualTime()->MinTime(1);

// One host after the other is cut off for a slice, and heard again in the next.
void partition(benchmark::State& state) {
  Echoes echoes(100);
  sim::RuleHandle cut;
  measure(state, echoes, [&](std::uint64_t slice) {
    if (slice % 2 == 1) {
      if (!echoes.network.heal(cut)) std::abort();
      return;
    }
    const sim::HostId one = echoes.ids[slice / 2 % 100];
    std::vector<sim::HostId> others = echoes.ids;
    std::erase(others, one);
    cut = echoes.network.partition({one}, std::move(others));
  });
  if (echoes.network.counts(sim::RuleHandle(0)).affected() == 0)
    state.SkipWithError("a partition that nobody noticed");
}
BENCHMARK(partition)->Name("network/partition")->UseManualTime()->MinTime(1);

void rules(benchmark::State& state) {
  Echoes echoes(100);
  const std::vector<sim::HostId> some(echoes.ids.begin(), echoes.ids.begin() + 5);
  const std::vector<sim::HostId> others(echoes.ids.begin() + 5, echoes.ids.end());
  using std::chrono::microseconds;
  echoes.network.slow_link(some, others, sim::Exponential{.mean = microseconds(50), .low = {}});
  echoes.network.limit_bandwidth(some, others, 100'000'000);
  echoes.network.lose_packets(some, others, 10);
  measure(state, echoes, [](std::uint64_t) {});
}
BENCHMARK(rules)->Name("network/rules")->UseManualTime()->MinTime(1);

void filter(benchmark::State& state) {
  Echoes echoes(100);
  OpenFilter open;
  echoes.network.set_filter(&open);
  measure(state, echoes, [](std::uint64_t) {});
}
BENCHMARK(filter)->Name("network/filter")->UseManualTime()->MinTime(1);

// A full mesh of a thousand hosts has a million ways, of which two thousand are used.
void mesh(benchmark::State& state) {
  Echoes echoes(1000);
  measure(state, echoes, [](std::uint64_t) {});
  if (echoes.network.paths_in_use() != 2 * kConnections) state.SkipWithError("ways nobody uses");
}
BENCHMARK(mesh)->Name("network/mesh")->UseManualTime()->MinTime(1);

}  // namespace
