#include "broker-model/messages/fetch.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<FetchRequest>;
template struct Codec<FetchResponse>;

}  // namespace kafka
