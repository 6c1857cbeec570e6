#include "sim/net/path.h"

#include <fmt/format.h>

#include <algorithm>

namespace sim {
namespace {

constexpr env::Duration kLoopbackLatency = std::chrono::microseconds(20);
constexpr int kFractionBits = 32;
constexpr std::uint64_t kNanosPerSecond = 1'000'000'000;

}  // namespace

TransmitQueue TransmitQueue::of(std::optional<std::uint64_t> bytes_per_second) {
  if (!bytes_per_second.has_value()) return {};
  const std::uint64_t rate = std::max<std::uint64_t>(*bytes_per_second, 1);
  const env::Uint128 scaled = static_cast<env::Uint128>(kNanosPerSecond) << kFractionBits;
  const auto rounded = static_cast<std::uint64_t>((scaled + rate - 1) / rate);
  return {.nanos_per_byte = std::max<std::uint64_t>(rounded, 1), .free_at = {}};
}

env::Instant TransmitQueue::pass(env::Instant at, std::uint64_t bytes) {
  if (nanos_per_byte == 0) return at;
  const env::Uint128 scaled = static_cast<env::Uint128>(bytes) * nanos_per_byte;
  free_at =
      std::max(at, free_at) + env::Duration(static_cast<std::int64_t>(scaled >> kFractionBits));
  return free_at;
}

Path& Paths::get(const PathEnds& ends) {
  std::unique_ptr<Path>& slot = paths_[{ends.from, ends.to}];
  if (slot != nullptr) return *slot;
  slot = std::make_unique<Path>();
  Path& path = *slot;
  path.from_ = ends.from;
  path.to_ = ends.to;
  path.from_name_ = ends.from_name;
  path.to_name_ = ends.to_name;
  path.rng_ = &streams_.stream(fmt::format("net/{}-{}", ends.from_name, ends.to_name));
  route(path);
  apply(path);
  return path;
}

Path& Paths::severed(const Path& like, Rules::Index rule) {
  severed_.push_back(std::make_unique<Path>());
  Path& path = *severed_.back();
  path.from_ = like.from_;
  path.to_ = like.to_;
  path.rng_ = like.rng_;
  path.mean_latency_ = like.mean_latency_;
  path.cut_by_ = {rule};
  return path;
}

bool Paths::route(Path& path) {
  std::optional<Route> route;
  if (path.from_ == path.to_) {
    route = Route{{.link = {.latency = Constant{kLoopbackLatency}, .bytes_per_second = {}}}};
  } else {
    route = topology_.route(path.from_name_, path.to_name_);
  }
  std::vector<Path::PathHop> hops;
  path.mean_of_hops_ = {};
  path.loss_of_hops_ = {};
  for (const Hop& hop : route.value_or(Route{})) {
    Path::PathHop added;
    added.latency = hop.link.latency;
    if (hop.queue == Hop::kOwnQueue) {
      added.own_queue = TransmitQueue::of(hop.link.bytes_per_second);
    } else {
      added.shared_queue = shared_queue(hop);
    }
    hops.push_back(std::move(added));
    path.mean_of_hops_ += hop.link.latency.mean();
    path.loss_of_hops_ = path.loss_of_hops_.with(LossRatio::parts_per_million(hop.link.loss_ppm));
  }
  const auto is_same = [](const Path::PathHop& x, const Path::PathHop& y) {
    return x.shared_queue == y.shared_queue;
  };
  const bool is_changed =
      path.has_route_ != route.has_value() || !std::ranges::equal(hops, path.hops_, is_same);
  path.has_route_ = route.has_value();
  path.hops_ = std::move(hops);
  return is_changed;
}

std::uint32_t Paths::shared_queue(const Hop& hop) {
  const auto next = static_cast<std::uint32_t>(queues_.size());
  const auto [found, is_new] = shared_queues_.try_emplace(hop.queue, next);
  if (is_new) queues_.push_back(TransmitQueue::of(hop.link.bytes_per_second));
  return found->second;
}

Paths::Passage Paths::transmit(Path& path, env::Instant now, std::uint64_t bytes) {
  Passage passage{.arrival = now, .leaves = now};
  if (path.conditions_ != nullptr) {
    for (Conditions::Limit& limit : path.conditions_->limits) {
      const env::Instant before = passage.leaves;
      passage.leaves = limit.queue.pass(before, bytes);
      rules_.counts(limit.rule).time_added += passage.leaves - before;
    }
    passage.arrival = passage.leaves;
  }
  for (Path::PathHop& hop : path.hops_) {
    const bool is_shared = hop.shared_queue != Path::PathHop::kOwnQueue;
    TransmitQueue& queue = is_shared ? queues_[hop.shared_queue] : hop.own_queue;
    passage.arrival = queue.pass(passage.arrival, bytes);
    passage.arrival += hop.latency.draw(*path.rng_);
  }
  if (path.conditions_ == nullptr) return passage;
  for (const Conditions::Slow& slow : path.conditions_->slow) {
    const env::Duration extra = slow.extra.draw(*slow.rng);
    passage.arrival += extra;
    rules_.counts(slow.rule).time_added += extra;
  }
  return passage;
}

env::Instant Paths::signal(Path& path, env::Instant now) {
  env::Instant at = now;
  for (const Path::PathHop& hop : path.hops_) at += hop.latency.draw(*path.rng_);
  if (path.conditions_ == nullptr) return at;
  for (const Conditions::Slow& slow : path.conditions_->slow) at += slow.extra.draw(*slow.rng);
  return at;
}

LossDraw Paths::draw_loss(Path& path, std::uint64_t segments, int most) {
  return sim::draw_loss(path.conditions_->loss, segments, most, *path.conditions_->loss_rng);
}

void Paths::apply() {
  for (auto& [ends, path] : paths_) apply(*path);
}

std::uint64_t Paths::reroute() {
  std::uint64_t changed = 0;
  for (auto& [ends, path] : paths_) {
    if (ends.first != ends.second && route(*path)) ++changed;
  }
  apply();
  return changed;
}

void Paths::apply(Path& path) {
  path.was_open_ = path.is_open_;
  path.was_clogged_ = path.is_clogged();
  path.was_limited_ = path.is_limited();
  path.cut_by_.clear();
  if (!path.has_route_) path.cut_by_ = rules_.of_kind(RuleKind::kLinkDown);
  Conditions now;
  now.loss = path.loss_of_hops_;
  path.mean_latency_ = path.mean_of_hops_;
  for (const Rules::Index index : rules_.affecting(path.from_, path.to_)) {
    const Rule& rule = rules_.rule(index);
    switch (rule.kind) {
      case RuleKind::kPartition: path.cut_by_.push_back(index); break;
      case RuleKind::kClog: now.clogs.push_back(index); break;
      case RuleKind::kSlow: {
        const std::string stream =
            fmt::format("net/{}-{}/slow-{}", path.from_name_, path.to_name_, index);
        now.slow.push_back(
            {.rule = index, .extra = rule.extra_latency, .rng = &streams_.stream(stream)});
        path.mean_latency_ += rule.extra_latency.mean();
        break;
      }
      case RuleKind::kBandwidth:
        now.limits.push_back({.rule = index, .queue = TransmitQueue::of(rule.bytes_per_second)});
        if (path.conditions_ == nullptr) break;
        for (const Conditions::Limit& limit : path.conditions_->limits) {
          if (limit.rule == index) now.limits.back().queue = limit.queue;
        }
        break;
      case RuleKind::kLoss:
        now.losses.push_back(index);
        now.loss = now.loss.with(LossRatio::parts_per_million(rule.loss_ppm));
        break;
      case RuleKind::kSlowReader:
      case RuleKind::kLinkDown:
      case RuleKind::kSevered: break;
    }
  }
  path.is_open_ = path.has_route_ && path.cut_by_.empty();
  const bool is_plain =
      now.slow.empty() && now.limits.empty() && now.clogs.empty() && now.loss.is_zero();
  if (!now.loss.is_zero()) {
    now.loss_rng = &streams_.stream(fmt::format("net/{}-{}/loss", path.from_name_, path.to_name_));
  }
  path.conditions_ = is_plain ? nullptr : std::make_unique<Conditions>(std::move(now));
}

}  // namespace sim
