// Which nodes of the quorum may be sent a request now: one is in flight to each at most, and a node
// that failed is left alone for a while (Kafka's RequestManager). Times are wall clock, as there.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "broker-model/env/rng.h"
#include "broker-model/raft/voter_set.h"
#include "broker-model/types/ids.h"

namespace kafka {

class RequestManager {
 public:
  // `bootstrap`: whom to ask for the leader, at least one. The rng outlives it.
  RequestManager(std::vector<QuorumVoter> bootstrap, Duration retry_backoff,
                 Duration request_timeout, env::Rng& rng);

  bool has_any_in_flight(WallTime now);
  // One drawn among those that are ready; nothing while a request is in flight to anybody.
  std::optional<QuorumVoter> find_ready_bootstrap(WallTime now);
  Duration backoff_before_bootstrap(WallTime now);

  bool is_ready(NodeId node, WallTime now);
  bool is_backing_off(NodeId node, WallTime now) const;
  bool has_timed_out(NodeId node, WallTime now) const;
  Duration remaining_request_time(NodeId node, WallTime now) const;  // 0: none is in flight
  Duration remaining_backoff(NodeId node, WallTime now) const;

  void on_sent(NodeId node, std::uint64_t correlation, WallTime now);
  // False for an answer that nobody waits for any more.
  bool is_expected(NodeId node, std::uint64_t correlation) const;
  void on_result(NodeId node, std::uint64_t correlation, bool is_success, WallTime now);
  void reset(NodeId node) { connections_.erase(node); }
  void reset_all() { connections_.clear(); }

 private:
  struct Connection {
    std::optional<std::uint64_t> in_flight;  // nothing: backing off since `since`
    WallTime since;
  };
  Duration left(WallTime since, Duration length, WallTime now) const {
    return std::max<Duration>(Duration::zero(), since + length - now);
  }
  bool is_over(const Connection& connection, WallTime now) const {
    return left(connection.since, connection.in_flight ? request_timeout_ : retry_backoff_, now) ==
           Duration::zero();
  }
  const Connection* find(NodeId node) const {
    const auto found = connections_.find(node);
    return found == connections_.end() ? nullptr : &found->second;
  }
  void forget_what_is_over(WallTime now);

  std::vector<QuorumVoter> bootstrap_;
  Duration retry_backoff_;
  Duration request_timeout_;
  env::Rng& rng_;
  std::map<NodeId, Connection> connections_;  // ready ones are not in it
};

}  // namespace kafka
