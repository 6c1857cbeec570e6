#include "broker-model/controller/metadata_loader.h"

#include "broker-model/controller/image_writer.h"
#include "broker-model/types/config.h"
#include "broker-model/types/probe.h"

namespace kafka {

MetadataLoader::MetadataLoader(const Config& config, Instant now)
    : bytes_max_(config.get_int("metadata.log.max.record.bytes.between.snapshots")),
      interval_max_(config.get_duration("metadata.log.max.snapshot.interval.ms")),
      since_(now) {}

void MetadataLoader::reset(Instant now) {
  bytes_ = 0;
  since_ = now;
}

void MetadataLoader::load_snapshot(const SnapshotId& id, const std::vector<MetadataRecord>& records,
                                   Instant now) {
  image_.load_snapshot(records, id.end_offset - 1);
  reset(now);
}

void MetadataLoader::on_commit(const CommittedUpTo& committed, RaftClient& raft, Instant now) {
  if (!is_caught_up_) {
    is_caught_up_ = true;
    reset(now);
    return;
  }
  bytes_ += committed.bytes;
  const bool is_large = bytes_ >= bytes_max_;
  const bool is_old = interval_max_ > Duration::zero() && now - since_ >= interval_max_;
  if ((!is_large && !is_old) || raft.is_writing_snapshot()) return;
  reached(is_large ? Probe::kMetadataSnapshotSize : Probe::kMetadataSnapshotAge);
  reset(now);
  raft.create_snapshot({committed.high_watermark, committed.epoch}, committed.timestamp,
                       to_records(image_));
}

}  // namespace kafka
