// Rules: the partitions in force and what each of them did. Owned by StreamNetwork, which asks for
// the rules of a pair of hosts when the pair first talks and when a rule comes or goes, never per
// message.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/core/network_port.h"

namespace sim {

using PartitionHandle = env::Strong<struct PartitionHandleTag, std::uint32_t>;  // unique in a run

enum class Direction : std::uint8_t {
  kBoth,     // neither set hears the other
  kForward,  // what the first set sends does not reach the second; the other way stays open
};

// What a rule affected; kept after it was healed.
struct RuleCounts {
  std::uint64_t frames_held = 0;          // sent into the cut; they wait for a retransmission
  std::uint64_t acks_lost = 0;            // frames that arrived, unknown to their sender
  std::uint64_t connects_unanswered = 0;  // connection attempts that met the cut
  std::uint64_t resets_eaten = 0;
  std::uint64_t affected() const {
    return frames_held + acks_lost + connects_unanswered + resets_eaten;
  }
};

class Rules {
 public:
  using Index = std::uint32_t;

  PartitionHandle add(std::vector<HostId> a, std::vector<HostId> b, Direction);
  bool remove(PartitionHandle);  // false: healed before

  // The rules in force that cut the way from one host to another, oldest first.
  std::vector<Index> cutting(HostId from, HostId to) const;

  RuleCounts& counts(Index rule) { return rules_[rule].counts; }
  // REQUIRES: the handle came from add().
  const RuleCounts& counts(PartitionHandle) const;

 private:
  struct Rule {
    std::vector<HostId> a;  // sorted
    std::vector<HostId> b;  // sorted
    Direction direction = Direction::kBoth;
    RuleCounts counts = {};
  };
  std::vector<Rule> rules_;    // by handle; never shrinks, so that counts stay readable
  std::vector<Index> active_;  // ascending
};

}  // namespace sim
