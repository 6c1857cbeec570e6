// What a replica of the metadata log must not forget: its epoch, the leader that it knows and the
// vote that it gave. Kafka's ElectionState and FileQuorumStateStore: JSON in
// `__cluster_metadata-0/quorum-state`.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "broker-model/raft/voter_set.h"
#include "broker-model/types/ids.h"

namespace kafka {

inline constexpr std::string_view kQuorumStateFile = "__cluster_metadata-0/quorum-state";

struct ElectionState {
  LeaderEpoch epoch{0};
  std::optional<NodeId> leader{};
  std::optional<ReplicaKey> voted{};
  friend bool operator==(const ElectionState&, const ElectionState&) = default;
};

// Data version 0 under kraft.version 0: it keeps the configured voters, and no directory of the
// vote. Data version 1 under kraft.version 1: the other way round.
std::string format_quorum_state(const ElectionState& state, const VoterSet& voters,
                                std::int16_t kraft_version);
// From Kafka's form: 22 digits of base64url. Nothing for anything else.
std::optional<Uuid> uuid_from_string(std::string_view text);
// Reads versions 0 and 1. A sentence when the text is neither.
std::expected<ElectionState, std::string> parse_quorum_state(std::string_view text);

}  // namespace kafka
