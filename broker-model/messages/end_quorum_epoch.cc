#include "broker-model/messages/end_quorum_epoch.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<EndQuorumEpochRequest>;
template struct Codec<EndQuorumEpochResponse>;

}  // namespace kafka
