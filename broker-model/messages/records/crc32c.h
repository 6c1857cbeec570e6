// CRC-32C (Castagnoli): reflected 0x82F63B78, initial and final xor all ones; "123456789" gives
// E3069283. Uses SSE4.2 where the processor has it (asked at run time), else eight tables.
#pragma once

#include <cstdint>
#include <span>

namespace kafka {

std::uint32_t crc32c(std::span<const std::uint8_t> bytes);

// The table form, whatever the processor; both give the same answer.
std::uint32_t crc32c_portable(std::span<const std::uint8_t> bytes);

}  // namespace kafka
