// A threshold: "p99 < 2s" over a latency, "count < 5" over a count. Parsed when it is declared,
// judged at the end.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "sim/lua/relation.h"
#include "sim/lua/statistic.h"

namespace sim {

class Threshold {
 public:
  static std::expected<Threshold, Complaint> parse(std::string_view metric,
                                                   std::string_view expression);

  // A latency without samples does not pass: nothing passes by never having been asked.
  ThresholdResult judge(const Metrics& metrics) const;

 private:
  std::string metric_;
  std::string expression_;
  Statistic statistic_;
  Relation relation_ = Relation::kLess;
  std::int64_t limit_ = 0;  // nanoseconds, or a number
};

}  // namespace sim
