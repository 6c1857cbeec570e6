// Tells the active controller of this one: where it listens and which features it supports, so that
// the cluster's levels are raised only when every voter knows them (KIP-919;
// ControllerRegistrationManager).
//
// Made with the process, which is what its incarnation id stands for. It asks as soon as the
// metadata names a metadata.version, and again whenever the log has another incarnation of it.
#pragma once

#include <cstdint>
#include <optional>

#include "broker-model/controller/metadata_image.h"
#include "broker-model/env/env.h"
#include "broker-model/messages/controller_registration.h"
#include "broker-model/rpc/backoff.h"

namespace kafka {

struct ControllerRegistrationOptions {
  NodeId id;
  Uuid incarnation_id;
  env::Endpoint endpoint;  // of its one listener
  env::TimerKey timer;     // of a request that is tried again
};

class ControllerRegistrationHost {
 public:
  virtual ~ControllerRegistrationHost() = default;
  // One answer comes back: on_answer().
  virtual void send_controller_registration(const ControllerRegistrationRequest& request) = 0;
};

class ControllerRegistrationManager {
 public:
  ControllerRegistrationManager(ControllerRegistrationOptions options,
                                ControllerRegistrationHost& host)
      : options_(options), host_(host) {}

  void on_metadata(env::Env& env, const MetadataImage& image);  // what is committed
  // Nothing: the controller was out of reach for too long.
  void on_answer(env::Env& env, const ControllerRegistrationResponse* response);
  bool on_timer(env::Env& env, env::TimerKey key);
  bool is_registered() const { return registered_as_ == options_.incarnation_id; }

 private:
  void maybe_send(env::Env& env);
  ControllerRegistrationRequest request() const;

  ControllerRegistrationOptions options_;
  ControllerRegistrationHost& host_;
  ExponentialBackoff backoff_{100ms, 120s};
  std::int16_t metadata_version_ = 0;  // 0: not known yet
  std::optional<Uuid> registered_as_;  // incarnation that the log has of this node
  bool is_pending_ = false;            // a request is under way
  int failures_ = 0;                   // since it was last acknowledged
};

}  // namespace kafka
