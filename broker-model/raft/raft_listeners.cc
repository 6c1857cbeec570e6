// What the listeners hear: committed records, snapshots in place of those that are gone, and
// leadership (KafkaRaftClient.ListenerContext).
#include <algorithm>

#include "broker-model/raft/raft_client_impl.h"
#include "broker-model/types/observation.h"

namespace kafka {
namespace {

// The snapshot comes first to who has nothing, and to who is behind the start of the log.
bool needs_snapshot(const std::optional<Offset>& next, Offset log_start, Offset committed) {
  return next.value_or(0) < committed && (!next || *next < log_start);
}

}  // namespace

// Leadership is told when all that was committed before has been replayed. A leader's own records
// its state machine knows, but the loader and the observations hear of all.
void RaftClient::Impl::poll_listeners() {
  const LeaderState* leader = leading();
  if (is_activated && leader == nullptr) {
    is_activated = false;
    replayed_end.reset();
    host.on_resigned();
  }
  CommittedUpTo committed{.high_watermark = quorum.high_watermark().value_or(0)};
  if (committed.high_watermark <= std::min(replayed_end.value_or(0), loaded_end.value_or(0)))
    return;
  if (!give_snapshot(committed.high_watermark)) {
    is_failed = true;
    return;
  }
  const Offset replay_to = is_activated        ? *replayed_end
                           : leader != nullptr ? leader->epoch_start_offset()
                                               : committed.high_watermark;
  give_batches(std::min(*loaded_end, *replayed_end), replay_to, committed);
  loaded_end = replayed_end = committed.high_watermark;
  if (leader != nullptr && !is_activated) {
    is_activated = true;
    host.on_leader(leader->epoch());
  }
  host.on_commit(committed);
}

bool RaftClient::Impl::give_snapshot(Offset committed) {
  const Offset start = log.log_start_offset();
  const bool for_loader = needs_snapshot(loaded_end, start, committed);
  const bool for_machine = needs_snapshot(replayed_end, start, committed);
  const std::optional<SnapshotId> latest = snapshots.latest();
  if (latest && (for_loader || for_machine)) {
    const env::Rope& bytes = snapshots.find(*latest)->bytes;
    const auto snapshot = read_snapshot(bytes);
    if (!snapshot) return false;
    if (for_loader) {
      env.observe(MetadataSnapshotted{.end_offset = latest->end_offset,
                                      .epoch = latest->epoch,
                                      .content = snapshot_hash(bytes),
                                      .was_read = true});
      host.load_snapshot(*latest, snapshot->records);
      loaded_end = latest->end_offset;
    }
    if (for_machine) {
      host.replay_snapshot(*latest, snapshot->records);
      replayed_end = latest->end_offset;
    }
  }
  if (!loaded_end) loaded_end = 0;
  if (!replayed_end) replayed_end = 0;
  return true;
}

// A record that does not decode is passed over, as MetadataLoader does after its fault handler has
// spoken.
void RaftClient::Impl::give_batches(Offset from, Offset replay_to, CommittedUpTo& committed) {
  if (from > 0) {  // the snapshot's end, where no batch follows
    if (const auto latest = snapshots.latest(); latest && latest->end_offset == from) {
      committed.epoch = latest->epoch;
      committed.timestamp =
          snapshots.find(*latest)->last_contained_log_timestamp.value_or(WallTime{});
    }
  }
  visit_batches(log, from, committed.high_watermark, [&](const RecordBatch& batch) {
    committed.epoch = LeaderEpoch(batch.leader_epoch);
    committed.timestamp = batch.max_timestamp();
    if (batch.base_offset >= *loaded_end)
      committed.bytes += static_cast<std::int64_t>(batch.size());
    RecordReader reader(batch);
    while (!batch.is_control() && reader.next()) {
      const RecordView& record = reader.record();
      if (!record.value) continue;
      const bool is_new = record.offset >= *loaded_end;
      const bool is_replayed = record.offset >= *replayed_end && record.offset < replay_to;
      if (is_new) {
        env.observe(MetadataCommitted{.offset = record.offset,
                                      .batch_epoch = LeaderEpoch(batch.leader_epoch),
                                      .content = content_hash(std::nullopt, *record.value)});
      }
      if (!is_new && !is_replayed) continue;
      const auto decoded = decode_metadata_record(env::Bytes::copy_of(*record.value));
      if (!decoded) continue;
      if (is_new) host.load(decoded->record, record.offset);
      if (is_replayed) host.replay(decoded->record, record.offset);
    }
  });
}

}  // namespace kafka
