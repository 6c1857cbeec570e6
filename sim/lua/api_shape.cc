#include "sim/lua/api_shape.h"

#include <algorithm>

#include "broker-model/checkers/checker.h"
#include "reports/plot.h"
#include "sim/lab/events.h"
#include "sim/lua/lexer.h"
#include "sim/lua/threshold.h"

namespace sim {
namespace {

// Names that mean the same wherever they stand.
constexpr ApiOption kCommon[] = {
    {"time", "duration", "Counted from power-on."},
    {"delay", "duration", ""},
    {"gap", "duration", ""},
    {"duration", "duration", ""},
    {"within", "duration", "How long at most."},
    {"after", "duration", ""},
    {"jitter", "duration", ""},
    {"rate", "rate", "How many in what time: \"200/s\"."},
    {"function", "function", ""},
    {"predicate", "function", ""},
    {"handler", "function", ""},
    {"name", "string", ""},
    {"id", "integer", ""},
    {"partition", "integer", "Counted from 0."},
    {"topic", "topic", ""},
    {"broker", "node", ""},
    {"node", "node", ""},
    {"a", "nodes", "A node or a list of nodes."},
    {"b", "nodes", "A node or a list of nodes."},
    {"metric", "metric", ""},
    {"event", "event", ""},
    {"api", "api", ""},
    {"count", "integer", ""},
    {"nth", "integer", ""},
    {"times", "integer", ""},
    {"direction", "string", ""},
};

// Reads a signature token by token: "topic:leader(partition) -> node or nil".
class SignatureReader {
 public:
  explicit SignatureReader(const ApiWord& word) : word_(word), tokens_(tokens_of(word.signature)) {}

  ApiShape read() {
    while (!now().is("(") && !now().is("{") && !is_over()) ++at_;
    if (now().is("{")) {
      shape_.options_at = 0;
      read_options();
    } else if (accept("(")) {
      read_parameters();
    }
    read_answer();
    return std::move(shape_);
  }

 private:
  const Token& now() const { return tokens_[at_]; }
  bool is_over() const { return now().kind == TokenKind::kEnd || now().kind == TokenKind::kBad; }
  bool accept(std::string_view text) {
    if (!now().is(text)) return false;
    ++at_;
    return true;
  }
  bool is_word() const {
    return now().kind == TokenKind::kName || now().kind == TokenKind::kKeyword;
  }

  ApiSlot slot(std::string_view name) const {
    ApiSlot slot{.name = std::string(name), .type = "any", .doc = {}, .fallback = {}};
    const auto describe = [&](std::span<const ApiOption> rows) {
      const auto row = std::ranges::find(rows, name, &ApiOption::name);
      if (row == rows.end()) return false;
      slot.type = row->type;
      slot.doc = row->doc;
      return true;
    };
    if (!describe(word_.details)) describe(kCommon);
    return slot;
  }

  void skip_brackets() {  // function(e): what a function is given
    if (!accept("(")) return;
    while (!accept(")") && !is_over()) ++at_;
  }

  void read_parameters() {
    bool is_optional = false;
    while (!now().is(")") && !is_over()) {
      if (accept("[")) {
        is_optional = true;
      } else if (now().is("{")) {
        shape_.options_at = static_cast<int>(shape_.parameters.size());
        read_options();
      } else if (is_word()) {
        ApiSlot parameter = slot(now().text);
        ++at_;
        skip_brackets();
        parameter.is_optional = is_optional;
        if (accept("=")) {
          parameter.is_optional = true;
          parameter.fallback = read_value();
        }
        shape_.parameters.push_back(std::move(parameter));
      } else {
        if (now().is("...")) shape_.is_open = true;
        ++at_;
      }
    }
    accept(")");
  }

  // name = fallback, ...; "<topic key> =" stands for the keys of Kafka's topics.
  void read_options() {
    accept("{");
    while (!now().is("}") && !is_over()) {
      if (accept("<")) {
        shape_.keys_of = now().text;
        while (!now().is(">") && !is_over()) ++at_;
      } else if (is_word() && tokens_[at_ + 1].is("=")) {
        ApiSlot option = slot(now().text);
        at_ += 2;
        option.is_optional = true;
        option.fallback = read_value();
        shape_.options.push_back(std::move(option));
      } else {
        if (now().is("...") || is_word()) shape_.is_open = true;
        ++at_;
      }
    }
    accept("}");
  }

  // What stands behind "=": up to the next comma of this level, "" for nothing.
  std::string read_value() {
    std::string value;
    int depth = 0;
    while (!is_over()) {
      if (depth == 0 && (now().is(",") || now().is("}") || now().is(")") || now().is("]"))) break;
      if (now().is("{")) ++depth;
      if (now().is("}")) --depth;
      value += now().text;
      ++at_;
    }
    return value.starts_with('{') ? std::string() : value;
  }

  void read_answer() {
    while (!is_over() && !(now().is("-") && tokens_[at_ + 1].is(">"))) ++at_;
    if (is_over()) return;
    at_ += 2;
    std::vector<std::string_view> words;
    for (; is_word(); ++at_) words.push_back(now().text);
    if (words.size() >= 2 && words[words.size() - 2] == "or" && words.back() == "nil") {
      shape_.may_be_nil = true;
      words.resize(words.size() - 2);
    }
    if (words.size() == 3 && words[0] == "list" && words[1] == "of") {
      shape_.answers_list = true;
      words = {words[2].ends_with('s') ? words[2].substr(0, words[2].size() - 1) : words[2]};
    }
    if (words.size() == 1) shape_.answers = words[0];
  }

  const ApiWord& word_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  ApiShape shape_;
};

std::vector<std::string_view> event_names() {
  std::vector<std::string_view> names;
  for (const EventInfo& info : event_kinds()) names.push_back(info.name);
  return names;
}

std::vector<std::string_view> check_names() {
  std::vector<std::string_view> names;
  for (const kafka::CheckerInfo& info : kafka::checkers()) names.push_back(info.name);
  return names;
}

std::vector<std::string_view> plot_names() {
  std::vector<std::string_view> names;
  for (const reports::PlotTemplate& plot : reports::plot_templates()) names.push_back(plot.kind);
  return names;
}

}  // namespace

ApiShape shape_of(const ApiWord& word) { return SignatureReader(word).read(); }

const ApiNoun* noun_named(std::string_view name) {
  const auto nouns = api_nouns();
  const auto found = std::ranges::find(nouns, name, &ApiNoun::name);
  return found == nouns.end() ? nullptr : &*found;
}

const ApiWord* word_named(const ApiNoun& noun, std::string_view name) {
  const auto found = std::ranges::find(noun.words, name, &ApiWord::name);
  return found == noun.words.end() ? nullptr : &*found;
}

std::span<const NameList> name_lists() {
  static constexpr NameList kLists[] = {
      {"metric", &metric_names, Mistake::kMetric, "titorelli list metrics"},
      {"event", &event_names, Mistake::kUnknownEvent, "titorelli list events"},
      {"api", &api_names, Mistake::kOutOfRange, ""},
      {"plot", &plot_names, Mistake::kOutOfRange, "titorelli list plots"},
      {"check", &check_names, Mistake::kUnknownFunction, "titorelli list checks"},
  };
  return kLists;
}

}  // namespace sim
