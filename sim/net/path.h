// Path: the way from one host to another, as connections use it: its hops, its random stream, and
// the rules that cut it now. Paths: all of them, made when a pair first talks, so that a cluster of
// 1,000 hosts costs what its conversations cost and not the square.
//
// Owned by StreamNetwork; a Path stays where it is until the network dies.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/core/network_port.h"
#include "sim/core/streams.h"
#include "sim/net/rules.h"
#include "sim/net/topology.h"

namespace sim {

class Path {
 public:
  // True while no rule cuts it and a route exists.
  bool is_open() const { return is_open_; }
  const std::vector<Rules::Index>& cut_by() const { return cut_by_; }
  // Mean latency of the whole way: how long an acknowledgement takes. Nothing is drawn for those.
  env::Duration mean_latency() const { return mean_latency_; }

 private:
  friend class Paths;
  struct PathHop {
    std::uint32_t queue = 0;  // of Paths::queues_
    Distribution latency;
  };
  HostId from_;
  HostId to_;
  env::Rng* rng_ = nullptr;
  bool has_route_ = false;
  bool is_open_ = false;
  env::Duration mean_latency_{};
  std::vector<PathHop> hops_;
  std::vector<Rules::Index> cut_by_;
};

struct PathEnds {
  HostId from;
  HostId to;
  std::string_view from_name;
  std::string_view to_name;
};

class Paths {
 public:
  Paths(Streams& streams, Topology topology) : streams_(streams), topology_(std::move(topology)) {}

  void add_host(std::string_view name, std::string_view rack) { topology_.add_host(name, rack); }

  // The path of that pair, made at the first call.
  Path& get(const PathEnds&, const Rules&);

  // Puts `bytes` into the transmit queue of each link in turn, draws the latency of each, and
  // answers when the last byte arrives. A later hop is booked now, not when the frame gets there:
  // frames of other paths that reach it earlier but were sent later wait behind.
  env::Instant transmit(Path&, env::Instant now, std::uint64_t bytes);

  // When a bare segment (SYN, RST) sent now arrives; it waits in no transmit queue.
  env::Instant signal(Path&, env::Instant now);

  // Looks up the rules of every path again.
  void apply(const Rules&);

  std::size_t size() const { return paths_.size(); }

 private:
  // One direction of a link: first in, first out.
  struct TransmitQueue {
    std::uint64_t nanos_per_byte = 0;  // 32 fraction bits; 0: unlimited
    env::Instant free_at;
  };

  std::uint32_t queue_of(const Hop&);
  static void apply(const Rules&, Path&);

  Streams& streams_;
  Topology topology_;
  std::map<std::pair<HostId, HostId>, std::unique_ptr<Path>> paths_;
  std::vector<TransmitQueue> queues_;
  std::map<std::uint32_t, std::uint32_t> shared_queues_;  // Hop::queue -> index of queues_
};

}  // namespace sim
