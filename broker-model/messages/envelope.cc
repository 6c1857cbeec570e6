#include "broker-model/messages/envelope.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<EnvelopeRequest>;
template struct Codec<EnvelopeResponse>;

}  // namespace kafka
