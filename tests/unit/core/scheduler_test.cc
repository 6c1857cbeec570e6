#include "sim/core/scheduler.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

namespace {

using env::Duration;
using env::Instant;
using sim::Event;
using sim::EventHandle;
using sim::Scheduler;

constexpr Instant at(std::int64_t ns) { return Instant(Duration(ns)); }

struct Nobody final : sim::EventTarget {
  void on_event(const Event&) override {}
};

// The reference: a 4-ary heap ordered by (time, tie, seq), cancelled by an own list of flags.
class ReferenceHeap {
 public:
  std::uint64_t push(std::uint64_t time, std::uint32_t tie) {
    const std::uint64_t seq = is_cancelled_.size();
    is_cancelled_.push_back(false);
    keys_.emplace_back(time, tie, seq);
    for (std::size_t i = keys_.size() - 1; i > 0 && keys_[i] < keys_[(i - 1) / 4];
         i = (i - 1) / 4) {
      std::swap(keys_[i], keys_[(i - 1) / 4]);
    }
    return seq;
  }
  void cancel(std::uint64_t seq) { is_cancelled_[seq] = true; }
  bool pop(std::uint64_t limit, std::uint64_t& time, std::uint64_t& seq) {
    while (!keys_.empty()) {
      const Key first = keys_[0];
      if (std::get<0>(first) > limit) return false;
      remove_first();
      if (is_cancelled_[std::get<2>(first)]) continue;
      time = std::get<0>(first);
      seq = std::get<2>(first);
      return true;
    }
    return false;
  }

 private:
  using Key = std::tuple<std::uint64_t, std::uint32_t, std::uint64_t>;
  void remove_first() {
    keys_[0] = keys_.back();
    keys_.pop_back();
    for (std::size_t i = 0;;) {
      std::size_t best = i;
      for (std::size_t c = 4 * i + 1; c < std::min(4 * i + 5, keys_.size()); ++c) {
        if (keys_[c] < keys_[best]) best = c;
      }
      if (best == i) return;
      std::swap(keys_[i], keys_[best]);
      i = best;
    }
  }
  std::vector<Key> keys_;
  std::vector<bool> is_cancelled_;
};

// Drives both queues with the same random script and demands the same pops.
class Differential {
 public:
  Differential(std::uint64_t seed, bool with_ties)
      : rng_(seed), ties_(seed), reference_ties_(seed) {
    with_ties_ = with_ties;
    if (with_ties) scheduler_.draw_ties_from(ties_);
  }

  bool run(int steps) {
    for (int i = 0; i < steps; ++i) {
      const std::uint64_t kind = rng_.below(100);
      bool is_same = true;
      if (kind < 45) {
        push();
      } else if (kind < 55) {
        is_same = cancel();
      } else if (kind < 60) {
        burst();
      } else if (kind < 90) {
        is_same = pop(UINT64_MAX >> 1);
      } else {
        is_same = pop(now() + delay());
      }
      if (!is_same) return false;
    }
    while (scheduler_.pending() > 0) {
      if (!pop(UINT64_MAX >> 1)) return false;
    }
    return pop(UINT64_MAX >> 1);  // both empty
  }

 private:
  std::uint64_t now() const { return static_cast<std::uint64_t>(env::nanos(scheduler_.now())); }

