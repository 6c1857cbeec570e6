// InitProducerId (key 22): a producer id and epoch, for idempotence (no transactional id) or
// transactions. v6 (two-phase commit, KIP-939) is unstable in 4.3 and left out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"

namespace kafka {

struct InitProducerIdRequest {
  static constexpr ApiInfo api{ApiKey::kInitProducerId, "InitProducerId", 0, 5, 2};

  std::optional<std::string> transactional_id = "";
  std::int32_t transaction_timeout_ms = 0;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const InitProducerIdRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0> | nullable, "transactional_id", transactional_id);
    v(since<0>, "transaction_timeout_ms", transaction_timeout_ms);
    v(since<3>, "producer_id", producer_id);
    v(since<3>, "producer_epoch", producer_epoch);
  }
};

struct InitProducerIdResponse {
  static constexpr ApiInfo api{ApiKey::kInitProducerId, "InitProducerId", 0, 5, 2};

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = 0;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const InitProducerIdResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0> | ignorable, "throttle_time_ms", throttle_time_ms);
    v(since<0>, "error_code", error_code);
    v(since<0>, "producer_id", producer_id);
    v(since<0>, "producer_epoch", producer_epoch);
  }
};

}  // namespace kafka
