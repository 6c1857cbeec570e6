#include "broker-model/messages/remove_raft_voter.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<RemoveRaftVoterRequest>;
template struct Codec<RemoveRaftVoterResponse>;

}  // namespace kafka
