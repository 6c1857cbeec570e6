#include "sim/lab/nemesis.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/core/quantities.h"
#include "sim/lab/lab.h"

namespace sim {

Nemesis::Nemesis(Lab& lab, std::uint32_t number, NemesisSpec spec)
    : lab_(lab),
      world_(lab.world()),
      rng_(world_.streams().stream(fmt::format("nemesis/{}", number))),
      spec_(std::move(spec)) {
  TIT_ASSERT(!spec_.faults.empty(), "a nemesis has something to choose from");
  TIT_ASSERT(spec_.start >= world_.now() && spec_.stop >= spec_.start, "phases in order");
  choose_families();
  std::string text;
  for (const std::string& family : families_) text += (text.empty() ? "" : ", ") + family;
  lab_.recorder().add_row({.at = world_.now(), .event = "nemesis", .detail = "families: " + text});
  world_.at(spec_.start, [this] {
    phase_ = Phase::kSafety;
    schedule_next();
  });
  world_.at(spec_.stop, [this] { end_safety(); });
}

void Nemesis::choose_families() {
  std::vector<std::string> all;
  for (const FaultInfo* info : spec_.faults) {
    if (std::ranges::find(all, info->family) == all.end()) all.emplace_back(info->family);
  }
  if (!spec_.swarm) {
    families_ = std::move(all);
    return;
  }
  for (const std::string& family : all) {
    if (rng_.chance(1, 2)) families_.push_back(family);
  }
  if (families_.empty()) families_.push_back(all[rng_.below(all.size())]);
}

env::Duration Nemesis::drawn(env::Duration mean) {
  constexpr env::Duration kLeast = std::chrono::milliseconds(1);
  return std::max(Distribution(Exponential{.mean = mean, .low = {}}).draw(rng_), kLeast);
}

// --- the safety phase

void Nemesis::schedule_next() {
  const env::Instant when = world_.now() + drawn(spec_.every);
  if (when >= spec_.stop) return;
  next_ = world_.at(when, [this] {
    strike();
    schedule_next();
  });
}

std::vector<FaultId> Nemesis::in_force() const {
  std::vector<FaultId> result;
  for (const FaultId id : mine_) {
    if (!lab_.faults().is_over(id)) result.push_back(id);
  }
  return result;
}

bool Nemesis::is_room_for(const FaultInfo& info) const {
  const std::vector<FaultId> standing = in_force();
  if (std::ssize(standing) >= spec_.at_once_max) return false;
  return !info.takes_down || std::ranges::count_if(standing, [this](FaultId id) {
                               return lab_.faults().info(id)->takes_down;
                             }) < spec_.brokers_down_max;
}

// Whom it may hit. A majority of the controllers goes on running.
NemesisTargets Nemesis::targets_for(const FaultInfo& info) const {
  NemesisTargets targets{.mean = spec_.lasting};
  std::size_t controllers = 0;
  std::size_t controllers_down = 0;
  for (std::uint32_t id = 1; id <= world_.host_count(); ++id) {
    const Host& host = world_.host(HostId(id));
    const Role role = lab_.recorder().member(HostId(id)).role;
    if (role == Role::kController) {
      ++controllers;
      controllers_down += host.state() == HostState::kUp ? 0 : 1;
    }
    if (host.state() != HostState::kUp) continue;
    if (role == Role::kBroker) targets.brokers.emplace_back(id);
    if (role == Role::kController) targets.controllers.emplace_back(id);
    if (role == Role::kProducer || role == Role::kConsumer) targets.clients.emplace_back(id);
  }
  if (info.takes_down && (controllers_down + 1) * 2 >= controllers + 1) targets.controllers.clear();
  for (const auto& [partition, state] : lab_.state().partitions()) {
    if (state.leader.has_value())
      targets.partitions.push_back(fmt::format("{}-{}", partition.topic, partition.partition));
  }
  return targets;
}

void Nemesis::strike() {
  const std::string& family = families_[rng_.below(families_.size())];
  std::vector<const FaultInfo*> candidates;
  for (const FaultInfo* info : spec_.faults) {
    if (info->family == family) candidates.push_back(info);
  }
  const FaultInfo& info = *candidates[rng_.below(candidates.size())];
  const env::Duration lasting = drawn(spec_.lasting);
  if (!is_room_for(info)) return;
  const std::optional<FaultArgs> args = info.draw(targets_for(info), rng_);
  if (!args.has_value()) return;
  const auto id = lab_.faults().inject(info, *args, std::min(lasting, spec_.stop - world_.now()));
  if (!id.has_value()) {
    // What it would hit is in such trouble already. The next one will be another.
    TIT_ASSERT(id.error().is_state, "a fault draws parameters that it takes");
    return;
  }
  mine_.push_back(*id);
  ++injected_;
}

// --- the liveness phase

void Nemesis::calm() {
  for (const FaultId id : in_force()) {
    const auto healed = lab_.faults().heal(id);
    TIT_ASSERT(healed.has_value(), "a fault in force can be healed");
  }
}

void Nemesis::end_safety() {
  world_.cancel(next_);
  calm();
  phase_ = Phase::kLiveness;
  calm_since_ = world_.now();
  lab_.recorder().add_row({.at = world_.now(),
                           .event = "nemesis",
                           .detail = fmt::format("calm after {} faults", injected_)});
  look();
}

void Nemesis::on_observed(const std::string& source, const kafka::Observation& observation) {
  if (phase_ != Phase::kLiveness) return;
  if (const auto* acked = std::get_if<kafka::SendAcked>(&observation.what)) {
    if (acked->intended >= calm_since_) topics_acked_.emplace(acked->partition.topic);
  } else if (std::holds_alternative<kafka::RecordDelivered>(observation.what)) {
    consumers_reached_.insert(source);
  }
}

void Nemesis::look() {
  constexpr env::Duration kEvery = std::chrono::milliseconds(100);
  std::vector<std::string> left = missing();
  if (left.empty()) {
    phase_ = Phase::kRecovered;
    recovered_at_ = world_.now();
    lab_.recorder().add_row(
        {.at = world_.now(),
         .event = "nemesis",
         .detail = "recovered after " + duration_text(recovered_at_ - calm_since_)});
    return;
  }
  if (world_.now() >= calm_since_ + spec_.recover_within) {
    phase_ = Phase::kStuck;
    stuck_ = std::move(left);
    return;
  }
  world_.at(std::min(world_.now() + kEvery, calm_since_ + spec_.recover_within),
            [this] { look(); });
}

std::vector<std::string> Nemesis::missing() const {
  std::vector<std::string> left;
  for (const Host* broker : lab_.brokers()) {
    // What the scenario itself holds down is the scenario's business.
    if (broker->state() == HostState::kUp && !lab_.is_in_service(*broker))
      left.push_back(fmt::format("{} is not back in service and in its ISRs", broker->name()));
  }
  for (const auto& [partition, state] : lab_.state().partitions()) {
    if (!state.leader.has_value()) {
      left.push_back(
          fmt::format("partition {}-{} has no leader", partition.topic, partition.partition));
    }
  }
  for (const std::string& topic : lab_.driven_topics()) {
    if (!topics_acked_.contains(topic))
      left.push_back(fmt::format("no send to {} that was meant after it is acknowledged", topic));
    for (const HostId consumer : lab_.consumers_of(topic)) {
      const Host& host = world_.host(consumer);
      if (host.state() == HostState::kUp && !consumers_reached_.contains(host.name()))
        left.push_back(fmt::format("{} got no record", host.name()));
    }
  }
  return left;
}

std::optional<env::Duration> Nemesis::recovery_time() const {
  if (phase_ != Phase::kRecovered) return std::nullopt;
  return recovered_at_ - calm_since_;
}

std::vector<std::string> Nemesis::failures() const {
  if (phase_ == Phase::kRecovered) return {};
  if (phase_ == Phase::kWaiting || phase_ == Phase::kSafety) {
    return {fmt::format("the run ended at {}, before the nemesis was to stop at {}",
                        duration_text(world_.now().time_since_epoch()),
                        duration_text(spec_.stop.time_since_epoch()))};
  }
  const bool is_stuck = phase_ == Phase::kStuck;
  const std::string head =
      is_stuck ? fmt::format("{} after the nemesis had healed everything (at {}), ",
                             duration_text(spec_.recover_within),
                             duration_text(calm_since_.time_since_epoch()))
               : fmt::format("when the run ended, {} after the nemesis had healed everything, ",
                             duration_text(world_.now() - calm_since_));
  std::vector<std::string> sentences;
  for (const std::string& what : is_stuck ? stuck_ : missing()) sentences.push_back(head + what);
  return sentences;
}

}  // namespace sim
