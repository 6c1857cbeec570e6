// Files <offset>.snapshot: what a log knew of its producers when its next offset was <offset>
// (ProducerStateManager.writeSnapshot and readSnapshot, ProducerSnapshot.json version 1).
//
// Of a producer only its last batch is kept: after a load, a repeat of one before it is out of
// order instead of a duplicate.
#pragma once

#include <optional>

#include "broker-model/log/producer_state.h"

namespace kafka {

env::Bytes encode_producer_snapshot(const ProducerStates& producers);

// Nothing when it is corrupt: another version, cut short or too long, or a CRC that does not hold.
// `expiration` is of the result.
std::optional<ProducerStates> decode_producer_snapshot(const env::Bytes& bytes, Duration expiration,
                                                       const LogMutations& mutations);

}  // namespace kafka
