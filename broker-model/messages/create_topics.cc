#include "broker-model/messages/create_topics.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<CreateTopicsRequest>;
template struct Codec<CreateTopicsResponse>;

}  // namespace kafka
