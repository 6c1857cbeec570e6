// Elections: who votes for whom, who learns of a leader, who hands over (KIP-595, KIP-996).
#include <algorithm>

#include "broker-model/raft/raft_client_messages.h"
#include "broker-model/types/observation.h"

namespace kafka {
namespace {

// The one partition that a message of the quorum is about; nullptr when it is about another.
template <class Message>
auto* partition_of(Message& message) {
  using Partition = std::remove_reference_t<decltype(message.topics[0].partitions[0])>;
  const bool is_ours = message.topics.size() == 1 &&
                       message.topics[0].topic_name == kMetadataTopicName &&
                       message.topics[0].partitions.size() == 1 &&
                       message.topics[0].partitions[0].partition_index == 0;
  return is_ours ? &message.topics[0].partitions[0] : static_cast<Partition*>(nullptr);
}

// A message about that partition.
template <class Message>
auto& add_partition(Message& message) {
  auto& topic = message.topics.emplace_back();
  topic.topic_name = kMetadataTopicName;
  return topic.partitions.emplace_back();
}

template <class Response>
Response leader_answer(const QuorumState& quorum, std::int32_t leader, std::int16_t version,
                       ErrorCode error) {
  Response response;
  auto& partition = add_partition(response);
  partition.error_code = error;
  partition.leader_id = leader;
  partition.leader_epoch = quorum.epoch().value();
  add_endpoint(response, quorum.leader_node(), version >= 1);
  return response;
}

}  // namespace

VoteRequest vote_request(const RaftOptions& options, LeaderEpoch epoch, const ReplicaKey& voter,
                         const EpochEndOffset& end, bool is_pre_vote) {
  VoteRequest request;
  request.cluster_id = options.cluster_id;
  request.voter_id = voter.id.value();
  auto& partition = add_partition(request);
  partition.replica_epoch = epoch.value();
  partition.replica_id = options.self.id.value();
  partition.replica_directory_id = directory_of(options.self);
  partition.voter_directory_id = directory_of(voter);
  partition.last_offset_epoch = end.epoch.value();
  partition.last_offset = end.end_offset;
  partition.pre_vote = is_pre_vote;
  return request;
}

BeginQuorumEpochRequest begin_quorum_epoch_request(const RaftOptions& options, LeaderEpoch epoch,
                                                   const ReplicaKey& voter) {
  BeginQuorumEpochRequest request;
  request.cluster_id = options.cluster_id;
  request.voter_id = voter.id.value();
  auto& partition = add_partition(request);
  partition.voter_directory_id = directory_of(voter);
  partition.leader_id = options.self.id.value();
  partition.leader_epoch = epoch.value();
  request.leader_endpoints.push_back({.name = std::string(kControllerListener),
                                      .host = options.endpoint.host,
                                      .port = options.endpoint.port});
  return request;
}

EndQuorumEpochRequest end_quorum_epoch_request(const RaftOptions& options, LeaderEpoch epoch,
                                               const std::vector<ReplicaKey>& successors) {
  EndQuorumEpochRequest request;
  request.cluster_id = options.cluster_id;
  auto& partition = add_partition(request);
  partition.leader_id = options.self.id.value();
  partition.leader_epoch = epoch.value();
  for (const ReplicaKey& key : successors) {
    partition.preferred_successors.push_back(key.id.value());
    partition.preferred_candidates.push_back(
        {.candidate_id = key.id.value(), .candidate_directory_id = directory_of(key)});
  }
  request.leader_endpoints.push_back({.name = std::string(kControllerListener),
                                      .host = options.endpoint.host,
                                      .port = options.endpoint.port});
  return request;
}

// --- transitions ---------------------------------------------------------------------------------

void RaftClient::Impl::transitioned() {
  requests.reset_all();
  snapshots.end_download(env);  // of a leader that is followed no more
  if (leading() != nullptr) return;
  closed.clear();
  gathering.reset();
  drain_at.reset();
  is_resign_requested = false;
  end_voter_change(ErrorCode::kNotLeaderOrFollower);
  fail_parked(ErrorCode::kNotLeaderOrFollower);
}

void RaftClient::Impl::become_unattached(LeaderEpoch epoch, std::optional<NodeId> leader) {
  quorum.become_unattached(epoch, leader, now());
  transitioned();
}

void RaftClient::Impl::become_follower(LeaderEpoch epoch, const QuorumVoter& leader) {
  quorum.become_follower(epoch, leader, now());
  transitioned();
}

void RaftClient::Impl::become_prospective() {
  quorum.become_prospective(now());
  transitioned();
  move_forward();
}

void RaftClient::Impl::become_candidate() {
  quorum.become_candidate(now());
  transitioned();
  move_forward();
}

void RaftClient::Impl::become_leader() {
  const Offset start = log.log_end_offset();
  quorum.become_leader(start, now());
  transitioned();
  // The voters of the bootstrap snapshot are of no log yet.
  const bool writes_voters =
      history.is_reconfigurable() &&
      (history.voters_offset() == -1 || quorum.voters().needs_update(own_voter()));
  append_offset = start + (writes_voters ? 3 : 1);
  // Once the epoch is on the disk. Nothing of this epoch is committed before a record of it is.
  after_disk([this, start, writes_voters] {
    const LeaderEpoch epoch = quorum.epoch();
    env.observe(QuorumLeaderElected{.leader = options.self.id, .epoch = epoch});
    log.assign_epoch_start(env, epoch);
    LeaderChangeMessage change{.leader_id = options.self.id.value()};
    for (const auto& [id, voter] : quorum.voters().voters())
      change.voters.push_back({.voter_id = id.value()});
    for (const NodeId id : leading()->granting_voters())
      change.granting_voters.push_back({.voter_id = id.value()});
    ControlBatch batch(start, epoch, now());
    batch.add(ControlRecordType::kLeaderChange, change);
    if (writes_voters) {
      const VoterSet updated = quorum.voters().updated(own_voter()).value_or(quorum.voters());
      batch
          .add(ControlRecordType::kKRaftVersion,
               KRaftVersionRecord{.kraft_version = history.kraft_version()})
          .add(ControlRecordType::kKRaftVoters, updated.to_record());
    }
    write({batch.close()});
  });
}

void RaftClient::Impl::become_resigned() {
  quorum.become_resigned(now());
  transitioned();
}

void RaftClient::Impl::lose_pre_vote() {
  const std::optional<QuorumVoter> leader = quorum.as<QuorumState::Prospective>()->leader;
  if (leader) {
    become_follower(quorum.epoch(), *leader);
  } else {
    become_unattached(quorum.epoch(), std::nullopt);
  }
}

// A candidate that lost waits for its time-out: others may still be at it.
void RaftClient::Impl::move_forward() {
  const EpochElection* votes = quorum.votes();
  const bool is_prospective = quorum.as<QuorumState::Prospective>() != nullptr;
  if (votes->is_won()) {
    if (is_prospective) {
      become_candidate();
    } else {
      become_leader();
    }
  } else if (votes->is_lost() && is_prospective) {
    lose_pre_vote();
  }
}

Duration RaftClient::Impl::send_votes() {
  const EpochElection& votes = *quorum.votes();
  if (votes.is_lost()) return Duration::max();
  const bool is_pre_vote = quorum.as<QuorumState::Prospective>() != nullptr;
  Duration wait = Duration::max();
  for (const NodeId id : votes.unrecorded()) {
    const auto found = quorum.voters().voters().find(id);
    if (found == quorum.voters().voters().end()) continue;
    const VoterSet::Voter& voter = found->second;
    wait = std::min(wait, maybe_send({id, voter.endpoint}, [&] {
                      return vote_request(options, quorum.epoch(), voter.key, end(), is_pre_vote);
                    }));
  }
  return wait;
}

// --- what any message may tell -------------------------------------------------------------------

RaftClient::Impl::LeaderNews RaftClient::Impl::news_of(ErrorCode error, std::int32_t leader,
                                                       std::int32_t epoch) const {
  LeaderNews news{.error = error, .leader = std::nullopt, .epoch = LeaderEpoch(epoch)};
  if (leader < 0) return news;
  news.leader = NodeId(leader);
  news.node = quorum.voters().node(*news.leader);
  return news;
}

void RaftClient::Impl::maybe_transition(const LeaderNews& news) {
  // Kafka's raft thread dies of a leader that contradicts the one it knows; such news is passed
  // over.
  const bool is_known = news.epoch == quorum.epoch() && quorum.leader_id().has_value();
  if (news.leader == options.self.id) return;
  if (is_known && news.leader && *news.leader != *quorum.leader_id()) return;
  if (news.epoch > quorum.epoch()) {
    if (news.leader && news.node) {
      become_follower(news.epoch, *news.node);
    } else {
      become_unattached(news.epoch, std::nullopt);
    }
  } else if (news.epoch == quorum.epoch() && news.node && !quorum.leader_node()) {
    become_follower(news.epoch, *news.node);
  }
}

std::optional<bool> RaftClient::Impl::handle_common(const LeaderNews& news) {
  if (news.epoch < quorum.epoch() || news.error == ErrorCode::kUnknownLeaderEpoch) return true;
  if (news.epoch > quorum.epoch() || news.error == ErrorCode::kFencedLeaderEpoch ||
      news.error == ErrorCode::kNotLeaderOrFollower) {
    maybe_transition(news);
    return true;
  }
  if (news.node && news.leader != options.self.id && !quorum.leader_node()) {
    become_follower(news.epoch, *news.node);
    if (news.error == ErrorCode::kNone) return std::nullopt;
    return true;
  }
  if (news.error == ErrorCode::kBrokerNotAvailable) return false;
  if (news.error == ErrorCode::kInvalidVoterKey) return true;
  if (news.error != ErrorCode::kNone) return false;
  return std::nullopt;
}

ErrorCode RaftClient::Impl::validate_voter_only(std::int32_t remote, LeaderEpoch epoch) const {
  if (epoch < quorum.epoch()) return ErrorCode::kFencedLeaderEpoch;
  return remote < 0 ? ErrorCode::kInvalidRequest : ErrorCode::kNone;
}

bool RaftClient::Impl::is_for_us(std::int32_t voter_id, const Uuid& directory) const {
  if (voter_id < 0) return true;
  return NodeId(voter_id) == options.self.id &&
         (directory.is_zero() || directory_from(directory) == options.self.directory_id);
}

ErrorCode RaftClient::Impl::check_cluster(const std::optional<std::string>& cluster_id) const {
  return cluster_id && *cluster_id != options.cluster_id ? ErrorCode::kInconsistentClusterId
                                                         : ErrorCode::kNone;
}

template <class Message>
ErrorCode RaftClient::Impl::check_addressee(const Message& request) const {
  const ErrorCode error = check_cluster(request.cluster_id);
  if (error != ErrorCode::kNone) return error;
  return partition_of(request) == nullptr ? ErrorCode::kInvalidRequest : ErrorCode::kNone;
}

template <class Message>
ErrorCode RaftClient::Impl::take_claim(const Message& request) {
  const auto& claim = *partition_of(request);
  const ErrorCode error = validate_voter_only(claim.leader_id, LeaderEpoch(claim.leader_epoch));
  if (error != ErrorCode::kNone) return error;
  LeaderNews news = news_of(ErrorCode::kNone, claim.leader_id, claim.leader_epoch);
  if (!request.leader_endpoints.empty()) {
    const auto& endpoint = request.leader_endpoints.front();
    news.node = QuorumVoter{*news.leader, {endpoint.host, endpoint.port}};
  }
  maybe_transition(news);
  return ErrorCode::kNone;
}

template <class Message>
std::optional<bool> RaftClient::Impl::take_answer(const Message& response) {
  const auto* partition = partition_of(response);
  if (response.error_code != ErrorCode::kNone || partition == nullptr) return false;
  return handle_common(
      news_of(response, partition->error_code, partition->leader_id, partition->leader_epoch));
}

// --- Vote ----------------------------------------------------------------------------------------

VoteResponse RaftClient::Impl::answer_vote(std::int16_t version, ErrorCode error,
                                           bool is_granted) const {
  auto response = leader_answer<VoteResponse>(quorum, leader_on_wire(), version, error);
  response.topics[0].partitions[0].vote_granted = is_granted;
  return response;
}

ErrorCode RaftClient::Impl::judge_vote(const VoteRequest& request, bool& is_granted) {
  const auto& asked = *partition_of(request);
  const bool is_illegal = asked.pre_vote ? asked.last_offset_epoch > asked.replica_epoch
                                         : asked.last_offset_epoch >= asked.replica_epoch;
  if (asked.last_offset < 0 || asked.last_offset_epoch < 0 || is_illegal) {
    return ErrorCode::kInvalidRequest;
  }
  const LeaderEpoch epoch(asked.replica_epoch);
  const ErrorCode error = validate_voter_only(asked.replica_id, epoch);
  if (error != ErrorCode::kNone) return error;
  if (epoch > quorum.epoch()) become_unattached(epoch, std::nullopt);
  if (!is_for_us(request.voter_id, asked.voter_directory_id)) return ErrorCode::kInvalidVoterKey;
  const ReplicaKey candidate{NodeId(asked.replica_id), directory_from(asked.replica_directory_id)};
  const bool is_log_up_to_date =
      std::pair(LeaderEpoch(asked.last_offset_epoch), asked.last_offset) >=
      std::pair(end().epoch, end().end_offset);
  is_granted = quorum.can_grant_vote(candidate, is_log_up_to_date, asked.pre_vote);
  if (is_granted && !asked.pre_vote && !quorum.voted() && candidate.id != options.self.id) {
    quorum.grant_vote(candidate, now());
  }
  return ErrorCode::kNone;
}

void RaftClient::Impl::on_request(std::uint64_t token, std::int16_t version,
                                  const VoteRequest& request) {
  const ErrorCode top = check_addressee(request);
  if (top != ErrorCode::kNone) return answer(token, VoteResponse{.error_code = top});
  bool is_granted = false;
  const ErrorCode error = judge_vote(request, is_granted);
  answer(token, answer_vote(version, error, is_granted));
}

bool RaftClient::Impl::on_answer(NodeId from, const VoteResponse& response) {
  if (response.error_code == ErrorCode::kUnsupportedVersion &&
      quorum.as<QuorumState::Prospective>() != nullptr) {
    become_candidate();  // a voter that knows no pre-votes
    return true;
  }
  if (const auto handled = take_answer(response)) return *handled;
  if (EpochElection* votes = quorum.votes()) {
    votes->record(from, partition_of(response)->vote_granted);
    move_forward();
  }
  return true;
}

// --- BeginQuorumEpoch, EndQuorumEpoch ------------------------------------------------------------

void RaftClient::Impl::on_request(std::uint64_t token, std::int16_t version,
                                  const BeginQuorumEpochRequest& request) {
  const ErrorCode top = check_addressee(request);
  if (top != ErrorCode::kNone) return answer(token, BeginQuorumEpochResponse{.error_code = top});
  ErrorCode error = take_claim(request);
  if (error == ErrorCode::kNone &&
      !is_for_us(request.voter_id, partition_of(request)->voter_directory_id)) {
    error = ErrorCode::kInvalidVoterKey;
  }
  answer(token, leader_answer<BeginQuorumEpochResponse>(quorum, leader_on_wire(), version, error));
}

bool RaftClient::Impl::on_answer(NodeId, const BeginQuorumEpochResponse& response) {
  return take_answer(response).value_or(true);
}

void RaftClient::Impl::on_request(std::uint64_t token, std::int16_t version,
                                  const EndQuorumEpochRequest& request) {
  const ErrorCode top = check_addressee(request);
  if (top != ErrorCode::kNone) return answer(token, EndQuorumEpochResponse{.error_code = top});
  const ErrorCode error = take_claim(request);
  const auto& claim = *partition_of(request);
  auto* follower = quorum.as<QuorumState::Follower>();
  if (error == ErrorCode::kNone && follower != nullptr &&
      follower->leader.id == NodeId(claim.leader_id)) {
    follower->fetch.reset(now(), election_backoff(claim));
  }
  answer(token, leader_answer<EndQuorumEpochResponse>(quorum, leader_on_wire(), version, error));
}

// The voter that the leaving leader names first goes at once, the others after ever longer waits
// (strictExponentialElectionBackoffMs).
Duration RaftClient::Impl::election_backoff(
    const EndQuorumEpochRequest::PartitionData& partition) const {
  std::vector<std::int32_t> candidates = partition.preferred_successors;
  if (!partition.preferred_candidates.empty()) {
    candidates.clear();
    for (const auto& candidate : partition.preferred_candidates)
      candidates.push_back(candidate.candidate_id);
  }
  const auto found = std::ranges::find(candidates, options.self.id.value());
  if (found == candidates.end()) return options.election_backoff_max;
  const auto position = std::distance(candidates.begin(), found);
  if (position == 0) return Duration::zero();
  const std::int64_t longest = env::millis(options.election_backoff_max);
  const std::int64_t base = longest >> std::min<std::size_t>(candidates.size() - 1, 62);
  const std::int64_t wait = base << std::min<std::ptrdiff_t>(position - 1, 62);
  return std::chrono::milliseconds(std::min(longest, wait));
}

bool RaftClient::Impl::on_answer(NodeId from, const EndQuorumEpochResponse& response) {
  if (const auto handled = take_answer(response)) return *handled;
  if (auto* resigned = quorum.as<QuorumState::Resigned>()) resigned->unacknowledged.erase(from);
  return true;
}

}  // namespace kafka
