// Files that are there as a whole or not at all.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace reports {

// Writes a file beside `path`, syncs it and renames it into place. A sentence when it cannot; the
// file that was there before is untouched then.
std::expected<void, std::string> write_file_atomically(const std::string& path,
                                                       std::string_view content);

}  // namespace reports
