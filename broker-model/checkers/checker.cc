#include "broker-model/checkers/checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace kafka {

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk: return "ok";
    case Verdict::kViolated: return "violated";
    case Verdict::kUnknown: return "unknown";
  }
  return "?";
}

CheckResult Checker::result() const {
  CheckResult result;
  result.name = topic_.empty() ? std::string(name_) : fmt::format("{}({})", name_, topic_);
  result.verdict = is_violated()     ? Verdict::kViolated
                   : evaluated_ == 0 ? Verdict::kUnknown
                                     : Verdict::kOk;
  result.evaluated = evaluated_;
  result.excused = excused_;
  result.detail = describe();
  result.at = violated_at_;
  if (excused_at_.has_value() && (!result.at.has_value() || *excused_at_ < *result.at))
    result.at = excused_at_;
  return result;
}

const CheckerInfo* find_checker(std::string_view name) {
  const auto all = checkers();
  const auto found = std::ranges::find(all, name, &CheckerInfo::name);
  return found == all.end() ? nullptr : &*found;
}

void CheckerSet::add(const CheckerInfo& info, std::string topic, bool allows_excused) {
  auto checker = info.make(*truth_, std::move(topic));
  checker->allow_excused(allows_excused);
  const std::string name = checker->result().name;
  for (const auto& other : checkers_) {
    if (other->result().name != name) continue;
    if (!allows_excused) other->allow_excused(false);
    return;
  }
  checkers_.push_back(std::move(checker));
  watchers_.clear();  // chosen anew
}

void CheckerSet::on_observation(Instant at, std::string_view source, std::optional<NodeId> node,
                                const Observation& observation) {
  const auto partition = truth_->partition_of(observation);
  if (node.has_value()) truth_->on_observation(at, *node, partition, observation);
  tell({.at = at, .source = source, .node = node, .partition = partition}, observation);
}

void CheckerSet::tell(const Sighting& seen, const Observation& observation) {
  if (!seen.partition.has_value()) {
    for (const auto& checker : checkers_) tell(*checker, seen, observation);
    return;
  }
  for (std::size_t index = watchers_.size(); index <= *seen.partition; ++index) {
    std::vector<Checker*>& watching = watchers_.emplace_back();
    for (const auto& checker : checkers_)
      if (checker->watches(truth_->partition(index))) watching.push_back(checker.get());
  }
  for (Checker* checker : watchers_[*seen.partition]) tell(*checker, seen, observation);
}

void CheckerSet::tell(Checker& checker, const Sighting& seen, const Observation& observation) {
  checker.on_observation(seen, observation);
  is_violated_ = is_violated_ || checker.is_violated();
}

void CheckerSet::at_end(Instant at) {
  for (const auto& checker : checkers_) checker->at_end(at);
}

std::vector<CheckResult> CheckerSet::results() const {
  std::vector<CheckResult> results;
  for (const auto& checker : checkers_) results.push_back(checker->result());
  return results;
}

std::string seconds(Instant at) {
  const std::int64_t ms = env::nanos(at) / 1'000'000;
  return fmt::format("{}.{:03}s", ms / 1000, ms % 1000);
}

void OffsetRanges::add(Offset offset) {
  auto after = std::upper_bound(ranges_.begin(), ranges_.end(), offset,
                                [](Offset o, const Range& range) { return o < range.first; });
  if (after != ranges_.begin() && std::prev(after)->last >= offset) return;  // known
  ++count_;
  const bool touches_before = after != ranges_.begin() && std::prev(after)->last + 1 == offset;
  const bool touches_after = after != ranges_.end() && after->first == offset + 1;
  if (touches_before && touches_after) {
    std::prev(after)->last = after->last;
    ranges_.erase(after);
  } else if (touches_before) {
    std::prev(after)->last = offset;
  } else if (touches_after) {
    after->first = offset;
  } else {
    ranges_.insert(after, Range{offset, offset});
  }
}

std::string OffsetRanges::text(std::size_t limit) const {
  std::string text;
  for (std::size_t i = 0; i < ranges_.size() && i < limit; ++i) {
    const Range& range = ranges_[i];
    text += text.empty() ? "" : ", ";
    text += range.first == range.last ? fmt::format("{}", range.first)
                                      : fmt::format("{}..{}", range.first, range.last);
  }
  if (ranges_.size() > limit) text += fmt::format(" and {} more ranges", ranges_.size() - limit);
  return text;
}

}  // namespace kafka
