#include "sim/lua/comparison.h"

#include <fmt/format.h>

#include <algorithm>

namespace sim {
namespace {

struct Sign {
  std::string_view text;  // with its blanks: names may hold a '='
  Relation relation;
};
constexpr Sign kSigns[] = {{" < ", Relation::kLess},
                           {" <= ", Relation::kLessEqual},
                           {" > ", Relation::kGreater},
                           {" >= ", Relation::kGreaterEqual},
                           {" == ", Relation::kEqual}};

}  // namespace

bool is_comparable_name(std::string_view name) {
  return name.find_first_of("<>") == std::string_view::npos &&
         name.find(" == ") == std::string_view::npos && name == trimmed_blanks(name);
}

std::expected<Comparison, Complaint> Comparison::parse(std::string_view statistic,
                                                       std::string_view expression,
                                                       std::string place) {
  auto parsed = Statistic::parse(statistic);
  if (!parsed.has_value()) return std::unexpected(std::move(parsed.error()));
  Comparison comparison;
  comparison.statistic_ = std::move(*parsed);
  comparison.place_ = std::move(place);
  if (expression.empty()) return comparison;
  comparison.expression_ = expression;
  for (const Sign& sign : kSigns) {
    const std::size_t at = expression.find(sign.text);
    if (at == std::string_view::npos) continue;
    comparison.left_ = trimmed_blanks(expression.substr(0, at));
    comparison.right_ = trimmed_blanks(expression.substr(at + sign.text.size()));
    comparison.relation_ = sign.relation;
    break;
  }
  if (comparison.left_.empty() || !is_comparable_name(comparison.left_) ||
      comparison.right_.empty() || !is_comparable_name(comparison.right_)) {
    return std::unexpected(Complaint{
        fmt::format("cannot read the comparison \"{}\"", expression),
        "write two variants with <, <=, >, >= or == and blanks between: \"acks=1 < acks=all\""});
  }
  if (comparison.left_ == comparison.right_) {
    return std::unexpected(
        Complaint{fmt::format("the comparison \"{}\" names one variant twice", expression), ""});
  }
  return comparison;
}

std::vector<std::string_view> Comparison::names() const {
  if (expression_.empty()) return {};
  return {left_, right_};
}

ComparisonResult Comparison::judge(const std::vector<Sample>& samples) const {
  ComparisonResult result{
      .metric = statistic_.text(), .expression = expression_, .values = {}, .ok = std::nullopt};
  for (const Sample& sample : samples) {
    result.values.emplace_back(sample.variant, statistic_.shown(statistic_.value(*sample.metrics)));
  }
  if (expression_.empty()) return result;
  const auto value_of = [&](const std::string& variant) {
    const auto found = std::ranges::find(samples, variant, &Sample::variant);
    TIT_ASSERT(found != samples.end(), "a comparison is judged when both its variants have run");
    return statistic_.value(*found->metrics);
  };
  const std::optional<std::int64_t> left = value_of(left_);
  const std::optional<std::int64_t> right = value_of(right_);
  result.ok = left.has_value() && right.has_value() && holds(relation_, *left, *right);
  return result;
}

}  // namespace sim
