// RequestHeader: in front of each request; v2 when the api version is flexible, else v1. client_id
// has an int16 length in both.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "broker-model/messages/fields.h"

namespace kafka {

struct RequestHeader {
  static constexpr MessageInfo message{"RequestHeader", 1, 2, 2};

  std::int16_t request_api_key = 0;
  std::int16_t request_api_version = 0;
  std::int32_t correlation_id = 0;
  std::optional<std::string> client_id = "";
  UnknownTags unknown_tagged_fields{};
  bool operator==(const RequestHeader&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "request_api_key", request_api_key);
    v(since<0>, "request_api_version", request_api_version);
    v(since<0>, "correlation_id", correlation_id);
    v(since<1> | nullable | never_compact, "client_id", client_id);
  }
};

}  // namespace kafka
