// Metrics of a run: counters, latency histograms, and both per window of virtual time.
//
// A sample belongs to the window of its intended send time, so that an outage shows where users met
// it and not where it was over (no coordinated omission).
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/lab/histogram.h"

namespace sim {

// A latency over the whole run, and window by window.
struct LatencySeries {
  Histogram total;
  std::vector<Histogram> windows;  // by window number; may be shorter than the run
};

// How many per window.
struct CountSeries {
  std::uint64_t total = 0;
  std::vector<std::uint64_t> windows;
};

enum class Latency : std::uint8_t { kProduce, kEndToEnd };
enum class Count : std::uint8_t { kSent, kAcked, kFailed, kUnfinished, kDelivered };

struct MetricInfo {
  std::string_view name;
  std::string_view unit;
  std::string_view doc;
};
const MetricInfo& info(Latency);  // "produce.latency", "e2e.latency"
const MetricInfo& info(Count);    // "records.sent", ...
inline constexpr std::array kLatencies{Latency::kProduce, Latency::kEndToEnd};
inline constexpr std::array kCounts{Count::kSent, Count::kAcked, Count::kFailed, Count::kUnfinished,
                                    Count::kDelivered};

class Metrics {
 public:
  explicit Metrics(env::Duration window = std::chrono::seconds(1)) : window_(window) {}

  void add(Latency, env::Instant intended, env::Duration value);
  void add(Count, env::Instant when);

  env::Duration window() const { return window_; }
  const LatencySeries& of(Latency which) const {
    return latencies_[static_cast<std::size_t>(which)];
  }
  const CountSeries& of(Count which) const { return counts_[static_cast<std::size_t>(which)]; }

  // metrics.csv: time_ms,metric,value; a row per window and statistic. Times are window starts.
  std::string csv() const;
  // histograms.csv: metric,low_us,high_us,count.
  std::string histograms_csv() const;

 private:
  std::size_t window_of(env::Instant t) const {
    return static_cast<std::size_t>(env::nanos(t) / window_.count());
  }
  env::Duration window_;
  std::array<LatencySeries, kLatencies.size()> latencies_;
  std::array<CountSeries, kCounts.size()> counts_;
};

}  // namespace sim
