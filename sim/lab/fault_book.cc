#include "sim/lab/fault_book.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/core/quantities.h"
#include "sim/lab/fault_args.h"

namespace sim {

env::Rng& FaultBook::next_stream() {
  return world_.streams().stream(fmt::format("fault/{}", entries_.size() + 1));
}

std::expected<FaultId, FaultRefusal> FaultBook::inject(const FaultInfo& info, const FaultArgs& args,
                                                       std::optional<env::Duration> duration) {
  const auto index = entries_.size();
  FaultContext context{.world = world_,
                       .network = network_,
                       .rng = next_stream(),
                       .lab = &lab_,
                       .ended = [this, index] { end(index, End::kItself); }};
  std::string label = fault_label(info, args, world_);
  FaultResult made = info.install(context, args);
  if (!made.has_value()) return std::unexpected(std::move(made.error()));
  const FaultId id = add(std::move(label), std::move(*made));
  entries_[index].info = &info;
  if (duration.has_value()) {
    entries_[index].has_timer = true;
    entries_[index].timer = world_.at(world_.now() + *duration, [this, index] {
      entries_[index].has_timer = false;
      if (entries_[index].end != End::kNone) return;
      entries_[index].fault->heal();
      end(index, End::kDuration);
    });
  }
  return id;
}

FaultId FaultBook::add(std::string label, std::unique_ptr<Fault> fault) {
  entries_.push_back({.info = nullptr, .fault = std::move(fault)});
  records_.push_back({.name = std::move(label), .at = world_.now(), .until = std::nullopt});
  if (listener_) listener_(records_.back(), "fault", "");
  return FaultId(static_cast<std::uint32_t>(entries_.size() - 1));
}

void FaultBook::end_as(FaultId id, std::string_view event, std::string_view outcome) {
  end(id.value(), End::kItself, event, outcome);
}

std::expected<void, std::string> FaultBook::heal(FaultId id) {
  Entry& entry = entries_.at(id.value());
  const FaultRecord& record = records_[id.value()];
  if (entry.end != End::kNone) {
    const std::string_view how = entry.end == End::kHealed     ? "was healed"
                                 : entry.end == End::kDuration ? "ended with its duration"
                                 : entry.end == End::kStarted  ? "ended when its node was started"
                                                               : "ended by itself";
    return std::unexpected(
        fmt::format("\"{}\" {} at {} already", record.name, how,
                    duration_text(record.until.value_or(record.at).time_since_epoch())));
  }
  entry.fault->heal();
  end(id.value(), End::kHealed);
  return {};
}

bool FaultBook::start(Host& host) {
  if (host.state() != HostState::kDown) return false;
  const bool has_started = host.start();
  end_started();
  return has_started;
}

void FaultBook::end_started() {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].end != End::kNone) continue;
    const std::vector<HostId> down = entries_[i].fault->down();
    const auto is_up = [this](HostId id) { return world_.host(id).state() != HostState::kDown; };
    if (!down.empty() && std::ranges::all_of(down, is_up)) {
      entries_[i].fault->heal();  // what it still had in mind
      end(i, End::kStarted);
    }
  }
}

void FaultBook::end(std::size_t index, End how, std::string_view event, std::string_view outcome) {
  Entry& entry = entries_[index];
  if (entry.end != End::kNone) return;
  entry.end = how;
  if (entry.has_timer) {
    world_.cancel(entry.timer);
    entry.has_timer = false;
  }
  records_[index].until = world_.now();
  write_effects(index);
  if (listener_) listener_(records_[index], event, outcome);
  if (how != End::kStarted && !entry.fault->down().empty()) end_started();
}

std::uint64_t FaultBook::affected(FaultId id) const {
  std::uint64_t sum = 0;
  for (const Effect& effect : effects(id)) {
    if (effect.unit == Effect::Unit::kCount) sum += effect.amount;
  }
  return sum;
}

void FaultBook::write_effects(std::size_t index) {
  FaultRecord& record = records_[index];
  record.affected = affected(FaultId(static_cast<std::uint32_t>(index)));
  record.effects.clear();
  for (const Effect& effect : entries_[index].fault->effects()) {
    record.effects.push_back({.what = std::string(effect.what),
                              .amount = effect.amount,
                              .is_time = effect.unit == Effect::Unit::kTime});
  }
}

void FaultBook::finish() {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].end == End::kNone) write_effects(i);
  }
}

}  // namespace sim