  // Equal times, near, crowded, far and farther than 2^48.
  std::uint64_t delay() {
    switch (rng_.below(8)) {
      case 0: return 0;
      case 1: return rng_.below(4);
      case 2: return rng_.below(100);
      case 3: return rng_.below(5000);
      case 4: return rng_.below(2'000'000);
      case 5: return 1'000'000 * rng_.below(40);
      case 6: return rng_.below(60'000'000'000);
      default: return now() < (std::uint64_t{1} << 60) ? rng_.below(std::uint64_t{1} << 58) : 1;
    }
  }

  void push() { push(now() + delay()); }
  void push(std::uint64_t time) {
    const bool is_cancellable = rng_.chance(1, 2);
    const std::uint32_t tie =
        with_ties_ ? static_cast<std::uint32_t>(reference_ties_.next() >> 32) : 0;
    const std::uint64_t seq = reference_.push(time, tie);
    if (is_cancellable) {
      handles_[seq] = scheduler_.schedule(at(static_cast<std::int64_t>(time)), nobody_, seq);
    } else {
      scheduler_.post(at(static_cast<std::int64_t>(time)), nobody_, seq);
    }
  }

  void burst() {
    const std::uint64_t count = rng_.below(700);
    const std::uint64_t first = now() + delay();
    const std::uint64_t spread = 1 + rng_.below(4) * rng_.below(10'000);
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t time = first + rng_.below(spread);
      push(time);
    }
  }

  bool cancel() {
    if (handles_.empty()) return true;
    auto chosen = handles_.lower_bound(rng_.below(handles_.rbegin()->first + 1));
    reference_.cancel(chosen->first);
    const bool was_pending = scheduler_.cancel(chosen->second);
    const bool is_gone = !scheduler_.cancel(chosen->second);
    handles_.erase(chosen);
    return was_pending && is_gone;
  }

  bool pop(std::uint64_t limit) {
    std::uint64_t time = 0;
    std::uint64_t seq = 0;
    Event event;
    const bool expected = reference_.pop(limit, time, seq);
    const bool endless = limit == UINT64_MAX >> 1;
    const bool found =
        scheduler_.pop(endless ? Scheduler::kNever : at(static_cast<std::int64_t>(limit)), event);
    if (!found) return !expected && (endless || now() == limit);
    const auto handle = handles_.find(seq);
    if (handle != handles_.end()) {
      if (scheduler_.cancel(handle->second)) return false;  // popped: the handle is stale
      handles_.erase(handle);
    }
    return expected && event.time == time && event.a == seq && now() == time;
  }

  env::Rng rng_;
  env::Rng ties_;
  env::Rng reference_ties_;
  bool with_ties_ = false;
  Scheduler scheduler_;
  ReferenceHeap reference_;
  Nobody nobody_;
  std::map<std::uint64_t, EventHandle> handles_;
};

std::vector<std::uint64_t> drain(Scheduler& scheduler) {
  std::vector<std::uint64_t> order;
  Event event;
  while (scheduler.pop(Scheduler::kNever, event)) order.push_back(event.a);
  return order;
}

TEST_CASE(
    "random schedules with cancels, bursts and times beyond 2^48: same order as a 4-ary heap") {
  CHECK(rc::check([](std::uint64_t seed) { RC_ASSERT(Differential(seed, false).run(600)); }));
}

TEST_CASE("drawn ties: the order is (time, tie, seq), same as a 4-ary heap") {
  CHECK(rc::check([](std::uint64_t seed) { RC_ASSERT(Differential(seed, true).run(400)); }));
}

TEST_CASE("10 000 events of one time are first in, first out, newcomers of that time last") {
  Scheduler scheduler;
  Nobody nobody;
  for (std::uint64_t i = 0; i < 10'000; ++i) scheduler.post(at(1'000'000), nobody, i);
  std::vector<std::uint64_t> order;
  Event event;
  while (scheduler.pop(Scheduler::kNever, event)) {
    order.push_back(event.a);
    if (event.a == 50) scheduler.post(scheduler.now(), nobody, 10'000);
  }
  REQUIRE(order.size() == 10'001);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("a pop that ends at its limit leaves room for events before the next pending one") {
  Scheduler scheduler;
  Nobody nobody;
  for (std::uint64_t i = 0; i < 3; ++i)
    scheduler.post(at(1000 + static_cast<std::int64_t>(i)), nobody, i);
  Event event;
  CHECK_FALSE(scheduler.pop(at(500), event));
  CHECK(scheduler.now() == at(500));
  scheduler.post(at(500), nobody, 7);
  scheduler.post(at(999), nobody, 8);
  CHECK(drain(scheduler) == std::vector<std::uint64_t>{7, 8, 0, 1, 2});
}

TEST_CASE("when only cancelled events remained, time can go on from where it stood") {
  Scheduler scheduler;
  Nobody nobody;
  const EventHandle handle = scheduler.schedule(at(1'000'000), nobody);
  CHECK(scheduler.cancel(handle));
  CHECK(scheduler.pending() == 0);
  Event event;
  CHECK_FALSE(scheduler.pop(Scheduler::kNever, event));
  CHECK(scheduler.now() == at(0));
  scheduler.post(at(1), nobody, 1);
  CHECK(drain(scheduler) == std::vector<std::uint64_t>{1});
}

TEST_CASE("a handle never names the next event of its slot") {
  Scheduler scheduler;
  Nobody nobody;
  const EventHandle first = scheduler.schedule(at(1), nobody, 1);
  Event event;
  CHECK(scheduler.pop(Scheduler::kNever, event));
  const EventHandle second = scheduler.schedule(at(2), nobody, 2);
  CHECK(first.slot == second.slot);
  CHECK_FALSE(scheduler.cancel(first));
  CHECK(scheduler.pending() == 1);
  CHECK(scheduler.cancel(second));
  CHECK_FALSE(scheduler.cancel(EventHandle{}));
}

TEST_CASE("a million pending events with handles take at most 100 bytes each") {
  Scheduler scheduler;
  Nobody nobody;
  env::Rng rng(1);
  for (int i = 0; i < 1'000'000; ++i) {
    scheduler.schedule(at(rng.between(0, 2'000'000)), nobody);
  }
  Event event;
  for (int i = 0; i < 1'000'000; ++i) {
    REQUIRE(scheduler.pop(Scheduler::kNever, event));
    const std::int64_t wait = rng.between(0, 2'000'000);
    scheduler.schedule(scheduler.now() + Duration(wait), nobody);
  }
  CHECK(scheduler.pending() == 1'000'000);
  CHECK(scheduler.memory_bytes() <= 100'000'000);
}

}  // namespace
