#include "broker-model/messages/api_versions.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<ApiVersionsRequest>;
template struct Codec<ApiVersionsResponse>;

}  // namespace kafka
