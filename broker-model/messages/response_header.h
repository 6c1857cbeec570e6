// ResponseHeader: in front of each response; v1 when the api version is flexible, else v0.
// ApiVersions responses always have v0, since the client does not know yet what the broker speaks.
#pragma once

#include <cstdint>

#include "broker-model/messages/fields.h"

namespace kafka {

struct ResponseHeader {
  static constexpr MessageInfo message{"ResponseHeader", 0, 1, 1};

  std::int32_t correlation_id = 0;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const ResponseHeader&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "correlation_id", correlation_id);
  }
};

}  // namespace kafka
