#include "broker-model/messages/delete_topics.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<DeleteTopicsRequest>;
template struct Codec<DeleteTopicsResponse>;

}  // namespace kafka
