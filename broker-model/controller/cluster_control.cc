#include "broker-model/controller/cluster_control.h"

#include <algorithm>
#include <limits>
#include <set>

namespace kafka {
namespace {

// DirectoryId: ids below 100 are reserved (unassigned, lost, migrating, ...).
bool is_reserved_directory(const Uuid& id) { return id.high == 0 && id.low < 100; }

const BrokerRegistrationRequest::Feature* find_feature(const BrokerRegistrationRequest& request,
                                                       std::string_view name) {
  for (const BrokerRegistrationRequest::Feature& feature : request.features) {
    if (feature.name == name) return &feature;
  }
  return nullptr;
}

}  // namespace

void ClusterControl::activate(Instant now) {
  for (const auto& [id, broker] : image_.brokers()) {
    track(id, broker.is_fenced, false);
    if (!broker.is_fenced) touch_session(id, broker.epoch, now);
  }
}

void ClusterControl::track(NodeId id, bool fenced, bool is_new_incarnation) {
  if (is_new_incarnation) heartbeats_.erase(id);
  const auto [at, is_new] = heartbeats_.try_emplace(id);
  at->second.is_fenced = fenced;
  if (fenced) at->second.controlled_shutdown_offset.reset();
}

void ClusterControl::replay(const MetadataRecord& record, Offset offset) {
  if (const auto* registered = std::get_if<RegisterBrokerRecord>(&record)) {
    const NodeId id(registered->broker_id);
    register_record_offsets_[id] = offset;
    track(id, registered->fenced, true);
  } else if (const auto* removed = std::get_if<UnregisterBrokerRecord>(&record)) {
    register_record_offsets_.erase(NodeId(removed->broker_id));
    heartbeats_.erase(NodeId(removed->broker_id));
  } else if (const auto* change = std::get_if<BrokerRegistrationChangeRecord>(&record)) {
    if (change->fenced != 0) track(NodeId(change->broker_id), change->fenced > 0, false);
  }
}

// The order of the checks is that of ClusterControlManager.registerBroker.
ErrorCode ClusterControl::check_registration(const BrokerRegistrationRequest& request,
                                             Instant now) const {
  if (request.cluster_id != cluster_id_) return ErrorCode::kInconsistentClusterId;
  const NodeId id(request.broker_id);
  const BrokerImage* existing = image_.broker(id);
  if (existing != nullptr && has_valid_session(id, existing->epoch, now) &&
      existing->incarnation_id != request.incarnation_id) {
    return ErrorCode::kDuplicateBrokerRegistration;
  }
  if (request.is_migrating_zk_broker) return ErrorCode::kBrokerIdNotRegistered;
  if (request.log_dirs.empty()) return ErrorCode::kInvalidRegistration;
  const std::set<Uuid> log_dirs(request.log_dirs.begin(), request.log_dirs.end());
  if (log_dirs.size() != request.log_dirs.size()) return ErrorCode::kInvalidRegistration;
  if (std::ranges::any_of(log_dirs, is_reserved_directory)) return ErrorCode::kInvalidRegistration;
  for (const auto& [other, broker] : image_.brokers()) {
    if (other == id) continue;
    for (const Uuid& directory : broker.log_dirs) {
      if (log_dirs.contains(directory)) return ErrorCode::kInvalidRegistration;
    }
  }
  for (const BrokerRegistrationRequest::Feature& feature : request.features) {
    const std::int16_t finalized = image_.feature_level(feature.name);
    if (finalized < feature.min_supported_version || finalized > feature.max_supported_version) {
      return ErrorCode::kUnsupportedVersion;
    }
  }
  if (find_feature(request, "metadata.version") == nullptr) return ErrorCode::kInvalidRegistration;
  for (const auto& [name, level] : image_.features()) {
    if (level != 0 && find_feature(request, name) == nullptr) return ErrorCode::kUnsupportedVersion;
  }
  return ErrorCode::kNone;
}

RegisterBrokerRecord ClusterControl::registration_record(const BrokerRegistrationRequest& request,
                                                         BrokerEpoch new_epoch) const {
  RegisterBrokerRecord record{.broker_id = request.broker_id,
                              .incarnation_id = request.incarnation_id,
                              .broker_epoch = new_epoch.value(),
                              .rack = request.rack,
                              .log_dirs = request.log_dirs};
  for (const BrokerRegistrationRequest::Listener& listener : request.listeners) {
    record.end_points.push_back({.name = listener.name,
                                 .host = listener.host,
                                 .port = listener.port,
                                 .security_protocol = listener.security_protocol});
  }
  for (const BrokerRegistrationRequest::Feature& feature : request.features) {
    record.features.push_back({.name = feature.name,
                               .min_supported_version = feature.min_supported_version,
                               .max_supported_version = feature.max_supported_version});
  }
  const BrokerImage* existing = image_.broker(NodeId(request.broker_id));
  if (existing != nullptr && existing->incarnation_id == request.incarnation_id) {
    record.broker_epoch = existing->epoch.value();
    record.fenced = existing->is_fenced;
    record.in_controlled_shutdown = existing->in_controlled_shutdown;
  }
  return record;
}

ControllerResult<ControllerRegistrationResponse> ClusterControl::register_controller(
    const ControllerRegistrationRequest& request) {
  RegisterControllerRecord record{.controller_id = request.controller_id,
                                  .incarnation_id = request.incarnation_id};
  for (const ControllerRegistrationRequest::Listener& listener : request.listeners) {
    record.end_points.push_back({.name = listener.name,
                                 .host = listener.host,
                                 .port = listener.port,
                                 .security_protocol = listener.security_protocol});
  }
  for (const ControllerRegistrationRequest::Feature& feature : request.features) {
    record.features.push_back({.name = feature.name,
                               .min_supported_version = feature.min_supported_version,
                               .max_supported_version = feature.max_supported_version});
  }
  return {.records = {{std::move(record), 0}}, .response = {}};
}

ErrorCode ClusterControl::check_broker_epoch(NodeId id, BrokerEpoch epoch) const {
  const BrokerImage* broker = image_.broker(id);
  return broker != nullptr && broker->epoch == epoch ? ErrorCode::kNone
                                                     : ErrorCode::kStaleBrokerEpoch;
}

std::optional<Offset> ClusterControl::register_record_offset(NodeId id) const {
  const auto found = register_record_offsets_.find(id);
  if (found == register_record_offsets_.end()) return std::nullopt;
  return found->second;
}

void ClusterControl::touch_session(NodeId id, BrokerEpoch epoch, Instant now) {
  contact_times_[{id, epoch}] = now;
}

bool ClusterControl::has_valid_session(NodeId id, BrokerEpoch epoch, Instant now) const {
  const auto found = contact_times_.find({id, epoch});
  return found != contact_times_.end() && !is_expired(found->second, now);
}

std::optional<NodeId> ClusterControl::take_expired(Instant now) {
  for (auto at = contact_times_.begin(); at != contact_times_.end();) {
    if (!is_expired(at->second, now)) {
      ++at;
      continue;
    }
    const Session session = at->first;
    at = contact_times_.erase(at);
    // A session of an earlier epoch, or of a broker that is fenced already, needs no record.
    const BrokerImage* broker = image_.broker(session.id);
    if (broker != nullptr && broker->epoch == session.epoch && !broker->is_fenced) {
      return session.id;
    }
  }
  return std::nullopt;
}

BrokerControlState ClusterControl::current_state(NodeId id) const {
  const auto found = heartbeats_.find(id);
  if (found == heartbeats_.end()) return BrokerControlState::kFenced;
  if (found->second.is_shutting_down()) return BrokerControlState::kControlledShutdown;
  return found->second.is_fenced ? BrokerControlState::kFenced : BrokerControlState::kUnfenced;
}

// BrokerHeartbeatManager.calculateNextBrokerState.
BrokerControlState ClusterControl::next_state(const BrokerHeartbeatRequest& request,
                                              Offset register_offset, bool has_leaderships) const {
  const NodeId id(request.broker_id);
  switch (current_state(id)) {
    case BrokerControlState::kFenced:
      if (request.want_shut_down) return BrokerControlState::kShutdownNow;
      if (!request.want_fence && request.current_metadata_offset >= register_offset) {
        return BrokerControlState::kUnfenced;
      }
      return BrokerControlState::kFenced;
    case BrokerControlState::kUnfenced:
      if (request.want_fence) {
        return request.want_shut_down ? BrokerControlState::kShutdownNow
                                      : BrokerControlState::kFenced;
      }
      if (!request.want_shut_down) return BrokerControlState::kUnfenced;
      return has_leaderships ? BrokerControlState::kControlledShutdown
                             : BrokerControlState::kShutdownNow;
    case BrokerControlState::kControlledShutdown: {
      // Every broker that stays must have heard of the leaders that took over.
      const Offset shutdown_offset = *heartbeats_.at(id).controlled_shutdown_offset;
      const bool may_go = !has_leaderships && shutdown_offset <= lowest_active_offset();
      return may_go ? BrokerControlState::kShutdownNow : BrokerControlState::kControlledShutdown;
    }
    case BrokerControlState::kShutdownNow: break;
  }
  return BrokerControlState::kShutdownNow;
}

void ClusterControl::touch(NodeId id, bool fenced, Offset metadata_offset) {
  HeartbeatState& state = heartbeats_[id];
  state.is_fenced = fenced;
  state.metadata_offset = metadata_offset;
  if (fenced) state.controlled_shutdown_offset.reset();
}

void ClusterControl::start_controlled_shutdown(NodeId id, Offset offset) {
  HeartbeatState& state = heartbeats_[id];
  if (!state.controlled_shutdown_offset) state.controlled_shutdown_offset = offset;
}

Offset ClusterControl::lowest_active_offset() const {
  Offset lowest = std::numeric_limits<Offset>::max();
  for (const auto& [id, state] : heartbeats_) {
    if (!state.is_fenced && !state.is_shutting_down()) {
      lowest = std::min(lowest, state.metadata_offset);
    }
  }
  return lowest;
}

std::vector<UsableBroker> ClusterControl::usable_brokers() const {
  std::vector<UsableBroker> usable;
  for (const auto& [id, state] : heartbeats_) {
    const BrokerImage* broker = image_.broker(id);
    if (broker == nullptr || state.is_shutting_down()) continue;
    usable.push_back({.id = id, .rack = broker->rack, .is_fenced = state.is_fenced});
  }
  return usable;
}

}  // namespace kafka
