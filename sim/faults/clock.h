// The common part of faults of the wall clock: how often it was misread, and whether it was.
// Only the wall clock goes wrong: timers count on the monotonic one, as System.nanoTime does.
#pragma once

#include "sim/faults/fault.h"

namespace sim {

class ClockMisreadings {
 public:
  explicit ClockMisreadings(Host& host) : host_(host), before_(host.troubles().clock_misread) {}
  void stop() { after_ = count(); }
  Effects effects() const { return {{"wrong clock readings", after_.value_or(count())}}; }

 private:
  std::uint64_t count() const { return host_.troubles().clock_misread - before_; }

  Host& host_;
  std::uint64_t before_;
  std::optional<std::uint64_t> after_;
};

// Either way, up to `most`, never zero.
std::int64_t draw_either_way(std::int64_t most, env::Rng& rng);

}  // namespace sim
