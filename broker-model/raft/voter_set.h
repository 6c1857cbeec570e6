// Who votes in the metadata quorum (Kafka's ReplicaKey, VoterSet).
#pragma once

#include <map>
#include <optional>
#include <set>

#include "broker-model/env/basics.h"
#include "broker-model/types/ids.h"

namespace kafka {

// A replica of the metadata log: a node with a certain disk. Without the directory where voters are
// configured (kraft.version 0).
struct ReplicaKey {
  NodeId id;
  std::optional<Uuid> directory_id{};
  friend auto operator<=>(const ReplicaKey&, const ReplicaKey&) = default;
};

// A node of the quorum and where it listens: "3000@controller-3000:9093".
struct QuorumVoter {
  NodeId id;
  env::Endpoint endpoint;
  friend auto operator<=>(const QuorumVoter&, const QuorumVoter&) = default;
};

class VoterSet {
 public:
  struct Voter {
    ReplicaKey key;
    env::Endpoint endpoint;
  };

  void add(const Voter& voter) { voters_[voter.key.id] = voter; }
  bool empty() const { return voters_.empty(); }

  // By the directory too where the set knows the voter's.
  bool is_voter(const ReplicaKey& key) const {
    const auto found = voters_.find(key.id);
    if (found == voters_.end()) return false;
    return !found->second.key.directory_id || found->second.key.directory_id == key.directory_id;
  }
  bool is_only_voter(const ReplicaKey& key) const { return voters_.size() == 1 && is_voter(key); }
  std::optional<QuorumVoter> node(NodeId id) const {
    const auto found = voters_.find(id);
    if (found == voters_.end()) return std::nullopt;
    return QuorumVoter{id, found->second.endpoint};
  }
  const std::map<NodeId, Voter>& voters() const { return voters_; }

 private:
  std::map<NodeId, Voter> voters_;
};

}  // namespace kafka
