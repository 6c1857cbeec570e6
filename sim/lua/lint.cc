#include "sim/lua/lint.h"

#include <fmt/format.h>

#include <algorithm>

#include "broker-model/types/config.h"
#include "sim/lua/lint_arguments.h"
#include "sim/lua/scenario.h"

namespace sim {
namespace {

// What is known of a value: nothing at all, or one of these.
struct Known {
  std::string noun;                // an object of the language
  bool is_list = false;            // a list of them
  const ApiNoun* table = nullptr;  // check, net
  const ApiWord* word = nullptr;   // a function of the language,
  std::string call;                // by the name that complaints use,
  bool is_by_dot = false;          // taken from an object with a dot: it lacks its object
  std::string library;             // string, math
  bool is_param = false;
};

struct Binding {
  std::string_view name;
  std::size_t offset = 0;  // of its declaration
  Known known;
};

// Walks the tree twice: first to learn what the text defines, then to hold the text against it.
class Linter {
 public:
  Linter(std::string_view file, std::string_view source, const SyntaxTree& tree,
         const LintWorld& world)
      : file_(file), source_(source), tree_(tree), world_(world) {}

  std::vector<Diagnosis> run() {
    walk_block(tree_.root());
    is_second_ = true;
    walk_block(tree_.root());
    std::ranges::sort(found_, {}, &place_of);
    return std::move(found_);
  }

 private:
  void report(const Token& at, Mistake mistake, std::string message, std::string help);
  void declare(const Token& name, Known known);
  const Binding* local(std::string_view name) const;

  void walk_block(NodeId id);  // with a scope of its own
  void walk_statements(NodeId id);
  void walk_statement(NodeId id);
  void walk_for(const SyntaxNode& node);
  void walk_local(const SyntaxNode& node);
  void walk_assign(const SyntaxNode& node);
  void walk_target(NodeId id);
  void walk_function_to(const SyntaxNode& node);
  void walk_function(NodeId id, std::span<const std::string> kinds);
  Known walk(NodeId id);
  Known walk_name(const Token& name);
  Known walk_suffixes(const SyntaxNode& node, std::size_t count);
  Known walk_dot(const Known& value, const Token& name);
  Known walk_method(const Known& value, const SyntaxNode& node);
  Known walk_call(const Known& value, const SyntaxNode& node, const Token& at);
  std::vector<std::string> walk_arguments(const SyntaxNode& call, const ApiWord* word);
  void unknown_global(const Token& name);
  void unknown_word(const ApiNoun& noun, const Token& name);
  void suspicious_method(const Token& name);
  void note_parameters(const SyntaxNode& call);

