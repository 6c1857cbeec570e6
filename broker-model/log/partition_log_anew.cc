// What becomes of a log when its files leave the page cache: the blocks that it holds stand for
// pages, and are replaced by what the disk gives.
#include <algorithm>

#include "broker-model/log/partition_log_impl.h"

namespace kafka {
namespace {

// The bytes of one batch as they lie in the file. Its length is what was written: a length that has
// rotted shows at the next recovery.
RecordBatch batch_of(const env::Rope& bytes) {
  const env::Bytes head = bytes.slice(0, kBatchHeadSize).contiguous();
  constexpr int kEpochAt = 12;
  return {
      .base_offset = static_cast<Offset>(detail::load_big_endian(head.data(), 8)),
      .leader_epoch = static_cast<std::int32_t>(detail::load_big_endian(head.data() + kEpochAt, 4)),
      .body = bytes.slice(kBatchHeadSize, bytes.size() - kBatchHeadSize).contiguous()};
}

}  // namespace

void PartitionLog::read_anew(env::Env& env) {
  TIT_ASSERT(is_open() || has_failed(), "a log is open before it is read");
  for (const Segment& segment : segments_) {
    if (segment.size == 0) continue;
    reads_anew_.push_back({.op = env.read(segment.file, 0, static_cast<std::size_t>(segment.size)),
                           .file = segment.file});
    track(reads_anew_.back().op);
  }
}

bool PartitionLog::take_read_anew(env::DiskOpId op, const env::DiskResult& result) {
  const auto read = std::find_if(reads_anew_.begin(), reads_anew_.end(),
                                 [&](const ReadAnew& known) { return known.op == op; });
  if (read == reads_anew_.end()) return false;
  const ReadAnew done = *read;
  reads_anew_.erase(read);
  if (result.error != env::DiskError::kNone) state_ = State::kFailed;
  const auto segment = std::ranges::find(segments_, done.file, &Segment::file);
  if (has_failed() || done.is_stale || segment == segments_.end()) return true;
  for (SegmentEntry& entry : segment->entries) {
    const auto begin = static_cast<std::size_t>(entry.position);
    const std::size_t size = entry.batch.size();
    if (begin + size > result.data.size()) break;  // appended since
    const env::Rope bytes = result.data.slice(begin, size);
    if (bytes == to_rope(entry.batch)) continue;  // sound: it goes on sharing its block
    entry.batch = batch_of(bytes);
  }
  return true;
}

}  // namespace kafka
