#include "broker-model/raft/request_manager.h"

#include <algorithm>
#include <utility>

namespace kafka {

RequestManager::RequestManager(std::vector<QuorumVoter> bootstrap, Duration retry_backoff,
                               Duration request_timeout, env::Rng& rng)
    : bootstrap_(std::move(bootstrap)),
      retry_backoff_(retry_backoff),
      request_timeout_(request_timeout),
      rng_(rng) {}

void RequestManager::forget_what_is_over(WallTime now) {
  std::erase_if(connections_, [&](const auto& entry) { return is_over(entry.second, now); });
}

bool RequestManager::has_any_in_flight(WallTime now) {
  forget_what_is_over(now);
  return std::ranges::any_of(connections_,
                             [](const auto& entry) { return entry.second.in_flight.has_value(); });
}

std::optional<QuorumVoter> RequestManager::find_ready_bootstrap(WallTime now) {
  if (bootstrap_.empty() || has_any_in_flight(now)) return std::nullopt;
  const std::size_t start = rng_.below(bootstrap_.size());
  for (std::size_t i = 0; i < bootstrap_.size(); ++i) {
    const QuorumVoter& node = bootstrap_[(start + i) % bootstrap_.size()];
    if (is_ready(node.id, now)) return node;
  }
  return std::nullopt;
}

Duration RequestManager::backoff_before_bootstrap(WallTime now) {
  forget_what_is_over(now);
  Duration wait = retry_backoff_;
  for (const auto& [id, connection] : connections_) {
    if (connection.in_flight) return left(connection.since, request_timeout_, now);
    wait = std::min(wait, left(connection.since, retry_backoff_, now));
  }
  for (const QuorumVoter& node : bootstrap_) {
    if (!connections_.contains(node.id)) return Duration::zero();
  }
  return wait;
}

bool RequestManager::is_ready(NodeId node, WallTime now) {
  const Connection* connection = find(node);
  if (connection == nullptr) return true;
  if (!is_over(*connection, now)) return false;
  reset(node);
  return true;
}

bool RequestManager::is_backing_off(NodeId node, WallTime now) const {
  const Connection* connection = find(node);
  return connection != nullptr && !connection->in_flight && !is_over(*connection, now);
}

bool RequestManager::has_timed_out(NodeId node, WallTime now) const {
  const Connection* connection = find(node);
  return connection != nullptr && connection->in_flight && is_over(*connection, now);
}

Duration RequestManager::remaining_request_time(NodeId node, WallTime now) const {
  const Connection* connection = find(node);
  if (connection == nullptr || !connection->in_flight) return Duration::zero();
  return left(connection->since, request_timeout_, now);
}

Duration RequestManager::remaining_backoff(NodeId node, WallTime now) const {
  const Connection* connection = find(node);
  if (connection == nullptr || connection->in_flight) return Duration::zero();
  return left(connection->since, retry_backoff_, now);
}

void RequestManager::on_sent(NodeId node, std::uint64_t correlation, WallTime now) {
  connections_[node] = {.in_flight = correlation, .since = now};
}

bool RequestManager::is_expected(NodeId node, std::uint64_t correlation) const {
  const Connection* connection = find(node);
  return connection != nullptr && connection->in_flight == correlation;
}

void RequestManager::on_result(NodeId node, std::uint64_t correlation, bool is_success,
                               WallTime now) {
  if (!is_expected(node, correlation)) return;
  if (is_success) {
    reset(node);
  } else {
    connections_[node] = {.in_flight = std::nullopt, .since = now};
  }
}

}  // namespace kafka