  std::string_view file_;
  std::string_view source_;
  const SyntaxTree& tree_;
  const LintWorld& world_;
  bool is_second_ = false;
  std::vector<Binding> scope_;
  std::vector<Diagnosis> found_;
  // Learnt by the first walk.
  std::set<std::string, std::less<>> globals_;  // that the text assigns
  std::set<std::string, std::less<>> fields_;   // that any table of the text has
  std::set<std::size_t> reassigned_;            // locals, by declaration
  std::optional<std::set<std::string, std::less<>>> parameters_;
  bool has_modules_ = false;
  bool has_own_environment_ = false;
};

void Linter::report(const Token& at, Mistake mistake, std::string message, std::string help) {
  if (!is_second_) return;
  const std::string_view line = at.text.substr(0, at.text.find('\n'));
  found_.push_back({.file = std::string(file_),
                    .line = at.line,
                    .column = column_of(source_, at.offset),
                    .width = std::max(1, column_of(line, line.size()) - 1),
                    .mistake = mistake,
                    .message = std::move(message),
                    .help = std::move(help)});
}

void Linter::declare(const Token& name, Known known) {
  if (reassigned_.contains(name.offset)) known = {};
  if (name.text == "_ENV") has_own_environment_ = true;
  scope_.push_back({name.text, name.offset, std::move(known)});
}

const Binding* Linter::local(std::string_view name) const {
  const auto found = std::find_if(scope_.rbegin(), scope_.rend(),
                                  [name](const Binding& binding) { return binding.name == name; });
  return found == scope_.rend() ? nullptr : &*found;
}

// --- statements
// ------------------------------------------------------------------------------------

void Linter::walk_block(NodeId id) {
  const std::size_t before = scope_.size();
  walk_statements(id);
  scope_.resize(before);
}

void Linter::walk_statements(NodeId id) {
  for (NodeId statement : tree_[id].children) walk_statement(statement);
}

void Linter::walk_statement(NodeId id) {
  const SyntaxNode& node = tree_[id];
  switch (node.kind) {
    case NodeKind::kLocal: return walk_local(node);
    case NodeKind::kAssign: return walk_assign(node);
    case NodeKind::kFunctionTo: return walk_function_to(node);
    case NodeKind::kForNumber:
    case NodeKind::kForIn: return walk_for(node);
    case NodeKind::kLocalFunction:
      declare(node.names[0], {});
      walk_function(node.children[0], {});
      return;
    case NodeKind::kRepeat: {
      const std::size_t before = scope_.size();
      walk_statements(node.children[0]);
      walk(node.children[1]);
      scope_.resize(before);
      return;
    }
    default:
      for (NodeId child : node.children) {
        if (tree_[child].kind == NodeKind::kBlock) {
          walk_block(child);
        } else {
          walk(child);
        }
      }
  }
}

void Linter::walk_local(const SyntaxNode& node) {
  std::vector<Known> values;
  for (NodeId value : node.children) values.push_back(walk(value));
  values.resize(std::max(values.size(), node.names.size()));
  for (std::size_t i = 0; i < node.names.size(); ++i) declare(node.names[i], values[i]);
}

void Linter::walk_for(const SyntaxNode& node) {
  std::vector<Known> values;
  for (std::size_t i = 0; i + 1 < node.children.size(); ++i)
    values.push_back(walk(node.children[i]));
  const std::size_t before = scope_.size();
  for (std::size_t i = 0; i < node.names.size(); ++i) {
    Known known;  // for _, broker in ipairs(c:brokers()) do
    const bool is_element = node.kind == NodeKind::kForIn && i == 1 && !values.empty();
    if (is_element && values[0].is_list) known.noun = values[0].noun;
    declare(node.names[i], known);
  }
  walk_statements(node.children.back());
  scope_.resize(before);
}

void Linter::walk_assign(const SyntaxNode& node) {
  for (std::size_t i = node.targets; i < node.children.size(); ++i) walk(node.children[i]);
  for (std::size_t i = 0; i < node.targets; ++i) walk_target(node.children[i]);
}

void Linter::walk_target(NodeId id) {
  const SyntaxNode& node = tree_[id];
  if (node.kind == NodeKind::kName) {
    if (const Binding* binding = local(node.token.text); binding != nullptr) {
      reassigned_.insert(binding->offset);
    } else {
      globals_.emplace(node.token.text);
    }
    return;
  }
  if (node.kind != NodeKind::kSuffixed) return;
  const SyntaxNode& last = tree_[node.children.back()];
  const Known value = walk_suffixes(node, node.children.size() - 1);
  if (last.kind == NodeKind::kDot) {
    fields_.emplace(last.names[0].text);
    if (value.is_param && parameters_.has_value()) parameters_->emplace(last.names[0].text);
    const SyntaxNode& base = tree_[node.children[0]];
    if (base.kind == NodeKind::kName && base.token.text == "_G")
      globals_.emplace(last.names[0].text);
  } else if (last.kind == NodeKind::kIndex) {
    walk(last.children[0]);
  }
}

void Linter::walk_function_to(const SyntaxNode& node) {
  const Token& first = node.names[0];
  if (node.names.size() == 1) {
    if (const Binding* binding = local(first.text); binding != nullptr) {
      reassigned_.insert(binding->offset);
    } else {
      globals_.emplace(first.text);
    }
  } else {
    walk_name(first);
    for (std::size_t i = 1; i < node.names.size(); ++i) fields_.emplace(node.names[i].text);
  }
  walk_function(node.children[0], {});
}

void Linter::walk_function(NodeId id, std::span<const std::string> kinds) {
  const SyntaxNode& node = tree_[id];
  const std::size_t before = scope_.size();
  if (node.is_method) scope_.push_back({"self", node.token.offset, {}});
  for (std::size_t i = 0; i < node.names.size(); ++i) {
    Known known;
    if (i < kinds.size()) known.noun = kinds[i];
    declare(node.names[i], known);
  }
  walk_statements(node.children[0]);
  scope_.resize(before);
}

// --- expressions -------------------------------------------------------------------------------

Known Linter::walk(NodeId id) {
  const SyntaxNode& node = tree_[id];
  switch (node.kind) {
    case NodeKind::kName: return walk_name(node.token);
    case NodeKind::kSuffixed: return walk_suffixes(node, node.children.size());
    case NodeKind::kFunction: walk_function(id, {}); return {};
    case NodeKind::kTable:
      for (NodeId child : node.children) {
        const SyntaxNode& field = tree_[child];
        if (!field.names.empty()) fields_.emplace(field.names[0].text);
        for (NodeId value : field.children) walk(value);
      }
      return {};
    default: {
      Known only;
      for (NodeId child : node.children) only = walk(child);
      const bool is_bracketed = node.kind == NodeKind::kOperator && node.token.is("(");
      return is_bracketed ? only : Known{};
    }
  }
}

Known Linter::walk_name(const Token& name) {
  if (const Binding* binding = local(name.text); binding != nullptr) return binding->known;
  if (name.text == "_ENV") has_own_environment_ = true;
  if (name.text == "require") has_modules_ = true;
  if (globals_.contains(name.text)) return {};
  Known known;
  if (name.text == "param") {
    known.is_param = true;
  } else if (world_.libraries.contains(name.text)) {
    known.library = name.text;
  } else if (const ApiNoun* noun = noun_named(name.text);
             noun != nullptr && !noun->is_object && world_.globals.contains(name.text)) {
    known.table = noun;
  } else if (const ApiWord* word = word_named(api_globals(), name.text); word != nullptr) {
    known.word = word;
    known.call = name.text;
  } else if (!world_.globals.contains(name.text)) {
    unknown_global(name);
  } else if (name.text == "ipairs" || name.text == "pairs") {
    known.library = name.text;  // its elements are those of what it is given
  }
  return known;
}

void Linter::unknown_global(const Token& name) {
  if (has_own_environment_) return;
  if (const auto reason = taken_away(name.text); reason.has_value()) {
    return report(name, Mistake::kSandbox,
                  fmt::format("\"{}\" is not available in a scenario", name.text),
                  std::string(*reason));
  }
  std::vector<std::string_view> candidates(world_.globals.begin(), world_.globals.end());
  candidates.insert(candidates.end(), globals_.begin(), globals_.end());
  for (const Binding& binding : scope_) candidates.push_back(binding.name);
  const std::vector<std::string> nearest = kafka::nearest_names(name.text, candidates);
  report(name, Mistake::kUnknownName, fmt::format("unknown name \"{}\"", name.text),
         nearest.empty() ? "a global is known once it has been assigned; see docs/scenario-api.md"
                         : suggestion(nearest));
}

Known Linter::walk_suffixes(const SyntaxNode& node, std::size_t count) {
  Known value = walk(node.children[0]);
  for (std::size_t i = 1; i < count; ++i) {
    const SyntaxNode& suffix = tree_[node.children[i]];
    switch (suffix.kind) {
      case NodeKind::kDot: value = walk_dot(value, suffix.names[0]); break;
      case NodeKind::kMethod: value = walk_method(value, suffix); break;
      case NodeKind::kCall: value = walk_call(value, suffix, node.token); break;
      default: {
        for (NodeId child : suffix.children) walk(child);
        Known element;
        if (value.is_list) element.noun = value.noun;
        value = element;
      }
    }
  }
  return value;
}

void Linter::unknown_word(const ApiNoun& noun, const Token& name) {
  std::vector<std::string_view> candidates;
  for (const ApiWord& word : noun.words) candidates.push_back(word.name);
  if (noun.name == "fault") {
    return report(name, Mistake::kUnknownFault, fmt::format("unknown fault \"{}\"", name.text),
                  help_for_unknown(name.text, candidates, "titorelli list faults"));
  }
  report(name, Mistake::kUnknownFunction,
         fmt::format("unknown function of {} \"{}\"", noun.name, name.text),
         help_for_unknown(name.text, candidates));
}

Known Linter::walk_dot(const Known& value, const Token& name) {
  Known result;
  const ApiNoun* noun =
      value.table != nullptr
          ? value.table
          : (value.noun.empty() || value.is_list ? nullptr : noun_named(value.noun));
  if (noun != nullptr) {
    result.word = word_named(*noun, name.text);
    result.call = fmt::format("{}.{}", noun->name, name.text);
    result.is_by_dot = noun->is_object;
    if (result.word == nullptr) unknown_word(*noun, name);
  } else if (value.is_param && parameters_.has_value() && !parameters_->empty() &&
             !parameters_->contains(name.text)) {
    const std::vector<std::string_view> candidates(parameters_->begin(), parameters_->end());
    report(name, Mistake::kUnknownName, fmt::format("unknown parameter \"{}\"", name.text),
           help_for_unknown(name.text, candidates));
  } else if (const auto library = world_.libraries.find(value.library);
             library != world_.libraries.end() && !library->second.contains(name.text) &&
             !fields_.contains(name.text)) {
    const std::vector<std::string_view> candidates(library->second.begin(), library->second.end());
    report(name, Mistake::kUnknownFunction,
           fmt::format("unknown function of {} \"{}\"", value.library, name.text),
           suggestion(kafka::nearest_names(name.text, candidates)));
  }
  return result;
}

// A method of a value that nothing is known of: a mistyping when it is close to a function of the
// language and no table of the text, nor a module, could have it.
void Linter::suspicious_method(const Token& name) {
  if (has_modules_ || fields_.contains(name.text) || name.text.size() < 4) return;
  std::vector<std::string_view> candidates;
  for (const ApiNoun& noun : api_nouns()) {
    for (const ApiWord& word : noun.words) {
      if (word.name == name.text) return;
      if (noun.is_object && word.name.front() == name.text.front()) candidates.push_back(word.name);
    }
  }
  const auto strings = world_.libraries.find("string");
  if (strings != world_.libraries.end() && strings->second.contains(name.text)) return;
  const std::vector<std::string> nearest = kafka::nearest_names(name.text, candidates);
  if (nearest.empty()) return;
  report(name, Mistake::kUnknownFunction, fmt::format("unknown function \"{}\"", name.text),
         suggestion(nearest));
}

Known Linter::walk_method(const Known& value, const SyntaxNode& node) {
  const Token& name = node.names[0];
  const ApiNoun* noun =
      value.table != nullptr
          ? value.table
          : (value.noun.empty() || value.is_list ? nullptr : noun_named(value.noun));
  if (noun == nullptr) {
    if (value.word == nullptr && value.library.empty()) suspicious_method(name);
    walk_arguments(node, nullptr);
    return {};
  }
  Known method;
  method.word = word_named(*noun, name.text);
  method.call = fmt::format("{}:{}", noun->name, name.text);
  if (method.word == nullptr) unknown_word(*noun, name);
  return walk_call(method, node, name);
}

Known Linter::walk_call(const Known& value, const SyntaxNode& node, const Token& at) {
  const std::vector<std::string> answers = walk_arguments(node, value.word);
  if (value.library == "ipairs" || value.library == "pairs") {
    if (node.children.size() != 1 || answers[0].find(" list") == std::string::npos) return {};
    Known elements;
    elements.noun = answers[0].substr(0, answers[0].find(' '));
    elements.is_list = true;
    return elements;
  }
  if (value.word == nullptr) return {};
  if (value.word->name == "scenario") note_parameters(node);
  if (value.is_by_dot) {
    const bool has_object =
        !node.children.empty() && tree_[node.children[0]].kind == NodeKind::kName;
    if (!has_object) {
      report(at, Mistake::kWrongType, fmt::format("{} is called with a dot", value.call),
             "the object is missing then; call it with a colon");
    }
    return {};
  }
  if (is_second_) {
    check_arguments(
        tree_, value.call, *value.word, node.children, answers,
        [this](const Token& token, Mistake mistake, std::string message, std::string help) {
          report(token, mistake, std::move(message), std::move(help));
        });
  }
  const ApiShape shape = shape_of(*value.word);
  const ApiNoun* noun = noun_named(shape.answers);
  Known result;
  if (noun != nullptr && noun->is_object) {
    result.noun = shape.answers;
    result.is_list = shape.answers_list;
  }
  return result;
}

// Of each argument the noun that it is, " list" behind it when it is a list.
std::vector<std::string> Linter::walk_arguments(const SyntaxNode& call, const ApiWord* word) {
  std::vector<std::string> answers;
  const ApiShape shape = word != nullptr ? shape_of(*word) : ApiShape{};
  for (std::size_t i = 0; i < call.children.size(); ++i) {
    const NodeId argument = call.children[i];
    if (tree_[argument].kind != NodeKind::kFunction) {
      const Known known = walk(argument);
      answers.push_back(known.is_list ? known.noun + " list" : known.noun);
      continue;
    }
    // "function(fault, node)": what the function will be given.
    std::vector<std::string> kinds;
    const std::string_view type =
        i < shape.parameters.size() ? shape.parameters[i].type : std::string_view{};
    if (type.starts_with("function(")) {
      for (const Token& token : tokens_of(type.substr(8))) {
        if (token.kind != TokenKind::kName) continue;
        const ApiNoun* noun = noun_named(token.text);
        kinds.emplace_back(noun != nullptr && noun->is_object ? token.text : std::string_view{});
      }
    }
    walk_function(argument, kinds);
    answers.emplace_back();
  }
  return answers;
}

// scenario{ params = { rate = 200 } }: the names that param has.
void Linter::note_parameters(const SyntaxNode& call) {
  if (is_second_ || call.children.size() != 1) return;
  for (NodeId id : tree_[call.children[0]].children) {
    const SyntaxNode& field = tree_[id];
    if (field.kind != NodeKind::kField || field.names.empty() || field.names[0].text != "params")
      continue;
    const SyntaxNode& table = tree_[field.children[0]];
    if (table.kind != NodeKind::kTable || parameters_.has_value()) return;
    parameters_.emplace();
    for (NodeId child : table.children) {
      if (!tree_[child].names.empty()) parameters_->emplace(tree_[child].names[0].text);
    }
  }
}

}  // namespace

LintWorld lint_world() {
  LintWorld world;
  const std::unique_ptr<ScenarioRun> run = ScenarioRun::create({});
  lua_State* L = run->sandbox().state();
  const int top = lua_gettop(L);
  lua_pushglobaltable(L);
  lua_pushnil(L);
  while (lua_next(L, top + 1) != 0) {
    if (lua_type(L, -2) == LUA_TSTRING) {
      const std::string name = lua_tostring(L, -2);
      world.globals.insert(name);
      if (lua_istable(L, -1) && luaL_getmetafield(L, -1, "__index") == LUA_TNIL && name != "_G") {
        lua_pushnil(L);
        while (lua_next(L, -2) != 0) {
          if (lua_type(L, -2) == LUA_TSTRING) world.libraries[name].insert(lua_tostring(L, -2));
          lua_pop(L, 1);
        }
      }
    }
    lua_settop(L, top + 2);
  }
  lua_settop(L, top);
  world.globals.insert("param");  // set by scenario{ }
  return world;
}

std::vector<Diagnosis> lint(std::string_view file, std::string_view source,
                            const LintWorld& world) {
  const SyntaxTree tree = parse_lua(source);
  if (const auto& error = tree.error(); error.has_value()) {
    return {{.file = std::string(file),
             .line = error->line,
             .column = column_of(source, error->offset),
             .mistake = Mistake::kSyntax,
             .message = error->message}};
  }
  return Linter(file, source, tree, world).run();
}

}  // namespace sim
