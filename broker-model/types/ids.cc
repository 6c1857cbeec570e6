#include "broker-model/types/ids.h"

#include <fmt/format.h>

namespace kafka {

std::string to_string(const Uuid& id) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  for (int bit = 0; bit < 128; bit += 6) {  // six bits a character, the last one padded with zeros
    unsigned value = 0;
    for (int i = bit; i < bit + 6; ++i) {
      const std::uint64_t word = i < 64 ? id.high : id.low;
      value = value << 1 | (i < 128 ? static_cast<unsigned>(word >> (63 - i % 64) & 1) : 0);
    }
    text += kAlphabet[value];
  }
  return text;
}

std::string to_string(const TopicPartition& tp) {
  return fmt::format("{}-{}", tp.topic, tp.partition);
}

}  // namespace kafka
