// The image of all that is committed, and when a snapshot of it is due (Kafka's MetadataLoader,
// SnapshotGenerator, SnapshotEmitter). Every replica of the metadata log has one, broker or
// controller, as Kafka's SharedServer.
#pragma once

#include <cstdint>
#include <vector>

#include "broker-model/controller/metadata_image.h"
#include "broker-model/raft/raft_client.h"
#include "broker-model/types/ids.h"

namespace kafka {

class Config;

class MetadataLoader {
 public:
  // metadata.log.max.record.bytes.between.snapshots, metadata.log.max.snapshot.interval.ms.
  MetadataLoader(const Config& config, Instant now);

  // --- as RaftHost is told
  void load(const MetadataRecord& record, Offset offset) { image_.replay(record, offset); }
  void load_snapshot(const SnapshotId& id, const std::vector<MetadataRecord>& records, Instant now);
  // Makes the raft client write a snapshot when one is due.
  void on_commit(const CommittedUpTo& committed, RaftClient& raft, Instant now);

  MetadataImage& image() { return image_; }
  const MetadataImage& image() const { return image_; }

 private:
  void reset(Instant now);

  MetadataImage image_;
  std::int64_t bytes_max_;
  Duration interval_max_;   // 0: no snapshot for its age
  std::int64_t bytes_ = 0;  // since the last snapshot, made or loaded
  Instant since_;
  bool is_caught_up_ = false;  // what was there at the start counts for nothing
};

}  // namespace kafka
