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

void tour(benchmark::State& state) {
  std::ifstream in(kTour);
  const std::string source{std::istreambuf_iterator<char>(in), {}};
  if (source.empty()) {
    state.SkipWithError("run it from the root of the repository");
    return;
  }
  double seconds = 0;
  double virtual_seconds = 0;
  double events = 0;
  double messages = 0;
  for (auto _ : state) {
    sim::ScenarioOptions options;
    options.path = kTour;
    options.source = source;
    options.parameters["rate"] = std::to_string(state.range(0));
    const auto run = sim::ScenarioRun::create(std::move(options));
    if (run->begin().has_value()) {
      state.SkipWithError("the scenario does not begin");
      return;
    }
    const double started = cpu_seconds();
    const sim::RunReport report = run->finish();
    const double took = cpu_seconds() - started;
    state.SetIterationTime(took);
    for (const kafka::CheckResult& check : report.checks) {
      if (check.verdict != kafka::Verdict::kOk) state.SkipWithError(check.name.c_str());
    }
    seconds += took;
    virtual_seconds += static_cast<double>(report.virtual_time.count()) * 1e-9;
    events += static_cast<double>(report.events);
    messages += static_cast<double>(report.messages);
  }
  state.counters["virtual_s_per_s"] = virtual_seconds / seconds;
  state.counters["events_per_s"] = events / seconds;
  state.counters["messages_per_s"] = messages / seconds;
  state.counters["peak_rss_mb"] = peak_megabytes();
}
BENCHMARK(tour)
    ->Arg(200)
    ->Arg(2'000)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond)
    ->Iterations(3);
BENCHMARK(tour)->Arg(20'000)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
