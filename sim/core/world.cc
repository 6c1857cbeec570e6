#include "sim/core/world.h"

#include <fmt/format.h>

#include <utility>

namespace sim {

World::World(const WorldOptions& options)
    : streams_(options.seed, options.decisions, options.draws),
      check_every_event_(options.check_every_event),
      wall_clock_at_start_(options.wall_clock_at_start) {
  if (options.draws_ties) scheduler_.draw_ties_from(streams_.stream("ties"));
}

World::~World() = default;

void World::attach_network(Network& network) {
  TIT_ASSERT(hosts_.empty(), "the network comes before the hosts");
  network_ = &network;
}

Host& World::add_host(HostOptions options) {
  TIT_ASSERT(find_host(options.name) == nullptr, "a host's name is its own");
  const HostId id(static_cast<std::uint32_t>(hosts_.size()) + 1);
  const std::string rack = options.rack;
  hosts_.push_back(std::make_unique<Host>(*this, id, std::move(options)));
  Host& host = *hosts_.back();
  network().add_host(id, host.name(), rack, host);
  return host;
}

Host& World::host(HostId id) {
  TIT_ASSERT(id.value() >= 1 && id.value() <= hosts_.size(), "a host of this world");
  return *hosts_[id.value() - 1];
}

Host* World::find_host(std::string_view name) {
  for (const auto& host : hosts_) {
    if (host->name() == name) return host.get();
  }
  return nullptr;
}

bool World::run_one(env::Instant limit) {
  Event event;
  if (!scheduler_.pop(limit, event)) return false;
  ++events_;
  event.target->on_event(event);
  return true;
}

RunResult World::run_until(env::Instant limit) {
  is_stopping_ = false;
  while (run_one(limit)) {
    if (is_stopping_) return RunResult::kStopped;
  }
  return RunResult::kReached;
}

RunResult World::run_until(env::Instant limit, std::uint64_t last_event) {
  is_stopping_ = false;
  while (events_ < last_event && run_one(limit)) {
    if (is_stopping_) return RunResult::kStopped;
  }
  return RunResult::kReached;
}

RunResult World::run_events(std::uint64_t count) {
  is_stopping_ = false;
  for (; count > 0; --count) {
    if (!run_one(Scheduler::kNever)) return RunResult::kIdle;
    if (is_stopping_) return RunResult::kStopped;
  }
  return RunResult::kReached;
}

std::uint64_t World::digest() const {
  Digest whole = digest_;
  streams_.add_to(whole);
  return whole.value();
}

World::CallbackId World::at(env::Instant when, Callback callback) {
  std::uint64_t slot = callbacks_.size();
  if (callback_slots_free_.empty()) {
    callbacks_.emplace_back();
  } else {
    slot = callback_slots_free_.back();
    callback_slots_free_.pop_back();
  }
  callbacks_[slot] = std::move(callback);
  return scheduler_.schedule_first(when, *this, slot);
}

// The callback itself stays until its slot is used again or the world ends: its event is dropped in
// the queue and never tells its slot.
bool World::cancel(CallbackId id) { return scheduler_.cancel(id); }

void World::on_event(const Event& event) {
  Callback callback = std::exchange(callbacks_[event.a], nullptr);
  callback_slots_free_.push_back(event.a);
  EventRecord record{.kind = EventKind::kCallback};
  begin_record(record);
  callback();
  end_record(record);
}

void World::verify(const EventRecord& record) {
  std::uint64_t draws = 0;
  std::uint64_t index = 0;  // so that a draw moved from one stream to another shows too
  streams_.for_each([&](std::string_view, std::uint64_t count) { draws += count * ++index; });
  if (!verifier_->on_event(record, digest_.value(), draws)) is_stopping_ = true;
}

std::string World::describe() const {
  return fmt::format("seed {}, event {}, virtual time {} ns, last: {}", streams_.seed(), events_,
                     env::nanos(now()), to_string(last_record_));
}

}  // namespace sim
