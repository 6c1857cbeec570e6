#include "broker-model/messages/list_offsets.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<ListOffsetsRequest>;
template struct Codec<ListOffsetsResponse>;

}  // namespace kafka
