#include "broker-model/messages/vote.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<VoteRequest>;
template struct Codec<VoteResponse>;

}  // namespace kafka
