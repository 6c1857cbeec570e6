#include "sim/lab/metrics.h"

#include <fmt/format.h>

#include <algorithm>

namespace sim {
namespace {

std::string microseconds(env::Duration d) {  // exact, without floating point
  return fmt::format("{}.{:03}", d.count() / 1000, d.count() % 1000);
}

}  // namespace

const MetricInfo& info(Latency which) {
  static constexpr MetricInfo kProduce{
      "produce.latency", "us",
      "from the intended send time to the producer's callback, success only"};
  static constexpr MetricInfo kEndToEnd{
      "e2e.latency", "us", "from the intended send time to the first delivery to a consumer"};
  switch (which) {
    case Latency::kProduce: return kProduce;
    case Latency::kEndToEnd: return kEndToEnd;
  }
  return kProduce;
}

const MetricInfo& info(Count which) {
  static constexpr MetricInfo kSent{"records.sent", "records",
                                    "meant to be sent, also to a producer that was down"};
  static constexpr MetricInfo kAcked{"records.acked", "records", "the callback said success"};
  static constexpr MetricInfo kFailed{"records.failed", "records", "the callback said failure"};
  static constexpr MetricInfo kUnfinished{
      "records.unfinished", "records",
      "no callback by the end of the run, or the producer was down"};
  static constexpr MetricInfo kDelivered{"records.delivered", "records",
                                         "returned by a consumer's poll"};
  switch (which) {
    case Count::kSent: return kSent;
    case Count::kAcked: return kAcked;
    case Count::kFailed: return kFailed;
    case Count::kUnfinished: return kUnfinished;
    case Count::kDelivered: return kDelivered;
  }
  return kSent;
}

void Metrics::add(Latency which, env::Instant intended, env::Duration value) {
  LatencySeries& series = latencies_[static_cast<std::size_t>(which)];
  const std::size_t window = window_of(intended);
  if (window >= series.windows.size()) series.windows.resize(window + 1);
  series.total.add(value);
  series.windows[window].add(value);
}

void Metrics::add(Count which, env::Instant when) {
  CountSeries& series = counts_[static_cast<std::size_t>(which)];
  const std::size_t window = window_of(when);
  if (window >= series.windows.size()) series.windows.resize(window + 1);
  ++series.total;
  ++series.windows[window];
}

std::string Metrics::csv() const {
  std::string text = "time_ms,metric,value\n";
  const std::int64_t step = env::millis(window_);
  for (Latency which : kLatencies) {
    const std::vector<Histogram>& windows = of(which).windows;
    for (std::size_t i = 0; i < windows.size(); ++i) {
      const Histogram& h = windows[i];
      if (h.count() == 0) continue;
      const std::int64_t time = static_cast<std::int64_t>(i) * step;
      const auto row = [&](std::string_view statistic, const std::string& value) {
        text += fmt::format("{},{}.{},{}\n", time, info(which).name, statistic, value);
      };
      row("count", std::to_string(h.count()));
      row("p50_us", microseconds(h.percentile(50, 100)));
      row("p99_us", microseconds(h.percentile(99, 100)));
      row("max_us", microseconds(h.max()));
    }
  }
  for (Count which : kCounts) {
    const std::vector<std::uint64_t>& windows = of(which).windows;
    for (std::size_t i = 0; i < windows.size(); ++i) {
      text += fmt::format("{},{},{}\n", static_cast<std::int64_t>(i) * step, info(which).name,
                          windows[i]);
    }
  }
  return text;
}

std::string Metrics::histograms_csv() const {
  std::string text = "metric,low_us,high_us,count\n";
  for (Latency which : kLatencies) {
    for (const Histogram::Bucket& bucket : of(which).total.buckets()) {
      text += fmt::format("{},{},{},{}\n", info(which).name, microseconds(bucket.low),
                          microseconds(bucket.high), bucket.count);
    }
  }
  return text;
}

}  // namespace sim
