// Which program this is.
#pragma once

#include <cstdint>
#include <string>

namespace sim {

std::string version_text();  // "0.1.0"
// xxh3 of the program's file, read once; 0 when it cannot be read.
std::uint64_t build_hash();

}  // namespace sim
