// AllocateProducerIds (key 67): a broker takes a block of producer ids from the controller
// (KIP-730).
#pragma once

#include <cstdint>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"

namespace kafka {

struct AllocateProducerIdsRequest {
  static constexpr ApiInfo api{ApiKey::kAllocateProducerIds, "AllocateProducerIds", 0, 0, 0};

  std::int32_t broker_id = 0;
  std::int64_t broker_epoch = -1;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const AllocateProducerIdsRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "broker_id", broker_id);
    v(since<0>, "broker_epoch", broker_epoch);
  }
};

struct AllocateProducerIdsResponse {
  static constexpr ApiInfo api{ApiKey::kAllocateProducerIds, "AllocateProducerIds", 0, 0, 0};

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::int64_t producer_id_start = 0;
  std::int32_t producer_id_len = 0;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const AllocateProducerIdsResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "throttle_time_ms", throttle_time_ms);
    v(since<0>, "error_code", error_code);
    v(since<0>, "producer_id_start", producer_id_start);
    v(since<0>, "producer_id_len", producer_id_len);
  }
};

}  // namespace kafka
