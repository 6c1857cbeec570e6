// BrokerLifecycle: registration, heartbeats, unfencing and controlled shutdown of one broker
// (BrokerLifecycleManager, KIP-631).
//
// Made at start, dies with the broker. Its clock is the monotonic one (Kafka's event queue waits on
// nanoseconds). It sees no Env: the owner sends what it asks for and hands back the answers.
//
//   NotRunning --start()--> Starting --heartbeat: is_caught_up--> Recovery
//     --heartbeat: not fenced--> Running --begin_controlled_shutdown()--> PendingControlledShutdown
//     --heartbeat: should_shut_down--> ShuttingDown
//   any state but Running: begin_controlled_shutdown() --> ShuttingDown
//
// Invariants: one request in flight; no heartbeat before a registration succeeded.
#pragma once

#include <optional>

#include "broker-model/broker/broker.h"
#include "broker-model/messages/broker_heartbeat.h"
#include "broker-model/messages/broker_registration.h"

namespace kafka {

struct LifecycleOptions {
  NodeId broker;
  std::string cluster_id;
  env::Endpoint advertised;
  std::string rack;
  Uuid incarnation;
  Uuid log_dir;
  std::optional<BrokerEpoch> previous_epoch;  // from the clean-shutdown file (KIP-966)
  Duration heartbeat_interval{};              // broker.heartbeat.interval.ms
  Duration registration_timeout{};            // initial.broker.registration.timeout.ms
};

class LifecycleHost {
 public:
  virtual ~LifecycleHost() = default;
  virtual Offset metadata_offset() const = 0;  // of the last record replayed
  virtual void send_registration(const BrokerRegistrationRequest&) = 0;
  virtual void send_heartbeat(const BrokerHeartbeatRequest&) = 0;
  virtual void set_lifecycle_timer(Duration after) = 0;     // then on_timer()
  virtual void set_registration_timer(Duration after) = 0;  // then on_registration_timeout()
  virtual void on_caught_up() = 0;      // once: the metadata log may be published
  virtual void on_shutting_down() = 0;  // once
};

class BrokerLifecycle {
 public:
  BrokerLifecycle(LifecycleOptions options, LifecycleHost& host)
      : options_(std::move(options)), host_(&host) {}

  void start();
  void set_ready_to_unfence();
  void begin_controlled_shutdown();
  void begin_shutdown();

  void on_registration_response(const BrokerRegistrationResponse&);
  void on_heartbeat_response(const BrokerHeartbeatResponse&);
  void on_request_failed();  // timed out before it could be answered
  void on_timer();
  void on_registration_timeout();

  BrokerRunState state() const { return state_; }
  BrokerEpoch epoch() const { return epoch_; }  // -1 before the first registration
  void check_invariants() const;

 private:
  void communicate();
  void schedule(Duration after);
  void schedule_after_failure();
  void on_heartbeat_success(const BrokerHeartbeatResponse&);

  LifecycleOptions options_;
  LifecycleHost* host_;
  BrokerRunState state_ = BrokerRunState::kNotRunning;
  BrokerEpoch epoch_{-1};
  bool is_registered_ = false;
  bool has_ever_registered_ = false;
  bool is_ready_to_unfence_ = false;
  bool is_in_flight_ = false;
  bool next_is_immediate_ = false;  // something became urgent while a request was in flight
  bool got_shutdown_answer_ = false;
};

}  // namespace kafka
