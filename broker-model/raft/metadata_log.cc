#include "broker-model/raft/metadata_log.h"

namespace kafka {

LeaderEpoch last_epoch(const PartitionLog& log, const SnapshotStore& snapshots) {
  if (const auto latest = log.epochs().latest_epoch()) return *latest;
  const std::optional<SnapshotId> snapshot = snapshots.latest();
  return snapshot && snapshot->end_offset == log.log_end_offset() ? snapshot->epoch
                                                                  : LeaderEpoch(0);
}

EpochEndOffset end_offset_for(const PartitionLog& log, const SnapshotStore& snapshots,
                              LeaderEpoch epoch) {
  const auto end = log.epochs().end_offset_for(epoch, log.log_end_offset());
  if (!end) return {last_epoch(log, snapshots), log.log_end_offset()};
  // The log begins with a later epoch: the oldest snapshot knows of which epoch it is the end.
  const std::optional<SnapshotId> earliest = snapshots.earliest();
  if (earliest && end->end_offset == earliest->end_offset && end->epoch == epoch)
    return {earliest->epoch, earliest->end_offset};
  return *end;
}

PositionVerdict validate_position(const PartitionLog& log, const SnapshotStore& snapshots,
                                  Offset offset, LeaderEpoch epoch) {
  const Offset start = log.log_start_offset();
  if (start == 0 && offset == 0) return PositionValid{};
  const std::optional<SnapshotId> earliest = snapshots.earliest();
  if (earliest && (offset < start || (offset == start && epoch != earliest->epoch) ||
                   epoch < earliest->epoch)) {
    return PositionNeedsSnapshot{*snapshots.latest()};
  }
  const EpochEndOffset end = end_offset_for(log, snapshots, epoch);
  if (end.epoch != epoch || end.end_offset < offset) return PositionDiverges{end};
  return PositionValid{};
}

}  // namespace kafka
