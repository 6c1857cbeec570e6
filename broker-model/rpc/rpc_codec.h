// Frames of requests and responses: header and body in one rope.
#pragma once

#include <cstdint>

#include "broker-model/env/frame.h"
#include "broker-model/messages/fields.h"

namespace kafka {

// What a listener offers for one API, both ends included.
struct ApiOffer {
  std::int16_t key = 0;
  std::int16_t lowest = 0;
  std::int16_t highest = 0;
};

struct VersionRange {
  std::int16_t lowest = 0;
  std::int16_t highest = 0;
};

// Header v2 or v1, as the version is flexible or not, then the body.
template <class Request>
env::Frame encode_request(const Request& request, std::int16_t version, std::int32_t correlation_id,
                          std::string_view client_id);
// Header v1 or v0 (ApiVersions: always v0), then the body.
template <class Response>
env::Frame encode_response(const Response& response, std::int16_t version,
                           std::int32_t correlation_id);

}  // namespace kafka
