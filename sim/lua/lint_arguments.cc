#include "sim/lua/lint_arguments.h"

#include <fmt/format.h>

#include <algorithm>

#include "broker-model/types/config.h"
#include "sim/lua/diagnostic.h"
#include "sim/lua/threshold.h"

namespace sim {
namespace {

const kafka::ConfigDef* config_named(std::string_view noun) {
  for (const kafka::ConfigDef* def :
       {&kafka::ConfigDef::broker(), &kafka::ConfigDef::topic(), &kafka::ConfigDef::producer(),
        &kafka::ConfigDef::consumer(), &kafka::ConfigDef::admin()}) {
    if (def->noun() == noun) return def;
  }
  return nullptr;
}

enum class Literal : std::uint8_t { kNone, kNumber, kString, kBoolean, kTable, kFunction };

class ArgumentCheck {
 public:
  ArgumentCheck(const SyntaxTree& tree, std::string_view call, const LintReport& report)
      : tree_(tree), call_(call), report_(report) {}

  void check_value(const ApiSlot& slot, NodeId id, std::string_view answers, bool is_option);
  void check_options(const ApiShape& shape, NodeId table);
  void check_threshold(std::span<const NodeId> arguments);

 private:
  Literal literal(NodeId id) const;
  std::string what(const ApiSlot& slot, bool is_option) const {
    return is_option ? fmt::format("{}{{ {} = }}", call_, slot.name)
                     : fmt::format("{}({})", call_, slot.name);
  }
  void wrong_type(const ApiSlot& slot, NodeId id, bool is_option, std::string_view expected);
  void check_quantity(const ApiSlot& slot, NodeId id, bool is_option);
  void check_name(const NameList& list, NodeId id);
  void check_keys(std::string_view keys_of, NodeId table);
  void check_key(const kafka::ConfigDef& def, const Token& at, std::string_view key, NodeId value,
                 std::span<const ApiSlot> further);

