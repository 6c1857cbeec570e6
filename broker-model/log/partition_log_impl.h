// What a partition log keeps while it is being opened, and while it is being compacted.
// For partition_log_*.cc only.
#pragma once

#include <algorithm>
#include <functional>

#include "broker-model/log/log_files.h"
#include "broker-model/log/partition_log.h"

namespace kafka {

struct PartitionLog::Opening {
  struct Read {
    env::DiskOpId op;
    std::optional<LogFileName> name;  // nothing: the leader-epoch-checkpoint
    env::FileId file;
    env::Rope data;
  };
  OpenOptions options;
  std::vector<LogFileName> files;             // in use or to be swapped in; rising by offset
  std::map<std::string, std::int64_t> sizes;  // by path
  std::vector<Read> reads;
  std::size_t left = 0;
  bool has(const LogFileName& name) const {
    return std::find(files.begin(), files.end(), name) != files.end();
  }
};

struct PartitionLog::Cleaning {
  CleanableRange range;
  WallTime now;
  std::map<std::string, Offset, std::less<>> newest;  // last offset of each key of the dirty part
  Offset mapped_end = 0;                              // of the part whose keys are in `newest`
  std::vector<std::vector<Offset>> groups;  // base offsets of segments; each becomes one segment
  std::size_t next_group = 0;
  Segment cleaned;                 // of the group under way
  std::vector<env::DiskOpId> ops;  // what it waits for
  std::vector<Offset> removing;    // by the group under way
  std::vector<Offset> removed;     // by those that were replaced, until somebody takes them
  bool is_swapped = false;         // the group's segments have been replaced, not yet durably
  bool is_over = false;
  CleaningResult result;
};

}  // namespace kafka
