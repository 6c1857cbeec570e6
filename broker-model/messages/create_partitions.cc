#include "broker-model/messages/create_partitions.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<CreatePartitionsRequest>;
template struct Codec<CreatePartitionsResponse>;

}  // namespace kafka