  const SyntaxTree& tree_;
  std::string_view call_;
  const LintReport& report_;
};

Literal ArgumentCheck::literal(NodeId id) const {
  const SyntaxNode& node = tree_[id];
  switch (node.kind) {
    case NodeKind::kNumber: return Literal::kNumber;
    case NodeKind::kString: return Literal::kString;
    case NodeKind::kTable: return Literal::kTable;
    case NodeKind::kFunction: return Literal::kFunction;
    case NodeKind::kConstant:
      return node.token.is("true") || node.token.is("false") ? Literal::kBoolean : Literal::kNone;
    case NodeKind::kOperator:  // -5
      return node.token.is("-") && node.children.size() == 1 ? literal(node.children[0])
                                                             : Literal::kNone;
    default: return Literal::kNone;
  }
}

void ArgumentCheck::wrong_type(const ApiSlot& slot, NodeId id, bool is_option,
                               std::string_view expected) {
  static constexpr std::string_view kNames[] = {"", "", "", "", "a table", "a function"};
  const Literal kind = literal(id);
  const bool is_shown = kind != Literal::kTable && kind != Literal::kFunction;
  report_(tree_[id].token, Mistake::kWrongType,
          fmt::format("{} expects {}, got {}", what(slot, is_option), expected,
                      is_shown ? tree_[id].token.text : kNames[static_cast<std::size_t>(kind)]),
          "");
}

// A duration or a rate: a string with a unit.
void ArgumentCheck::check_quantity(const ApiSlot& slot, NodeId id, bool is_option) {
  const bool is_duration = slot.type == "duration";
  const Token& token = tree_[id].token;
  switch (literal(id)) {
    case Literal::kNone: return;
    case Literal::kNumber: {
      const std::string_view number = tree_[id].kind == NodeKind::kNumber ? token.text : "5";
      report_(token, Mistake::kNoUnit,
              fmt::format("{}: a {} needs a unit, got {}", what(slot, is_option), slot.type,
                          tree_[id].kind == NodeKind::kNumber ? number : "a negative number"),
              is_duration ? fmt::format("write \"{}ms\" or \"{}s\"", number, number)
                          : fmt::format("write \"{}/s\"", number));
      return;
    }
    case Literal::kString: {
      const std::string value = string_value(token);
      const bool is_good =
          is_duration ? parse_duration(value).has_value() : parse_rate(value).has_value();
      if (is_good) return;
      report_(token, Mistake::kNoUnit,
              fmt::format("{} expects a {}, got \"{}\"", what(slot, is_option), slot.type, value),
              is_duration ? "a number and a unit: \"250ms\", \"1.5s\", \"2m\", \"1h\" (also us, ns)"
                          : "\"200/s\", \"12000/m\" or \"1/h\"; at most 1000000/s, at least 1/h");
      return;
    }
    default:
      wrong_type(slot, id, is_option,
                 is_duration ? "a duration such as \"250ms\"" : "a rate such as \"200/s\"");
  }
}

void ArgumentCheck::check_name(const NameList& list, NodeId id) {
  if (literal(id) != Literal::kString) return;
  const std::string value = string_value(tree_[id].token);
  const std::vector<std::string_view> names = list.names();
  if (std::ranges::find(names, value) != names.end()) return;
  report_(tree_[id].token, list.mistake, fmt::format("unknown {} \"{}\"", list.type, value),
          help_for_unknown(value, names, list.where));
}

void ArgumentCheck::check_value(const ApiSlot& slot, NodeId id, std::string_view answers,
                                bool is_option) {
  const Literal kind = literal(id);
  const auto expect = [&](std::initializer_list<Literal> good, std::string_view expected) {
    if (kind != Literal::kNone && std::ranges::find(good, kind) == good.end())
      wrong_type(slot, id, is_option, expected);
  };
  if (slot.type == "duration" || slot.type == "rate") return check_quantity(slot, id, is_option);
  if (slot.type == "integer" || slot.type == "number") expect({Literal::kNumber}, "a number");
  if (slot.type == "boolean") expect({Literal::kBoolean}, "true or false");
  if (slot.type == "string") expect({Literal::kString}, "a string");
  if (slot.type == "table") expect({Literal::kTable}, "a table");
  if (slot.type == "topic") expect({Literal::kString}, "a topic");
  if (slot.type.starts_with("function")) {
    expect({Literal::kFunction}, "a function");
    if (!answers.empty()) {
      report_(tree_[id].token, Mistake::kWrongType,
              fmt::format("{} expects a function, got what a call answers: a {}",
                          what(slot, is_option), answers),
              "the call is made at once; write function() ... end around it");
    }
  }
  if (slot.type.ends_with(" keys") && kind == Literal::kTable)
    check_keys(slot.type.substr(0, slot.type.size() - 5), id);
  for (const NameList& list : name_lists()) {
    if (list.type == slot.type) check_name(list, id);
  }
}

// --- tables of options ---------------------------------------------------------------------------

// Calls visit(token, name, value) for each field with a name that the text shows.
template <class Visit>
void for_each_field(const SyntaxTree& tree, NodeId table, Visit visit) {
  for (NodeId id : tree[table].children) {
    const SyntaxNode& field = tree[id];
    if (!field.names.empty()) {
      visit(field.names[0], std::string(field.names[0].text), field.children[0]);
    } else if (field.children.size() == 2 && tree[field.children[0]].kind == NodeKind::kString) {
      const Token& key = tree[field.children[0]].token;
      visit(key, string_value(key), field.children[1]);
    } else if (field.children.size() == 1) {
      visit(field.token, std::string(), field.children[0]);
    }
  }
}

void ArgumentCheck::check_options(const ApiShape& shape, NodeId table) {
  const kafka::ConfigDef* def = config_named(shape.keys_of);
  std::vector<std::string_view> candidates;
  for (const ApiSlot& option : shape.options) candidates.push_back(option.name);
  for_each_field(tree_, table, [&](const Token& at, const std::string& name, NodeId value) {
    if (name.empty()) {
      const SyntaxNode& node = tree_[value];
      const bool is_spread = node.kind == NodeKind::kConstant && node.token.is("...");
      if (!shape.is_open && !is_spread) {
        report_(at, Mistake::kUnknownOption,
                fmt::format("{} takes named options, got one without a name", call_),
                "write { name = value }");
      }
      return;
    }
    const auto option = std::ranges::find(shape.options, name, &ApiSlot::name);
    if (option != shape.options.end()) {
      check_value(*option, value, {}, true);
    } else if (def != nullptr) {
      check_key(*def, at, name, value, shape.options);
    } else if (!shape.is_open && shape.keys_of.empty()) {
      report_(at, Mistake::kUnknownOption, fmt::format("unknown option of {} \"{}\"", call_, name),
              help_for_unknown(name, candidates));
    }
  });
}

void ArgumentCheck::check_keys(std::string_view keys_of, NodeId table) {
  const kafka::ConfigDef* def = config_named(keys_of);
  if (def == nullptr) return;
  for_each_field(tree_, table, [&](const Token& at, const std::string& name, NodeId value) {
    if (!name.empty()) check_key(*def, at, name, value, {});
  });
}

void ArgumentCheck::check_key(const kafka::ConfigDef& def, const Token& at, std::string_view key,
                              NodeId value, std::span<const ApiSlot> further) {
  std::string text;
  if (def.find(key) != nullptr) {
    const Token& token = tree_[value].token;
    const NodeKind kind = tree_[value].kind;
    const bool is_whole = kind == NodeKind::kNumber &&
                          token.text.find_first_not_of("0123456789") == std::string_view::npos;
    const bool is_boolean = kind == NodeKind::kConstant && (token.is("true") || token.is("false"));
    if (kind != NodeKind::kString && !is_whole && !is_boolean) return;
    text = kind == NodeKind::kString ? string_value(token) : std::string(token.text);
  }
  kafka::Config probe(def);
  const auto done = probe.set(key, text);
  if (done.has_value()) return;
  const bool is_unknown = done.error().kind == kafka::ConfigError::Kind::kUnknownKey;
  std::vector<std::string> nearest = done.error().nearest;
  if (is_unknown) {
    std::vector<std::string_view> names;
    for (const ApiSlot& slot : further) names.push_back(slot.name);
    const std::vector<std::string> options = kafka::nearest_names(key, names);
    nearest.insert(nearest.begin(), options.begin(), options.end());
    if (nearest.size() > 3) nearest.resize(3);
  }
  std::string help = suggestion(nearest);
  if (is_unknown)
    help += help.empty() ? "see titorelli list configs" : "   (titorelli list configs)";
  report_(is_unknown ? at : tree_[value].token,
          is_unknown ? Mistake::kUnknownConfig : Mistake::kBadConfig, done.error().message, help);
}

void ArgumentCheck::check_threshold(std::span<const NodeId> arguments) {
  if (arguments.size() != 2 || literal(arguments[0]) != Literal::kString ||
      literal(arguments[1]) != Literal::kString) {
    return;
  }
  const std::string metric = string_value(tree_[arguments[0]].token);
  const std::vector<std::string_view> names = metric_names();
  if (std::ranges::find(names, metric) == names.end()) return;  // told by its name list
  const auto parsed = Threshold::parse(metric, string_value(tree_[arguments[1]].token));
  if (!parsed.has_value())
    report_(tree_[arguments[1]].token, Mistake::kMetric, parsed.error().message,
            parsed.error().help);
}

}  // namespace

void check_arguments(const SyntaxTree& tree, std::string_view call, const ApiWord& word,
                     std::span<const NodeId> arguments, std::span<const std::string> answers,
                     const LintReport& report) {
  const ApiShape shape = shape_of(word);
  ArgumentCheck check(tree, call, report);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto place = static_cast<int>(i);
    if (place == shape.options_at) {
      if (tree[arguments[i]].kind == NodeKind::kTable) check.check_options(shape, arguments[i]);
      continue;
    }
    const std::size_t parameter = shape.options_at >= 0 && place > shape.options_at ? i - 1 : i;
    if (parameter < shape.parameters.size())
      check.check_value(shape.parameters[parameter], arguments[i], answers[i], false);
  }
  if (word.name == "threshold") check.check_threshold(arguments);
}

}  // namespace sim
