// One segment of a partition log: its batches, and what its two indexes hold (LogSegment,
// OffsetIndex, TimeIndex).
//
// The batches lie in memory, so nothing is looked up in the indexes; they are kept because a full
// one closes its segment (segment.index.bytes), and written with the segment when it is closed.
//
// Invariants: entries rise by offset and follow one another in the file; index entries rise.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "broker-model/env/env.h"
#include "broker-model/messages/records/record_batch.h"

namespace kafka {

struct SegmentEntry {
  RecordBatch batch;
  Offset last_offset = 0;
  std::int64_t position = 0;  // in its segment's file
};

class Segment {
 public:
  Offset base_offset = 0;
  env::FileId file;
  std::int64_t size = 0;
  std::vector<SegmentEntry> entries;  // by offset
  WallTime max_timestamp = kNoTimestamp;
  std::optional<WallTime> first_timestamp;  // of the first batch: what segment.ms counts from
  WallTime created;        // used where the batches have no timestamps; after a start, the start
  WallTime last_modified;  // the same
  bool is_dirty = false;   // has content that no sync has covered
  bool has_index_files = false;
  std::vector<env::FileId> unsynced;  // files beside the log that the next sync of it covers

  bool empty() const { return entries.empty(); }
  Offset next_offset() const {  // readNextOffset
    return entries.empty() ? base_offset : entries.back().last_offset + 1;
  }
  WallTime largest_timestamp() const {
    return millis(max_timestamp) >= 0 ? max_timestamp : last_modified;
  }

  // `last_offset`: the batch's, as it was when it was written: its head may have rotted since.
  // `index_interval`: index.interval.bytes.
  void add(RecordBatch batch, Offset last_offset, std::int64_t index_interval) {
    const WallTime timestamp = batch.max_timestamp();
    if (timestamp > max_timestamp) {
      max_timestamp = timestamp;
      max_timestamp_offset_ = last_offset;
    }
    if (!first_timestamp) first_timestamp = timestamp;
    if (bytes_since_index_ > index_interval) add_index_entry(last_offset);
    const std::int64_t position = size;
    const auto bytes = static_cast<std::int64_t>(batch.size());
    size += bytes;
    bytes_since_index_ += bytes;
    entries.push_back({std::move(batch), last_offset, position});
  }
  // Batches that reach `offset` or above go. False when there was none.
  bool cut(Offset offset, std::int64_t index_interval);

  // Either index has no room for another entry (AbstractIndex.isFull). `bytes_max`:
  // segment.index.bytes.
  bool is_index_full(std::int64_t bytes_max) const {
    return static_cast<std::int64_t>(offsets_.size()) >= bytes_max / kOffsetEntrySize ||
           static_cast<std::int64_t>(times_.size()) >= bytes_max / kTimeEntrySize - 1;
  }
  // What the files hold when the segment is closed: pairs of relative offset and position, four
  // bytes each; and of timestamp, eight bytes, and relative offset, the largest timestamp last.
  env::Bytes offset_index_bytes() const;
  env::Bytes time_index_bytes() const;
  std::int64_t offset_index_size() const {
    return static_cast<std::int64_t>(offsets_.size()) * kOffsetEntrySize;
  }

 private:
  static constexpr std::int64_t kOffsetEntrySize = 8;
  static constexpr std::int64_t kTimeEntrySize = 12;
  struct IndexedOffset {
    std::int32_t relative_offset = 0;
    std::int32_t position = 0;
  };
  struct IndexedTime {
    WallTime timestamp;
    std::int32_t relative_offset = 0;
  };
  void add_index_entry(Offset last_offset);

  std::vector<IndexedOffset> offsets_;
  std::vector<IndexedTime> times_;
  std::int64_t bytes_since_index_ = 0;
  Offset max_timestamp_offset_ = 0;  // last offset of the first batch that reached max_timestamp
};

}  // namespace kafka
