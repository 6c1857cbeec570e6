#include "broker-model/messages/offset_for_leader_epoch.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<OffsetForLeaderEpochRequest>;
template struct Codec<OffsetForLeaderEpochResponse>;

}  // namespace kafka
