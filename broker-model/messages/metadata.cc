#include "broker-model/messages/metadata.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<MetadataRequest>;
template struct Codec<MetadataResponse>;

}  // namespace kafka
