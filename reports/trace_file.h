// Reading trace.pb: bounded memory, and a clear error for a file that is cut off, foreign or
// broken.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

namespace titorelli::trace {
class Record;
}

namespace reports {

inline constexpr std::uint32_t kTraceSchemaVersion = 1;

// Hands out one record after the other. An error is a sentence, and final.
class TraceReader {
 public:
  static std::expected<TraceReader, std::string> open(const std::string& path);
  TraceReader(TraceReader&&) noexcept;
  TraceReader& operator=(TraceReader&&) = delete;
  ~TraceReader();

  // False at the end. The first record is the header.
  std::expected<bool, std::string> next(titorelli::trace::Record& record);

 private:
  struct Source;
  explicit TraceReader(std::unique_ptr<Source> source);
  std::unique_ptr<Source> source_;
};

// Calls `visit` for each record in order, the header first.
std::expected<void, std::string> read_trace(
    const std::string& path, const std::function<void(const titorelli::trace::Record&)>& visit);

}  // namespace reports
