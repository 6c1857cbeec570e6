#include "sim/lab/fault_args.h"

#include <fmt/format.h>

#include <algorithm>

#include "broker-model/types/config.h"
#include "sim/core/distribution_text.h"
#include "sim/core/quantities.h"
#include "sim/faults/nodes.h"
#include "sim/lab/lab.h"
#include "sim/lab/selectors.h"

namespace sim {
namespace {

constexpr std::int64_t kFactorMax = 1'000'000;

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == text.npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool is_time(ParamKind kind) { return kind == ParamKind::kDuration || kind == ParamKind::kOffset; }

// What a text of that kind means; nothing when it is no such thing.
std::optional<FaultValue> parse_value(ParamKind kind, std::string_view text) {
  const auto time = [](std::optional<std::int64_t> nanos) -> std::optional<FaultValue> {
    if (!nanos.has_value()) return std::nullopt;
    return env::Duration(*nanos);
  };
  const auto number = [](std::optional<std::int64_t> value) -> std::optional<FaultValue> {
    if (!value.has_value()) return std::nullopt;
    return *value;
  };
  switch (kind) {
    case ParamKind::kDuration: return time(parse_duration(text));
    case ParamKind::kOffset: return time(parse_offset(text));
    case ParamKind::kRatio: return number(parse_ratio(text));
    case ParamKind::kBandwidth: return number(parse_bandwidth(text));
    case ParamKind::kFactor:
    case ParamKind::kCount: return number(parse_decimal(text, 1));
    case ParamKind::kPartsPerMillion: {
      const bool is_negative = text.starts_with("-");
      const auto size = parse_decimal(text.substr(is_negative ? 1 : 0), 1);
      return number(size.has_value() && is_negative ? std::optional(-*size) : size);
    }
    case ParamKind::kDistribution: {
      auto parsed = parse_distribution(text);
      if (!parsed.has_value()) return std::nullopt;
      return std::move(*parsed);
    }
    case ParamKind::kChoice:
    case ParamKind::kName: return std::string(text);
    case ParamKind::kNode:
    case ParamKind::kNodes: return std::nullopt;  // selectors need the lab
  }
  return std::nullopt;
}

// Times that could not be added up any more.
bool is_endless(const FaultValue& value) {
  constexpr env::Duration kLongest = std::chrono::hours(1000);
  if (const auto* time = std::get_if<env::Duration>(&value))
    return std::chrono::abs(*time) > kLongest;
  const auto* distribution = std::get_if<Distribution>(&value);
  return distribution != nullptr && distribution->mean() > kLongest;
}

bool is_fallback(const FaultParam& param, const FaultValue& value) {
  const std::optional<FaultValue> fallback = parse_value(param.kind, param.fallback);
  if (!fallback.has_value() || fallback->index() != value.index()) return false;
  if (const auto* time = std::get_if<env::Duration>(&value))
    return *time == std::get<env::Duration>(*fallback);
  if (const auto* number = std::get_if<std::int64_t>(&value))
    return *number == std::get<std::int64_t>(*fallback);
  if (const auto* text = std::get_if<std::string>(&value))
    return *text == std::get<std::string>(*fallback);
  return false;
}

}  // namespace

std::string_view how_written(ParamKind kind) {
  switch (kind) {
    case ParamKind::kNode: return "a node, or a selector such as \"leader of orders-0\"";
    case ParamKind::kNodes: return "a node, a list of nodes, or a selector such as \"brokers\"";
    case ParamKind::kDuration: return "a duration such as \"250ms\"";
    case ParamKind::kOffset: return "a duration with or without a sign, such as \"-250ms\"";
    case ParamKind::kRatio: return "a share such as \"0.5%\"";
    case ParamKind::kFactor: return "a whole number from 2 to 1000000";
    case ParamKind::kCount: return "a whole number, at least 1";
    case ParamKind::kPartsPerMillion: return "a whole number of parts per million";
    case ParamKind::kBandwidth: return "a bandwidth such as \"1MB/s\" or \"10Mbit/s\"";
    case ParamKind::kDistribution:
      return "a duration such as \"20ms\", or a distribution such as \"lognormal(median 20ms, p99 "
             "80ms)\"";
    case ParamKind::kChoice: return "one of the names";
    case ParamKind::kName: return "a name";
  }
  return "";
}

const FaultParam* FaultArgsReader::find(std::string_view name) const {
  const auto found = std::ranges::find(info_.params, name, &FaultParam::name);
  return found != info_.params.end() ? &*found : nullptr;
}

std::expected<const FaultParam*, FaultArgError> FaultArgsReader::param(
    std::string_view name) const {
  if (const FaultParam* found = find(name); found != nullptr) return found;
  std::vector<std::string_view> candidates = {"duration"};
  for (const FaultParam& known : info_.params) candidates.push_back(known.name);
  FaultArgError unknown{FaultArgError::Kind::kUnknownParam,
                        fmt::format("unknown option of {} \"{}\"", call_, name),
                        kafka::nearest_names(name, candidates)};
  if (unknown.nearest.empty()) {
    unknown.help = "there are:";
    for (const std::string_view candidate : candidates)
      unknown.help += fmt::format(" {}", candidate);
  }
  return std::unexpected(std::move(unknown));
}

FaultArgError FaultArgsReader::error(FaultArgError::Kind kind, const FaultParam& param,
                                     std::string_view message) const {
  return {kind, fmt::format("{}{{ {} = }}: {}", call_, param.name, message)};
}

FaultArgError FaultArgsReader::wrong(const FaultParam& param, std::string_view got) const {
  return error(FaultArgError::Kind::kWrongType, param,
               fmt::format("expects {}, got \"{}\"", how_written(param.kind), got));
}

FaultArgsReader::Done FaultArgsReader::set_selected(const FaultParam& param,
                                                    std::string_view selector) {
  std::vector<HostId> nodes;
  for (std::string_view part : split(selector, ',')) {
    while (part.starts_with(' ')) part.remove_prefix(1);
    auto selected = select_hosts(lab_, part, rng_);
    if (!selected.has_value()) {
      FaultArgError unknown = error(FaultArgError::Kind::kNode, param, selected.error().message);
      unknown.nearest = std::move(selected.error().nearest);
      return std::unexpected(std::move(unknown));
    }
    nodes.insert(nodes.end(), selected->begin(), selected->end());
  }
  return set_nodes(param.name, std::move(nodes));
}

FaultArgsReader::Done FaultArgsReader::set_text(std::string_view name, std::string_view text) {
  const auto known = param(name);
  if (!known.has_value()) return std::unexpected(known.error());
  const FaultParam& param = **known;
  if (param.kind == ParamKind::kNode || param.kind == ParamKind::kNodes)
    return set_selected(param, text);
  if (param.kind == ParamKind::kChoice) {
    const std::vector<std::string_view> choices = split(param.choices, '|');
    if (std::ranges::find(choices, text) == choices.end()) {
      FaultArgError unknown = error(FaultArgError::Kind::kOutOfRange, param,
                                    fmt::format("unknown choice \"{}\"", text));
      unknown.nearest = kafka::nearest_names(text, choices);
      unknown.help = "there are:";
      for (const std::string_view choice : choices) unknown.help += fmt::format(" {}", choice);
      return std::unexpected(std::move(unknown));
    }
  }
  if (is_time(param.kind) && text.starts_with("-") && param.kind == ParamKind::kDuration &&
      parse_duration(text.substr(1)).has_value()) {
    return std::unexpected(error(FaultArgError::Kind::kOutOfRange, param,
                                 fmt::format("a duration is not negative, got \"{}\"", text)));
  }
  std::optional<FaultValue> value = parse_value(param.kind, text);
  if (!value.has_value()) {
    const bool is_bare = parse_decimal(text, 1'000'000).has_value();
    FaultArgError mistake = wrong(param, text);
    if (is_bare && (is_time(param.kind) || param.kind == ParamKind::kDistribution)) {
      mistake.kind = FaultArgError::Kind::kNoUnit;
      mistake.help = fmt::format("write \"{}ms\" or \"{}s\"", text, text);
    }
    return std::unexpected(std::move(mistake));
  }
  if (is_endless(*value)) {
    return std::unexpected(error(FaultArgError::Kind::kOutOfRange, param,
                                 fmt::format("at most 1000h, got \"{}\"", text)));
  }
  if (const auto* number = std::get_if<std::int64_t>(&*value)) return set_number(name, *number);
  args_.set(name, std::move(*value));
  return {};
}

FaultArgsReader::Done FaultArgsReader::set_number(std::string_view name, std::int64_t number) {
  const auto known = param(name);
  if (!known.has_value()) return std::unexpected(known.error());
  const FaultParam& param = **known;
  const auto refuse = [&] {
    FaultArgError mistake = wrong(param, std::to_string(number));
    mistake.kind = FaultArgError::Kind::kOutOfRange;
    return std::unexpected(std::move(mistake));
  };
  switch (param.kind) {
    case ParamKind::kFactor:
      if (number < 2 || number > kFactorMax) return refuse();
      break;
    case ParamKind::kCount:
      if (number < 1) return refuse();
      break;
    case ParamKind::kRatio:
      if (number < 1) return refuse();
      break;
    case ParamKind::kPartsPerMillion:
    case ParamKind::kBandwidth: break;
    case ParamKind::kNode:
    case ParamKind::kNodes: return set_selected(param, fmt::format("broker-{}", number));
    default: return set_text(name, std::to_string(number));  // says what is missing
  }
  args_.set(name, number);
  return {};
}

FaultArgsReader::Done FaultArgsReader::set_nodes(std::string_view name, std::vector<HostId> nodes) {
  const auto known = param(name);
  if (!known.has_value()) return std::unexpected(known.error());
  const FaultParam& param = **known;
  if (param.kind == ParamKind::kNode) {
    if (nodes.size() != 1) {
      return std::unexpected(
          error(FaultArgError::Kind::kNode, param,
                fmt::format("expects one node, got {}: {}", nodes.size(),
                            nodes.empty() ? "none" : names_of(lab_.world(), nodes))));
    }
    args_.set(name, nodes.front());
    return {};
  }
  if (param.kind != ParamKind::kNodes) return std::unexpected(wrong(param, "a node"));
  if (nodes.empty())
    return std::unexpected(error(FaultArgError::Kind::kNode, param, "the list is empty"));
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (std::find(nodes.begin() + static_cast<std::ptrdiff_t>(i) + 1, nodes.end(), nodes[i]) ==
        nodes.end())
      continue;
    return std::unexpected(
        error(FaultArgError::Kind::kNode, param,
              fmt::format("{} is named twice", lab_.world().host(nodes[i]).name())));
  }
  args_.set(name, std::move(nodes));
  return {};
}

