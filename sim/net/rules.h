// Rules: what is wrong with the network now, and what each of it did. Owned by StreamNetwork, which
// asks for the rules of a pair of hosts when the pair first talks and when a rule comes or goes,
// never per message.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/core/distributions.h"
#include "sim/core/network_port.h"

namespace sim {

using RuleHandle = env::Strong<struct RuleHandleTag, std::uint32_t>;  // unique in a run
using PartitionHandle = RuleHandle;

enum class Direction : std::uint8_t {
  kBoth,     // between the two sets, either way
  kForward,  // what the first set sends to the second; the other way stays as it was
};

enum class RuleKind : std::uint8_t {
  kPartition,
  kClog,
  kSlow,
  kBandwidth,
  kLoss,
  kSlowReader,  // of one host: set a
  kLinkDown,    // of one link of a graph
  kSevered,     // of the connections that existed when it was made; never healed
};

// What a rule affected; kept after it was healed.
struct RuleCounts {
  std::uint64_t frames_held = 0;          // sent into a cut; they wait for a retransmission
  std::uint64_t acks_lost = 0;            // frames that arrived, unknown to their sender
  std::uint64_t connects_unanswered = 0;  // connection attempts that it kept waiting
  std::uint64_t resets_eaten = 0;
  std::uint64_t frames_lost = 0;      // of packet loss: lost in part or whole, and sent again
  std::uint64_t losses = 0;           // transmissions of those that were lost, the first and others
  std::uint64_t frames_delayed = 0;   // slow links and readers, limits of bandwidth, clogs
  std::uint64_t bytes_delayed = 0;    // of these frames, with their length prefixes
  env::Duration time_added{};         // to these frames, in sum
  std::uint64_t routes_changed = 0;   // of a link that is down: pairs that go another way, or none
  std::uint64_t connections_hit = 0;  // of severed ones
  // Zero as long as it made no difference: a severed connection that nobody used made none.
  std::uint64_t affected() const {
    return frames_held + acks_lost + connects_unanswered + resets_eaten + frames_lost +
           frames_delayed + routes_changed;
  }
};

struct Rule {
  RuleKind kind = RuleKind::kPartition;
  std::vector<HostId> a = {};
  std::vector<HostId> b = {};
  Direction direction = Direction::kBoth;
  Distribution extra_latency = {};     // of kSlow
  std::uint64_t bytes_per_second = 0;  // of kBandwidth and kSlowReader
  std::uint32_t loss_ppm = 0;          // of kLoss
  std::uint32_t link = 0;              // of kLinkDown
  RuleCounts counts = {};
};

class Rules {
 public:
  using Index = std::uint32_t;

  RuleHandle add(Rule);
  RuleHandle add_at_once_over(Rule);  // counts, and is never in force
  bool remove(RuleHandle);            // false: healed before

  // The rules in force on the way from one host to another, oldest first.
  std::vector<Index> affecting(HostId from, HostId to) const;
  // Those of that kind, wherever.
  std::vector<Index> of_kind(RuleKind) const;

  const Rule& rule(Index index) const { return rules_[index]; }
  RuleCounts& counts(Index rule) { return rules_[rule].counts; }
  // REQUIRES: the handle came from add().
  const RuleCounts& counts(RuleHandle) const;

 private:
  std::vector<Rule> rules_;    // by handle; sets sorted. Never shrinks: counts stay readable
  std::vector<Index> active_;  // ascending
};

}  // namespace sim
