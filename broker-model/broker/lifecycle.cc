#include "broker-model/broker/lifecycle.h"

#include <utility>

#include "broker-model/types/features.h"
#include "broker-model/types/probe.h"

namespace kafka {
void BrokerLifecycle::start() {
  TIT_ASSERT(state_ == BrokerRunState::kNotRunning, "a broker starts once");
  state_ = BrokerRunState::kStarting;
  host_->set_registration_timer(options_.registration_timeout);
  communicate();
}

void BrokerLifecycle::communicate() {
  if (is_in_flight_) {
    next_is_immediate_ = true;
    return;
  }
  is_in_flight_ = true;
  if (is_registered_) {
    BrokerHeartbeatRequest request;
    request.broker_id = options_.broker.value();
    request.broker_epoch = epoch_.value();
    request.current_metadata_offset = host_->metadata_offset();
    request.want_fence = !is_ready_to_unfence_;
    request.want_shut_down = state_ == BrokerRunState::kPendingControlledShutdown;
    host_->send_heartbeat(request);
    return;
  }
  BrokerRegistrationRequest request;
  request.broker_id = options_.broker.value();
  request.cluster_id = options_.cluster_id;
  request.incarnation_id = options_.incarnation;
  auto& listener = request.listeners.emplace_back();
  listener.name = "PLAINTEXT";
  listener.host = options_.advertised.host;
  listener.port = options_.advertised.port;
  for (const SupportedFeature& feature : kSupportedFeatures) {
    auto& said = request.features.emplace_back();
    said.name = feature.name;
    said.min_supported_version = feature.lowest;
    said.max_supported_version = feature.highest;
  }
  request.rack = options_.rack.empty() ? std::optional<std::string>{} : options_.rack;
  request.log_dirs = {options_.log_dir};
  if (options_.previous_epoch) request.previous_broker_epoch = options_.previous_epoch->value();
  host_->send_registration(request);
}

void BrokerLifecycle::schedule(Duration after) {
  const bool now = std::exchange(next_is_immediate_, false);
  host_->set_lifecycle_timer(now ? Duration::zero() : after);
}

void BrokerLifecycle::schedule_after_failure() {
  next_is_immediate_ = false;
  schedule(options_.heartbeat_interval);
}

void BrokerLifecycle::on_timer() {
  if (state_ != BrokerRunState::kShuttingDown) communicate();
}

void BrokerLifecycle::on_registration_timeout() {
  if (has_ever_registered_) return;
  reached(Probe::kRegistrationTimeout);
  begin_shutdown();
}

void BrokerLifecycle::set_ready_to_unfence() {
  is_ready_to_unfence_ = true;
  schedule(Duration::zero());
}

void BrokerLifecycle::begin_controlled_shutdown() {
  switch (state_) {
    case BrokerRunState::kPendingControlledShutdown:
    case BrokerRunState::kShuttingDown: return;
    case BrokerRunState::kRunning:
      state_ = BrokerRunState::kPendingControlledShutdown;
      reached(Probe::kBrokerPendingShutdown);
      schedule(Duration::zero());
      return;
    case BrokerRunState::kNotRunning:
    case BrokerRunState::kStarting:
    case BrokerRunState::kRecovery: begin_shutdown(); return;
  }
}

void BrokerLifecycle::begin_shutdown() {
  if (state_ == BrokerRunState::kShuttingDown) return;
  state_ = BrokerRunState::kShuttingDown;
  reached(Probe::kBrokerShuttingDown);
  host_->on_shutting_down();
}

void BrokerLifecycle::on_request_failed() {
  is_in_flight_ = false;
  if (state_ != BrokerRunState::kShuttingDown) schedule_after_failure();
}

void BrokerLifecycle::on_registration_response(const BrokerRegistrationResponse& response) {
  is_in_flight_ = false;
  if (state_ == BrokerRunState::kShuttingDown) return;
  // DUPLICATE_BROKER_REGISTRATION is among the errors after a kill, until the session of the
  // incarnation before has run out: tried again like any other.
  if (response.error_code != ErrorCode::kNone) {
    schedule_after_failure();
    return;
  }
  epoch_ = BrokerEpoch{response.broker_epoch};
  is_registered_ = true;
  has_ever_registered_ = true;
  schedule(Duration::zero());
}

void BrokerLifecycle::on_heartbeat_response(const BrokerHeartbeatResponse& response) {
  is_in_flight_ = false;
  if (state_ == BrokerRunState::kShuttingDown) return;
  if (response.error_code != ErrorCode::kNone) {
    schedule_after_failure();
    return;
  }
  on_heartbeat_success(response);
}

void BrokerLifecycle::on_heartbeat_success(const BrokerHeartbeatResponse& response) {
  switch (state_) {
    case BrokerRunState::kStarting:
      if (response.is_caught_up) {
        state_ = BrokerRunState::kRecovery;
        reached(Probe::kBrokerRecovery);
        host_->on_caught_up();
      }
      schedule(10ms);  // start-up is quicker when there is nothing to recover
      return;
    case BrokerRunState::kRecovery:
      if (!response.is_fenced) {
        state_ = BrokerRunState::kRunning;
        reached(Probe::kBrokerRunning);
      }
      schedule(options_.heartbeat_interval);
      return;
    case BrokerRunState::kRunning: schedule(options_.heartbeat_interval); return;
    case BrokerRunState::kPendingControlledShutdown:
      if (response.should_shut_down) {
        begin_shutdown();
      } else {
        schedule(got_shutdown_answer_ ? options_.heartbeat_interval : Duration{50ms});
      }
      got_shutdown_answer_ = true;
      return;
    case BrokerRunState::kNotRunning:
    case BrokerRunState::kShuttingDown: return;
  }
}

void BrokerLifecycle::check_invariants() const {
  if (is_registered_) TIT_ASSERT(epoch_.value() >= 0, "registered without a broker epoch");
  if (state_ == BrokerRunState::kRunning)
    TIT_ASSERT(is_registered_, "a running broker is not registered");
}

}  // namespace kafka
