#include "broker-model/messages/begin_quorum_epoch.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<BeginQuorumEpochRequest>;
template struct Codec<BeginQuorumEpochResponse>;

}  // namespace kafka
