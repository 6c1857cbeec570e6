#include "broker-model/controller/controller_registration_manager.h"

#include <string>

#include "broker-model/types/features.h"

namespace kafka {

void ControllerRegistrationManager::on_metadata(env::Env& env, const MetadataImage& image) {
  const auto own = image.controllers().find(options_.id);
  const std::optional<Uuid> registered_as =
      own == image.controllers().end() ? std::nullopt : std::optional(own->second.incarnation_id);
  const std::int16_t metadata_version = image.feature_level(kMetadataVersionFeature);
  if (registered_as == registered_as_ && metadata_version == metadata_version_) return;
  registered_as_ = registered_as;
  metadata_version_ = metadata_version;
  maybe_send(env);
}

void ControllerRegistrationManager::maybe_send(env::Env& env) {
  if (is_registered() || metadata_version_ == 0 || is_pending_) return;
  env.cancel_timer(options_.timer);
  is_pending_ = true;
  host_.send_controller_registration(request());
}

ControllerRegistrationRequest ControllerRegistrationManager::request() const {
  ControllerRegistrationRequest request{.controller_id = options_.id.value(),
                                        .incarnation_id = options_.incarnation_id};
  request.listeners.push_back(
      {.name = "CONTROLLER", .host = options_.endpoint.host, .port = options_.endpoint.port});
  for (const SupportedFeature& feature : kSupportedFeatures) {
    request.features.push_back({.name = std::string(feature.name),
                                .min_supported_version = feature.lowest,
                                .max_supported_version = feature.highest});
  }
  return request;
}

void ControllerRegistrationManager::on_answer(env::Env& env,
                                              const ControllerRegistrationResponse* response) {
  is_pending_ = false;
  if (response != nullptr && response->error_code == ErrorCode::kNone) {
    failures_ = 0;  // the log will say so
    return;
  }
  env.set_timer(options_.timer, backoff_.after(failures_++, env.rng()));
}

bool ControllerRegistrationManager::on_timer(env::Env& env, env::TimerKey key) {
  if (key != options_.timer) return false;
  maybe_send(env);
  return true;
}

}  // namespace kafka
