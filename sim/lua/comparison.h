// compare(): a statistic held side by side for all variants of a scenario, and, with an expression
// ("acks=1 < acks=all"), a claim about two of them. Parsed when it is declared; judged when every
// variant has run.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "sim/lua/relation.h"
#include "sim/lua/statistic.h"

namespace sim {

class Comparison {
 public:
  // `expression` may be empty: only the table. `place` is "file:line: " of the declaration.
  static std::expected<Comparison, Complaint> parse(std::string_view statistic,
                                                    std::string_view expression, std::string place);

  const std::string& place() const { return place_; }
  // The variants that the expression names; none for a table alone.
  std::vector<std::string_view> names() const;

  struct Sample {
    std::string variant;
    const Metrics* metrics = nullptr;
  };
  // A statistic without samples satisfies no claim. REQUIRES: every name is among the samples.
  ComparisonResult judge(const std::vector<Sample>& samples) const;

  friend bool operator==(const Comparison& a, const Comparison& b) {
    return a.place_ == b.place_ && a.expression_ == b.expression_ &&
           a.statistic_.text() == b.statistic_.text();
  }

 private:
  Statistic statistic_;
  std::string expression_;
  std::string left_;
  std::string right_;
  Relation relation_ = Relation::kLess;
  std::string place_;
};

// Whether a variant's name could be told from the rest of an expression.
bool is_comparable_name(std::string_view name);

}  // namespace sim
