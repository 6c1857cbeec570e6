// Names of the files of a partition log (LogFileUtils): the first offset in twenty digits, what the
// file holds, and what stands in its way, as in 00000000000000000170.index.swap.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "broker-model/types/ids.h"

namespace kafka {

enum class LogFileKind : std::uint8_t { kLog, kIndex, kTimeIndex, kSnapshot };
enum class LogFileState : std::uint8_t {
  kInUse,
  kDeleted,  // given up, to be removed after file.delete.delay.ms or at the next start
  kCleaned,  // the cleaner writes it; worth nothing after a crash
  kSwap,     // written whole and synced: takes the place of older segments, at a start too
};

struct LogFileName {
  Offset offset = 0;
  LogFileKind kind = LogFileKind::kLog;
  LogFileState state = LogFileState::kInUse;
  friend bool operator==(const LogFileName&, const LogFileName&) = default;
};

// Without the directory. Nothing for other files, negative offsets included.
std::optional<LogFileName> parse_log_file_name(std::string_view name);
// REQUIRES: offset >= 0.
std::string to_string(const LogFileName& name);

}  // namespace kafka
