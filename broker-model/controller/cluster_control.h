// Brokers as the controller sees them: registrations, sessions, fencing, controlled shutdown
// (Kafka's ClusterControlManager, BrokerHeartbeatManager, BrokerHeartbeatTracker).
//
// Registrations live in the image and change by replay only. Sessions and reported offsets are
// soft: they die with the controller, and a new leader gives every broker a fresh session.
//
//   FENCED --caught up--> UNFENCED --want_shut_down, leads something--> CONTROLLED_SHUTDOWN
//   any --want_shut_down and nothing holds it--> SHUTDOWN_NOW;  UNFENCED --session over--> FENCED
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/controller/controller_result.h"
#include "broker-model/controller/metadata_image.h"
#include "broker-model/controller/replica_placer.h"
#include "broker-model/messages/broker_heartbeat.h"
#include "broker-model/messages/broker_registration.h"
#include "broker-model/messages/controller_registration.h"

namespace kafka {

enum class BrokerControlState : std::uint8_t {
  kFenced,
  kUnfenced,
  kControlledShutdown,
  kShutdownNow
};
constexpr bool is_fenced(BrokerControlState state) {
  return state == BrokerControlState::kFenced || state == BrokerControlState::kShutdownNow;
}

class ClusterControl {
 public:
  // The image outlives it.
  ClusterControl(const MetadataImage& image, std::string cluster_id, Duration session_timeout)
      : image_(image), cluster_id_(std::move(cluster_id)), session_timeout_(session_timeout) {}

  void activate(Instant now);  // became leader: every unfenced broker has a session from now on
  void replay(const MetadataRecord& record, Offset offset);

  // --- registration
  // kNone, or why not. Checks only; the record comes from registration_record().
  ErrorCode check_registration(const BrokerRegistrationRequest& request, Instant now) const;
  // A new incarnation gets `new_epoch`; the same one keeps its epoch and state.
  RegisterBrokerRecord registration_record(const BrokerRegistrationRequest& request,
                                           BrokerEpoch new_epoch) const;
  ErrorCode check_broker_epoch(NodeId id, BrokerEpoch epoch) const;
  std::optional<Offset> register_record_offset(NodeId id) const;

  // --- sessions (nanosecond clock)
  void touch_session(NodeId id, BrokerEpoch epoch, Instant now);
  bool has_valid_session(NodeId id, BrokerEpoch epoch, Instant now) const;
  // One broker whose session is over; its session is forgotten.
  std::optional<NodeId> take_expired(Instant now);

  // KIP-919. Where it listens and what it supports, as it says.
  static ControllerResult<ControllerRegistrationResponse> register_controller(
      const ControllerRegistrationRequest& request);

  // --- heartbeats
  BrokerControlState current_state(NodeId id) const;
  BrokerControlState next_state(const BrokerHeartbeatRequest& request, Offset register_offset,
                                bool has_leaderships) const;
  void touch(NodeId id, bool is_fenced, Offset metadata_offset);
  void start_controlled_shutdown(NodeId id, Offset offset);  // remembers the first offset
  Offset lowest_active_offset() const;

  std::vector<UsableBroker> usable_brokers() const;

 private:
  struct HeartbeatState {
    bool is_fenced = true;
    Offset metadata_offset = -1;  // as last reported
    std::optional<Offset> controlled_shutdown_offset;
    bool is_shutting_down() const { return controlled_shutdown_offset.has_value(); }
  };
  struct Session {
    NodeId id;
    BrokerEpoch epoch;
    friend auto operator<=>(const Session&, const Session&) = default;
  };
  bool is_expired(Instant contact, Instant now) const { return now - contact > session_timeout_; }
  void track(NodeId id, bool is_fenced, bool is_new_incarnation);

  const MetadataImage& image_;
  std::string cluster_id_;
  Duration session_timeout_;
  std::map<NodeId, Offset> register_record_offsets_;
  std::map<NodeId, HeartbeatState> heartbeats_;
  std::map<Session, Instant> contact_times_;
};

}  // namespace kafka
