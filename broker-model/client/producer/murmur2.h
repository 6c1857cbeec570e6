// murmur2 over a record's key, as Kafka's Utils.murmur2: the partition of a key on every client.
#pragma once

#include <cstdint>
#include <span>

namespace kafka {

std::int32_t murmur2(std::span<const std::uint8_t> bytes);

// BuiltInPartitioner.partitionForKey. REQUIRES: partitions > 0.
std::int32_t partition_for_key(std::span<const std::uint8_t> key, std::int32_t partitions);

}  // namespace kafka
