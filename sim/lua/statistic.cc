#include "sim/lua/statistic.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "broker-model/types/config.h"
#include "sim/lua/diagnostic.h"

namespace sim {
namespace {

constexpr std::array<std::string_view, 6> kStatistics{"p50", "p90", "p99", "p99.9", "max", "count"};

env::Duration of_histogram(const Histogram& h, std::string_view statistic) {
  if (statistic == "p50") return h.percentile(50, 100);
  if (statistic == "p90") return h.percentile(90, 100);
  if (statistic == "p99") return h.percentile(99, 100);
  if (statistic == "p99.9") return h.percentile(999, 1000);
  return h.max();
}

}  // namespace

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

std::vector<std::string_view> metric_names() {
  std::vector<std::string_view> names;
  for (Latency which : kLatencies) names.push_back(info(which).name);
  for (Count which : kCounts) names.push_back(info(which).name);
  return names;
}

Complaint unknown_metric(std::string_view name) {
  const auto names = metric_names();
  return {fmt::format("unknown metric \"{}\"", name),
          help_for_unknown(name, names, "titorelli list metrics")};
}

std::expected<Statistic, Complaint> Statistic::parse(std::string_view metric,
                                                     std::string_view name) {
  Statistic statistic;
  statistic.latency_ = latency_named(metric);
  statistic.name_ = name;
  if (!statistic.latency_.has_value()) {
    const auto count = count_named(metric);
    if (!count.has_value()) return std::unexpected(unknown_metric(metric));
    statistic.count_ = *count;
    if (name.empty()) statistic.name_ = "count";
    if (statistic.name_ == "count") return statistic;
    return std::unexpected(Complaint{fmt::format("{} has no statistic \"{}\"", metric, name),
                                     "it is a number: leave the statistic out"});
  }
  if (std::find(kStatistics.begin(), kStatistics.end(), name) == kStatistics.end()) {
    return std::unexpected(
        Complaint{name.empty() ? fmt::format("{} is a latency: which statistic of it?", metric)
                               : fmt::format("{} has no statistic \"{}\"", metric, name),
                  "there are: p50 p90 p99 p99.9 max count"});
  }
  return statistic;
}

std::expected<Statistic, Complaint> Statistic::parse(std::string_view text) {
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos) return parse(text, "");
  return parse(text.substr(0, blank), text.substr(blank + 1));
}

std::string Statistic::text() const {
  if (!latency_.has_value()) return std::string(info(count_).name);
  return fmt::format("{} {}", info(*latency_).name, name_);
}

std::optional<std::int64_t> Statistic::value(const Metrics& metrics) const {
  if (!latency_.has_value()) return static_cast<std::int64_t>(metrics.of(count_).total);
  const Histogram& h = metrics.of(*latency_).total;
  if (name_ == "count") return static_cast<std::int64_t>(h.count());
  if (h.count() == 0) return std::nullopt;
  return of_histogram(h, name_).count();
}

std::string Statistic::shown(std::optional<std::int64_t> value) const {
  if (!value.has_value()) return "no samples";
  return is_duration() ? human(env::Duration(*value)) : std::to_string(*value);
}

}  // namespace sim
