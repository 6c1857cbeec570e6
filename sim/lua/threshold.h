// A threshold: "p99 < 2s" over a latency, "count < 5" over a count. Parsed when it is declared,
// judged at the end.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "sim/lab/results.h"

namespace sim {

class Threshold {
 public:
  struct Complaint {
    std::string message;
    std::string help;
  };
  static std::expected<Threshold, Complaint> parse(std::string_view metric,
                                                   std::string_view expression);

  // A latency without samples does not pass: nothing passes by never having been asked.
  ThresholdResult judge(const Metrics& metrics) const;

 private:
  enum class Relation : std::uint8_t { kLess, kLessEqual, kGreater, kGreaterEqual };
  std::string metric_;
  std::string expression_;
  std::string statistic_;
  Relation relation_ = Relation::kLess;
  std::int64_t limit_ = 0;  // nanoseconds, or a number
};

std::vector<std::string_view> metric_names();

}  // namespace sim
