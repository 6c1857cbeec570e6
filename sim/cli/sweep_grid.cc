#include "sim/cli/sweep_grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "broker-model/types/config.h"
#include "sim/cli/run_scenario.h"
#include "sim/lab/overrides.h"
#include "sim/lab/shell_word.h"
#include "sim/lua/diagnostic.h"

namespace sim {
namespace {

constexpr std::uint64_t kPointsMax = 1000;

// A Kafka key may be written with underscores; both are one.
std::string dotted(std::string_view name) {
  std::string result(name);
  std::ranges::replace(result, '_', '.');
  return result;
}

// Of all that --set may name.
std::vector<std::string_view> kafka_keys() {
  std::vector<std::string_view> names;
  for (const kafka::ConfigDef* table :
       {&kafka::ConfigDef::broker(), &kafka::ConfigDef::topic(), &kafka::ConfigDef::producer(),
        &kafka::ConfigDef::consumer(), &kafka::ConfigDef::admin()}) {
    for (const kafka::ConfigKey& key : table->keys()) names.push_back(key.name);
  }
  return names;
}

std::expected<SweepAxis, std::string> parse_axis(const std::string& word) {
  const auto wrong = [&word](std::string_view why) {
    return std::unexpected(
        fmt::format("--sweep expects name=value,value,..., got \"{}\"{}", word, why));
  };
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos || equals == 0) return wrong("");
  SweepAxis axis{.name = word.substr(0, equals), .is_parameter = false, .values = {}};
  for (std::size_t at = equals + 1; at <= word.size();) {
    const std::size_t comma = std::min(word.find(',', at), word.size());
    std::string value = word.substr(at, comma - at);
    if (value.empty()) return wrong(": a value is empty");
    if (std::ranges::find(axis.values, value) != axis.values.end())
      return wrong(fmt::format(": it has {} twice", value));
    axis.values.push_back(std::move(value));
    at = comma + 1;
  }
  return axis;
}

std::string unknown_name(const std::string& name, const std::vector<std::string>& parameters) {
  std::vector<std::string_view> candidates = kafka_keys();
  candidates.insert(candidates.end(), parameters.begin(), parameters.end());
  std::ranges::sort(candidates);
  candidates.erase(std::ranges::unique(candidates).begin(), candidates.end());
  std::vector<std::string> nearest = kafka::nearest_names(name, candidates);
  if (nearest.empty()) nearest = kafka::nearest_names(dotted(name), candidates);
  const std::string help = suggestion(nearest);
  return fmt::format("--sweep {}: neither a parameter of the scenario nor a Kafka key{}", name,
                     help.empty() ? "; `titorelli list configs` shows the keys" : "; " + help);
}

}  // namespace

bool SweepGrid::is_well_formed() const {
  std::uint64_t points = 1;
  std::set<std::string_view> names;
  for (const SweepAxis& axis : axes_) {
    const std::set<std::string_view> values(axis.values.begin(), axis.values.end());
    if (axis.name.empty() || !names.insert(axis.name).second) return false;
    if (values.empty() || values.size() != axis.values.size()) return false;
    points *= values.size();
    if (points > kPointsMax) return false;
  }
  return true;
}

std::uint32_t SweepGrid::points() const {
  std::uint32_t points = 1;
  for (const SweepAxis& axis : axes_) points *= static_cast<std::uint32_t>(axis.values.size());
  return points;
}

const std::string& SweepGrid::value(std::uint32_t point, std::size_t axis) const {
  for (std::size_t i = axes_.size(); --i > axis;)
    point /= static_cast<std::uint32_t>(axes_[i].values.size());
  return axes_[axis].values[point % axes_[axis].values.size()];
}

void SweepGrid::apply(std::uint32_t point, RunRequest& request) const {
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    if (axes_[i].is_parameter) {
      request.parameters[axes_[i].name] = value(point, i);
    } else {
      request.overrides.push_back(fmt::format("{}={}", axes_[i].name, value(point, i)));
    }
  }
}

std::string SweepGrid::options(std::uint32_t point) const {
  std::string text;
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    text += fmt::format(" {} {}", axes_[i].is_parameter ? "-D" : "--set",
                        shell_word(fmt::format("{}={}", axes_[i].name, value(point, i))));
  }
  return text;
}

std::expected<SweepGrid, std::string> parse_grid(const std::vector<std::string>& words,
                                                 const std::vector<std::string>& parameters,
                                                 const std::vector<std::string>& taken) {
  std::set<std::string> seen;
  for (const std::string& assignment : taken)
    seen.insert(dotted(assignment.substr(0, assignment.find('='))));
  const std::vector<std::string_view> keys = kafka_keys();
  std::vector<SweepAxis> axes;
  std::uint64_t points = 1;
  for (const std::string& word : words) {
    auto axis = parse_axis(word);
    if (!axis.has_value()) return std::unexpected(axis.error());
    axis->is_parameter = std::ranges::find(parameters, axis->name) != parameters.end();
    if (!axis->is_parameter) {
      if (std::ranges::find(keys, std::string_view(dotted(axis->name))) == keys.end())
        return std::unexpected(unknown_name(axis->name, parameters));
      axis->name = dotted(axis->name);
    }
    if (!seen.insert(dotted(axis->name)).second) {
      return std::unexpected(fmt::format(
          "--sweep {}: it has a value already, of another --sweep, -D or --set", axis->name));
    }
    for (const std::string& value : axis->values) {
      Overrides probe;
      if (axis->is_parameter) break;
      if (const auto added = probe.add(fmt::format("{}={}", axis->name, value)); !added.has_value())
        return std::unexpected(added.error());
    }
    points *= axis->values.size();
    if (points > kPointsMax) {
      return std::unexpected(
          fmt::format("--sweep: a grid of {} points; at most {}", points, kPointsMax));
    }
    axes.push_back(std::move(*axis));
  }
  return SweepGrid(std::move(axes));
}

}  // namespace sim
