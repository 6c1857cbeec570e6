#include "broker-model/messages/update_raft_voter.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<UpdateRaftVoterRequest>;
template struct Codec<UpdateRaftVoterResponse>;

}  // namespace kafka
