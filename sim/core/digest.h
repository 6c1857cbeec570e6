// The rolling digest of a run: it names the path. Everything that happens is folded in, in order:
// (time, node, event kind, hash of the bytes), observations, and the draws of every stream.
//
// The seed itself is not hashed, nor anything that tracing, verbosity, host or compiler could move.
// Words are counted, so that a missing or doubled one shows even where it is 0.
#pragma once

#include <cstdint>
#include <span>

#include "sim/core/hash.h"

namespace sim {

class Digest {
 public:
  void add(std::uint64_t a, std::uint64_t b) {
    ++count_;
    value_ = mix(value_ + a, count_ * kOdd ^ b);
  }
  void add(std::uint64_t word) { add(word, 0); }
  void add(std::int64_t word) { add(static_cast<std::uint64_t>(word)); }
  void add(std::uint32_t word) { add(std::uint64_t{word}); }
  void add(std::span<const std::uint8_t> bytes) { add(hash_bytes(bytes)); }
  void add(std::string_view text) { add(hash_text(text)); }

  std::uint64_t value() const { return value_; }

 private:
  static constexpr std::uint64_t kOdd = 0xa0761d6478bd642fu;
  std::uint64_t value_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace sim
