#include "reports/wrap.h"

#include <algorithm>

namespace reports {
namespace {

bool is_continuation(char c) { return (c & 0xc0) == 0x80; }

// The bytes of the first `columns` columns.
std::size_t bytes_of(std::string_view text, std::size_t columns) {
  std::size_t at = 0;
  while (at < text.size() && (columns > 0 || is_continuation(text[at]))) {
    if (!is_continuation(text[at])) --columns;
    ++at;
  }
  return at;
}

}  // namespace

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return !is_continuation(c); }));
}

std::string wrapped(std::string_view text, std::string_view first_indent, std::string_view indent) {
  std::string result;
  std::string_view lead = first_indent;
  do {
    const std::size_t room = bytes_of(text, kColumns - columns_of(lead));
    std::size_t end = room;
    if (room < text.size()) {
      const std::size_t blank = text.rfind(' ', room);
      if (blank != std::string_view::npos && blank > room / 2) end = blank;
    }
    result += std::string(lead) + std::string(text.substr(0, end)) + "\n";
    text.remove_prefix(end);
    while (text.starts_with(' ')) text.remove_prefix(1);
    lead = indent;
  } while (!text.empty());
  return result;
}

std::string shortened(std::string_view text, std::string_view indent) {
  std::string line(indent);
  if (columns_of(indent) + columns_of(text) <= kColumns) return line.append(text) + "\n";
  return line.append(text.substr(0, bytes_of(text, kColumns - columns_of(indent) - 3))) + "...\n";
}

}  // namespace reports
