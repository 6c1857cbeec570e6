#include "sim/lua/stub.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "broker-model/types/config.h"
#include "sim/lua/api_shape.h"

namespace sim {
namespace {

std::string class_of(std::string_view noun) { return fmt::format("titorelli.{}", noun); }

// A type of the table of words as LuaCATS writes it.
std::string cats_type(std::string_view type) {
  if (type == "duration" || type == "rate") return class_of(type);
  if (type == "topic") return "titorelli.topic|string";
  if (type == "node") return "titorelli.node|string";  // a string selects: "leader of orders-0"
  if (type == "nodes") return "titorelli.node|string|(titorelli.node|string)[]";
  if (type == "list") return "any[]";
  if (type == "function" || type.starts_with("function(")) return "function";
  if (type.ends_with(" keys")) {
    std::string name(type);
    std::ranges::replace(name, ' ', '.');
    return class_of(name);
  }
  static constexpr std::array<std::string_view, 5> kPlain{"string", "integer", "number", "boolean",
                                                          "table"};
  if (std::ranges::find(kPlain, type) != kPlain.end()) return std::string(type);
  for (const NameList& list : name_lists()) {
    if (list.type == type) return class_of(type);
  }
  const ApiNoun* noun = noun_named(type);
  return noun != nullptr && noun->is_object ? class_of(type) : "any";
}

std::string answer_type(const ApiShape& shape) {
  const ApiNoun* noun = noun_named(shape.answers);
  std::string type =
      noun != nullptr && noun->is_object ? class_of(shape.answers) : cats_type(shape.answers);
  if (shape.answers == "offset" || shape.answers == "milliseconds") type = "integer";
  if (shape.answers == "true") type = "true";
  if (shape.answers_list) type += "[]";
  if (shape.may_be_nil) type += "?";
  return type;
}

std::array<const kafka::ConfigDef*, 5> configs() {
  return {&kafka::ConfigDef::broker(), &kafka::ConfigDef::topic(), &kafka::ConfigDef::producer(),
          &kafka::ConfigDef::consumer(), &kafka::ConfigDef::admin()};
}

// "function" is no name for a parameter in Lua.
std::string parameter_name(std::string_view name) {
  return name == "function" ? "callback" : std::string(name);
}

std::string key_type(const kafka::ConfigKey& key) {
  switch (key.type) {
    case kafka::ConfigType::kBoolean: return "boolean|string";
    case kafka::ConfigType::kInt:
    case kafka::ConfigType::kLong:
      return key.unit == kafka::ConfigUnit::kNone ? "integer" : "integer|string";
    case kafka::ConfigType::kDouble: return "number";
    case kafka::ConfigType::kString:
    case kafka::ConfigType::kList: return "string|number";
  }
  return "any";
}

std::string keys_class(const kafka::ConfigDef& def) {
  std::string text = fmt::format("---@class titorelli.{}.keys\n", def.noun());
  for (const kafka::ConfigKey& key : def.keys()) {
    std::string name(key.name);
    std::ranges::replace(name, '.', '_');
    std::ranges::replace(name, '-', '_');
    text += fmt::format("---@field {}? {} {}. Default {}.\n", name, key_type(key), key.doc,
                        key.default_value.empty() ? "empty" : key.default_value);
  }
  return text + "\n";
}

bool has_config(std::string_view noun) {
  for (const kafka::ConfigDef* def : configs()) {
    if (def->noun() == noun) return true;
  }
  return false;
}

std::string options_class(const std::string& name, const ApiShape& shape) {
  std::string text = fmt::format("---@class {}", name);
  const bool has_keys = !shape.keys_of.empty() && has_config(shape.keys_of);
  if (has_keys) text += fmt::format(" : titorelli.{}.keys", shape.keys_of);
  text += '\n';
  for (const ApiSlot& option : shape.options) {
    text += fmt::format("---@field {}? {} {}", option.name, cats_type(option.type), option.doc);
    while (text.ends_with(' ')) text.pop_back();
    if (!option.fallback.empty()) text += fmt::format(" Default {}.", option.fallback);
    text += '\n';
  }
  if (shape.is_open || (!shape.keys_of.empty() && !has_keys)) text += "---@field [string] any\n";
  return text + "\n";
}

// `head` is what stands before the name: "", "check." or "cluster:".
std::string word_text(const ApiNoun& noun, const ApiWord& word, std::string_view head) {
  const ApiShape shape = shape_of(word);
  const std::string options = fmt::format("titorelli.{}.{}.options", noun.name, word.name);
  std::string text;
  if (shape.options_at >= 0) text += options_class(options, shape);
  text += fmt::format("---{}\n", word.doc);
  std::string list;
  const auto add = [&](const std::string& name, bool is_optional, const std::string& type,
                       std::string_view doc) {
    text += fmt::format("---@param {}{} {} {}", name, is_optional ? "?" : "", type, doc);
    while (text.ends_with(' ')) text.pop_back();
    text += '\n';
    list += (list.empty() ? "" : ", ") + name;
  };
  // Past the first, parameters of the language are told apart by hand: only it checks how many.
  for (std::size_t i = 0; i <= shape.parameters.size(); ++i) {
    if (shape.options_at == static_cast<int>(i)) add("options", i > 0, options, "");
    if (i == shape.parameters.size()) break;
    const ApiSlot& slot = shape.parameters[i];
    add(parameter_name(slot.name), slot.is_optional || i > 0, cats_type(slot.type), slot.doc);
  }
  if (shape.is_open && shape.options_at < 0) {
    text += "---@param ... any\n";
    list += list.empty() ? "..." : ", ...";
  }
  if (!shape.answers.empty()) text += fmt::format("---@return {}\n", answer_type(shape));
  return text + fmt::format("function {}{}({}) end\n\n", head, word.name, list);
}

std::string noun_text(const ApiNoun& noun) {
  if (noun.name == "globals") {
    std::string text;
    for (const ApiWord& word : noun.words) text += word_text(noun, word, "");
    return text;
  }
  std::string text = fmt::format("---{}\n---@class {}\n{}{} = {{}}\n\n", noun.doc,
                                 class_of(noun.name), noun.is_object ? "local " : "", noun.name);
  for (const ApiWord& word : noun.words) {
    const bool is_method =
        word.signature.starts_with(fmt::format("{}:", noun.name)) || noun.is_object;
    text += word_text(noun, word, fmt::format("{}{}", noun.name, is_method ? ':' : '.'));
  }
  return text;
}

}  // namespace

std::string editor_stub() {
  std::string text =
      "---@meta titorelli\n"
      "-- The scenario language, for editors. Written by `titorelli new` from the program's own "
      "table\n"
      "-- of words: do not edit.\n\n"
      "---A number with a unit: \"250ms\", \"1.5s\", \"2m\", \"1h\" (also us, ns).\n"
      "---@alias titorelli.duration string\n\n"
      "---How many in what time: \"200/s\", \"12000/m\", \"1/h\".\n"
      "---@alias titorelli.rate string\n\n";
  for (const NameList& list : name_lists()) {
    text += fmt::format("---@alias titorelli.{}\n", list.type);
    for (std::string_view name : list.names()) text += fmt::format("---| \"{}\"\n", name);
    text += '\n';
  }
  for (const kafka::ConfigDef* def : configs()) text += keys_class(*def);
  text +=
      "---The parameters of scenario{ params = { ... } }, as -D sets them.\n"
      "---@type table<string, any>\nparam = {}\n\n";
  for (const ApiNoun& noun : api_nouns()) text += noun_text(noun);
  text.pop_back();
  return text;
}

std::string editor_settings() {
  return "{\n"
         "  \"runtime.version\": \"Lua 5.4\",\n"
         "  \"runtime.builtin\": {\n"
         "    \"debug\": \"disable\",\n    \"io\": \"disable\",\n    \"os\": \"disable\",\n"
         "    \"package\": \"disable\"\n  },\n"
         "  \"workspace.library\": [\".titorelli/library\"],\n"
         "  \"workspace.checkThirdParty\": false\n"
         "}\n";
}

std::string luacheck_settings() {
  std::string names = "\"param\"";
  for (const ApiWord& word : api_globals().words) names += fmt::format(", \"{}\"", word.name);
  for (const ApiNoun& noun : api_nouns()) {
    if (!noun.is_object && noun.name != "globals") names += fmt::format(", \"{}\"", noun.name);
  }
  return fmt::format(
      "-- For luacheck: the words of Titorelli's scenarios. Written by `titorelli new`.\n"
      "std = \"lua54\"\n"
      "max_line_length = 120\n"
      "exclude_files = {{ \".titorelli\" }}\n"
      "read_globals = {{ {} }}\n",
      names);
}

}  // namespace sim
