// ControllerRegistration (key 70): a controller that starts tells the active one where it listens
// and which features it supports (KIP-919).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"
#include "broker-model/types/ids.h"

namespace kafka {

struct ControllerRegistrationRequest {
  static constexpr ApiInfo api{ApiKey::kControllerRegistration, "ControllerRegistration", 0, 0, 0};

  struct Listener {
    std::string name{};
    std::string host{};
    std::uint16_t port = 0;
    std::int16_t security_protocol = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const Listener&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "name", name);
      v(since<0>, "host", host);
      v(since<0>, "port", port);
      v(since<0>, "security_protocol", security_protocol);
    }
  };

  struct Feature {
    std::string name{};
    std::int16_t min_supported_version = 0;
    std::int16_t max_supported_version = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const Feature&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "name", name);
      v(since<0>, "min_supported_version", min_supported_version);
      v(since<0>, "max_supported_version", max_supported_version);
    }
  };

  std::int32_t controller_id = 0;
  Uuid incarnation_id{};
  bool zk_migration_ready = false;
  std::vector<Listener> listeners{};
  std::vector<Feature> features{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const ControllerRegistrationRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "controller_id", controller_id);
    v(since<0>, "incarnation_id", incarnation_id);
    v(since<0>, "zk_migration_ready", zk_migration_ready);
    v(since<0>, "listeners", listeners);
    v(since<0>, "features", features);
  }
};

struct ControllerRegistrationResponse {
  static constexpr ApiInfo api{ApiKey::kControllerRegistration, "ControllerRegistration", 0, 0, 0};

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message = "";
  UnknownTags unknown_tagged_fields{};
  bool operator==(const ControllerRegistrationResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "throttle_time_ms", throttle_time_ms);
    v(since<0>, "error_code", error_code);
    v(since<0> | nullable, "error_message", error_message);
  }
};

}  // namespace kafka
