// Path: the way from one host to another, as connections use it: its hops, its random stream, and
// the rules in force on it. Paths: all of them, made when a pair first talks, so that a cluster of
// 1,000 hosts costs what its conversations cost and not the square.
//
// Owned by StreamNetwork; a Path stays where it is until the network dies.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/core/network_port.h"
#include "sim/core/streams.h"
#include "sim/net/loss.h"
#include "sim/net/rules.h"
#include "sim/net/topology.h"

namespace sim {

// First in, first out, at so many bytes a second: one direction of a link, or a limit.
struct TransmitQueue {
  std::uint64_t nanos_per_byte = 0;  // 32 fraction bits; 0: unlimited
  env::Instant free_at;

  static TransmitQueue of(std::optional<std::uint64_t> bytes_per_second);
  // When the last of these bytes has left, if the first comes at `at`.
  env::Instant pass(env::Instant at, std::uint64_t bytes);
};

// What rules do to a way besides cutting it.
struct Conditions {
  struct Slow {
    Rules::Index rule = 0;
    Distribution extra;
    env::Rng* rng = nullptr;
  };
  struct Limit {
    Rules::Index rule = 0;
    TransmitQueue queue;
  };
  std::vector<Slow> slow;
  std::vector<Limit> limits;
  std::vector<Rules::Index> clogs;
  std::vector<Rules::Index> losses;
  LossRatio loss;  // of these, and of the links
  env::Rng* loss_rng = nullptr;
};

class alignas(64) Path {
 public:
  // True while no rule cuts it and a route exists.
  bool is_open() const { return is_open_; }
  bool is_clogged() const { return conditions_ != nullptr && !conditions_->clogs.empty(); }
  bool is_lossy() const { return conditions_ != nullptr && !conditions_->loss.is_zero(); }
  const std::vector<Rules::Index>& cut_by() const { return cut_by_; }
  // Null: none, which is what a message has to know.
  const Conditions* conditions() const { return conditions_.get(); }
  // Mean latency of the whole way: how long an acknowledgement takes. Nothing is drawn for those.
  env::Duration mean_latency() const { return mean_latency_; }

  // Before the last apply().
  bool was_open() const { return was_open_; }
  bool was_clogged() const { return was_clogged_; }
  bool has_lost_its_limits() const { return was_limited_ && !is_limited(); }

 private:
  friend class Paths;
  bool is_limited() const { return conditions_ != nullptr && !conditions_->limits.empty(); }
  struct PathHop {
    std::uint32_t shared_queue = kOwnQueue;  // else of Paths::queues_
    TransmitQueue own_queue;
    Distribution latency;
    static constexpr std::uint32_t kOwnQueue = UINT32_MAX;
  };
  // What each frame needs comes first.
  std::unique_ptr<Conditions> conditions_;
  env::Duration mean_latency_{};
  env::Rng* rng_ = nullptr;
  bool is_open_ = false;
  bool has_route_ = false;
  bool was_open_ = false;
  bool was_clogged_ = false;
  bool was_limited_ = false;
  std::vector<PathHop> hops_;
  std::vector<Rules::Index> cut_by_;
  env::Duration mean_of_hops_{};
  LossRatio loss_of_hops_;
  HostId from_;
  HostId to_;
  std::string from_name_;
  std::string to_name_;
};

struct PathEnds {
  HostId from;
  HostId to;
  std::string_view from_name;
  std::string_view to_name;
};

class Paths {
 public:
  Paths(Streams& streams, Topology topology, Rules& rules)
      : streams_(streams), topology_(std::move(topology)), rules_(rules) {}

  Topology& topology() { return topology_; }
  const Topology& topology() const { return topology_; }

  // The path of that pair, made at the first call.
  Path& get(const PathEnds&);
  // Another path between the same two, which that rule cuts for ever.
  Path& severed(const Path&, Rules::Index);

  struct Passage {
    env::Instant arrival;  // of the last byte
    env::Instant leaves;   // the queues of the rules that limit bandwidth
  };
  // Puts `bytes` into the transmit queue of each link in turn, draws the latency of each, and
  // answers when the last byte arrives. A later hop is booked now, not when the frame gets there:
  // frames of other paths that reach it earlier but were sent later wait behind.
  Passage transmit(Path&, env::Instant now, std::uint64_t bytes);

  // When a bare segment (SYN, RST) sent now arrives; it waits in no transmit queue.
  env::Instant signal(Path&, env::Instant now);

  // REQUIRES: is_lossy().
  LossDraw draw_loss(Path&, std::uint64_t segments, int most);

  // Looks up the rules of every path again.
  void apply();
  // The same, after a link came or went. Answers how many pairs go another way now, or none.
  std::uint64_t reroute();

  std::size_t size() const { return paths_.size(); }

 private:
  std::uint32_t shared_queue(const Hop&);
  bool route(Path&);  // true: it changed
  void apply(Path&);

  Streams& streams_;
  Topology topology_;
  Rules& rules_;
  std::map<std::pair<HostId, HostId>, std::unique_ptr<Path>> paths_;
  std::vector<std::unique_ptr<Path>> severed_;
  std::vector<TransmitQueue> queues_;
  std::map<std::uint32_t, std::uint32_t> shared_queues_;  // Hop::queue -> index of queues_
};

}  // namespace sim
