#include "broker-model/messages/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "broker-model/messages/records/batch_builder.h"
#include "broker-model/types/config.h"

namespace kafka {
namespace {

std::unexpected<ValueError> error(std::string sentence, std::vector<std::string> nearest = {}) {
  return std::unexpected(ValueError{std::move(sentence), std::move(nearest)});
}

std::unexpected<ValueError> unknown_field(std::string_view of, std::string_view name,
                                          const std::vector<std::string_view>& fields) {
  std::vector<std::string> nearest = nearest_names(name, fields);
  std::string all;
  if (nearest.empty()) {
    for (std::string_view field : fields)
      all += fmt::format("{}{}", all.empty() ? "" : ", ", field);
    all = fmt::format("; it has: {}", all);
  }
  return error(fmt::format("{} has no field \"{}\"{}", of, name, all), std::move(nearest));
}

// Where a path has come to, as one writes it: "topic_data[1].name".
std::string written(std::span<const std::string> path) {
  std::string text;
  for (const std::string& step : path) {
    const bool is_number = step.find_first_not_of("0123456789") == std::string::npos;
    text +=
        is_number ? fmt::format("[{}]", step) : fmt::format("{}{}", text.empty() ? "" : ".", step);
  }
  return text.empty() ? "the message" : text;
}

// A number from 1 to count, as an index from 0.
std::optional<std::size_t> index_of(std::string_view step, std::size_t count) {
  std::size_t number = 0;
  for (char c : step) {
    if (c < '0' || c > '9' || number > count) return std::nullopt;
    number = number * 10 + static_cast<std::size_t>(c - '0');
  }
  if (step.empty() || number < 1 || number > count) return std::nullopt;
  return number - 1;
}

std::expected<void, ValueError> set_of_batch(RecordBatch& batch, const std::string& where,
                                             const std::string& field, const Value& replacement) {
  static const std::vector<std::string_view> kFields = {
      "producer_id", "producer_epoch", "base_sequence", "base_offset", "leader_epoch"};
  if (std::ranges::find(kFields, field) == kFields.end())
    return unknown_field(where + " (a record batch)", field, kFields);
  const std::int64_t* number = replacement.get<std::int64_t>();
  const auto fits = [number]<class T>(T) { return number != nullptr && std::in_range<T>(*number); };
  ProducerState producer{.id = batch.producer_id(),
                         .epoch = batch.producer_epoch(),
                         .base_sequence = batch.base_sequence()};
  bool is_good = false;
  if (field == "producer_id" && (is_good = fits(std::int64_t{}))) {
    producer.id = ProducerId(*number);
  } else if (field == "producer_epoch" && (is_good = fits(std::int16_t{}))) {
    producer.epoch = ProducerEpoch(static_cast<std::int16_t>(*number));
  } else if (field == "base_sequence" && (is_good = fits(std::int32_t{}))) {
    producer.base_sequence = static_cast<std::int32_t>(*number);
  } else if (field == "base_offset" && (is_good = fits(std::int64_t{}))) {
    batch.base_offset = *number;
    return {};
  } else if (field == "leader_epoch" && (is_good = fits(std::int32_t{}))) {
    batch.leader_epoch = static_cast<std::int32_t>(*number);
    return {};
  }
  if (!is_good) {
    return error(fmt::format(
        "{}.{} expects a whole number that fits, got {}", where, field,
        number != nullptr ? std::to_string(*number) : std::string(kind_name(replacement))));
  }
  batch = with_producer_state(batch, producer);
  return {};
}

std::expected<void, ValueError> replace(Value& target, const std::string& where,
                                        Value replacement) {
  if (target.get<ValueStruct>() != nullptr)
    return error(fmt::format("{} has fields of its own: name the one to set", where));
  if (target.get<Records>() != nullptr)
    return error(fmt::format("{} holds record batches: {}[1].producer_id and its like can be set",
                             where, where));
  const Value::List* list = target.get<Value::List>();
  if (list != nullptr && !list->empty() && list->front().get<ValueStruct>() != nullptr)
    return error(fmt::format("{} is a list: name the element, from 1 to {}", where, list->size()));
  target = std::move(replacement);
  return {};
}

}  // namespace

const Value* Value::field(std::string_view name) const {
  const ValueStruct* fields = get<ValueStruct>();
  if (fields == nullptr) return nullptr;
  for (const ValueMember& member : fields->members) {
    if (member.name == name) return &member.value;
  }
  return nullptr;
}

std::string_view kind_name(const Value& value) {
  static constexpr std::string_view kNames[] = {
      "null",  "true or false", "a whole number", "a number", "a string", "bytes",
      "an id", "an error code", "record batches", "a list",   "fields"};
  return kNames[value.what.index()];
}

std::expected<void, ValueError> set_value(Value& root, std::span<const std::string> path,
                                          Value replacement) {
  Value* at = &root;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const std::string& step = path[i];
    const std::string where = written(path.first(i));
    if (auto* fields = std::get_if<ValueStruct>(&at->what); fields != nullptr) {
      const auto found = std::ranges::find(fields->members, step, &ValueMember::name);
      if (found == fields->members.end()) {
        std::vector<std::string_view> names;
        for (const ValueMember& member : fields->members) names.push_back(member.name);
        return unknown_field(where, step, names);
      }
      at = &found->value;
    } else if (auto* list = std::get_if<Value::List>(&at->what); list != nullptr) {
      const std::optional<std::size_t> index = index_of(step, list->size());
      if (!index.has_value()) {
        return error(fmt::format("{} has {} element{}, counted from 1: there is no \"{}\"", where,
                                 list->size(), list->size() == 1 ? "" : "s", step));
      }
      at = &(*list)[*index];
    } else if (auto* records = std::get_if<Records>(&at->what); records != nullptr) {
      const std::optional<std::size_t> index = index_of(step, records->batches.size());
      if (!index.has_value() || i + 2 != path.size()) {
        return error(fmt::format("{} has {} record batch{}: write {}[1].producer_id", where,
                                 records->batches.size(), records->batches.size() == 1 ? "" : "es",
                                 where));
      }
      return set_of_batch(records->batches[*index], written(path.first(i + 1)), path[i + 1],
                          replacement);
    } else {
      return error(fmt::format("{} is {}: it has no \"{}\"", where, kind_name(*at), step));
    }
  }
  return replace(*at, written(path), std::move(replacement));
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> steps(1);
  for (char c : path) {
    if (c == ']') continue;
    if (c != '.' && c != '[') {
      steps.back() += c;
    } else if (!steps.back().empty()) {
      steps.emplace_back();
    }
  }
  if (steps.back().empty()) steps.pop_back();
  return steps;
}

std::optional<Uuid> parse_uuid(std::string_view text) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  if (text.size() != 22) return std::nullopt;
  Uuid id;
  // 22 characters are 132 bits: the last four are padding.
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t six = kAlphabet.find(text[i]);
    if (six == std::string_view::npos) return std::nullopt;
    const int bits = i + 1 < text.size() ? 6 : 2;
    if (bits == 2 && (six & 0xf) != 0) return std::nullopt;
    id.high = id.high << bits | id.low >> (64 - bits);
    id.low = id.low << bits | six >> (6 - bits);
  }
  return id;
}

std::optional<ErrorCode> parse_error_code(std::string_view text) {
  for (int code = -1; code <= std::numeric_limits<std::int8_t>::max() * 2; ++code) {
    const auto candidate = static_cast<ErrorCode>(code);
    if (name(candidate) == text && text != "UNKNOWN_ERROR_CODE") return candidate;
  }
  return std::nullopt;
}

}  // namespace kafka
