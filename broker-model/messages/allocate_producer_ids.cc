#include "broker-model/messages/allocate_producer_ids.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<AllocateProducerIdsRequest>;
template struct Codec<AllocateProducerIdsResponse>;

}  // namespace kafka
