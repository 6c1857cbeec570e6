// Where two traces part: the first event that is not the same in both, with what came before it
// and what follows in each. Both are streamed; a few events of each are kept.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace reports {

// A trace, and what to call it.
struct NamedTrace {
  std::string path;
  std::string name;
};

struct TraceDiff {
  bool is_equal = false;
  std::uint64_t equal_events = 0;  // before the first that differs, or all
  std::string text;                // for people, 100 columns; "" when equal
};

// A sentence when a trace cannot be read. What is behind the events that are shown is not looked
// at.
std::expected<TraceDiff, std::string> diff_traces(const NamedTrace& left, const NamedTrace& right);

}  // namespace reports
