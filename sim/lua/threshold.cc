#include "sim/lua/threshold.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "broker-model/types/config.h"
#include "sim/lua/diagnostic.h"

namespace sim {
namespace {

constexpr std::array<std::string_view, 6> kStatistics{"p50", "p90", "p99", "p99.9", "max", "count"};

std::optional<Latency> latency_named(std::string_view name) {
  for (Latency which : kLatencies) {
    if (info(which).name == name) return which;
  }
  return std::nullopt;
}

std::optional<Count> count_named(std::string_view name) {
  for (Count which : kCounts) {
    if (info(which).name == name) return which;
  }
  return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

env::Duration statistic_of(const Histogram& h, std::string_view statistic) {
  if (statistic == "p50") return h.percentile(50, 100);
  if (statistic == "p90") return h.percentile(90, 100);
  if (statistic == "p99") return h.percentile(99, 100);
  if (statistic == "p99.9") return h.percentile(999, 1000);
  return h.max();
}

}  // namespace

std::vector<std::string_view> metric_names() {
  std::vector<std::string_view> names;
  for (Latency which : kLatencies) names.push_back(info(which).name);
  for (Count which : kCounts) names.push_back(info(which).name);
  return names;
}

std::expected<Threshold, Threshold::Complaint> Threshold::parse(std::string_view metric,
                                                                std::string_view expression) {
  const bool is_latency = latency_named(metric).has_value();
  if (!is_latency && !count_named(metric).has_value()) {
    const auto names = metric_names();
    const std::string help = help_for_unknown(metric, names, "titorelli list metrics");
    return std::unexpected(Complaint{fmt::format("unknown metric \"{}\"", metric), help});
  }
  const Complaint shape{
      fmt::format("cannot read the threshold \"{}\"", expression),
      is_latency ? "write a statistic, a comparison and a duration: \"p99 < 2s\" (p50, p90, p99, "
                   "p99.9, max, or count with a number)"
                 : "write \"count\", a comparison and a number: \"count < 5\""};
  const std::size_t at = expression.find_first_of("<>");
  if (at == std::string_view::npos) return std::unexpected(shape);
  const bool has_equal = at + 1 < expression.size() && expression[at + 1] == '=';
  Threshold threshold;
  threshold.metric_ = metric;
  threshold.expression_ = expression;
  threshold.statistic_ = trimmed(expression.substr(0, at));
  threshold.relation_ = expression[at] == '<'
                            ? (has_equal ? Relation::kLessEqual : Relation::kLess)
                            : (has_equal ? Relation::kGreaterEqual : Relation::kGreater);
  const std::string_view limit = trimmed(expression.substr(at + (has_equal ? 2 : 1)));
  const bool is_count = threshold.statistic_ == "count";
  if (std::find(kStatistics.begin(), kStatistics.end(), threshold.statistic_) ==
          kStatistics.end() ||
      (!is_latency && !is_count)) {
    return std::unexpected(shape);
  }
  if (is_count) {
    const auto parsed =
        std::from_chars(limit.data(), limit.data() + limit.size(), threshold.limit_);
    if (parsed.ec != std::errc() || parsed.ptr != limit.data() + limit.size())
      return std::unexpected(shape);
  } else {
    const auto nanos = parse_duration(limit);
    if (!nanos.has_value()) return std::unexpected(shape);
    threshold.limit_ = *nanos;
  }
  return threshold;
}

ThresholdResult Threshold::judge(const Metrics& metrics) const {
  ThresholdResult result{
      .metric = metric_, .expression = expression_, .value = {}, .value_us = 0, .ok = false};
  std::int64_t value = 0;
  if (const auto count = count_named(metric_); count.has_value()) {
    value = static_cast<std::int64_t>(metrics.of(*count).total);
    result.value = std::to_string(value);
  } else {
    const Histogram& h = metrics.of(*latency_named(metric_)).total;
    if (statistic_ == "count") {
      value = static_cast<std::int64_t>(h.count());
      result.value = std::to_string(value);
    } else {
      if (h.count() == 0) {
        result.value = "no samples";
        return result;
      }
      value = statistic_of(h, statistic_).count();
      result.value = human(env::Duration(value));
      result.value_us = value / 1000;
    }
  }
  switch (relation_) {
    case Relation::kLess: result.ok = value < limit_; break;
    case Relation::kLessEqual: result.ok = value <= limit_; break;
    case Relation::kGreater: result.ok = value > limit_; break;
    case Relation::kGreaterEqual: result.ok = value >= limit_; break;
  }
  return result;
}

}  // namespace sim
