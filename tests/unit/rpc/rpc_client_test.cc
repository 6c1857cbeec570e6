#include "broker-model/rpc/rpc_client.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "broker-model/messages/api_versions.h"
#include "broker-model/messages/frames.h"
#include "broker-model/messages/metadata.h"
#include "broker-model/messages/produce.h"
#include "broker-model/types/config.h"
#include "tests/support/fake_env.h"

using namespace kafka;
using namespace std::chrono_literals;

namespace {

struct Sink final : RpcSink {
  std::vector<RpcReply> replies;
  std::vector<RpcFailure> failures;
  int unreachable = 0;
  void on_response(env::Env&, const RpcReply& reply, const env::Rope&) override {
    replies.push_back(reply);
  }
  void on_disconnect(env::Env&, const RpcFailure& failure) override { failures.push_back(failure); }
  void on_unreachable(env::Env&, DestinationId) override { ++unreachable; }
};

struct Fixture {
  test::FakeDisk disk;
  test::FakeEnv env{disk};
  Sink sink;
  RpcClient client;
  DestinationId to{1};
  std::size_t read = 0;

  explicit Fixture(RpcClientOptions options = {})
      : client((options.client_id = "n1", options.timer_kind = 9, options), sink) {
    client.set_destination(env, to, {"b1", 9092});
  }
  env::ConnId conn() const { return env.connects.back().first; }
  void event(env::ConnEventKind kind) {
    CHECK(client.on_conn(env, conn(), {.kind = kind, .local_port = 0, .peer_host = {}}));
    client.check_invariants();
  }
  RequestFrame next_request() {
    REQUIRE(read < env.sent.size());
    auto parsed = decode_request_header(env.sent[read++].frame);
    REQUIRE(parsed.has_value());
    return *parsed;
  }
  template <class Response>
  void respond(const RequestFrame& request, const Response& response, std::int16_t version) {
    auto frame = encode_response(request.header.correlation_id, response, version);
    REQUIRE(frame.has_value());
    CHECK(client.on_frame(env, conn(), *frame));
    client.check_invariants();
  }
  void offer(std::int16_t metadata_highest = 13) {
    const RequestFrame request = next_request();
    REQUIRE(request.header.request_api_key == 18);
    ApiVersionsResponse response;
    response.api_keys.push_back({.api_key = 3, .min_version = 0, .max_version = metadata_highest});
    response.api_keys.push_back({.api_key = 0, .min_version = 0, .max_version = 13});
    response.api_keys.push_back({.api_key = 18, .min_version = 0, .max_version = 4});
    respond(request, response, request.header.request_api_version);
  }
  void connect() {
    event(env::ConnEventKind::kConnected);
    offer();
  }
  void pass(env::Duration by) {
    const env::Instant until = env.now() + by;
    while (const auto key = env.next_timer(until)) client.on_timer(env, *key);
    if (env.now() < until) env.advance(until - env.now());
    client.check_invariants();
  }
};

}  // namespace

TEST_CASE("rpc client: connects for the first request, asks for versions, then sends") {
  Fixture f;
  f.client.send(f.env, f.to, 7, MetadataRequest{});
  REQUIRE(f.env.connects.size() == 1);
  CHECK(f.env.sent.empty());
  f.event(env::ConnEventKind::kConnected);
  f.offer(9);
  const RequestFrame request = f.next_request();
  CHECK(request.header.request_api_key == 3);
  CHECK(request.header.request_api_version == 9);  // the highest of both
  CHECK(request.header.client_id == "n1");
  f.respond(request, MetadataResponse{}, 9);
  REQUIRE(f.sink.replies.size() == 1);
  CHECK(f.sink.replies[0].token == 7);
  CHECK(f.sink.replies[0].version == 9);
}

TEST_CASE("rpc client: ApiVersions falls back to the version that the refusal names (KIP-511)") {
  Fixture f;
  f.client.send(f.env, f.to, 7, MetadataRequest{});
  f.event(env::ConnEventKind::kConnected);
  const RequestFrame first = f.next_request();
  CHECK(first.header.request_api_version == 4);
  ApiVersionsResponse refusal{.error_code = ErrorCode::kUnsupportedVersion};
  refusal.api_keys.push_back({.api_key = 18, .min_version = 0, .max_version = 2});
  f.respond(first, refusal, 0);
  const RequestFrame second = f.next_request();
  CHECK(second.header.request_api_version == 2);
  ApiVersionsResponse offer;
  offer.api_keys.push_back({.api_key = 3, .min_version = 0, .max_version = 1});
  f.respond(second, offer, 2);
  CHECK(f.next_request().header.request_api_version == 1);
}

TEST_CASE("rpc client: client.api.caps caps clients, not what brokers ask of each other") {
  const auto caps = [](const ConfigDef& def) {
    Config config(def);
    REQUIRE(config.set("client.api.caps", "tshark").has_value());
    return RpcClientOptions::from(config, "x", 1).caps;
  };
  CHECK(caps(ConfigDef::producer()) == ClientApiCaps::kTshark);
  CHECK(caps(ConfigDef::admin()) == ClientApiCaps::kTshark);
  CHECK(caps(ConfigDef::broker()) == ClientApiCaps::kNone);
}

TEST_CASE("rpc client: client.api.caps=tshark keeps below what the broker offers") {
  Fixture f({.caps = ClientApiCaps::kTshark});
  f.client.send(f.env, f.to, 7, MetadataRequest{});
  f.event(env::ConnEventKind::kConnected);
  CHECK(decode_request_header(f.env.sent[0].frame)->header.request_api_version == 3);
  f.offer();
  CHECK(f.next_request().header.request_api_version == 9);
}

