#include "sim/lua/threshold.h"

#include <fmt/format.h>

#include <charconv>

#include "sim/lua/diagnostic.h"

namespace sim {

std::expected<Threshold, Complaint> Threshold::parse(std::string_view metric,
                                                     std::string_view expression) {
  const bool is_latency = latency_named(metric).has_value();
  if (!is_latency && !count_named(metric).has_value())
    return std::unexpected(unknown_metric(metric));
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
  threshold.relation_ = expression[at] == '<'
                            ? (has_equal ? Relation::kLessEqual : Relation::kLess)
                            : (has_equal ? Relation::kGreaterEqual : Relation::kGreater);
  const std::string_view name = trimmed_blanks(expression.substr(0, at));
  const auto statistic = Statistic::parse(metric, name);
  if (!statistic.has_value() || name.empty()) return std::unexpected(shape);
  threshold.statistic_ = *statistic;
  const std::string_view limit = trimmed_blanks(expression.substr(at + (has_equal ? 2 : 1)));
  if (threshold.statistic_.is_duration()) {
    const auto nanos = parse_duration(limit);
    if (!nanos.has_value()) return std::unexpected(shape);
    threshold.limit_ = *nanos;
  } else {
    const auto parsed =
        std::from_chars(limit.data(), limit.data() + limit.size(), threshold.limit_);
    if (parsed.ec != std::errc() || parsed.ptr != limit.data() + limit.size())
      return std::unexpected(shape);
  }
  return threshold;
}

ThresholdResult Threshold::judge(const Metrics& metrics) const {
  const std::optional<std::int64_t> value = statistic_.value(metrics);
  ThresholdResult result{.metric = metric_,
                         .expression = expression_,
                         .value = statistic_.shown(value),
                         .value_us = 0,
                         .ok = value.has_value() && holds(relation_, *value, limit_)};
  if (value.has_value() && statistic_.is_duration()) result.value_us = *value / 1000;
  return result;
}

}  // namespace sim
