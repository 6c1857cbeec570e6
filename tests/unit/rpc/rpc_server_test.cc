#include "broker-model/rpc/rpc_server.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "broker-model/messages/api_versions.h"
#include "broker-model/messages/frames.h"
#include "broker-model/messages/metadata.h"
#include "broker-model/messages/produce.h"
#include "tests/support/fake_env.h"

using namespace kafka;

namespace {

struct Sink final : RpcServerSink {
  std::vector<RequestContext> requests;
  int gone = 0;
  void on_request(env::Env&, const RequestContext& request, const env::Rope&) override {
    requests.push_back(request);
  }
  void on_peer_gone(env::Env&, env::ConnId) override { ++gone; }
};

struct Fixture {
  test::FakeDisk disk;
  test::FakeEnv env{disk};
  Sink sink;
  RpcServer server;
  env::ConnId conn{5};

  Fixture()
      : server({.listeners = {{.port = 9092, .type = ListenerType::kBroker}}, .timer_kind = 3},
               sink) {
    server.start(env);
    REQUIRE(server.on_conn(
        env, conn, {.kind = env::ConnEventKind::kAccepted, .local_port = 9092, .peer_host = "c1"}));
  }
  template <class Request>
  env::Frame frame(const Request& request, std::int16_t version, std::int32_t correlation_id) {
    RequestHeader header;
    header.correlation_id = correlation_id;
    header.client_id = "p1";
    auto encoded = encode_request(header, request, version);
    REQUIRE(encoded.has_value());
    return *encoded;
  }
  void arrive(env::Frame arrived) {
    CHECK(server.on_frame(env, conn, arrived));
    server.check_invariants();
  }
  void run() {
    while (const auto key = env.next_job()) {
      CHECK(server.on_timer(env, *key));
      server.check_invariants();
    }
  }
  bool is_readable() const { return env.readable.empty() || env.readable.back().second; }
};

// The int16s of a header, and no body.
env::Frame raw_header(std::int16_t key, std::int16_t version) {
  const std::uint8_t bytes[] = {static_cast<std::uint8_t>(key >> 8),
                                static_cast<std::uint8_t>(key),
                                static_cast<std::uint8_t>(version >> 8),
                                static_cast<std::uint8_t>(version),
                                0,
                                0,
                                0,
                                9,
                                0xff,
                                0xff};
  return env::Frame(env::Bytes::copy_of(bytes));
}

}  // namespace

TEST_CASE("rpc server: a request passes the network lane, then the request handlers") {
  Fixture f;
  CHECK(f.env.listening == std::vector<std::uint16_t>{9092});
  f.arrive(f.frame(MetadataRequest{}, 12, 4));
  CHECK_FALSE(f.is_readable());
  REQUIRE(f.env.jobs.size() == 1);
  CHECK(f.env.jobs[0].lane.kind == env::LaneKind::kNetwork);
  CHECK(f.env.jobs[0].cpu.count() > 0);
  f.server.on_timer(f.env, *f.env.next_job());
  REQUIRE(f.env.jobs.size() == 1);
  CHECK(f.env.jobs[0].lane.kind == env::LaneKind::kRequestHandler);
  CHECK(f.env.jobs[0].lane.servers == 8);
  f.run();
  REQUIRE(f.sink.requests.size() == 1);
  const RequestContext& request = f.sink.requests[0];
  CHECK(request.api == ApiKey::kMetadata);
  CHECK(request.version == 12);
  CHECK(request.client_id == "p1");
  CHECK(request.peer_host == "c1");
  f.server.respond(f.env, request.id, MetadataResponse{});
  CHECK(f.env.sent.empty());  // a network thread writes it
  f.run();
  REQUIRE(f.env.sent.size() == 1);
  CHECK(peek_correlation_id(f.env.sent[0].frame) == 4);
  CHECK(f.is_readable());
}

TEST_CASE("rpc server: one request at a time; the next is taken up after the response") {
  Fixture f;
  f.arrive(f.frame(MetadataRequest{}, 12, 1));
  f.arrive(f.frame(MetadataRequest{}, 12, 2));
  f.run();
  REQUIRE(f.sink.requests.size() == 1);
  f.server.respond(f.env, f.sink.requests[0].id, MetadataResponse{});
  f.run();
  REQUIRE(f.sink.requests.size() == 2);
  CHECK(f.sink.requests[1].correlation_id == 2);
  CHECK(f.env.sent.size() == 1);
  CHECK_FALSE(f.is_readable());
}

TEST_CASE("rpc server: acks=0 unmutes without a response") {
  Fixture f;
  f.arrive(f.frame(ProduceRequest{}, 9, 1));
  f.run();
  f.server.respond_nothing(f.env, f.sink.requests.at(0).id);
  CHECK(f.is_readable());
  CHECK(f.env.sent.empty());
}

TEST_CASE("rpc server: responses for a connection that is gone are dropped") {
  Fixture f;
  f.arrive(f.frame(MetadataRequest{}, 12, 1));
  f.run();
  const RequestId id = f.sink.requests.at(0).id;
  f.server.on_conn(f.env, f.conn,
                   {.kind = env::ConnEventKind::kReset, .local_port = 0, .peer_host = {}});
  CHECK(f.sink.gone == 1);
  CHECK(f.server.find(id) == nullptr);
  f.server.respond(f.env, id, MetadataResponse{});
  f.run();
  CHECK(f.env.sent.empty());
  env::Frame late;
  CHECK_FALSE(f.server.on_frame(f.env, f.conn, late));
}

TEST_CASE(
    "rpc server: ApiVersions of an unknown version: a v0 answer with error 35 and the range") {
  Fixture f;
  env::Frame later = raw_header(18, 77);
  later.append(env::Bytes::copy_of(std::string_view("\0", 1)));  // header v2: no tagged fields
  f.arrive(later);
  f.run();
  CHECK(f.sink.requests.empty());
  REQUIRE(f.env.sent.size() == 1);
  const auto response = decode_response<ApiVersionsResponse>(f.env.sent[0].frame, 0);
  REQUIRE(response.has_value());
  CHECK(response->error_code == ErrorCode::kUnsupportedVersion);
  REQUIRE(response->api_keys.size() == 1);
  CHECK(response->api_keys[0].api_key == 18);
  CHECK(response->api_keys[0].max_version == 4);
  CHECK(f.is_readable());
}

TEST_CASE("rpc server: unknown API, unknown version, other listener's API, garbage: closed") {
  const env::Frame garbage(env::Bytes::copy_of("abc"));
  for (const env::Frame& frame : {raw_header(999, 0), raw_header(3, 99), raw_header(0, 2),
                                  raw_header(62, 0), garbage, env::Frame{}}) {
    Fixture f;
    f.arrive(frame);
    f.run();
    CHECK(f.sink.requests.empty());
    CHECK(f.env.sent.empty());
    CHECK(f.env.closed == std::vector{f.conn});
  }
}
