// Reads of a partition log: all from memory, found by binary search.
#include <algorithm>

#include "broker-model/log/partition_log.h"
#include "broker-model/messages/records/record_reader.h"

namespace kafka {
namespace {

// The first entry that ends at `offset` or later. Nearly all reads are of the end of a log: strides
// that double lead back from there, and a binary search ends in the last of them.
template <class Entries>
auto find_from_end(const Entries& entries, Offset offset) {
  auto found = entries.end();  // it and all behind it end at `offset` or later
  std::ptrdiff_t stride = 1;
  for (; stride <= found - entries.begin(); stride *= 2) {
    const auto earlier = found - stride;
    if (earlier->last_offset < offset) break;
    found = earlier;
  }
  const auto first = found - std::min(stride, found - entries.begin());
  return std::lower_bound(first, found, offset, [](const auto& candidate, Offset wanted) {
    return candidate.last_offset < wanted;
  });
}

}  // namespace

std::optional<PartitionLog::EntryRef> PartitionLog::find_entry(Offset offset) const {
  auto segment = std::upper_bound(
      segments_.begin(), segments_.end(), offset,
      [](Offset wanted, const Segment& candidate) { return wanted < candidate.base_offset; });
  if (segment != segments_.begin()) --segment;
  // Past the last batch of its segment (a gap): the first of the next one that has any.
  for (; segment != segments_.end(); ++segment) {
    const auto entry = find_from_end(segment->entries, offset);
    if (entry == segment->entries.end()) continue;
    return EntryRef{static_cast<std::size_t>(segment - segments_.begin()),
                    static_cast<std::size_t>(entry - segment->entries.begin())};
  }
  return std::nullopt;
}

Records PartitionLog::read(Offset start, std::int64_t max_bytes, Offset upper_bound,
                           bool at_least_one_batch) const {
  Records result;
  const Offset end = std::min(upper_bound, log_end_offset_);
  if (start < log_start_offset_ || start >= end) return result;
  const std::optional<EntryRef> first = find_entry(start);
  if (!first) return result;
  std::int64_t left = max_bytes;
  std::size_t from = first->second;
  for (std::size_t s = first->first; s < segments_.size(); ++s, from = 0) {
    const std::vector<SegmentEntry>& entries = segments_[s].entries;
    for (std::size_t i = from; i < entries.size(); ++i) {
      if (entries[i].last_offset >= end) return result;
      const auto size = static_cast<std::int64_t>(entries[i].batch.size());
      const bool is_forced = at_least_one_batch && result.batches.empty();
      if (size > left && !is_forced) return result;
      result.batches.push_back(entries[i].batch);
      left -= size;
    }
    if (!result.batches.empty()) return result;  // LocalLog.read: from one segment only
  }
  return result;
}

std::int64_t PartitionLog::bytes_between(Offset from, Offset upper_bound) const {
  const Offset end = std::min(upper_bound, log_end_offset_);
  if (from >= end) return 0;
  const std::optional<EntryRef> first = find_entry(std::max(from, log_start_offset_));
  if (!first) return 0;
  std::int64_t bytes = 0;
  for (std::size_t s = first->first; s < segments_.size(); ++s) {
    const Segment& segment = segments_[s];
    if (segment.base_offset >= end) break;
    const auto stop = find_from_end(segment.entries, end);
    const std::int64_t stop_position =
        stop == segment.entries.end() ? segment.size : stop->position;
    const std::int64_t start_position =
        s == first->first ? segment.entries[first->second].position : 0;
    bytes += std::max<std::int64_t>(0, stop_position - start_position);
  }
  return bytes;
}

std::optional<TimestampOffset> PartitionLog::first_record_at(const RecordBatch& batch,
                                                             WallTime timestamp) const {
  RecordReader reader(batch);
  while (reader.next()) {
    const RecordView& record = reader.record();
    if (record.timestamp < timestamp || record.offset < log_start_offset_) continue;
    return TimestampOffset{record.timestamp, record.offset, batch.leader_epoch};
  }
  return std::nullopt;
}

std::optional<TimestampOffset> PartitionLog::offset_for_timestamp(WallTime timestamp,
                                                                  Offset upper_bound) const {
  const Offset end = std::min(upper_bound, log_end_offset_);
  for (const Segment& segment : segments_) {
    if (segment.largest_timestamp() < timestamp) continue;
    // UnifiedLog.searchOffsetInLocalLog: the first segment that reaches it, and no other, even when
    // what reaches it lies below the log start offset.
    for (const SegmentEntry& entry : segment.entries) {
      if (entry.last_offset < log_start_offset_) continue;
      if (entry.batch.base_offset >= end) return std::nullopt;
      if (entry.batch.max_timestamp() < timestamp) continue;
      const std::optional<TimestampOffset> found = first_record_at(entry.batch, timestamp);
      if (found) return found->offset < end ? found : std::nullopt;
    }
    return std::nullopt;
  }
  return std::nullopt;
}

std::optional<TimestampOffset> PartitionLog::offset_of_max_timestamp() const {
  const SegmentEntry* best = nullptr;
  for (const Segment& segment : segments_) {
    if (best != nullptr && segment.max_timestamp <= best->batch.max_timestamp()) continue;
    for (const SegmentEntry& entry : segment.entries) {
      if (entry.last_offset < log_start_offset_ || entry.last_offset >= log_end_offset_) continue;
      if (best == nullptr || best->batch.max_timestamp() < entry.batch.max_timestamp()) {
        best = &entry;
      }
    }
  }
  if (best == nullptr) return std::nullopt;
  return first_record_at(best->batch, best->batch.max_timestamp());
}

}  // namespace kafka
