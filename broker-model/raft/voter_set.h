// Who votes in the metadata quorum (Kafka's ReplicaKey, VoterSet).
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "broker-model/env/basics.h"
#include "broker-model/messages/control_records.h"
#include "broker-model/types/features.h"
#include "broker-model/types/ids.h"

namespace kafka {

// The listener under which voters are reached, in records and requests.
inline constexpr std::string_view kControllerListener = "CONTROLLER";

// A replica of the metadata log: a node with a certain disk. Without the directory where voters are
// configured (kraft.version 0).
struct ReplicaKey {
  NodeId id;
  std::optional<Uuid> directory_id{};
  friend auto operator<=>(const ReplicaKey&, const ReplicaKey&) = default;
};

// Absent on the wire is the zero uuid.
inline Uuid directory_of(const ReplicaKey& key) { return key.directory_id.value_or(Uuid{}); }
inline std::optional<Uuid> directory_from(const Uuid& id) {
  return id.is_zero() ? std::nullopt : std::optional(id);
}

// A node of the quorum and where it listens: "3000@controller-3000:9093".
struct QuorumVoter {
  NodeId id;
  env::Endpoint endpoint;
  friend auto operator<=>(const QuorumVoter&, const QuorumVoter&) = default;
};

// The feature kraft.version: 0 has configured voters, 1 keeps them in the log (KIP-853).
struct KRaftVersionRange {
  std::int16_t min = 0;
  std::int16_t max = 0;
  bool has(std::int16_t version) const { return min <= version && version <= max; }
  friend bool operator==(const KRaftVersionRange&, const KRaftVersionRange&) = default;
};
inline constexpr KRaftVersionRange kSupportedKRaftVersions{
    find_feature(kKRaftVersionFeature)->lowest, find_feature(kKRaftVersionFeature)->highest};

class VoterSet {
 public:
  struct Voter {
    ReplicaKey key;
    env::Endpoint endpoint;
    KRaftVersionRange kraft_versions{};  // known of voters in the log alone
    friend bool operator==(const Voter&, const Voter&) = default;
  };

  void add(const Voter& voter) { voters_[voter.key.id] = voter; }
  bool empty() const { return voters_.empty(); }
  std::size_t size() const { return voters_.size(); }

  // By the directory too where the set knows the voter's.
  bool is_voter(const ReplicaKey& key) const {
    const auto found = voters_.find(key.id);
    if (found == voters_.end()) return false;
    return !found->second.key.directory_id || found->second.key.directory_id == key.directory_id;
  }
  bool has_id(NodeId id) const { return voters_.contains(id); }
  std::optional<QuorumVoter> node(NodeId id) const {
    const auto found = voters_.find(id);
    if (found == voters_.end()) return std::nullopt;
    return QuorumVoter{id, found->second.endpoint};
  }
  const std::map<NodeId, Voter>& voters() const { return voters_; }

  // --- a set that differs by one voter; nothing where that is no change
  std::optional<VoterSet> with(const Voter& voter) const;        // its id is none of a voter
  std::optional<VoterSet> without(const ReplicaKey& key) const;  // a voter
  std::optional<VoterSet> updated(const Voter& voter) const;     // a voter, by its key
  // A voter whose endpoint or versions are not as the set has them.
  bool needs_update(const Voter& voter) const;

  VotersRecord to_record() const;
  static VoterSet from_record(const VotersRecord& record);

  friend bool operator==(const VoterSet&, const VoterSet&) = default;

 private:
  std::map<NodeId, Voter> voters_;
};

}  // namespace kafka
