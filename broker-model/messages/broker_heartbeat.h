// BrokerHeartbeat (key 63): a broker's lease, and its way to ask for fencing, unfencing and
// controlled shutdown (KIP-631).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"
#include "broker-model/types/ids.h"

namespace kafka {

struct BrokerHeartbeatRequest {
  static constexpr ApiInfo api{ApiKey::kBrokerHeartbeat, "BrokerHeartbeat", 0, 2, 0};

  std::int32_t broker_id = 0;
  std::int64_t broker_epoch = -1;
  std::int64_t current_metadata_offset = 0;
  bool want_fence = false;
  bool want_shut_down = false;
  std::vector<Uuid> offline_log_dirs{};
  std::optional<std::vector<Uuid>> cordoned_log_dirs{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const BrokerHeartbeatRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "broker_id", broker_id);
    v(since<0>, "broker_epoch", broker_epoch);
    v(since<0>, "current_metadata_offset", current_metadata_offset);
    v(since<0>, "want_fence", want_fence);
    v(since<0>, "want_shut_down", want_shut_down);
    v(since<1> | tagged<0>, "offline_log_dirs", offline_log_dirs);
    v(since<2> | tagged<1> | nullable, "cordoned_log_dirs", cordoned_log_dirs);
  }
};

struct BrokerHeartbeatResponse {
  static constexpr ApiInfo api{ApiKey::kBrokerHeartbeat, "BrokerHeartbeat", 0, 2, 0};

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  bool is_caught_up = false;
  bool is_fenced = true;
  bool should_shut_down = false;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const BrokerHeartbeatResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "throttle_time_ms", throttle_time_ms);
    v(since<0>, "error_code", error_code);
    v(since<0>, "is_caught_up", is_caught_up);
    v(since<0>, "is_fenced", is_fenced);
    v(since<0>, "should_shut_down", should_shut_down);
  }
};

}  // namespace kafka