TEST_CASE("rpc client: an API that both ends do not share fails without a disconnect") {
  Fixture f;
  f.client.ready(f.env, f.to);
  f.connect();
  f.client.send(f.env, f.to, 7, ProduceRequest{}, {.max_version = 2});
  CHECK(f.sink.failures.empty());  // calls never call back
  f.pass(0ms);
  REQUIRE(f.sink.failures.size() == 1);
  CHECK(f.sink.failures[0].unsupported_version);
  CHECK(f.client.is_connected(f.to));
}

TEST_CASE("rpc client: a timed out request ends the connection and all that is in flight on it") {
  Fixture f({.request_timeout = 1s});
  f.client.ready(f.env, f.to);
  f.connect();
  f.client.send(f.env, f.to, 1, MetadataRequest{});
  f.pass(600ms);
  f.client.send(f.env, f.to, 2, MetadataRequest{});
  f.pass(399ms);
  CHECK(f.sink.failures.empty());
  f.pass(10ms);
  REQUIRE(f.sink.failures.size() == 2);
  CHECK(f.sink.failures[0].token == 1);
  CHECK(f.sink.failures[0].timed_out);
  CHECK(f.sink.failures[1].was_sent);
  CHECK(f.env.closed == std::vector{f.conn()});
  CHECK(f.env.observations.back().find("timed_out=true") != std::string::npos);
}

TEST_CASE("rpc client: beyond max.in.flight requests wait their turn") {
  Fixture f({.max_in_flight = 2});
  f.client.ready(f.env, f.to);
  f.connect();
  for (std::uint64_t token = 1; token <= 3; ++token) {
    f.client.send(f.env, f.to, token, MetadataRequest{});
  }
  const RequestFrame first = f.next_request();
  f.next_request();
  CHECK(f.read == f.env.sent.size());
  CHECK_FALSE(f.client.can_send(f.to));
  f.respond(first, MetadataResponse{}, 13);
  CHECK(f.read + 1 == f.env.sent.size());
}

TEST_CASE("rpc client: an answer out of order ends the connection") {
  Fixture f;
  f.client.ready(f.env, f.to);
  f.connect();
  f.client.send(f.env, f.to, 1, MetadataRequest{});
  f.client.send(f.env, f.to, 2, MetadataRequest{});
  f.next_request();
  f.respond(f.next_request(), MetadataResponse{}, 13);
  CHECK(f.sink.replies.empty());
  CHECK(f.sink.failures.size() == 2);
  CHECK_FALSE(f.client.is_connected(f.to));
}

TEST_CASE("rpc client: reconnect backoff doubles up to its maximum, within a fifth, and resets") {
  Fixture f;
  env::Duration expected = 50ms;
  for (int attempt = 0; attempt < 8; ++attempt) {
    f.client.ready(f.env, f.to);
    f.event(env::ConnEventKind::kFailed);
    const env::Duration backoff = f.client.backoff_left(f.env, f.to);
    CHECK(backoff >= expected * 8 / 10 - 1ms);
    CHECK(backoff <= std::min<env::Duration>(expected * 12 / 10, 1s));
    CHECK_FALSE(f.client.ready(f.env, f.to));
    CHECK(f.env.connects.size() == static_cast<std::size_t>(attempt) + 1);
    f.pass(backoff);
    expected = std::min<env::Duration>(expected * 2, 1s);
  }
  f.client.ready(f.env, f.to);
  f.connect();
  f.event(env::ConnEventKind::kReset);
  CHECK(f.client.backoff_left(f.env, f.to) <= 60ms);
}

TEST_CASE("rpc client: a connect without an answer is given up after the setup time-out") {
  Fixture f({.connection_setup_timeout = 2s, .connection_setup_timeout_max = 2s});
  f.client.send(f.env, f.to, 1, MetadataRequest{});
  f.pass(1900ms);
  CHECK(f.sink.failures.empty());
  f.pass(200ms);
  REQUIRE(f.sink.failures.size() == 1);
  CHECK_FALSE(f.sink.failures[0].was_sent);
  CHECK(f.sink.unreachable == 1);
}

TEST_CASE("rpc client: a request during the backoff waits for its end and connects then") {
  Fixture f;
  f.client.ready(f.env, f.to);
  f.event(env::ConnEventKind::kFailed);
  f.client.send(f.env, f.to, 1, MetadataRequest{});
  CHECK(f.env.connects.size() == 1);
  f.pass(100ms);
  CHECK(f.env.connects.size() == 2);
  f.connect();
  CHECK(f.next_request().header.request_api_key == 3);
}

TEST_CASE("rpc client: one timer for all requests, armed anew only when it must fire earlier") {
  Fixture f;
  f.client.ready(f.env, f.to);
  f.connect();
  for (std::uint64_t token = 1; token <= 5; ++token) {
    f.client.send(f.env, f.to, token, MetadataRequest{});
  }
  CHECK(f.env.timers.size() == 1);
}

TEST_CASE("rpc client: acks=0 leaves nothing in flight") {
  Fixture f;
  f.client.ready(f.env, f.to);
  f.connect();
  f.client.send(f.env, f.to, 1, ProduceRequest{}, {.expects_response = false});
  CHECK(f.next_request().header.request_api_key == 0);
  CHECK(f.client.in_flight(f.to) == 0);
}

TEST_CASE("rpc client: another endpoint for a destination closes the old connection") {
  Fixture f;
  f.client.ready(f.env, f.to);
  f.connect();
  f.client.send(f.env, f.to, 1, MetadataRequest{});
  const env::ConnId old = f.conn();
  f.client.set_destination(f.env, f.to, {"b1", 9093});
  CHECK(f.env.closed == std::vector{old});
  f.pass(0ms);
  CHECK(f.sink.failures.size() == 1);
  CHECK_FALSE(f.client.on_frame(f.env, old, env::Frame{}));
}
