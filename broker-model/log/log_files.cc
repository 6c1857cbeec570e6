#include "broker-model/log/log_files.h"

#include <charconv>

namespace kafka {
namespace {

constexpr std::size_t kOffsetDigits = 20;  // LogFileUtils.filenamePrefixFromOffset
constexpr std::string_view kKinds[] = {".log", ".index", ".timeindex", ".snapshot"};
constexpr std::string_view kStates[] = {"", ".deleted", ".cleaned", ".swap"};

}  // namespace

std::optional<LogFileName> parse_log_file_name(std::string_view name) {
  if (name.size() <= kOffsetDigits) return std::nullopt;
  LogFileName result;
  const char* end = name.data() + kOffsetDigits;
  const auto [stop, error] = std::from_chars(name.data(), end, result.offset);
  if (error != std::errc() || stop != end || result.offset < 0) return std::nullopt;
  const std::string_view suffix = name.substr(kOffsetDigits);
  for (std::size_t kind = 0; kind < std::size(kKinds); ++kind) {
    if (!suffix.starts_with(kKinds[kind])) continue;
    for (std::size_t state = 0; state < std::size(kStates); ++state) {
      if (suffix.substr(kKinds[kind].size()) != kStates[state]) continue;
      result.kind = static_cast<LogFileKind>(kind);
      result.state = static_cast<LogFileState>(state);
      return result;
    }
  }
  return std::nullopt;
}

std::string to_string(const LogFileName& name) {
  const std::string digits = std::to_string(name.offset);
  std::string text(kOffsetDigits - digits.size(), '0');
  text += digits;
  text += kKinds[static_cast<std::size_t>(name.kind)];
  text += kStates[static_cast<std::size_t>(name.state)];
  return text;
}

}  // namespace kafka
