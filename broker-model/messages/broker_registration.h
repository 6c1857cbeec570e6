// BrokerRegistration (key 62): a broker that starts tells the controller of itself and gets its
// broker epoch (KIP-631).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"
#include "broker-model/types/ids.h"

namespace kafka {

struct BrokerRegistrationRequest {
  static constexpr ApiInfo api{ApiKey::kBrokerRegistration, "BrokerRegistration", 0, 4, 0};

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

  std::int32_t broker_id = 0;
  std::string cluster_id{};
  Uuid incarnation_id{};
  std::vector<Listener> listeners{};
  std::vector<Feature> features{};
  std::optional<std::string> rack = "";
  bool is_migrating_zk_broker = false;
  std::vector<Uuid> log_dirs{};
  std::int64_t previous_broker_epoch = -1;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const BrokerRegistrationRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "broker_id", broker_id);
    v(since<0>, "cluster_id", cluster_id);
    v(since<0>, "incarnation_id", incarnation_id);
    v(since<0>, "listeners", listeners);
    v(since<0>, "features", features);
    v(since<0> | nullable, "rack", rack);
    v(since<1>, "is_migrating_zk_broker", is_migrating_zk_broker);
    v(since<2> | ignorable, "log_dirs", log_dirs);
    v(since<3> | ignorable, "previous_broker_epoch", previous_broker_epoch);
  }
};

struct BrokerRegistrationResponse {
  static constexpr ApiInfo api{ApiKey::kBrokerRegistration, "BrokerRegistration", 0, 4, 0};

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::int64_t broker_epoch = -1;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const BrokerRegistrationResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "throttle_time_ms", throttle_time_ms);
    v(since<0>, "error_code", error_code);
    v(since<0>, "broker_epoch", broker_epoch);
  }
};

}  // namespace kafka
