// Producer snapshots of a partition log: taken when a segment rolls, when a log was opened or cut
// and when it is closed; loaded where the producer state has to be built anew
// (ProducerStateManager, UnifiedLog.rebuildProducerState).
#include "broker-model/log/partition_log_impl.h"
#include "broker-model/log/producer_snapshot.h"
#include "broker-model/types/probe.h"

namespace kafka {

void PartitionLog::take_snapshot(env::Env& env, Offset offset, bool is_synced) {
  if (offset <= last_snapshot_) return;  // it would say nothing new
  last_snapshot_ = offset;
  const LogFileName name{offset, LogFileKind::kSnapshot};
  const env::Bytes content = encode_producer_snapshot(producers_);
  snapshots_.insert_or_assign(offset, content);
  const env::FileId file = write_beside(env, name, content);
  if (is_synced) {
    cuts_.push_back(env.sync(file));
    track(cuts_.back());
  } else {  // with the segment that rolls
    active().unsynced.push_back(file);
    active().is_dirty = true;
  }
}

// Of those that belong to no segment only the newest may be of use, when it is newer than the last
// segment: it was taken at the end of the log (removeStraySnapshots).
void PartitionLog::remove_stray_snapshots(env::Env& env) {
  std::optional<Offset> newest_stray;
  const auto remove = [&](Offset offset) {
    env.remove(path({offset, LogFileKind::kSnapshot}));
    snapshots_.erase(offset);
  };
  std::vector<Offset> strays;
  for (const auto& [offset, content] : snapshots_) {
    const auto segment = segment_holding(offset);
    if (segment == segments_.end() || segment->base_offset != offset) strays.push_back(offset);
  }
  for (const Offset offset : strays) {
    if (newest_stray) remove(*newest_stray);
    newest_stray = offset;
  }
  if (newest_stray && !segments_.empty() && *newest_stray < segments_.back().base_offset)
    remove(*newest_stray);
}

// From the newest snapshot that is whole; corrupt ones are removed. Answers up to where it speaks.
Offset PartitionLog::load_producers(env::Env& env) {
  while (!snapshots_.empty()) {
    const auto newest = std::prev(snapshots_.end());
    const Offset offset = newest->first;
    auto loaded =
        decode_producer_snapshot(newest->second, config_.producer_id_expiration, config_.mutations);
    if (loaded) {
      reached(Probe::kProducerSnapshotLoaded);
      producers_ = std::move(*loaded);
      producers_.remove_expired(env.wall_clock());
      last_snapshot_ = offset;
      return offset;
    }
    reached(Probe::kProducerSnapshotCorrupt);
    env.remove(path({offset, LogFileKind::kSnapshot}));
    snapshots_.erase(newest);
  }
  last_snapshot_ = log_start_offset_;
  return log_start_offset_;
}

void PartitionLog::rebuild_producers(env::Env& env, Offset map_end, bool is_from_clean_shutdown) {
  const Offset end = next_offset_;
  std::vector<Offset> to_take;  // at the last two segments, for the next time
  if (segments_.size() > 1) to_take.push_back(segments_[segments_.size() - 2].base_offset);
  to_take.push_back(active().base_offset);
  if (snapshots_.empty() && is_from_clean_shutdown) {
    // A log of a Kafka without snapshots is taken to have no producers.
    for (const Offset offset : to_take) take_snapshot(env, offset, true);
    take_snapshot(env, end, true);
    return;
  }
  const bool had_no_producers = producers_.all().empty() && map_end >= end;
  std::erase_if(snapshots_, [&](const auto& snapshot) {
    if (snapshot.first <= end && snapshot.first > log_start_offset_) return false;
    env.remove(path({snapshot.first, LogFileKind::kSnapshot}));
    return true;
  });
  if (end == map_end) {
    last_snapshot_ = snapshots_.empty() ? log_start_offset_ : snapshots_.rbegin()->first;
  } else {
    producers_.clear();
    map_end = load_producers(env);
  }
  if (end > map_end && !had_no_producers) {
    for (auto segment = segment_holding(map_end); segment != segments_.end(); ++segment) {
      map_end = std::max({segment->base_offset, map_end, log_start_offset_});
      if (std::ranges::find(to_take, segment->base_offset) != to_take.end())
        take_snapshot(env, map_end, true);
      for (const SegmentEntry& entry : segment->entries) {
        if (entry.last_offset < map_end) continue;
        const auto recorded = producers_.append(entry.batch, AppendOrigin::kReplication);
        TIT_ASSERT(recorded.has_value(), "what lies in the log is not judged again");
      }
    }
  }
  take_snapshot(env, end, true);
}

}  // namespace kafka
