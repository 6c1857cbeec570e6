#include "sim/core/streams.h"

namespace sim {

env::Rng& Streams::stream(std::string_view name) {
  const auto found = streams_.find(name);
  if (found != streams_.end()) return found->second;
  const std::uint64_t own_seed = mix(seed_, hash_text(name));
  return streams_.emplace(std::string(name), env::Rng(own_seed)).first->second;
}

void Streams::add_to(Digest& digest) const {
  for (const auto& [name, rng] : streams_) {
    if (rng.draws() == 0) continue;
    digest.add(std::string_view(name));
    digest.add(rng.draws());
  }
}

}  // namespace sim
