#include "broker-model/messages/init_producer_id.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<InitProducerIdRequest>;
template struct Codec<InitProducerIdResponse>;

}  // namespace kafka
