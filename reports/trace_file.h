// Reading trace.pb: bounded memory, and a clear error for a file that is cut off, foreign or
// broken.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>

namespace titorelli::trace {
class Record;
}

namespace reports {

inline constexpr std::uint32_t kTraceSchemaVersion = 1;

// Calls `visit` for each record in order, the header first.
std::expected<void, std::string> read_trace(
    const std::string& path, const std::function<void(const titorelli::trace::Record&)>& visit);

}  // namespace reports
