// Comma-separated values, RFC 4180.
#pragma once

#include <string>
#include <string_view>

namespace reports {

// The text as one field: quoted when it holds a comma, a quote or the end of a line.
inline std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(text);
  std::string field = "\"";
  for (const char c : text) {
    if (c == '"') field += '"';
    field += c;
  }
  return field + '"';
}

}  // namespace reports
