#include "sim/net/rules.h"

#include <algorithm>

namespace sim {
namespace {

bool holds(const std::vector<HostId>& sorted, HostId host) {
  return std::ranges::binary_search(sorted, host);
}

}  // namespace

RuleHandle Rules::add_at_once_over(Rule rule) {
  std::ranges::sort(rule.a);
  std::ranges::sort(rule.b);
  const auto index = static_cast<Index>(rules_.size());
  rules_.push_back(std::move(rule));
  return RuleHandle(index);
}

RuleHandle Rules::add(Rule rule) {
  const RuleHandle handle = add_at_once_over(std::move(rule));
  active_.push_back(handle.value());
  return handle;
}

bool Rules::remove(RuleHandle handle) {
  const auto found = std::ranges::lower_bound(active_, handle.value());
  if (found == active_.end() || *found != handle.value()) return false;
  active_.erase(found);
  return true;
}

std::vector<Rules::Index> Rules::affecting(HostId from, HostId to) const {
  std::vector<Index> result;
  if (from == to) return result;  // no rule is between a host and itself
  for (const Index index : active_) {
    const Rule& rule = rules_[index];
    const bool is_forward = holds(rule.a, from) && holds(rule.b, to);
    const bool is_backward =
        rule.direction == Direction::kBoth && holds(rule.b, from) && holds(rule.a, to);
    if (is_forward || is_backward) result.push_back(index);
  }
  return result;
}

std::vector<Rules::Index> Rules::of_kind(RuleKind kind) const {
  std::vector<Index> result;
  for (const Index index : active_) {
    if (rules_[index].kind == kind) result.push_back(index);
  }
  return result;
}

const RuleCounts& Rules::counts(RuleHandle handle) const {
  TIT_ASSERT(handle.value() < rules_.size(), "a rule that was never made");
  return rules_[handle.value()].counts;
}

}  // namespace sim
