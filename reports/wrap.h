// Lines of text that fit a terminal of 100 columns.
#pragma once

#include <string>
#include <string_view>

namespace reports {

inline constexpr std::size_t kColumns = 100;

// Broken at blanks where there are any; ends with a line break.
std::string wrapped(std::string_view text, std::string_view first_indent, std::string_view indent);
// One line, cut off with "..." when it is too long; ends with a line break.
std::string shortened(std::string_view text, std::string_view indent);
// How many columns it takes: bytes of UTF-8 sequences after the first take none.
std::size_t columns_of(std::string_view text);

}  // namespace reports
