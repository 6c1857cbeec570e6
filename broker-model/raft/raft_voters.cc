// Voters that come and go at run time (KIP-853; AddVoterHandler, RemoveVoterHandler,
// UpdateVoterHandler), a replica that joins by itself (KIP-1186), and who is told of all that
// (DescribeQuorum).
#include "broker-model/raft/raft_client_messages.h"
#include "broker-model/types/probe.h"

namespace kafka {
namespace {

std::int64_t millis_of(const std::optional<WallTime>& at) {
  return at ? at->time_since_epoch().count() : -1;
}

// Where the request says that the node listens; nothing without the listener of the quorum.
template <class Listeners>
std::optional<env::Endpoint> endpoint_of(const Listeners& listeners) {
  for (const auto& listener : listeners) {
    if (listener.name == kControllerListener) return env::Endpoint{listener.host, listener.port};
  }
  return std::nullopt;
}

template <class Request>
std::optional<ReplicaKey> voter_of(const Request& request) {
  if (request.voter_id < 0 || request.voter_directory_id.is_zero()) return std::nullopt;
  return ReplicaKey{NodeId(request.voter_id), request.voter_directory_id};
}

}  // namespace

void RaftClient::Impl::voters_changed() {
  if (history.voters() != quorum.voters()) quorum.set_voters(history.voters());
}

// --- the leader's side ---------------------------------------------------------------------------

// One change at a time, each on a committed one, by a leader whose epoch is committed: so any two
// majorities, of the voters before and after, have a voter in common.
ErrorCode RaftClient::Impl::check_voter_change() {
  until_voter_change_expires();
  if (voter_change) return ErrorCode::kRequestTimedOut;
  const std::optional<Offset> committed = quorum.high_watermark();
  if (!committed) return ErrorCode::kRequestTimedOut;
  if (!history.is_reconfigurable()) return ErrorCode::kUnsupportedVersion;
  const std::optional<Offset> newest = history.voters_offset();
  const bool is_committed = newest && *newest < *committed;
  return is_committed ? ErrorCode::kNone : ErrorCode::kRequestTimedOut;
}

ErrorCode RaftClient::Impl::start_adding(std::uint64_t token, const AddRaftVoterRequest& request) {
  ErrorCode error = check_cluster(request.cluster_id);
  if (error == ErrorCode::kNone) error = validate_leader_only(quorum.epoch());
  if (error != ErrorCode::kNone) return error;
  const std::optional<ReplicaKey> key = voter_of(request);
  const std::optional<env::Endpoint> endpoint = endpoint_of(request.listeners);
  if (!key || !endpoint) return ErrorCode::kInvalidRequest;
  if (error = check_voter_change(); error != ErrorCode::kNone) return error;
  if (quorum.voters().has_id(key->id)) return ErrorCode::kDuplicateVoter;
  if (!send_if_ready({key->id, *endpoint}, [] { return ApiVersionsRequest{}; }))
    return ErrorCode::kRequestTimedOut;
  voter_change.emplace(token, RaftTimer(now(), options.request_timeout),
                       VoterSet::Voter{.key = *key, .endpoint = *endpoint},
                       request.ack_when_committed);
  return ErrorCode::kNone;
}

void RaftClient::Impl::on_request(std::uint64_t token, std::int16_t,
                                  const AddRaftVoterRequest& request) {
  const ErrorCode error = start_adding(token, request);
  if (error == ErrorCode::kNone) return;  // answered later
  answer(token, AddRaftVoterResponse{.error_code = error, .error_message = std::nullopt});
}

// What keeps the new voter from being one ends the change; else it is in the log, and in force.
void RaftClient::Impl::add_voter(const ApiVersionsResponse& response) {
  VoterSet::Voter added = *voter_change->added;
  for (const auto& feature : response.supported_features) {
    if (feature.name == kKRaftVersionFeature)
      added.kraft_versions = {feature.min_version, feature.max_version};
  }
  if (!added.kraft_versions.has(history.kraft_version()))
    return end_voter_change(ErrorCode::kInvalidRequest);
  // One that lags would hold the high watermark up.
  if (!leading()->is_caught_up(added.key, now()))
    return end_voter_change(ErrorCode::kRequestTimedOut);
  const std::optional<VoterSet> voters = history.voters().with(added);
  if (!voters) return end_voter_change(ErrorCode::kDuplicateVoter);
  voter_change->offset = append_voters(*voters);
  if (voter_change->ack_when_committed) return;
  answer(voter_change->token, AddRaftVoterResponse{.error_message = std::nullopt});
  voter_change->token = 0;
}

bool RaftClient::Impl::on_answer(NodeId from, const ApiVersionsResponse& response) {
  const bool is_awaited = leading() != nullptr && voter_change && voter_change->added &&
                          !voter_change->offset && voter_change->added->key.id == from;
  if (!is_awaited) return true;
  if (response.error_code != ErrorCode::kNone) {
    end_voter_change(ErrorCode::kRequestTimedOut);
    return false;
  }
  add_voter(response);
  return true;
}

void RaftClient::Impl::new_voter_is_silent(NodeId from) {
  const bool is_awaited = voter_change && voter_change->added && !voter_change->offset &&
                          voter_change->added->key.id == from;
  if (is_awaited) end_voter_change(ErrorCode::kRequestTimedOut);
}

ErrorCode RaftClient::Impl::start_removing(std::uint64_t token,
                                           const RemoveRaftVoterRequest& request) {
  ErrorCode error = check_cluster(request.cluster_id);
  if (error == ErrorCode::kNone) error = validate_leader_only(quorum.epoch());
  if (error != ErrorCode::kNone) return error;
  const std::optional<ReplicaKey> key = voter_of(request);
  if (!key) return ErrorCode::kInvalidRequest;
  if (error = check_voter_change(); error != ErrorCode::kNone) return error;
  const std::optional<VoterSet> voters = history.voters().without(*key);
  if (!voters || voters->empty()) return ErrorCode::kVoterNotFound;
  voter_change.emplace(token, RaftTimer(now(), options.request_timeout));
  voter_change->offset = append_voters(*voters);
  return ErrorCode::kNone;
}

void RaftClient::Impl::on_request(std::uint64_t token, std::int16_t,
                                  const RemoveRaftVoterRequest& request) {
  const ErrorCode error = start_removing(token, request);
  if (error == ErrorCode::kNone) return;  // answered later
  answer(token, RemoveRaftVoterResponse{.error_code = error, .error_message = std::nullopt});
}

ErrorCode RaftClient::Impl::update_voter(const UpdateRaftVoterRequest& request) {
  ErrorCode error = check_cluster(request.cluster_id);
  if (error == ErrorCode::kNone)
    error = validate_leader_only(LeaderEpoch(request.current_leader_epoch));
  if (error != ErrorCode::kNone) return error;
  const std::optional<ReplicaKey> key = voter_of(request);
  const std::optional<env::Endpoint> endpoint = endpoint_of(request.listeners);
  const KRaftVersionRange versions{request.kraft_version_feature.min_supported_version,
                                   request.kraft_version_feature.max_supported_version};
  if (!key || !endpoint || versions.min < 0 || versions.max < versions.min)
    return ErrorCode::kInvalidRequest;
  if (error = check_voter_change(); error != ErrorCode::kNone) return error;
  if (!versions.has(history.kraft_version())) return ErrorCode::kInvalidRequest;
  const std::optional<VoterSet> voters = history.voters().updated({*key, *endpoint, versions});
  if (!voters) return ErrorCode::kVoterNotFound;
  append_voters(*voters);
  leading()->note_fetch_by(*key, now());
  return ErrorCode::kNone;
}

void RaftClient::Impl::on_request(std::uint64_t token, std::int16_t,
                                  const UpdateRaftVoterRequest& request) {
  UpdateRaftVoterResponse response{.error_code = update_voter(request)};
  response.current_leader.leader_epoch = quorum.epoch().value();
  if (const auto leader = quorum.leader_id()) response.current_leader.leader_id = leader->value();
  if (const auto node = quorum.leader_node()) {
    response.current_leader.host = node->endpoint.host;
    response.current_leader.port = node->endpoint.port;
  }
  answer(token, std::move(response));
}

Offset RaftClient::Impl::append_voters(const VoterSet& voters) {
  close_gathered();
  closed.push_back(ControlBatch(append_offset, quorum.epoch(), now())
                       .add(ControlRecordType::kKRaftVoters, voters.to_record())
                       .close());
  drain_at = now();
  return append_offset++;
}

void RaftClient::Impl::end_voter_change(ErrorCode error) {
  if (!voter_change) return;
  const VoterChange change = *std::exchange(voter_change, std::nullopt);
  if (change.token == 0) return;  // answered when it was appended
  if (change.added) {
    answer(change.token, AddRaftVoterResponse{.error_code = error, .error_message = std::nullopt});
  } else {
    answer(change.token,
           RemoveRaftVoterResponse{.error_code = error, .error_message = std::nullopt});
  }
}

Duration RaftClient::Impl::until_voter_change_expires() {
  if (!voter_change) return Duration::max();
  const Duration left = voter_change->timer.remaining(now());
  if (left > Duration::zero()) return left;
  reached(Probe::kVoterChangeTimeout);
  end_voter_change(ErrorCode::kRequestTimedOut);
  return Duration::max();
}

void RaftClient::Impl::voters_committed() {
  if (!voter_change || !voter_change->offset ||
      quorum.high_watermark().value_or(0) <= *voter_change->offset) {
    return;
  }
  const bool is_removal = !voter_change->added;
  reached(is_removal ? Probe::kVoterRemoved : Probe::kVoterAdded);
  end_voter_change(ErrorCode::kNone);
  if (is_removal && !history.voters().is_voter(options.self)) is_resign_requested = true;
}

// --- a follower's side ---------------------------------------------------------------------------

void RaftClient::Impl::tell_leader_of_us(QuorumState::Follower& follower) {
  if (!history.is_reconfigurable() || !follower.update_voters.is_expired(now())) return;
  const auto send = [&](auto request) {
    request.cluster_id = options.cluster_id;
    request.voter_id = options.self.id.value();
    request.voter_directory_id = directory_of(options.self);
    if constexpr (requires { request.listeners; }) {
      request.listeners.push_back({.name = std::string(kControllerListener),
                                   .host = options.endpoint.host,
                                   .port = options.endpoint.port});
    } else {  // the voter that had our id, on a disk that is gone
      request.voter_directory_id = directory_of(quorum.voters().voters().at(options.self.id).key);
    }
    if (send_if_ready(follower.leader, [&] { return std::move(request); }))
      follower.update_voters.reset(now(), options.fetch_timeout);
  };
  if (quorum.is_voter()) {
    if (quorum.voters().needs_update(own_voter())) {
      return send(UpdateRaftVoterRequest{
          .current_leader_epoch = quorum.epoch().value(),
          .kraft_version_feature = {.min_supported_version = kSupportedKRaftVersions.min,
                                    .max_supported_version = kSupportedKRaftVersions.max}});
    }
    follower.update_voters.reset(now(), options.fetch_timeout);
    return;
  }
  if (!options.can_become_voter || !options.auto_join) return;
  if (quorum.voters().has_id(options.self.id)) return send(RemoveRaftVoterRequest{});
  return send(AddRaftVoterRequest{
      .timeout_ms = static_cast<std::int32_t>(env::millis(options.request_timeout)),
      .ack_when_committed = false});
}

bool RaftClient::Impl::on_answer(NodeId, const AddRaftVoterResponse& response) {
  if (auto* follower = quorum.as<QuorumState::Follower>())
    follower->update_voters.reset(now(), options.fetch_timeout);
  return response.error_code == ErrorCode::kNone ||
         response.error_code == ErrorCode::kRequestTimedOut ||
         response.error_code == ErrorCode::kDuplicateVoter;
}

bool RaftClient::Impl::on_answer(NodeId, const RemoveRaftVoterResponse& response) {
  if (auto* follower = quorum.as<QuorumState::Follower>())
    follower->update_voters.reset(now(), options.fetch_timeout);
  return response.error_code == ErrorCode::kNone ||
         response.error_code == ErrorCode::kRequestTimedOut ||
         response.error_code == ErrorCode::kVoterNotFound;
}

bool RaftClient::Impl::on_answer(NodeId, const UpdateRaftVoterResponse& response) {
  const auto& told = response.current_leader;
  LeaderNews news = news_of(response.error_code, told.leader_id, told.leader_epoch);
  if (news.leader && !told.host.empty())
    news.node = QuorumVoter{*news.leader, {told.host, static_cast<std::uint16_t>(told.port)}};
  if (const auto handled = handle_common(news)) return *handled;
  if (quorum.as<QuorumState::Follower>() != nullptr) quorum.fetched(now());
  return true;
}

// --- what there is -------------------------------------------------------------------------------

DescribeQuorumResponse RaftClient::Impl::describe(std::int16_t version) {
  DescribeQuorumResponse response{.error_message = std::nullopt};
  auto& topic = response.topics.emplace_back();
  topic.topic_name = kMetadataTopicName;
  auto& partition = topic.partitions.emplace_back();
  partition.error_message.reset();
  LeaderState* leader = leading();
  if (leader == nullptr) {
    partition.error_code = ErrorCode::kNotLeaderOrFollower;
    return response;
  }
  partition.leader_id = options.self.id.value();
  partition.leader_epoch = quorum.epoch().value();
  partition.high_watermark = quorum.high_watermark().value_or(-1);
  const auto state_of = [&](const LeaderState::Replica& replica) {
    const bool is_self = replica.key.id == options.self.id;
    return DescribeQuorumResponse::ReplicaState{
        .replica_id = replica.key.id.value(),
        .replica_directory_id = directory_of(replica.key),
        .log_end_offset = replica.end_offset.value_or(-1),
        .last_fetch_timestamp = millis_of(is_self ? now() : replica.last_fetch),
        .last_caught_up_timestamp = millis_of(is_self ? now() : replica.last_caught_up)};
  };
  for (const auto& [id, replica] : leader->voters()) {
    partition.current_voters.push_back(state_of(replica));
    const auto voter = quorum.voters().node(id);
    if (version < 2 || !voter) continue;
    auto& node = response.nodes.emplace_back();
    node.node_id = id.value();
    node.listeners.push_back({.name = std::string(kControllerListener),
                              .host = voter->endpoint.host,
                              .port = voter->endpoint.port});
  }
  for (const auto& [key, replica] : leader->observers(now()))
    partition.observers.push_back(state_of(replica));
  return response;
}

void RaftClient::Impl::on_request(std::uint64_t token, std::int16_t version,
                                  const DescribeQuorumRequest& request) {
  const bool is_ours = request.topics.size() == 1 &&
                       request.topics[0].topic_name == kMetadataTopicName &&
                       request.topics[0].partitions.size() == 1 &&
                       request.topics[0].partitions[0].partition_index == 0;
  if (is_ours) return answer(token, describe(version));
  DescribeQuorumResponse response{.error_message = std::nullopt};
  for (const auto& topic : request.topics) {
    auto& answered = response.topics.emplace_back();
    answered.topic_name = topic.topic_name;
    for (const auto& partition : topic.partitions) {
      answered.partitions.push_back({.partition_index = partition.partition_index,
                                     .error_code = ErrorCode::kUnknownTopicOrPartition,
                                     .error_message = std::nullopt});
    }
  }
  answer(token, std::move(response));
}

// Neither is sent to, nor asked by, the other side: a controller answers ApiVersions by itself.
void RaftClient::Impl::on_request(std::uint64_t, std::int16_t, const ApiVersionsRequest&) {
  TIT_ASSERT(false, "the raft client is not asked for API versions");
}
bool RaftClient::Impl::on_answer(NodeId, const DescribeQuorumResponse&) {
  TIT_ASSERT(false, "the raft client describes the quorum and asks nobody for it");
}

}  // namespace kafka
