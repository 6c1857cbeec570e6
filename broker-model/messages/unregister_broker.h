// UnregisterBroker (key 64): the controller forgets a broker that will not come back (KIP-631).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"

namespace kafka {

struct UnregisterBrokerRequest {
  static constexpr ApiInfo api{ApiKey::kUnregisterBroker, "UnregisterBroker", 0, 0, 0};

  std::int32_t broker_id = 0;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const UnregisterBrokerRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "broker_id", broker_id);
  }
};

struct UnregisterBrokerResponse {
  static constexpr ApiInfo api{ApiKey::kUnregisterBroker, "UnregisterBroker", 0, 0, 0};

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message = "";
  UnknownTags unknown_tagged_fields{};
  bool operator==(const UnregisterBrokerResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "throttle_time_ms", throttle_time_ms);
    v(since<0>, "error_code", error_code);
    v(since<0> | nullable, "error_message", error_message);
  }
};

}  // namespace kafka
