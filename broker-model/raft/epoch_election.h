// The votes of one election (Kafka's EpochElection): won by a majority of grants, lost when no
// majority can come any more.
#pragma once

#include <algorithm>
#include <map>
#include <ranges>
#include <vector>

#include "broker-model/raft/voter_set.h"

namespace kafka {

class EpochElection {
 public:
  explicit EpochElection(const VoterSet& voters) {
    for (const auto& [id, voter] : voters.voters()) votes_.emplace(id, Vote::kNone);
  }

  // An answer of a node that is no voter is nobody's vote. A grant stands: an answer that was
  // overtaken by it takes nothing back.
  void record(NodeId voter, bool is_granted) {
    const auto found = votes_.find(voter);
    if (found == votes_.end() || found->second == Vote::kGranted) return;
    found->second = is_granted ? Vote::kGranted : Vote::kRejected;
  }
  bool is_won() const { return count(Vote::kGranted) >= majority(); }
  bool is_lost() const { return count(Vote::kGranted) + count(Vote::kNone) < majority(); }

  std::vector<NodeId> unrecorded() const { return with(Vote::kNone); }
  std::vector<NodeId> granting() const { return with(Vote::kGranted); }

 private:
  enum class Vote { kNone, kGranted, kRejected };

  std::size_t majority() const { return votes_.size() / 2 + 1; }
  std::size_t count(Vote vote) const {
    return static_cast<std::size_t>(std::ranges::count(std::views::values(votes_), vote));
  }
  std::vector<NodeId> with(Vote vote) const {
    std::vector<NodeId> ids;
    for (const auto& [id, given] : votes_) {
      if (given == vote) ids.push_back(id);
    }
    return ids;
  }

  std::map<NodeId, Vote> votes_;
};

}  // namespace kafka
