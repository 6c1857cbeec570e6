#include "reports/summary_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "reports/extract.h"
#include "reports/trace_text.h"
#include "reports/wrap.h"

namespace reports {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchemaVersion = 1;
constexpr const char* kAbsent = "(none)";

const Json& member(const Json& object, const char* key) {
  static const Json kNothing;
  if (!object.is_object()) return kNothing;
  const auto found = object.find(key);
  return found == object.end() ? kNothing : *found;
}

std::string plain(const Json& value) {
  if (value.is_null()) return "";
  return printable(value.is_string() ? value.get_ref<const std::string&>()
                                     : value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string text_of(const Json& object, const char* key) { return plain(member(object, key)); }

std::string seconds(const Json& ms) {
  return ms.is_number() ? fmt::format("{:.3f} s", ms.get<double>() / 1000) : plain(ms);
}

std::string with(std::string_view lead, const std::string& text) {
  return text.empty() ? "" : std::string(lead) + text;
}

std::string check_text(const Json& check) {
  return text_of(check, "verdict") + with(" at ", seconds(member(check, "at_ms"))) +
         with(", judged ", text_of(check, "evaluated")) + with(": ", text_of(check, "detail"));
}

std::string threshold_text(const Json& threshold) {
  const Json& ok = member(threshold, "ok");
  return fmt::format("{}, measured {}", ok == Json(true) ? "ok" : "violated",
                     text_of(threshold, "value"));
}

std::string fault_text(const Json& fault) {
  const Json& until = member(fault, "until_ms");
  std::string text = fmt::format("from {} {}, touched {}", seconds(member(fault, "at_ms")),
                                 until.is_null() ? "to the end" : "to " + seconds(until),
                                 text_of(fault, "affected"));
  const Json& effects = member(fault, "effects");
  if (effects.is_object()) {
    for (const auto& [what, amount] : effects.items())
      text += fmt::format("; {} {}", printable(what), plain(amount));
  }
  return text;
}

std::string comparison_text(const Json& comparison) {
  std::string text = member(comparison, "ok") == Json(false) ? "does not hold" : "holds";
  const Json& values = member(comparison, "values");
  if (values.is_object()) {
    for (const auto& [variant, value] : values.items())
      text += fmt::format("; {} {}", printable(variant), plain(value));
  }
  return text;
}

// The parts of a list by name; the second of a name is "name (2)", so that none is lost.
using Rows = std::vector<std::pair<std::string, std::string>>;

Rows rows_of(const Json& list, const std::vector<const char*>& name_keys,
             const std::function<std::string(const Json&)>& text) {
  Rows rows;
  std::map<std::string, int> seen;
  if (!list.is_array()) return rows;
  for (const Json& item : list) {
    std::string name;
    for (const char* key : name_keys) name += with(name.empty() ? "" : " ", text_of(item, key));
    const int count = ++seen[name];
    if (count > 1) name += fmt::format(" ({})", count);
    rows.emplace_back(std::move(name), text(item));
  }
  return rows;
}

// Calls `tell` for each name with what either says of it: those of the left in their order, then
// what only the right has.
void for_each_pair(
    const Rows& left, const Rows& right,
    const std::function<void(const std::string&, const std::string&, const std::string&)>& tell) {
  std::map<std::string_view, std::string_view> others;
  for (const auto& [name, text] : right) others.emplace(name, text);
  for (const auto& [name, text] : left) {
    const auto found = others.find(name);
    tell(name, text, found == others.end() ? kAbsent : std::string(found->second));
    if (found != others.end()) others.erase(found);
  }
  for (const auto& [name, text] : right) {
    if (others.contains(name)) tell(name, kAbsent, text);
  }
}

// A line for each that differs: in columns where it fits, else below one another.
std::string diff_list(std::string_view title, const Rows& left, const Rows& right) {
  constexpr std::size_t kName = 32;
  constexpr std::size_t kText = 30;
  const auto padded = [](const std::string& text, std::size_t width) {
    return text + std::string(width - std::min(columns_of(text), width), ' ') + " ";
  };
  std::string text;
  for_each_pair(
      left, right, [&](const std::string& name, const std::string& a, const std::string& b) {
        if (a == b) return;
        if (columns_of(name) <= kName && columns_of(a) <= kText && columns_of(b) <= kText) {
          text += "  " + padded(name, kName) + padded(a, kText) + b + "\n";
          return;
        }
        text += wrapped(name, "  ", "    ") + wrapped(a, "    left   ", "           ") +
                wrapped(b, "    right  ", "           ");
      });
  if (text.empty()) return "";
  return padded(std::string(title), kName + 2) + padded("left", kText) + "right\n" + text;
}

// "+2.5 %", from the text of two numbers.
std::string change(const std::string& left, const std::string& right) {
  char* end = nullptr;
  const double a = std::strtod(left.c_str(), &end);
  if (end == left.c_str() || *end != '\0') return "";
  const double b = std::strtod(right.c_str(), &end);
  if (end == right.c_str() || *end != '\0' || a == 0) return "";
  return fmt::format("{:+.1f} %", (b - a) / a * 100);
}

Rows metric_rows(const Json& metrics) {
  Rows rows;
  if (!metrics.is_object()) return rows;
  for (const auto& [name, value] : metrics.items()) {
    if (!value.is_object()) {
      rows.emplace_back(printable(name), plain(value));
      continue;
    }
    for (const auto& [statistic, number] : value.items())
      rows.emplace_back(fmt::format("{}.{}", printable(name), printable(statistic)), plain(number));
  }
  return rows;
}

std::string diff_metrics(const Json& left, const Json& right) {
  std::string text;
  for_each_pair(metric_rows(left), metric_rows(right),
                [&](const std::string& name, const std::string& a, const std::string& b) {
                  if (a != b)
                    text +=
                        fmt::format("  {:<32} {:>14} {:>14} {:>11}\n", name, a, b, change(a, b));
                });
  if (text.empty()) return "";
  return fmt::format("{:<34} {:>14} {:>14} {:>11}\n{}", "metrics", "left", "right", "change", text);
}

}  // namespace

struct RunSummary::Content {
  Json json;
};

std::expected<RunSummary, std::string> RunSummary::read(const std::string& run_directory) {
  const std::string path = run_directory + "/summary.json";
  const auto text = read_file(path);
  if (!text.has_value()) {
    return std::unexpected(
        fmt::format("'{}' is not a run directory: it has no summary.json", run_directory));
  }
  auto content = std::make_shared<Content>();
  content->json = Json::parse(*text, nullptr, false);
  const Json& version = member(content->json, "schema_version");
  if (!version.is_number_integer()) {
    return std::unexpected(
        fmt::format("'{}' is not a summary of ours, or only a part of one", path));
  }
  if (version != Json(kSchemaVersion)) {
    return std::unexpected(
        fmt::format("'{}' has version {} of the format; this program reads version {}", path,
                    plain(version), kSchemaVersion));
  }
  RunSummary summary;
  summary.content_ = std::move(content);
  return summary;
}

bool RunSummary::has(const char* key) const { return content_->json.contains(key); }

std::string RunSummary::text(const char* key) const { return text_of(content_->json, key); }

std::string diff_summaries(const RunSummary& left_run, const RunSummary& right_run) {
  const Json& left = left_run.content_->json;
  const Json& right = right_run.content_->json;
  std::string text;
  Rows facts[2];
  for (int side = 0; side < 2; ++side) {
    const Json& run = side == 0 ? left : right;
    for (const char* key :
         {"verdict", "digest", "virtual_ms", "events", "messages", "error", "nondeterminism"}) {
      if (const std::string value = text_of(run, key); !value.empty())
        facts[side].emplace_back(key, value);
    }
  }
  text += diff_list("run", facts[0], facts[1]);
  const auto list = [&](std::string_view title, const char* key,
                        const std::vector<const char*>& names,
                        const std::function<std::string(const Json&)>& words) {
    text += diff_list(title, rows_of(member(left, key), names, words),
                      rows_of(member(right, key), names, words));
  };
  list("checks", "checks", {"name"}, check_text);
  list("thresholds", "thresholds", {"metric", "expr"}, threshold_text);
  list("comparisons", "compare", {"metric", "expr"}, comparison_text);
  list("faults", "faults", {"name"}, fault_text);
  list("notes", "notes", {}, plain);
  return text + diff_metrics(member(left, "metrics"), member(right, "metrics"));
}

}  // namespace reports
