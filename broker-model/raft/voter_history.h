// What the control records of the metadata log say: its kraft.version and its voters, since which
// offset (Kafka's KRaftControlRecordStateMachine, VoterSetHistory, TreeMapLogHistory; KIP-853).
//
// It follows the log's end, not the high watermark: a set of voters is in force as soon as it is in
// the log, and no more when it is cut off again.
#pragma once

#include <map>
#include <optional>

#include "broker-model/messages/records/record_batch.h"
#include "broker-model/raft/snapshot.h"
#include "broker-model/raft/voter_set.h"

namespace kafka {

class VoterHistory {
 public:
  explicit VoterHistory(VoterSet configured) : configured_(std::move(configured)) {}

  void load(const SnapshotId& id, const Snapshot& snapshot);  // forgets all else
  void replay(const RecordBatch& batch);                      // in the order of the log
  void truncate_to(Offset end_offset);                        // what is at or above has never been
  void forget_before(Offset snapshot_end);                    // but the last of what it holds

  // The newest, committed or not; the configured ones where the log knows none.
  const VoterSet& voters() const;
  // Of the record that says so: -1 for the bootstrap snapshot's; nothing for configured ones.
  std::optional<Offset> voters_offset() const;
  std::int16_t kraft_version() const;
  bool is_reconfigurable() const { return kraft_version() >= 1; }

  // As of the record at that offset; nothing where the log knows none up to there.
  std::optional<VoterSet> voters_at(Offset offset) const;
  std::int16_t kraft_version_at(Offset offset) const;

 private:
  VoterSet configured_;
  std::map<Offset, VoterSet> voters_;
  std::map<Offset, std::int16_t> versions_;
};

}  // namespace kafka
