// Reference figures of the parts: the codec, checksums, batches.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "broker-model/messages/broker_heartbeat.h"
#include "broker-model/messages/fetch.h"
#include "broker-model/messages/frames.h"
#include "broker-model/messages/produce.h"
#include "broker-model/messages/records/batch_builder.h"
#include "broker-model/messages/records/crc32c.h"

namespace {

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
