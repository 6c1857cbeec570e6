// The controller as a node: frames in, frames out, over a fake environment.
#include "broker-model/controller/controller_node.h"

#include <doctest/doctest.h>

#include "broker-model/controller/metadata_image.h"
#include "broker-model/messages/api_versions.h"
#include "broker-model/messages/broker_registration.h"
#include "broker-model/messages/create_topics.h"
#include "broker-model/messages/envelope.h"
#include "broker-model/messages/frames.h"
#include "broker-model/types/command.h"
#include "tests/support/fake_env.h"

namespace kafka {
namespace {

const env::ConnId kPeer(77);

struct Host {
  explicit Host(test::FakeDisk& disk)
      : env(disk),
        node({.id = NodeId(3000),
              .cluster_id = "c",
              .voters = {{NodeId(3000), {"controller", 9093}}}}) {
    node.on_start(env);
    settle(200ms);
    node.on_conn(
        env, kPeer,
        {.kind = env::ConnEventKind::kAccepted, .local_port = 9093, .peer_host = "broker-1"});
  }
  void settle(Duration within) {
    const Instant until = env.monotonic + within;
    while (true) {
      env.run_disk(static_cast<env::Node&>(node));
      if (auto job = env.next_job()) {
        node.on_timer(env, *job);
      } else if (auto key = env.next_timer(until)) {
        node.on_timer(env, *key);
      } else {
        break;
      }
      node.check_invariants();
    }
  }
  template <class Response, class Request>
  Response call(const Request& request, std::int16_t version) {
    env.sent.clear();
    auto frame = encode_request({.correlation_id = 5, .client_id = "t"}, request, version);
    REQUIRE(frame.has_value());
    node.on_frame(env, kPeer, *frame);
    settle(200ms);
    REQUIRE(env.sent.size() == 1);
    const auto response = decode_response<Response>(env.sent[0].frame, version);
    REQUIRE(response.has_value());
    return *response;
  }

  test::FakeEnv env;
  ControllerNode node;
};

BrokerRegistrationRequest registration() {
  BrokerRegistrationRequest request{
      .broker_id = 1, .cluster_id = "c", .incarnation_id = {1, 1}, .log_dirs = {{1000, 1}}};
  request.features.push_back(
      {.name = "metadata.version", .min_supported_version = 7, .max_supported_version = 30});
  request.features.push_back(
      {.name = "eligible.leader.replicas.version", .max_supported_version = 1});
  return request;
}

}  // namespace

TEST_CASE("controller node: registers a broker, keeps it over a kill, answers inside envelopes") {
  test::FakeDisk disk;
  std::int64_t broker_epoch = 0;
  {
    Host host(disk);
    REQUIRE(host.node.is_active());
    const auto answer = host.call<BrokerRegistrationResponse>(registration(), 4);
    CHECK(answer.error_code == ErrorCode::kNone);
    broker_epoch = answer.broker_epoch;
    CHECK(broker_epoch > 0);
  }
  Host host(disk);
  REQUIRE(host.node.is_active());
  REQUIRE(host.node.image()->broker(NodeId(1)) != nullptr);
  CHECK(host.node.image()->broker(NodeId(1))->epoch == BrokerEpoch(broker_epoch));
  CHECK(host.node.image()->feature_level("metadata.version") == 30);

  CreateTopicsRequest create;
  create.topics.push_back({.name = "orders", .num_partitions = 1, .replication_factor = 3});
  const auto inner = encode_request({.correlation_id = 9, .client_id = "admin"}, create, 7);
  REQUIRE(inner.has_value());
  const auto answer = host.call<EnvelopeResponse>(
      EnvelopeRequest{.request_data = inner->contiguous(), .request_principal = std::nullopt}, 0);
  CHECK(answer.error_code == ErrorCode::kNone);
  REQUIRE(answer.response_data.has_value());
  const auto created = decode_response<CreateTopicsResponse>(env::Frame(*answer.response_data), 7);
  REQUIRE(created.has_value());
  CHECK(created->topics.at(0).error_code == ErrorCode::kInvalidReplicationFactor);
  CHECK(*peek_correlation_id(env::Frame(*answer.response_data)) == 9);

  const auto versions = host.call<ApiVersionsResponse>(
      ApiVersionsRequest{.client_software_name = "t", .client_software_version = "1"}, 4);
  CHECK(versions.finalized_features.size() == 2);

  CHECK(!host.node.has_stopped());
  host.node.on_command(host.env, ShutDown{});
  CHECK(host.node.has_stopped());
}

TEST_CASE("controller node: a failing disk ends it") {
  test::FakeDisk disk;
  test::FakeEnv env(disk);
  ControllerNode node(
      {.id = NodeId(3000), .cluster_id = "c", .voters = {{NodeId(3000), {"controller", 9093}}}});
  node.on_start(env);
  env.next_error = env::DiskError::kIo;
  env.run_disk(static_cast<env::Node&>(node));
  CHECK(node.has_stopped());
}

}  // namespace kafka
