// Reference figures of the parts: frames through the network, the codec, checksums, batches.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "broker-model/messages/broker_heartbeat.h"
#include "broker-model/messages/fetch.h"
#include "broker-model/messages/frames.h"
#include "broker-model/messages/produce.h"
#include "broker-model/messages/records/batch_builder.h"
#include "broker-model/messages/records/crc32c.h"
#include "sim/net/network.h"

namespace {

// 100 hosts with ten connections each; every frame that arrives is sent on to a drawn peer.
struct RingHost final : sim::SocketSink {
  sim::StreamNetwork* network = nullptr;
  std::vector<sim::SocketId> peers;
  env::Rng rng{1};

  void on_socket_accepted(sim::SocketId, sim::HostId, std::uint16_t) override {}
  void on_socket_connected(sim::SocketId socket) override { peers.push_back(socket); }
  void on_socket_failed(sim::SocketId) override {}
  void on_socket_closed(sim::SocketId, bool) override {}
  void on_socket_frame(sim::SocketId, env::Frame frame) override {
    network->send(peers[rng.below(peers.size())], std::move(frame));
  }
};

void network_frames(benchmark::State& state) {
  constexpr std::uint32_t kHosts = 100;
  constexpr std::uint32_t kPeers = 10;
  sim::Scheduler scheduler;
  sim::Streams streams(1);
  sim::StreamNetwork network(scheduler, streams, sim::Topology());
  std::vector<RingHost> hosts(kHosts);
  for (std::uint32_t i = 0; i < kHosts; ++i) {
    hosts[i].network = &network;
    hosts[i].rng = env::Rng(i);
    network.add_host(sim::HostId(i), "h" + std::to_string(i), "", hosts[i]);
    network.host_up(sim::HostId(i));
    network.listen(sim::HostId(i), 1);
  }
  for (std::uint32_t i = 0; i < kHosts; ++i) {
    for (std::uint32_t k = 1; k <= kPeers; ++k) {
      network.connect(sim::HostId(i),
                      {.host = "h" + std::to_string((i + k * 7) % kHosts), .port = 1});
    }
  }
  sim::Event event;
  while (scheduler.pop(env::Instant(std::chrono::seconds(1)), event)) event.target->on_event(event);
  const env::Bytes body = env::Bytes::copy_of(std::string(100, 'x'));
  for (RingHost& host : hosts) network.send(host.peers.at(0), env::Frame(body));

  const std::uint64_t before = network.counts().frames_delivered;
  for (auto _ : state) {
    if (!scheduler.pop(sim::Scheduler::kNever, event)) state.SkipWithError("the ring came to rest");
    event.target->on_event(event);
  }
  state.counters["frames_per_s"] = benchmark::Counter(
      static_cast<double>(network.counts().frames_delivered - before), benchmark::Counter::kIsRate);
}
BENCHMARK(network_frames);

kafka::RecordBatch make_batch(int records) {
  const std::vector<std::uint8_t> value(100, 'v');
  kafka::BatchBuilder builder(kafka::BatchOptions{});
  for (int i = 0; i < records; ++i) builder.append({.key = {}, .value = value, .headers = {}});
  return builder.close();
}

void build_batch(benchmark::State& state) {
  const auto records = static_cast<int>(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(make_batch(records));
  state.SetItemsProcessed(state.iterations() * records);
}
BENCHMARK(build_batch)->Arg(1)->Arg(100);

void checksum(benchmark::State& state) {
  const std::vector<std::uint8_t> bytes(static_cast<std::size_t>(state.range(0)), 0x5a);
  for (auto _ : state) benchmark::DoNotOptimize(kafka::crc32c(bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(checksum)->Arg(1'000)->Arg(16'000);

template <class Request>
void encode_decode(benchmark::State& state, const Request& request) {
  const std::int16_t version = Request::api.highest;
  for (auto _ : state) {
    auto frame = kafka::encode_request({.correlation_id = 1, .client_id = "c"}, request, version);
    auto header = kafka::decode_request_header(*frame);
    auto decoded = kafka::decode<Request>(header->body, version);
    if (!decoded.has_value()) state.SkipWithError("what was encoded does not decode");
    benchmark::DoNotOptimize(decoded);
  }
}

void codec_produce(benchmark::State& state) {
  kafka::Records records;
  records.batches.push_back(make_batch(100));
  kafka::ProduceRequest request{.acks = -1, .timeout_ms = 30'000};
  request.topic_data.push_back({.partition_data = {{.index = 0, .records = records}}});
  encode_decode(state, request);
}
BENCHMARK(codec_produce);

void codec_fetch(benchmark::State& state) {
  kafka::FetchRequest request;
  request.topics.push_back({.partitions = {{.partition = 0}, {.partition = 1}, {.partition = 2}}});
  encode_decode(state, request);
}
BENCHMARK(codec_fetch);

void codec_heartbeat(benchmark::State& state) {
  encode_decode(state, kafka::BrokerHeartbeatRequest{.broker_id = 1, .broker_epoch = 7});
}
BENCHMARK(codec_heartbeat);

}  // namespace
