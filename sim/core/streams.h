// Named random streams: one per purpose ("net/1-2", "disk/3", "node/3", "workload/p1"), each made
// of (seed, name) alone. A new stream, or a further draw of one, moves no other.
//
// A World owns one Streams. References stay valid as long as it lives.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "broker-model/env/rng.h"
#include "sim/core/digest.h"

namespace sim {

class Streams {
 public:
  explicit Streams(std::uint64_t seed) : seed_(seed) {}
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

  std::uint64_t seed() const { return seed_; }

  // The stream of that name, made at the first call.
  env::Rng& stream(std::string_view name);

  // In order of names, so that the order in which streams were made does not show.
  template <class Visit>  // void(std::string_view name, std::uint64_t draws)
  void for_each(Visit visit) const {
    for (const auto& [name, rng] : streams_) visit(std::string_view(name), rng.draws());
  }

  // Names and draws of all streams that were drawn from.
  void add_to(Digest& digest) const;

 private:
  std::uint64_t seed_;
  std::map<std::string, env::Rng, std::less<>> streams_;  // nodes do not move
};

}  // namespace sim
