#include "broker-model/broker/lifecycle.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace test {

using namespace kafka;

namespace {

struct Controller : LifecycleHost {
  Offset metadata_offset() const override { return 42; }
  void send_registration(const BrokerRegistrationRequest& request) override {
    registrations.push_back(request);
  }
  void send_heartbeat(const BrokerHeartbeatRequest& request) override {
    heartbeats.push_back(request);
  }
  void set_lifecycle_timer(Duration after) override { timer = after; }
  void set_registration_timer(Duration after) override { registration_timer = after; }
  void on_caught_up() override { ++caught_up; }
  void on_shutting_down() override { ++shut_down; }

  std::vector<BrokerRegistrationRequest> registrations;
  std::vector<BrokerHeartbeatRequest> heartbeats;
  Duration timer{-1};
  Duration registration_timer{};
  int caught_up = 0;
  int shut_down = 0;
};

LifecycleOptions options() {
  LifecycleOptions result;
  result.broker = NodeId{1};
  result.cluster_id = "test";
  result.advertised = {.host = "broker-1", .port = 9092};
  result.incarnation = {3, 4};
  result.log_dir = {5, 6};
  result.previous_epoch = BrokerEpoch{9};
  result.heartbeat_interval = 2s;
  result.registration_timeout = 60s;
  return result;
}

BrokerHeartbeatResponse answer(bool caught_up, bool fenced, bool leave = false) {
  BrokerHeartbeatResponse response;
  response.is_caught_up = caught_up;
  response.is_fenced = fenced;
  response.should_shut_down = leave;
  return response;
}

void run_until_running(BrokerLifecycle& lifecycle) {
  lifecycle.start();
  BrokerRegistrationResponse registered;
  registered.broker_epoch = 17;
  lifecycle.on_registration_response(registered);
  lifecycle.on_timer();
  lifecycle.on_heartbeat_response(answer(true, true));
  lifecycle.set_ready_to_unfence();
  lifecycle.on_timer();
  lifecycle.on_heartbeat_response(answer(true, false));
}

}  // namespace

TEST_CASE("lifecycle: registers, catches up, is unfenced") {
  Controller controller;
  BrokerLifecycle lifecycle(options(), controller);
  lifecycle.start();
  REQUIRE(controller.registrations.size() == 1);
  CHECK(controller.registrations[0].previous_broker_epoch == 9);
  CHECK(controller.registration_timer == 60s);
  // Another incarnation is still registered: tried again after the heartbeat interval.
  BrokerRegistrationResponse duplicate;
  duplicate.error_code = ErrorCode::kDuplicateBrokerRegistration;
  lifecycle.on_registration_response(duplicate);
  CHECK(controller.timer == 2s);
  lifecycle.on_timer();
  REQUIRE(controller.registrations.size() == 2);
  BrokerRegistrationResponse registered;
  registered.broker_epoch = 17;
  lifecycle.on_registration_response(registered);
  CHECK(lifecycle.epoch() == BrokerEpoch{17});
  CHECK(controller.timer == 0s);
  lifecycle.on_timer();
  REQUIRE(controller.heartbeats.size() == 1);
  CHECK(controller.heartbeats[0].want_fence);
  CHECK(controller.heartbeats[0].current_metadata_offset == 42);
  lifecycle.on_heartbeat_response(answer(false, true));
  CHECK(lifecycle.state() == BrokerRunState::kStarting);
  CHECK(controller.timer == 10ms);
  lifecycle.on_timer();
  lifecycle.on_heartbeat_response(answer(true, true));
  CHECK(lifecycle.state() == BrokerRunState::kRecovery);
  CHECK(controller.caught_up == 1);
  lifecycle.on_timer();
  lifecycle.set_ready_to_unfence();
  CHECK(controller.timer == 0s);
  lifecycle.on_timer();  // one is in flight: the next goes out as soon as it is answered
  CHECK(controller.heartbeats.size() == 3);
  lifecycle.on_heartbeat_response(answer(true, true));
  CHECK(controller.timer == 0s);
  lifecycle.on_timer();
  CHECK_FALSE(controller.heartbeats.back().want_fence);
  lifecycle.on_heartbeat_response(answer(true, false));
  CHECK(lifecycle.state() == BrokerRunState::kRunning);
  lifecycle.check_invariants();
}

TEST_CASE("lifecycle: a controlled shutdown waits for the controller") {
  Controller controller;
  BrokerLifecycle lifecycle(options(), controller);
  run_until_running(lifecycle);
  lifecycle.begin_controlled_shutdown();
  CHECK(controller.timer == 0s);
  lifecycle.on_timer();
  CHECK(controller.heartbeats.back().want_shut_down);
  lifecycle.on_heartbeat_response(answer(true, false));
  CHECK(controller.timer == 50ms);  // the first answer only
  lifecycle.on_timer();
  lifecycle.on_heartbeat_response(answer(true, false));
  CHECK(controller.timer == 2s);
  lifecycle.on_timer();
  lifecycle.on_heartbeat_response(answer(true, false, true));
  CHECK(lifecycle.state() == BrokerRunState::kShuttingDown);
  CHECK(controller.shut_down == 1);
}

TEST_CASE("lifecycle: a stale epoch or a lost heartbeat is tried again, never at once") {
  Controller controller;
  BrokerLifecycle lifecycle(options(), controller);
  run_until_running(lifecycle);
  lifecycle.on_timer();
  BrokerHeartbeatResponse stale;
  stale.error_code = ErrorCode::kStaleBrokerEpoch;
  lifecycle.on_heartbeat_response(stale);
  CHECK(controller.timer == 2s);
  CHECK(lifecycle.state() == BrokerRunState::kRunning);
  lifecycle.on_timer();
  lifecycle.on_request_failed();
  CHECK(controller.timer == 2s);
}

TEST_CASE("lifecycle: a broker that cannot register gives up") {
  Controller controller;
  BrokerLifecycle lifecycle(options(), controller);
  lifecycle.start();
  lifecycle.on_registration_timeout();
  CHECK(lifecycle.state() == BrokerRunState::kShuttingDown);
  CHECK(controller.shut_down == 1);
}

}  // namespace test
