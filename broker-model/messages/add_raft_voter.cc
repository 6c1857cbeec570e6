#include "broker-model/messages/add_raft_voter.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<AddRaftVoterRequest>;
template struct Codec<AddRaftVoterResponse>;

}  // namespace kafka
