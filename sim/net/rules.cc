#include "sim/net/rules.h"

#include <algorithm>

namespace sim {
namespace {

bool holds(const std::vector<HostId>& sorted, HostId host) {
  return std::ranges::binary_search(sorted, host);
}

}  // namespace

PartitionHandle Rules::add(std::vector<HostId> a, std::vector<HostId> b, Direction direction) {
  std::ranges::sort(a);
  std::ranges::sort(b);
  const auto index = static_cast<Index>(rules_.size());
  rules_.push_back({.a = std::move(a), .b = std::move(b), .direction = direction});
  active_.push_back(index);
  return PartitionHandle(index);
}

bool Rules::remove(PartitionHandle handle) {
  const auto found = std::ranges::lower_bound(active_, handle.value());
  if (found == active_.end() || *found != handle.value()) return false;
  active_.erase(found);
  return true;
}

std::vector<Rules::Index> Rules::cutting(HostId from, HostId to) const {
  std::vector<Index> result;
  if (from == to) return result;  // no partition runs through a host
  for (const Index index : active_) {
    const Rule& rule = rules_[index];
    const bool is_forward = holds(rule.a, from) && holds(rule.b, to);
    const bool is_backward =
        rule.direction == Direction::kBoth && holds(rule.b, from) && holds(rule.a, to);
    if (is_forward || is_backward) result.push_back(index);
  }
  return result;
}

const RuleCounts& Rules::counts(PartitionHandle handle) const {
  TIT_ASSERT(handle.value() < rules_.size(), "a partition that was never made");
  return rules_[handle.value()].counts;
}

}  // namespace sim
