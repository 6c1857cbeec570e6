#include "broker-model/log/segment.h"

#include <algorithm>

namespace kafka {
namespace {

std::uint8_t* store(std::uint8_t* at, std::int64_t value, int bytes) {
  auto raw = static_cast<std::uint64_t>(value);
  for (int i = bytes - 1; i >= 0; --i, raw >>= 8) at[i] = static_cast<std::uint8_t>(raw);
  return at + bytes;
}

}  // namespace

// Of the batch that begins at the end of what there is (LogSegment.append).
void Segment::add_index_entry(Offset last_offset) {
  offsets_.push_back({.relative_offset = static_cast<std::int32_t>(last_offset - base_offset),
                      .position = static_cast<std::int32_t>(size)});
  if (max_timestamp > (times_.empty() ? kNoTimestamp : times_.back().timestamp)) {
    times_.push_back(
        {.timestamp = max_timestamp,
         .relative_offset = static_cast<std::int32_t>(max_timestamp_offset_ - base_offset)});
  }
  bytes_since_index_ = 0;
}

bool Segment::cut(Offset offset, std::int64_t index_interval) {
  const auto first_cut = std::lower_bound(
      entries.begin(), entries.end(), offset,
      [](const SegmentEntry& entry, Offset wanted) { return entry.last_offset < wanted; });
  if (first_cut == entries.end()) return false;
  std::vector<SegmentEntry> kept(entries.begin(), first_cut);
  entries.clear();
  offsets_.clear();
  times_.clear();
  size = 0;
  bytes_since_index_ = 0;
  max_timestamp = kNoTimestamp;
  const std::optional<WallTime> first = first_timestamp;
  for (SegmentEntry& entry : kept) add(std::move(entry.batch), entry.last_offset, index_interval);
  first_timestamp = entries.empty() ? std::nullopt : first;
  return true;
}

env::Bytes Segment::offset_index_bytes() const {
  env::BytesBuilder out(offsets_.size() * kOffsetEntrySize);
  for (const IndexedOffset& entry : offsets_) {
    std::uint8_t* at = store(out.extend(kOffsetEntrySize), entry.relative_offset, 4);
    store(at, entry.position, 4);
  }
  return out.finish();
}

env::Bytes Segment::time_index_bytes() const {
  env::BytesBuilder out((times_.size() + 1) * kTimeEntrySize);
  const auto append = [&](WallTime timestamp, std::int32_t relative_offset) {
    store(store(out.extend(kTimeEntrySize), millis(timestamp), 8), relative_offset, 4);
  };
  for (const IndexedTime& entry : times_) append(entry.timestamp, entry.relative_offset);
  if (max_timestamp > (times_.empty() ? kNoTimestamp : times_.back().timestamp))
    append(max_timestamp, static_cast<std::int32_t>(max_timestamp_offset_ - base_offset));
  return out.finish();
}

}  // namespace kafka
