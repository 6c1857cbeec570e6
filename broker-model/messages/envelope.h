// Envelope (key 58): a client's request, forwarded as it is by a broker to the controller
// (KIP-590). request_data holds header and body of that request; response_data likewise.
#pragma once

#include <optional>

#include "broker-model/env/frame.h"
#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"

namespace kafka {

struct EnvelopeRequest {
  static constexpr ApiInfo api{ApiKey::kEnvelope, "Envelope", 0, 0, 0};

  env::Bytes request_data{};
  std::optional<env::Bytes> request_principal = env::Bytes{};
  env::Bytes client_host_address{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const EnvelopeRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "request_data", request_data);
    v(since<0> | nullable, "request_principal", request_principal);
    v(since<0>, "client_host_address", client_host_address);
  }
};

struct EnvelopeResponse {
  static constexpr ApiInfo api{ApiKey::kEnvelope, "Envelope", 0, 0, 0};

  std::optional<env::Bytes> response_data{};
  ErrorCode error_code = ErrorCode::kNone;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const EnvelopeResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0> | nullable, "response_data", response_data);
    v(since<0>, "error_code", error_code);
  }
};

}  // namespace kafka
