#include "broker-model/messages/produce.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<ProduceRequest>;
template struct Codec<ProduceResponse>;

}  // namespace kafka
