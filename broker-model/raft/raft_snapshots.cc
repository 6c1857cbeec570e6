// Snapshots (KIP-630): made, served and fetched, put in the log's place, and old ones cleaned away.
#include <algorithm>

#include "broker-model/raft/raft_client_messages.h"
#include "broker-model/types/observation.h"
#include "broker-model/types/probe.h"

namespace kafka {
namespace {

// The one partition that the message is about; nullptr when it is about another.
template <class Message>
auto* partition_of(Message& message) {
  using Partition = std::remove_reference_t<decltype(message.topics[0].partitions[0])>;
  const bool is_ours = message.topics.size() == 1 && message.topics[0].name == kMetadataTopicName &&
                       message.topics[0].partitions.size() == 1;
  return is_ours ? &message.topics[0].partitions[0] : static_cast<Partition*>(nullptr);
}

}  // namespace

// --- made here -----------------------------------------------------------------------------------

bool RaftClient::is_writing_snapshot() const { return impl_->snapshots.is_writing(); }

std::optional<SnapshotId> RaftClient::latest_snapshot() const { return impl_->snapshots.latest(); }

void RaftClient::create_snapshot(const SnapshotId& id, WallTime timestamp,
                                 const RecordList& records) {
  SnapshotStore& snapshots = impl_->snapshots;
  const VoterHistory& history = impl_->history;
  TIT_ASSERT(id.end_offset <= impl_->loaded_end.value_or(0),
             "a snapshot holds committed records only");
  if (snapshots.is_writing() || snapshots.find(id) != nullptr) return;
  if (id.end_offset < impl_->log.log_start_offset()) return;
  const SnapshotHead head{.id = id,
                          .last_contained_log_timestamp = timestamp,
                          .kraft_version = history.kraft_version_at(id.end_offset - 1),
                          .voters = history.voters_at(id.end_offset - 1)};
  snapshots.write(impl_->env, id, write_snapshot(head, records, impl_->now()));
}

void RaftClient::Impl::snapshot_written() {
  const std::optional<SnapshotId> id = snapshots.take_written();
  if (!id) return;
  reached(Probe::kSnapshotWritten);
  const SnapshotStore::Entry* entry = snapshots.find(*id);
  env.observe(MetadataSnapshotted{
      .end_offset = id->end_offset, .epoch = id->epoch, .content = snapshot_hash(entry->bytes)});
  history.forget_before(id->end_offset);
}

// --- at a start ----------------------------------------------------------------------------------

bool RaftClient::Impl::load_voters() {
  Offset from = 0;
  if (const auto latest = snapshots.latest()) {
    const auto snapshot = read_snapshot(snapshots.find(*latest)->bytes);
    if (!snapshot) return false;
    history.load(*latest, *snapshot);
    from = latest->end_offset;
  }
  visit_batches(log, from, log.log_end_offset(),
                [this](const RecordBatch& batch) { history.replay(batch); });
  voters_changed();
  return true;
}

// A log that a snapshot has overtaken begins behind it: after it was fetched, or, at a start, when
// a crash came in between.
void RaftClient::Impl::truncate_to_latest_snapshot() {
  const std::optional<SnapshotId> latest = snapshots.latest();
  if (!latest) return;
  const LeaderEpoch epoch = log.epochs().latest_epoch().value_or(LeaderEpoch(0));
  const bool is_behind = latest->epoch > epoch ||
                         (latest->epoch == epoch && latest->end_offset > log.log_end_offset());
  if (!is_behind) return;
  log.truncate_fully_and_start_at(env, latest->end_offset);
  snapshots.remove_before(env, *latest);
}

// --- served --------------------------------------------------------------------------------------

FetchSnapshotResponse::PartitionSnapshot RaftClient::Impl::piece_of(
    const FetchSnapshotRequest::PartitionSnapshot& asked, std::int32_t max_bytes) const {
  FetchSnapshotResponse::PartitionSnapshot piece{
      .current_leader = {.leader_id = leader_on_wire(), .leader_epoch = quorum.epoch().value()}};
  piece.error_code = validate_leader_only(LeaderEpoch(asked.current_leader_epoch));
  if (piece.error_code != ErrorCode::kNone) return piece;
  const SnapshotId id{asked.snapshot_id.end_offset, LeaderEpoch(asked.snapshot_id.epoch)};
  const SnapshotStore::Entry* entry = snapshots.find(id);
  if (entry == nullptr || id == kBootstrapSnapshotId) {
    piece.error_code = ErrorCode::kSnapshotNotFound;
    return piece;
  }
  const auto size = static_cast<std::int64_t>(entry->bytes.size());
  if (asked.position < 0 || asked.position >= size) {
    piece.error_code = ErrorCode::kPositionOutOfRange;
    return piece;
  }
  const std::int64_t length = std::clamp<std::int64_t>(max_bytes, 0, size - asked.position);
  piece.snapshot_id = {.end_offset = id.end_offset, .epoch = id.epoch.value()};
  piece.size = size;
  piece.position = asked.position;
  piece.unaligned_records =
      entry->bytes.slice(static_cast<std::size_t>(asked.position), static_cast<std::size_t>(length))
          .contiguous();
  return piece;
}

void RaftClient::Impl::on_request(std::uint64_t token, std::int16_t version,
                                  const FetchSnapshotRequest& request) {
  if (const ErrorCode error = check_cluster(request.cluster_id); error != ErrorCode::kNone)
    return answer(token, FetchSnapshotResponse{.error_code = error});
  if (request.topics.size() != 1 || request.topics[0].partitions.size() != 1)
    return answer(token, FetchSnapshotResponse{.error_code = ErrorCode::kInvalidRequest});
  FetchSnapshotResponse response;
  add_endpoint(response, quorum.leader_node(), version >= 1);
  auto& topic = response.topics.emplace_back();
  topic.name = request.topics[0].name;
  const auto* asked = partition_of(request);
  if (asked == nullptr || asked->partition != 0) {
    topic.partitions.push_back({.index = request.topics[0].partitions[0].partition,
                                .error_code = ErrorCode::kUnknownTopicOrPartition});
    return answer(token, std::move(response));
  }
  topic.partitions.push_back(piece_of(*asked, request.max_bytes));
  if (topic.partitions[0].error_code == ErrorCode::kNone && request.replica_id >= 0) {
    leading()->note_fetch_by(
        {NodeId(request.replica_id), directory_from(asked->replica_directory_id)}, now());
  }
  answer(token, std::move(response));
}

// --- fetched -------------------------------------------------------------------------------------

// The leader's log no longer has what comes after ours.
bool RaftClient::Impl::take_snapshot_id(const FetchResponse::SnapshotId& id) {
  if (id.epoch < 0 || id.end_offset < 0) return false;
  const SnapshotId wanted{id.end_offset, LeaderEpoch(id.epoch)};
  if (snapshots.find(wanted) == nullptr) snapshots.begin_download(env, wanted);
  return true;
}

FetchSnapshotRequest RaftClient::Impl::make_fetch_snapshot() const {
  const SnapshotWriter& download = *snapshots.download();
  FetchSnapshotRequest request{.cluster_id = options.cluster_id,
                               .replica_id = options.self.id.value(),
                               .max_bytes = options.fetch_snapshot_max_bytes};
  auto& topic = request.topics.emplace_back();
  topic.name = kMetadataTopicName;
  topic.partitions.push_back({.partition = 0,
                              .current_leader_epoch = quorum.epoch().value(),
                              .snapshot_id = {.end_offset = download.id().end_offset,
                                              .epoch = download.id().epoch.value()},
                              .position = static_cast<std::int64_t>(download.bytes().size()),
                              .replica_directory_id = directory_of(options.self)});
  return request;
}

bool RaftClient::Impl::on_answer(NodeId, const FetchSnapshotResponse& response) {
  const auto* piece = partition_of(response);
  if (response.error_code != ErrorCode::kNone || piece == nullptr) return false;
  const bool is_gone = piece->error_code == ErrorCode::kSnapshotNotFound;
  const LeaderNews news =
      news_of(response, is_gone ? ErrorCode::kNone : piece->error_code,
              piece->current_leader.leader_id, piece->current_leader.leader_epoch);
  if (const auto handled = handle_common(news)) return *handled;
  if (quorum.as<QuorumState::Follower>() == nullptr) return false;
  if (is_gone || piece->snapshot_id.end_offset < 0 || piece->snapshot_id.epoch < 0) {
    // Cleaned away meanwhile: the next fetch is told of a newer one.
    reached(Probe::kSnapshotGone);
    snapshots.end_download(env);
    quorum.fetched(now());
    return true;
  }
  const SnapshotWriter* download = snapshots.download();
  const SnapshotId id{piece->snapshot_id.end_offset, LeaderEpoch(piece->snapshot_id.epoch)};
  // Kafka's raft thread dies of a piece that it has not asked for; it is passed over.
  if (download == nullptr || download->id() != id ||
      static_cast<std::int64_t>(download->bytes().size()) != piece->position) {
    return false;
  }
  take_piece(*piece);
  quorum.fetched(now());
  return true;
}

void RaftClient::Impl::take_piece(const FetchSnapshotResponse::PartitionSnapshot& piece) {
  SnapshotWriter& download = *snapshots.download();
  download.append(env, piece.unaligned_records);
  if (static_cast<std::int64_t>(download.bytes().size()) != piece.size) return;
  download.freeze(env);
  after_disk([this] { finish_download(); });
}

// The snapshot is on the disk under its name. Only now may the log go.
void RaftClient::Impl::finish_download() {
  snapshots.end_download(env);
  truncate_to_latest_snapshot();
  const std::optional<SnapshotId> latest = snapshots.latest();
  // A leader sends one only to who is behind it: Kafka's raft thread dies of another.
  if (!latest || log.log_end_offset() != latest->end_offset || !load_voters()) {
    is_failed = true;
    return;
  }
  reached(Probe::kSnapshotFetched);
  if (quorum.as<QuorumState::Follower>() != nullptr)
    quorum.update_follower_high_watermark(latest->end_offset);
}

// --- cleaned away --------------------------------------------------------------------------------

Duration RaftClient::Impl::poll_cleaner() {
  if (cleaner.is_expired(now())) {
    clean();
    log.delete_files(env, env.now());
    cleaner.reset(now(), kCleanInterval);
  }
  return snapshots.all().size() < 2 ? Duration::max() : cleaner.remaining(now());
}

// KafkaRaftLog.maybeClean: from the oldest on, as long as log and snapshots are too large, or the
// oldest is too old. The latest always stays.
void RaftClient::Impl::clean() {
  std::int64_t total = 0;
  for (const auto& [id, entry] : snapshots.all())
    total += static_cast<std::int64_t>(entry.bytes.size());
  const auto clean_while = [this](auto is_due) {
    while (snapshots.all().size() > 1) {
      const auto oldest = snapshots.all().begin();
      if (!is_due(oldest->second)) return;
      const SnapshotId next = std::next(oldest)->first;
      if (!delete_before(next)) return;
    }
  };
  if (options.retention_bytes >= 0) {
    clean_while([&](const SnapshotStore::Entry& oldest) {
      if (log.size() + total <= options.retention_bytes) return false;
      total -= static_cast<std::int64_t>(oldest.bytes.size());
      return true;
    });
  }
  if (options.retention_ms >= Duration::zero()) {
    clean_while([&](const SnapshotStore::Entry& oldest) {
      return oldest.last_contained_log_timestamp &&
             now() - *oldest.last_contained_log_timestamp > options.retention_ms;
    });
  }
}

// The log begins at that snapshot's end, and no older snapshot is needed.
bool RaftClient::Impl::delete_before(const SnapshotId& id) {
  if (id.end_offset > quorum.high_watermark().value_or(0)) return false;
  if (!log.increment_log_start(env, id.end_offset)) return false;
  log.delete_old_segments(env, now(), id.end_offset);
  snapshots.remove_before(env, id);
  reached(Probe::kMetadataLogCleaned);
  return true;
}

}  // namespace kafka
