// A statistic of a metric: "produce.latency p99", "records.failed". What threshold(), compare() and
// metric() measure.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/lab/results.h"

namespace sim {

// What is wrong with an expression, and what to write instead.
struct Complaint {
  std::string message;
  std::string help;
};

class Statistic {
 public:
  // "p50", "p90", "p99", "p99.9" and "max" of a latency are durations, "count" is a number; a count
  // has "count" alone, which may be left out. Unknown names are a complaint with the nearest.
  static std::expected<Statistic, Complaint> parse(std::string_view metric, std::string_view name);
  // Both in one string, with a blank between.
  static std::expected<Statistic, Complaint> parse(std::string_view text);

  bool is_duration() const { return latency_.has_value() && name_ != "count"; }
  std::string text() const;  // as parse() reads it

  // Nanoseconds, or a number. Nothing for a latency without samples.
  std::optional<std::int64_t> value(const Metrics& metrics) const;
  std::string shown(std::optional<std::int64_t> value) const;  // "1.2 ms", "12", "no samples"

 private:
  std::optional<Latency> latency_;  // else a count
  Count count_ = Count::kSent;
  std::string name_;
};

std::optional<Latency> latency_named(std::string_view name);
std::optional<Count> count_named(std::string_view name);
std::vector<std::string_view> metric_names();
// For a name that is no metric.
Complaint unknown_metric(std::string_view name);

}  // namespace sim
