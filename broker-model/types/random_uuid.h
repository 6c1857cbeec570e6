// Kafka's Uuid.randomUuid: version 4, variant 1, so never one of the reserved ids.
#pragma once

#include "broker-model/env/rng.h"
#include "broker-model/types/ids.h"

namespace kafka {

inline Uuid random_uuid(env::Rng& rng) {
  const std::uint64_t high = rng.next();
  const std::uint64_t low = rng.next();
  return {.high = (high & 0xffffffffffff0fffU) | 0x4000U,
          .low = (low & 0x3fffffffffffffffU) | 0x8000000000000000U};
}

}  // namespace kafka
