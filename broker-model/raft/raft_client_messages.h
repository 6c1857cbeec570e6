// What the parts of RaftClient share when they build requests and answers, send them, and read what
// comes back.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "broker-model/raft/raft_client_impl.h"

namespace kafka {

// --- requests of one partition, as RaftUtil builds them
VoteRequest vote_request(const RaftOptions& options, LeaderEpoch epoch, const ReplicaKey& voter,
                         const EpochEndOffset& end, bool is_pre_vote);
BeginQuorumEpochRequest begin_quorum_epoch_request(const RaftOptions& options, LeaderEpoch epoch,
                                                   const ReplicaKey& voter);
EndQuorumEpochRequest end_quorum_epoch_request(const RaftOptions& options, LeaderEpoch epoch,
                                               const std::vector<ReplicaKey>& successors);

// The leader's endpoint, where it is known and the version has a place for it.
template <class Response>
void add_endpoint(Response& response, const std::optional<QuorumVoter>& leader, bool has_place) {
  if (!has_place || !leader) return;
  auto& endpoint = response.node_endpoints.emplace_back();
  endpoint.node_id = leader->id.value();
  endpoint.host = leader->endpoint.host;
  endpoint.port = leader->endpoint.port;
}

template <class Response>
RaftClient::Impl::LeaderNews RaftClient::Impl::news_of(const Response& response, ErrorCode error,
                                                       std::int32_t leader,
                                                       std::int32_t epoch) const {
  LeaderNews news = news_of(error, leader, epoch);
  if (!news.leader) return news;
  for (const auto& endpoint : response.node_endpoints) {
    if (endpoint.node_id == leader)
      news.node =
          QuorumVoter{*news.leader, {endpoint.host, static_cast<std::uint16_t>(endpoint.port)}};
  }
  return news;
}

template <class Make>
bool RaftClient::Impl::send_if_ready(const QuorumVoter& to, Make make) {
  if (requests.is_backing_off(to.id, now()) || !requests.is_ready(to.id, now())) return false;
  const std::uint64_t correlation = ++next_correlation;
  requests.on_sent(to.id, correlation, now());
  emit([this, to, correlation, request = RaftRequest(make())] {
    host.send_raft_request(to, correlation, request);
  });
  return true;
}

template <class Make>
Duration RaftClient::Impl::maybe_send(const QuorumVoter& to, Make make) {
  if (requests.is_backing_off(to.id, now())) return requests.remaining_backoff(to.id, now());
  send_if_ready(to, make);
  return requests.remaining_request_time(to.id, now());
}

}  // namespace kafka
