#include "sim/net/path.h"

#include <fmt/format.h>

#include <algorithm>

namespace sim {
namespace {

constexpr env::Duration kLoopbackLatency = std::chrono::microseconds(20);
constexpr int kFractionBits = 32;
constexpr std::uint64_t kNanosPerSecond = 1'000'000'000;

std::uint64_t nanos_per_byte(std::optional<std::uint64_t> bytes_per_second) {
  if (!bytes_per_second.has_value()) return 0;
  const std::uint64_t rate = std::max<std::uint64_t>(*bytes_per_second, 1);
  const env::Uint128 scaled = static_cast<env::Uint128>(kNanosPerSecond) << kFractionBits;
  return std::max<std::uint64_t>(static_cast<std::uint64_t>((scaled + rate - 1) / rate), 1);
}

}  // namespace

Path& Paths::get(const PathEnds& ends, const Rules& rules) {
  std::unique_ptr<Path>& slot = paths_[{ends.from, ends.to}];
  if (slot != nullptr) return *slot;
  slot = std::make_unique<Path>();
  Path& path = *slot;
  path.from_ = ends.from;
  path.to_ = ends.to;
  path.rng_ = &streams_.stream(fmt::format("net/{}-{}", ends.from_name, ends.to_name));
  std::optional<Route> route;
  if (ends.from == ends.to) {
    route = Route{{.link = {.latency = Constant{kLoopbackLatency}, .bytes_per_second = {}}}};
  } else {
    route = topology_.route(ends.from_name, ends.to_name);
  }
  path.has_route_ = route.has_value();
  if (route.has_value()) {
    for (const Hop& hop : *route) {
      path.hops_.push_back({.queue = queue_of(hop), .latency = hop.link.latency});
      path.mean_latency_ += hop.link.latency.mean();
    }
  }
  apply(rules, path);
  return path;
}

std::uint32_t Paths::queue_of(const Hop& hop) {
  const auto next = static_cast<std::uint32_t>(queues_.size());
  if (hop.queue != Hop::kOwnQueue) {
    const auto [found, is_new] = shared_queues_.try_emplace(hop.queue, next);
    if (!is_new) return found->second;
  }
  queues_.push_back(
      {.nanos_per_byte = nanos_per_byte(hop.link.bytes_per_second), .free_at = env::Instant{}});
  return next;
}

env::Instant Paths::transmit(Path& path, env::Instant now, std::uint64_t bytes) {
  env::Instant at = now;
  for (const Path::PathHop& hop : path.hops_) {
    TransmitQueue& queue = queues_[hop.queue];
    if (queue.nanos_per_byte != 0) {
      const env::Uint128 scaled = static_cast<env::Uint128>(bytes) * queue.nanos_per_byte;
      at = std::max(at, queue.free_at) +
           env::Duration(static_cast<std::int64_t>(scaled >> kFractionBits));
      queue.free_at = at;
    }
    at += hop.latency.draw(*path.rng_);
  }
  return at;
}

env::Instant Paths::signal(Path& path, env::Instant now) {
  env::Instant at = now;
  for (const Path::PathHop& hop : path.hops_) at += hop.latency.draw(*path.rng_);
  return at;
}

void Paths::apply(const Rules& rules) {
  for (auto& [ends, path] : paths_) apply(rules, *path);
}

void Paths::apply(const Rules& rules, Path& path) {
  path.cut_by_ = rules.cutting(path.from_, path.to_);
  path.is_open_ = path.has_route_ && path.cut_by_.empty();
}

}  // namespace sim
