#include "sim/core/streams.h"

#include <fmt/format.h>

namespace sim {

env::Rng& Streams::stream(std::string_view name) {
  const auto found = streams_.find(name);
  if (found != streams_.end()) return found->second.rng;
  const std::uint64_t own_seed = mix(seed_, hash_text(name));
  const auto made = streams_.try_emplace(std::string(name), own_seed).first;
  Stream& stream = made->second;
  DrawWatch* watch = watch_ != nullptr && watch_->watches(name) ? watch_ : nullptr;
  stream.control(made->first, decisions_.find(name), watch);
  return stream.rng;
}

void Streams::Stream::control(std::string_view its_name, const Decisions::Draws* draws,
                              DrawWatch* its_watch) {
  name_ = its_name;
  decided_ = draws;
  watch_ = its_watch;
  control_next(0);
}

// The next draw at or after `from` that is decided or watched.
void Streams::Stream::control_next(std::uint64_t from) {
  if (watch_ != nullptr) {
    rng.control_draw(from, *this);
  } else if (decided_ != nullptr) {
    const auto next = decided_->lower_bound(from);
    if (next != decided_->end()) rng.control_draw(next->first, *this);
  }
}

std::uint64_t Streams::Stream::on_draw(env::Rng&, std::uint64_t index, std::uint64_t value) {
  if (decided_ != nullptr) {
    const auto decided = decided_->find(index);
    if (decided != decided_->end()) value = decided->second;
  }
  if (watch_ != nullptr) watch_->on_draw(name_, index, value);
  control_next(index + 1);
  return value;
}

void Streams::add_to(Digest& digest) const {
  for (const auto& [name, stream] : streams_) {
    if (stream.rng.draws() == 0) continue;
    digest.add(std::string_view(name));
    digest.add(stream.rng.draws());
  }
}

std::vector<std::string> Streams::unused_decisions() const {
  std::vector<std::string> sentences;
  for (const auto& [name, decided] : decisions_.streams()) {
    const auto stream = streams_.find(name);
    const std::uint64_t draws = stream == streams_.end() ? 0 : stream->second.rng.draws();
    for (const auto& [index, value] : decided) {
      if (index < draws) continue;
      sentences.push_back(
          stream == streams_.end()
              ? fmt::format("draw {} of {}: the run has no such stream", index, name)
              : fmt::format("draw {} of {}: the run made {} draws of it", index, name, draws));
    }
  }
  return sentences;
}

}  // namespace sim
