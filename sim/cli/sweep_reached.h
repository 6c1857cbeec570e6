// ReachedTable: what the seeds of a sweep came to, kind by kind (sim/lab/reachable.h): how often,
// in how many seeds, and the first of them. Made at the end from what each seed answered, so that a
// sweep that was killed and resumed counts nothing twice.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace sim {

// One kind in one run. Kinds are numbered as reachable() lists them.
struct ReachedCount {
  std::uint32_t kind = 0;
  std::uint64_t times = 0;

  friend bool operator==(const ReachedCount&, const ReachedCount&) = default;
};
// What reachable() lacks is left to `unknown`, by name.
using ReachedCounts = std::map<std::string, std::uint64_t, std::less<>>;
std::vector<ReachedCount> numbered(const ReachedCounts& counts, ReachedCounts& unknown);

class ReachedTable {
 public:
  ReachedTable();

  // Seeds in ascending order, each once.
  void add(std::uint64_t seed, const std::vector<ReachedCount>& counts,
           const ReachedCounts& unknown);

  // kind,what,times,seeds,first_seed; all kinds, by name. Those with no seed have no first one.
  std::string csv() const;
  // For people: how many kinds, what is rare, and what never happened.
  std::string render() const;

 private:
  struct Row {
    std::uint64_t times = 0;
    std::uint64_t seeds = 0;
    std::uint64_t first_seed = 0;
  };
  static void add(Row& row, std::uint64_t seed, std::uint64_t times);

  std::vector<std::string> names_;
  std::vector<Row> rows_;               // by kind
  std::map<std::string, Row> unknown_;  // that reachable() lacks
  std::uint64_t seeds_ = 0;
};

}  // namespace sim
