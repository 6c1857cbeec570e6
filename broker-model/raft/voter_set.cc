#include "broker-model/raft/voter_set.h"

namespace kafka {

std::optional<VoterSet> VoterSet::with(const Voter& voter) const {
  if (has_id(voter.key.id)) return std::nullopt;
  VoterSet more = *this;
  more.add(voter);
  return more;
}

std::optional<VoterSet> VoterSet::without(const ReplicaKey& key) const {
  if (!is_voter(key)) return std::nullopt;
  VoterSet fewer = *this;
  fewer.voters_.erase(key.id);
  return fewer;
}

std::optional<VoterSet> VoterSet::updated(const Voter& voter) const {
  if (!is_voter(voter.key)) return std::nullopt;
  VoterSet other = *this;
  other.add(voter);
  return other;
}

bool VoterSet::needs_update(const Voter& voter) const {
  return is_voter(voter.key) && voters_.at(voter.key.id) != voter;
}

VotersRecord VoterSet::to_record() const {
  VotersRecord record;
  for (const auto& [id, voter] : voters_) {
    VotersRecord::Voter& one = record.voters.emplace_back();
    one.voter_id = id.value();
    one.voter_directory_id = directory_of(voter.key);
    one.endpoints.push_back({.name = std::string(kControllerListener),
                             .host = voter.endpoint.host,
                             .port = voter.endpoint.port});
    one.kraft_version_feature = {.min_supported_version = voter.kraft_versions.min,
                                 .max_supported_version = voter.kraft_versions.max};
  }
  return record;
}

VoterSet VoterSet::from_record(const VotersRecord& record) {
  VoterSet set;
  for (const VotersRecord::Voter& one : record.voters) {
    Voter voter{
        .key = {.id = NodeId(one.voter_id), .directory_id = directory_from(one.voter_directory_id)},
        .endpoint = {},
        .kraft_versions = {.min = one.kraft_version_feature.min_supported_version,
                           .max = one.kraft_version_feature.max_supported_version}};
    for (const VotersRecord::Endpoint& endpoint : one.endpoints) {
      if (endpoint.name == kControllerListener) voter.endpoint = {endpoint.host, endpoint.port};
    }
    set.add(voter);
  }
  return set;
}

}  // namespace kafka
