// Which leader epoch began at which offset in this log (LeaderEpochFileCache, KIP-101, KIP-279).
//
// A plain value machine: the log keeps it and writes its entries to leader-epoch-checkpoint.
// Invariant: epochs and start offsets both rise strictly from entry to entry.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker-model/types/ids.h"

namespace kafka {

struct EpochEntry {
  LeaderEpoch epoch;
  Offset start_offset = 0;
  friend bool operator==(const EpochEntry&, const EpochEntry&) = default;
};

struct EpochEndOffset {
  LeaderEpoch epoch;
  Offset end_offset = 0;
  friend bool operator==(const EpochEndOffset&, const EpochEndOffset&) = default;
};

class LeaderEpochCache {
 public:
  // Records that `epoch` starts at `start_offset` when both are new at the end; entries that
  // contradict it (a later start or a higher epoch) give way. True when the cache changed.
  bool assign(LeaderEpoch epoch, Offset start_offset);

  std::optional<LeaderEpoch> latest_epoch() const;
  // Nothing when empty.
  std::optional<EpochEntry> earliest_entry() const;
  std::optional<LeaderEpoch> previous_epoch(LeaderEpoch epoch) const;  // largest below it
  // The epoch of the record at `offset`; nothing below the first entry.
  std::optional<LeaderEpoch> epoch_for_offset(Offset offset) const;

  // LeaderEpochFileCache.endOffsetFor: the largest known epoch not above the requested one and
  // where it ends. The latest epoch ends at log_end_offset; a request above all, or on an empty
  // cache, has no answer (UNDEFINED_EPOCH); one below all is answered with itself and the first
  // start offset.
  std::optional<EpochEndOffset> end_offset_for(LeaderEpoch epoch, Offset log_end_offset) const;

  // Removes entries that start at or above end_offset. True when the cache changed.
  bool truncate_from_end(Offset end_offset);
  // Moves the entry that holds start_offset to start there and removes those before it.
  bool truncate_from_start(Offset start_offset);
  void clear() { entries_.clear(); }

  const std::vector<EpochEntry>& entries() const { return entries_; }

  // leader-epoch-checkpoint, version 0: "0\n<count>\n<epoch> <start offset>\n"...
  std::string to_checkpoint() const;
  static std::expected<LeaderEpochCache, std::string> from_checkpoint(std::string_view text);

 private:
  std::vector<EpochEntry> entries_;
};

}  // namespace kafka
