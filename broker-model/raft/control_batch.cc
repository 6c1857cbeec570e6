#include "broker-model/raft/control_batch.h"

#include <array>
#include <cstdint>

namespace kafka {

ControlBatch::ControlBatch(Offset base_offset, LeaderEpoch epoch, WallTime now)
    : builder_({.base_offset = base_offset,
                .leader_epoch = epoch.value(),
                .is_control = true,
                .producer = {}}),
      now_(now) {}

void ControlBatch::append(ControlRecordType type, const env::Bytes& value) {
  const auto number = static_cast<std::uint16_t>(type);
  const std::array<std::uint8_t, 4> key{0, 0, static_cast<std::uint8_t>(number >> 8),
                                        static_cast<std::uint8_t>(number & 0xff)};
  builder_.append({.timestamp = now_, .key = ByteView(key), .value = value.span(), .headers = {}});
}

}  // namespace kafka
