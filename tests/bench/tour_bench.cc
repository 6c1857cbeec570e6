// The tour as a whole, scenarios/tour/leader-crash.lua with all its checkers, at rising rates, as
// virtual seconds for a second of CPU. One run is one iteration.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <fstream>
#include <iterator>
#include <string>

#include "sim/lua/scenario.h"

namespace {

constexpr const char* kTour = "scenarios/tour/leader-crash.lua";

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Of the process since its start: meaningful when a benchmark runs alone, or after smaller ones.
double peak_megabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

// 100 handlers of events that the tour does not have, or that are of another partition: what a
// hook costs that is not called.
constexpr const char* kIdleHooks =
    "for i = 1, 10 do\n"
    "  for _, event in ipairs { 'log-start', 'send-failed', 'timeout', 'controller' } do\n"
    "    on(event, { nth = 1000000 }, error)\n"
    "  end\n"
    "  for _, event in ipairs { 'election', 'isr-change', 'truncate' } do\n"
    "    on(event, { topic = orders, partition = 2, nth = 1000000 }, error)\n"
    "  end\n"
    "  for _, api in ipairs { 'Envelope', 'BrokerRegistration', 'AlterPartition' } do\n"
    "    on('message', { api = api, nth = 1000000 }, error)\n"
    "  end\n"
    "end\n";

std::string tour_source() {
  std::ifstream in(kTour);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Lap {
  double cpu_seconds = 0;
  double virtual_seconds = 0;
  double events = 0;
  double messages = 0;
};

// One run of the scenario; what went wrong is left in `state`.
Lap run_lap(benchmark::State& state, const std::string& source) {
  sim::ScenarioOptions options;
  options.path = kTour;
  options.source = source;
  options.parameters["rate"] = std::to_string(state.range(0));
  const auto run = sim::ScenarioRun::create(std::move(options));
  if (run->begin().has_value()) {
    state.SkipWithError("the scenario does not begin: run it from the root of the repository");
    return {};
  }
  const double started = cpu_seconds();
  const sim::RunReport report = run->finish();
  const double took = cpu_seconds() - started;
  for (const kafka::CheckResult& check : report.checks) {
    if (check.verdict != kafka::Verdict::kOk) state.SkipWithError(check.name.c_str());
  }
  return {.cpu_seconds = took,
          .virtual_seconds = static_cast<double>(report.virtual_time.count()) * 1e-9,
          .events = static_cast<double>(report.events),
          .messages = static_cast<double>(report.messages)};
}

void tour(benchmark::State& state) {
  const std::string source = tour_source();
  Lap sum;
  for (auto _ : state) {
    const Lap lap = run_lap(state, source);
    state.SetIterationTime(lap.cpu_seconds);
    sum.cpu_seconds += lap.cpu_seconds;
    sum.virtual_seconds += lap.virtual_seconds;
    sum.events += lap.events;
    sum.messages += lap.messages;
  }
  state.counters["virtual_s_per_s"] = sum.virtual_seconds / sum.cpu_seconds;
  state.counters["events_per_s"] = sum.events / sum.cpu_seconds;
  state.counters["messages_per_s"] = sum.messages / sum.cpu_seconds;
  state.counters["peak_rss_mb"] = peak_megabytes();
}
BENCHMARK(tour)
    ->Arg(200)
    ->Arg(2'000)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond)
    ->Iterations(3);
BENCHMARK(tour)->Arg(20'000)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(1);

// The tour with the hooks and without, by turns: one processor's good and bad minutes for both.
void idle_hooks(benchmark::State& state) {
  const std::string plain = tour_source();
  std::string hooked = plain;
  hooked.insert(hooked.find("run_for("), kIdleHooks);
  double plain_seconds = 0;
  double hooked_seconds = 0;
  for (auto _ : state) {
    plain_seconds += run_lap(state, plain).cpu_seconds;
    const Lap lap = run_lap(state, hooked);
    hooked_seconds += lap.cpu_seconds;
    state.SetIterationTime(lap.cpu_seconds);
  }
  state.counters["slowdown"] = hooked_seconds / plain_seconds;
}
BENCHMARK(idle_hooks)
    ->Name("tour_with_100_idle_hooks")
    ->Arg(200)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond)
    ->Iterations(10);

}  // namespace