std::expected<FaultArgs, FaultArgError> FaultArgsReader::finish() {
  for (const FaultParam& param : info_.params) {
    if (args_.has(param.name)) continue;
    if (param.is_required) {
      return std::unexpected(
          FaultArgError{FaultArgError::Kind::kMissing,
                        fmt::format("{}{{ {} = }} is missing", call_, param.name),
                        {},
                        fmt::format("{}: {}", how_written(param.kind), param.doc)});
    }
    if (param.fallback.empty()) continue;
    if (const Done done = set_text(param.name, param.fallback); !done.has_value())
      return std::unexpected(done.error());
  }
  return std::move(args_);
}

std::string fault_label(const FaultInfo& info, const FaultArgs& args, World& world) {
  std::string text(info.name);
  for (const FaultParam& param : info.params) {
    if (!args.has(param.name)) continue;
    const FaultValue& value = args.value(param.name);
    if (is_fallback(param, value)) continue;  // "both ways" says nothing
    std::string word;
    if (const auto* one = std::get_if<HostId>(&value)) {
      word = world.host(*one).name();
    } else if (const auto* several = std::get_if<std::vector<HostId>>(&value)) {
      word = fmt::format("{{{}}}", names_of(world, *several));
    } else if (const auto* time = std::get_if<env::Duration>(&value)) {
      word = fmt::format("{} {}", param.name, duration_text(*time));
    } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
      word = fmt::format("{} {}", param.name, *number);
    } else if (const auto* name = std::get_if<std::string>(&value)) {
      word = *name;
    } else {
      word = fmt::format("{} {}", param.name, duration_text(std::get<Distribution>(value).mean()));
    }
    text += " " + word;
  }
  return text;
}

}  // namespace sim
