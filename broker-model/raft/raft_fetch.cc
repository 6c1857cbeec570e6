// The replicated log: a follower's fetches and what a leader answers (KIP-595).
#include <algorithm>

#include "broker-model/raft/raft_client_messages.h"
#include "broker-model/types/probe.h"

namespace kafka {
namespace {

constexpr Duration kFetchMaxWait = 500ms;

const FetchRequest::FetchPartition& partition_of(const FetchRequest& request) {
  return request.topics[0].partitions[0];
}

bool is_metadata_fetch(const FetchRequest& request, std::int16_t version) {
  if (request.topics.size() != 1 || request.topics[0].partitions.size() != 1) return false;
  const FetchRequest::FetchTopic& topic = request.topics[0];
  const bool is_topic =
      version >= 13 ? topic.topic_id == kMetadataTopicId : topic.topic == kMetadataTopicName;
  return is_topic && topic.partitions[0].partition == 0;
}

}  // namespace

// --- a follower's side ---------------------------------------------------------------------------

FetchRequest RaftClient::Impl::make_fetch() const {
  FetchRequest request{.cluster_id = options.cluster_id,
                       .max_wait_ms = static_cast<std::int32_t>(env::millis(kFetchMaxWait)),
                       .max_bytes = options.fetch_max_bytes};
  request.replica_state.replica_id = options.self.id.value();
  FetchRequest::FetchTopic topic{.topic = std::string(kMetadataTopicName),
                                 .topic_id = kMetadataTopicId};
  topic.partitions.push_back({.partition = 0,
                              .current_leader_epoch = quorum.epoch().value(),
                              .fetch_offset = log.log_end_offset(),
                              .last_fetched_epoch = end().epoch.value(),
                              .log_start_offset = log.log_start_offset(),
                              .partition_max_bytes = options.fetch_max_bytes,
                              .replica_directory_id = directory_of(options.self),
                              .high_watermark = quorum.high_watermark().value_or(-1)});
  request.topics.push_back(std::move(topic));
  return request;
}

Duration RaftClient::Impl::fetch_from_any() {
  if (const auto node = requests.find_ready_bootstrap(now()))
    return maybe_send(*node, [this] { return make_fetch(); });
  return requests.backoff_before_bootstrap(now());
}

// Another voter is asked when the leader is silent: it may know of a new one.
Duration RaftClient::Impl::fetch_from_best(const QuorumState::Follower& follower) {
  const NodeId leader = follower.leader.id;
  if (requests.has_timed_out(leader, now())) {
    requests.reset(leader);
    return fetch_from_any();
  }
  if (requests.is_backing_off(leader, now())) return fetch_from_any();
  if (requests.has_any_in_flight(now())) return requests.backoff_before_bootstrap(now());
  if (snapshots.download() != nullptr)
    return maybe_send(follower.leader, [this] { return make_fetch_snapshot(); });
  return maybe_send(follower.leader, [this] { return make_fetch(); });
}

bool RaftClient::Impl::on_answer(NodeId, const FetchResponse& response) {
  const bool is_whole = response.error_code == ErrorCode::kNone && response.responses.size() == 1 &&
                        response.responses[0].topic_id == kMetadataTopicId &&
                        response.responses[0].partitions.size() == 1;
  if (!is_whole) return false;
  const FetchResponse::PartitionData& partition = response.responses[0].partitions[0];
  const auto& told = partition.current_leader;
  const LeaderNews news =
      news_of(response, partition.error_code, told.leader_id, told.leader_epoch);
  if (const auto handled = handle_common(news)) return *handled;
  if (quorum.as<QuorumState::Follower>() == nullptr) return false;  // no leader was named
  if (partition.diverging_epoch.epoch >= 0) {
    if (!truncate(partition.diverging_epoch)) is_failed = true;
  } else if (partition.snapshot_id.epoch >= 0 || partition.snapshot_id.end_offset >= 0) {
    if (!take_snapshot_id(partition.snapshot_id)) return false;
  } else {
    if (partition.records && !partition.records->batches.empty())
      append_as_follower(*partition.records);
    if (partition.high_watermark >= 0) {
      after_disk([this, leader_high_watermark = partition.high_watermark] {
        update_follower(leader_high_watermark);
      });
    }
  }
  quorum.fetched(now());
  return true;
}

// ReplicatedLog.truncateToEndOffset. False: the leader would take back what is committed.
bool RaftClient::Impl::truncate(const FetchResponse::EpochEndOffset& diverging) {
  Offset to = std::min(diverging.end_offset, log.log_end_offset());
  if (diverging.epoch > 0) {
    const EpochEndOffset own = end_offset_for(log, snapshots, LeaderEpoch(diverging.epoch));
    to = own.epoch == LeaderEpoch(diverging.epoch) ? std::min(own.end_offset, to) : own.end_offset;
  }
  const Offset committed = quorum.high_watermark().value_or(0);
  if (diverging.end_offset < committed || to < committed || to < log.log_start_offset()) {
    return false;
  }
  if (!log.truncate_to(env, to)) return false;
  const std::size_t before = quorum.voters().size();
  history.truncate_to(to);
  voters_changed();
  if (quorum.voters().size() != before) reached(Probe::kVotersReverted);
  return true;
}

// What does not fit, or is damaged, is left out and fetched again: the position has not moved.
void RaftClient::Impl::append_as_follower(const Records& records) {
  const auto appended = log.append_as_follower(env, records, quorum.epoch());
  if (!appended) return;
  for (const RecordBatch& batch : records.batches) {
    if (batch.last_offset() <= appended->last_offset) history.replay(batch);
  }
  voters_changed();
  // A leader counts what a voter fetches from as safe with it, as soon as it becomes one.
  const bool may_count = quorum.is_voter() || options.can_become_voter;
  if (may_count && !options.mutations.fetches_unsynced) after_disk([this] { log.sync(env); });
}

void RaftClient::Impl::update_follower(Offset leader_high_watermark) {
  if (quorum.as<QuorumState::Follower>() == nullptr) return;
  quorum.update_follower_high_watermark(std::min(leader_high_watermark, log.log_end_offset()));
}

// --- a leader's side -----------------------------------------------------------------------------

FetchResponse::PartitionData RaftClient::Impl::base_partition() const {
  FetchResponse::PartitionData partition;
  partition.high_watermark = -1;
  partition.records = Records{};
  partition.current_leader = {.leader_id = leader_on_wire(),
                              .leader_epoch = quorum.epoch().value()};
  partition.log_start_offset = log.log_start_offset();
  if (quorum.as<LeaderState>() != nullptr)
    partition.high_watermark = quorum.high_watermark().value_or(-1);
  return partition;
}

FetchResponse RaftClient::Impl::wrap(FetchResponse::PartitionData partition,
                                     std::int16_t version) const {
  FetchResponse response;
  add_endpoint(response, quorum.leader_node(), version >= 16);
  FetchResponse::FetchableTopicResponse topic{.topic = std::string(kMetadataTopicName),
                                              .topic_id = kMetadataTopicId};
  topic.partitions.push_back(std::move(partition));
  response.responses.push_back(std::move(topic));
  return response;
}

FetchResponse RaftClient::Impl::fetch_error(std::int16_t version, ErrorCode error) const {
  FetchResponse::PartitionData partition = base_partition();
  partition.error_code = error;
  return wrap(std::move(partition), version);
}

// handleFetchRequest.
ErrorCode RaftClient::Impl::validate_fetch(const FetchRequest& request) const {
  const FetchRequest::FetchPartition& asked = partition_of(request);
  if (request.max_wait_ms < 0 || asked.fetch_offset < 0 || asked.last_fetched_epoch < 0 ||
      asked.last_fetched_epoch > asked.current_leader_epoch) {
    return ErrorCode::kInvalidRequest;
  }
  return validate_leader_only(LeaderEpoch(asked.current_leader_epoch));
}

ErrorCode RaftClient::Impl::validate_leader_only(LeaderEpoch epoch) const {
  if (epoch < quorum.epoch()) return ErrorCode::kFencedLeaderEpoch;
  if (epoch > quorum.epoch()) return ErrorCode::kUnknownLeaderEpoch;
  if (quorum.as<LeaderState>() == nullptr) return ErrorCode::kNotLeaderOrFollower;
  if (is_shutting_down()) return ErrorCode::kBrokerNotAvailable;
  return ErrorCode::kNone;
}

FetchResponse RaftClient::Impl::try_complete(const FetchRequest& request, std::int16_t version) {
  if (const ErrorCode error = validate_fetch(request); error != ErrorCode::kNone)
    return fetch_error(version, error);
  const FetchRequest::FetchPartition& asked = partition_of(request);
  // Who has nothing is served by a snapshot sooner than by the log.
  const std::optional<SnapshotId> latest = snapshots.latest();
  const PositionVerdict verdict =
      asked.fetch_offset == 0 && latest && *latest != kBootstrapSnapshotId
          ? PositionVerdict(PositionNeedsSnapshot{*latest})
          : validate_position(log, snapshots, asked.fetch_offset,
                              LeaderEpoch(asked.last_fetched_epoch));
  if (const auto* diverges = std::get_if<PositionDiverges>(&verdict)) {
    FetchResponse::PartitionData partition = base_partition();
    partition.diverging_epoch = {.epoch = diverges->at.epoch.value(),
                                 .end_offset = diverges->at.end_offset};
    return wrap(std::move(partition), version);
  }
  if (const auto* snapshot = std::get_if<PositionNeedsSnapshot>(&verdict)) {
    FetchResponse::PartitionData partition = base_partition();
    partition.snapshot_id = {.end_offset = snapshot->id.end_offset,
                             .epoch = snapshot->id.epoch.value()};
    return wrap(std::move(partition), version);
  }
  const NodeId replica(version >= 15 ? request.replica_state.replica_id : request.replica_id);
  if (replica.value() >= 0) {
    const ReplicaKey key{replica, directory_from(asked.replica_directory_id)};
    if (leading()->update_replica(key, asked.fetch_offset, now())) high_watermark_has_risen();
  }
  FetchResponse::PartitionData partition = base_partition();
  partition.records = log.read(asked.fetch_offset, request.max_bytes, log.log_end_offset(), true);
  return wrap(std::move(partition), version);
}

void RaftClient::Impl::on_request(std::uint64_t token, std::int16_t version,
                                  const FetchRequest& request) {
  if (const ErrorCode error = check_cluster(request.cluster_id); error != ErrorCode::kNone)
    return answer(token, FetchResponse{.error_code = error});
  if (!is_metadata_fetch(request, version))
    return answer(token, FetchResponse{.error_code = ErrorCode::kInvalidRequest});
  FetchResponse response = try_complete(request, version);
  const FetchResponse::PartitionData& partition = response.responses[0].partitions[0];
  // KIP-1166: a follower that does not know the high watermark is told without waiting.
  const bool has_news = partition.error_code != ErrorCode::kNone ||
                        !partition.records->batches.empty() ||
                        partition.diverging_epoch.epoch >= 0 || partition.snapshot_id.epoch >= 0 ||
                        partition.high_watermark > partition_of(request).high_watermark;
  if (has_news || request.max_wait_ms == 0) return answer(token, std::move(response));
  parked.emplace(token, ParkedFetch{version, request, std::move(response)});
  env.set_timer(timer(kParked, token), std::chrono::milliseconds(request.max_wait_ms));
}

void RaftClient::Impl::complete_parked() {
  const std::map<std::uint64_t, ParkedFetch> waiting = std::exchange(parked, {});
  for (const auto& [token, fetch] : waiting) {
    env.cancel_timer(timer(kParked, token));
    answer(token, try_complete(fetch.request, fetch.version));
  }
}

void RaftClient::Impl::fail_parked(ErrorCode error) {
  const std::map<std::uint64_t, ParkedFetch> waiting = std::exchange(parked, {});
  for (const auto& [token, fetch] : waiting) {
    env.cancel_timer(timer(kParked, token));
    answer(token, fetch_error(fetch.version, error));
  }
}

void RaftClient::Impl::gather(const MetadataRecord& record, std::int16_t version) {
  if (!gathering) {
    BatchOptions batch;
    batch.base_offset = append_offset;
    batch.leader_epoch = quorum.epoch().value();
    gathering.emplace(batch);
  }
  const env::Bytes value = encode_metadata_record(record, version);
  NewRecord fresh;
  fresh.timestamp = now();
  fresh.value = value.span();
  gathering->append(fresh);
  ++append_offset;
}

void RaftClient::Impl::close_gathered() {
  if (gathering) closed.push_back(gathering->close());
  gathering.reset();
}

void RaftClient::Impl::drain() {
  close_gathered();
  drain_at.reset();
  if (!closed.empty()) write(std::exchange(closed, {}));
}

void RaftClient::Impl::write(std::vector<RecordBatch> batches) {
  for (RecordBatch& batch : batches) {
    const Offset expected = batch.base_offset;
    Records records;
    records.batches.push_back(std::move(batch));
    const auto appended =
        log.append_as_leader(env, records, quorum.epoch(), now(), AppendOrigin::kRaftLeader);
    if (!appended) {  // only a log whose disk failed refuses what its own leader wrote
      is_failed = true;
      return;
    }
    TIT_ASSERT(appended->base_offset == expected, "offsets were promised when the batch was made");
    history.replay(records.batches.front());
  }
  voters_changed();  // in force from now on
  after_disk([this] {
    complete_parked();  // followers may hold what is not committed
    perform_effects();  // while the disk is at work
    log.sync(env);
    after_disk([this] { local_end_moved(); });
  });
}

// The leader counts its own log when it is synced: Kafka counts it a moment earlier, which shows
// only where no other voter has to hold it.
void RaftClient::Impl::local_end_moved() {
  if (leading() != nullptr && leading()->update_local(log.log_end_offset()))
    high_watermark_has_risen();
}

void RaftClient::Impl::high_watermark_has_risen() {
  voters_committed();
  complete_parked();
}

}  // namespace kafka
