// The hold model: N events pend, each one fired schedules one successor after U(0, 2 ms). Ours,
// with cancellable handles, against a plain std::priority_queue of 32-byte events in the same
// process, so that the ratio holds on a noisy machine. The two take turns in slices within one
// iteration.
#include <benchmark/benchmark.h>
#include <time.h>

#include <queue>
#include <vector>

#include "sim/core/scheduler.h"

namespace {

constexpr std::uint64_t kSpan = 2'000'000;
constexpr std::uint64_t kSlice = 200'000;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

class WheelHold {
 public:
  explicit WheelHold(std::uint64_t pending) : first_(*this), second_(*this) {
    for (std::uint64_t i = 0; i < pending; ++i) again(i);
  }
  void turn(std::uint64_t count) {
    sim::Event event;
    while (count-- > 0) {
      if (!scheduler_.pop(sim::Scheduler::kNever, event)) std::abort();
      event.target->on_event(event);
    }
  }
  const sim::Scheduler& scheduler() const { return scheduler_; }
  std::uint64_t sum = 0;

 private:
  struct First final : sim::EventTarget {  // two types: the call cannot be predicted away
    explicit First(WheelHold& h) : hold(h) {}
    void on_event(const sim::Event& event) override {
      hold.sum += event.a;
      hold.again(event.a + 1);
    }
    WheelHold& hold;
  };
  struct Second final : sim::EventTarget {
    explicit Second(WheelHold& h) : hold(h) {}
    void on_event(const sim::Event& event) override {
      hold.sum ^= event.a;
      hold.again(event.a + 1);
    }
    WheelHold& hold;
  };
  void again(std::uint64_t a) {
    const env::Duration wait(static_cast<std::int64_t>(rng_.below(kSpan)));
    sim::EventTarget& target = (a & 1) != 0 ? static_cast<sim::EventTarget&>(first_) : second_;
    last_ = scheduler_.schedule(scheduler_.now() + wait, target, a);
    benchmark::DoNotOptimize(last_);
  }
  sim::Scheduler scheduler_;
  env::Rng rng_{1};
  First first_;
  Second second_;
  sim::EventHandle last_;
};

class HeapHold {
 public:
  explicit HeapHold(std::uint64_t pending) {
    for (std::uint64_t i = 0; i < pending; ++i) again(i);
  }
  void turn(std::uint64_t count) {
    while (count-- > 0) {
      const Item item = queue_.top();
      queue_.pop();
      now_ = item.time;
      item.handler(*this, item);
    }
  }
  std::uint64_t sum = 0;

 private:
  struct Item {
    std::uint64_t time, sequence;
    void (*handler)(HeapHold&, const Item&);
    std::uint64_t a;
  };
  static_assert(sizeof(Item) == 32);
  struct Later {
    bool operator()(const Item& x, const Item& y) const {
      return x.time != y.time ? x.time > y.time : x.sequence > y.sequence;
    }
  };
  static void first(HeapHold& hold, const Item& item) {
    hold.sum += item.a;
    hold.again(item.a + 1);
  }
  static void second(HeapHold& hold, const Item& item) {
    hold.sum ^= item.a;
    hold.again(item.a + 1);
  }
  void again(std::uint64_t a) {
    const std::uint64_t wait = rng_.below(kSpan);
    queue_.push({now_ + wait, sequence_++, (a & 1) != 0 ? first : second, a});
  }
  std::priority_queue<Item, std::vector<Item>, Later> queue_;
  env::Rng rng_{1};
  std::uint64_t now_ = 0, sequence_ = 0;
};

void hold_model(benchmark::State& state) {
  const auto pending = static_cast<std::uint64_t>(state.range(0));
  WheelHold wheel(pending);
  HeapHold heap(pending);
  wheel.turn(2 * pending);
  heap.turn(2 * pending);
  double wheel_seconds = 0;
  double heap_seconds = 0;
  std::uint64_t events = 0;
  for (auto _ : state) {
    const double t0 = cpu_seconds();
    wheel.turn(kSlice);
    const double t1 = cpu_seconds();
    heap.turn(kSlice);
    const double t2 = cpu_seconds();
    wheel_seconds += t1 - t0;
    heap_seconds += t2 - t1;
    events += kSlice;
    state.SetIterationTime(t1 - t0);
  }
  if (wheel.sum != heap.sum) state.SkipWithError("the two orders differ");
  const auto count = static_cast<double>(events);
  state.counters["events_per_s"] = count / wheel_seconds;
  state.counters["priority_queue_per_s"] = count / heap_seconds;
  state.counters["ratio"] = heap_seconds / wheel_seconds;
  state.counters["bytes_per_event"] =
      static_cast<double>(wheel.scheduler().memory_bytes()) / static_cast<double>(pending);
}
BENCHMARK(hold_model)->Arg(1'000)->Arg(100'000)->Arg(1'000'000)->UseManualTime()->MinTime(1);

}  // namespace
