#include "broker-model/raft/voter_history.h"

#include "broker-model/raft/control_batch.h"

namespace kafka {
namespace {

template <class Value>
std::optional<Value> at_or_before(const std::map<Offset, Value>& history, Offset offset) {
  const auto after = history.upper_bound(offset);
  if (after == history.begin()) return std::nullopt;
  return std::prev(after)->second;
}

// All that the snapshot says are known by the last of them. A record at `snapshot_end` itself is
// not in it, may not be committed and be cut off again: it does not stand in for the one before it.
template <class Value>
void forget(std::map<Offset, Value>& history, Offset snapshot_end) {
  const auto behind = history.lower_bound(snapshot_end);
  if (behind != history.begin()) history.erase(history.begin(), std::prev(behind));
}

}  // namespace

void VoterHistory::load(const SnapshotId& id, const Snapshot& snapshot) {
  voters_.clear();
  versions_.clear();
  const Offset last = id.end_offset - 1;
  if (snapshot.kraft_version > 0) versions_[last] = snapshot.kraft_version;
  if (snapshot.voters) voters_[last] = *snapshot.voters;
}

void VoterHistory::replay(const RecordBatch& batch) {
  if (!batch.is_control()) return;
  RecordReader reader(batch);
  while (reader.next()) {
    const RecordView& record = reader.record();
    if (const auto version =
            read_control<KRaftVersionRecord>(record, ControlRecordType::kKRaftVersion)) {
      versions_[record.offset] = version->kraft_version;
    } else if (const auto voters =
                   read_control<VotersRecord>(record, ControlRecordType::kKRaftVoters)) {
      voters_[record.offset] = VoterSet::from_record(*voters);
    }
  }
}

void VoterHistory::truncate_to(Offset end_offset) {
  voters_.erase(voters_.lower_bound(end_offset), voters_.end());
  versions_.erase(versions_.lower_bound(end_offset), versions_.end());
}

void VoterHistory::forget_before(Offset snapshot_end) {
  forget(voters_, snapshot_end);
  forget(versions_, snapshot_end);
}

const VoterSet& VoterHistory::voters() const {
  return voters_.empty() ? configured_ : voters_.rbegin()->second;
}

std::optional<Offset> VoterHistory::voters_offset() const {
  return voters_.empty() ? std::nullopt : std::optional(voters_.rbegin()->first);
}

std::int16_t VoterHistory::kraft_version() const {
  return versions_.empty() ? std::int16_t{0} : versions_.rbegin()->second;
}

std::optional<VoterSet> VoterHistory::voters_at(Offset offset) const {
  return at_or_before(voters_, offset);
}

std::int16_t VoterHistory::kraft_version_at(Offset offset) const {
  return at_or_before(versions_, offset).value_or(0);
}

}  // namespace kafka
