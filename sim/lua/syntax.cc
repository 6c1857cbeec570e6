#include "sim/lua/syntax.h"

#include <fmt/format.h>

namespace sim {
namespace {

constexpr int kDepthMax = 190;  // Lua's own limit is 200 levels

// Binding power of a binary operator: left, right; 0 when it is none. As in Lua's lparser.c.
struct Power {
  int left = 0;
  int right = 0;
};

Power power_of(const Token& token) {
  if (token.kind != TokenKind::kSymbol && token.kind != TokenKind::kKeyword) return {};
  struct Row {
    std::string_view operators;
    Power power;
  };
  static constexpr Row kRows[] = {
      {" or ", {1, 1}},         {" and ", {2, 2}}, {" < > <= >= ~= == ", {3, 3}},
      {" | ", {4, 4}},          {" ~ ", {5, 5}},   {" & ", {6, 6}},
      {" << >> ", {7, 7}},      {" .. ", {9, 8}},  {" + - ", {10, 10}},
      {" * / // % ", {11, 11}}, {" ^ ", {14, 13}},
  };
  const std::string padded = fmt::format(" {} ", token.text);
  for (const Row& row : kRows) {
    if (row.operators.find(padded) != std::string_view::npos) return row.power;
  }
  return {};
}
constexpr int kUnaryPower = 12;

}  // namespace

// Stops at the first error: from then on the present token is the end of the text, so that every
// loop ends.
class Parser {
 public:
  explicit Parser(std::string_view source) : lexer_(source) {
    advance();
    tree_.root_ = block();
    if (now_.kind != TokenKind::kEnd) fail("'<eof>' expected");
  }
  SyntaxTree take() { return std::move(tree_); }

 private:
  // A level of nesting while it lives.
  class Level {
   public:
    explicit Level(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > kDepthMax) parser_.fail("too many levels of nesting");
    }
    ~Level() { --parser_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Parser& parser_;
  };

  bool has_failed() const { return tree_.error_.has_value(); }
  void fail(std::string_view what);
  void advance();
  bool accept(std::string_view text);
  void expect(std::string_view text, const Token& opened_by);
  void expect(std::string_view text) { expect(text, Token{}); }
  Token expect_name();
  NodeId add(NodeKind kind, const Token& token);
  void adopt(NodeId parent, NodeId child) { tree_.nodes_[parent].children.push_back(child); }
  void name(NodeId node, const Token& token) { tree_.nodes_[node].names.push_back(token); }
  bool is_block_over() const;

  NodeId block();
  NodeId statement();
  NodeId if_statement();
  NodeId for_statement();
  NodeId function_statement();
  NodeId local_statement();
  NodeId expression_statement();
  NodeId return_statement();
  NodeId loop(NodeKind kind);

  NodeId expression(int power = 0);
  NodeId simple_expression();
  NodeId suffixed();
  NodeId function_body(const Token& opened_by);
  NodeId table();
  NodeId field();
  void arguments(NodeId call);
  void expressions(NodeId parent);

  Lexer lexer_;
  Token now_;
  std::optional<Token> ahead_;
  int depth_ = 0;
  SyntaxTree tree_;
};

void Parser::fail(std::string_view what) {
  if (has_failed()) return;
  const bool is_over = now_.kind == TokenKind::kEnd;
  const std::string_view text = now_.text;
  const bool is_control = text.size() == 1 && static_cast<unsigned char>(text.front()) < ' ';
  const std::string shown = is_control ? fmt::format("'<\\{}>'", static_cast<int>(text.front()))
                                       : fmt::format("'{}'", text);
  tree_.error_ = {.offset = now_.offset,
                  .line = now_.line,
                  .message = fmt::format("{} near {}", what, is_over ? "<eof>" : shown)};
  now_ = Token{.kind = TokenKind::kEnd, .text = {}, .offset = now_.offset, .line = now_.line};
  ahead_.reset();
}

void Parser::advance() {
  if (has_failed()) return;
  if (ahead_.has_value()) {
    now_ = *ahead_;
    ahead_.reset();
  } else {
    now_ = lexer_.next();
  }
  if (now_.kind == TokenKind::kBad) fail(lexer_.complaint());
}

bool Parser::accept(std::string_view text) {
  if (!now_.is(text)) return false;
  advance();
  return true;
}

void Parser::expect(std::string_view text, const Token& opened_by) {
  if (accept(text)) return;
  if (opened_by.text.empty() || opened_by.line == now_.line) {
    fail(fmt::format("'{}' expected", text));
  } else {
    fail(fmt::format("'{}' expected (to close '{}' at line {})", text, opened_by.text,
                     opened_by.line));
  }
}

Token Parser::expect_name() {
  const Token token = now_;
  if (token.kind == TokenKind::kName) {
    advance();
  } else {
    fail("<name> expected");
  }
  return token;
}

NodeId Parser::add(NodeKind kind, const Token& token) {
  tree_.nodes_.push_back({.kind = kind, .token = token, .names = {}, .children = {}});
  return static_cast<NodeId>(tree_.nodes_.size() - 1);
}

bool Parser::is_block_over() const {
  return now_.kind == TokenKind::kEnd || now_.is("end") || now_.is("else") || now_.is("elseif") ||
         now_.is("until");
}

// --- statements
// ------------------------------------------------------------------------------------

NodeId Parser::block() {
  const NodeId node = add(NodeKind::kBlock, now_);
  while (!is_block_over()) {
    if (now_.is("return")) {
      adopt(node, return_statement());
      break;
    }
    if (accept(";")) continue;
    adopt(node, statement());
  }
  return node;
}

NodeId Parser::statement() {
  const Level level(*this);
  const Token first = now_;
  if (first.is("if")) return if_statement();
  if (first.is("while")) return loop(NodeKind::kWhile);
  if (first.is("repeat")) return loop(NodeKind::kRepeat);
  if (first.is("do")) return loop(NodeKind::kDo);
  if (first.is("for")) return for_statement();
  if (first.is("function")) return function_statement();
  if (first.is("local")) return local_statement();
  if (first.is("break") || first.is("goto") || first.is("::")) {
    const NodeId node = add(NodeKind::kJump, first);
    advance();
    if (!first.is("break")) name(node, expect_name());
    if (first.is("::")) expect("::");
    return node;
  }
  return expression_statement();
}

NodeId Parser::loop(NodeKind kind) {
  const Token first = now_;
  const NodeId node = add(kind, first);
  advance();
  if (kind == NodeKind::kWhile) {
    adopt(node, expression());
    expect("do");
  }
  adopt(node, block());
  if (kind == NodeKind::kRepeat) {
    expect("until", first);
    adopt(node, expression());
  } else {
    expect("end", first);
  }
  return node;
}

NodeId Parser::if_statement() {
  const Token first = now_;
  const NodeId node = add(NodeKind::kIf, first);
  do {
    advance();
    adopt(node, expression());
    expect("then");
    adopt(node, block());
  } while (now_.is("elseif"));
  if (accept("else")) adopt(node, block());
  expect("end", first);
  return node;
}

NodeId Parser::for_statement() {
  const Token first = now_;
  advance();
  const Token variable = expect_name();
  const bool is_numeric = now_.is("=");
  const NodeId node = add(is_numeric ? NodeKind::kForNumber : NodeKind::kForIn, first);
  name(node, variable);
  if (is_numeric) {
    advance();
  } else {
    while (accept(",")) name(node, expect_name());
    if (!accept("in")) fail("'=' or 'in' expected");
  }
  expressions(node);
  expect("do");
  adopt(node, block());
  expect("end", first);
  return node;
}

NodeId Parser::function_statement() {
  const Token first = now_;
  const NodeId node = add(NodeKind::kFunctionTo, first);
  advance();
  name(node, expect_name());
  while (accept(".")) name(node, expect_name());
  const bool is_method = accept(":");
  if (is_method) name(node, expect_name());
  const NodeId body = function_body(first);
  tree_.nodes_[node].is_method = is_method;
  tree_.nodes_[body].is_method = is_method;
  adopt(node, body);
  return node;
}

NodeId Parser::local_statement() {
  const Token first = now_;
  advance();
  if (now_.is("function")) {
    const NodeId node = add(NodeKind::kLocalFunction, first);
    const Token opened_by = now_;
    advance();
    name(node, expect_name());
    adopt(node, function_body(opened_by));
    return node;
  }
  const NodeId node = add(NodeKind::kLocal, first);
  do {
    name(node, expect_name());
    if (accept("<")) {
      expect_name();
      expect(">");
    }
  } while (accept(","));
  if (accept("=")) expressions(node);
  return node;
}

NodeId Parser::return_statement() {
  const NodeId node = add(NodeKind::kReturn, now_);
  advance();
  if (!is_block_over() && !now_.is(";")) expressions(node);
  accept(";");
  if (!is_block_over()) fail("'<eof>' expected");
  return node;
}

NodeId Parser::expression_statement() {
  const Token first = now_;
  const NodeId target = suffixed();
  const auto last_kind = [this](NodeId id) {
    const SyntaxNode& node = tree_.nodes_[id];
    return node.kind == NodeKind::kSuffixed ? tree_.nodes_[node.children.back()].kind : node.kind;
  };
  const auto is_call = [&](NodeId id) {
    return last_kind(id) == NodeKind::kCall || last_kind(id) == NodeKind::kMethod;
  };
  const auto is_assignable = [&](NodeId id) {
    const NodeKind kind = last_kind(id);
    return kind == NodeKind::kName || kind == NodeKind::kDot || kind == NodeKind::kIndex;
  };
  if (!now_.is("=") && !now_.is(",")) {
    if (!is_call(target)) fail("syntax error");
    const NodeId node = add(NodeKind::kCallStatement, first);
    adopt(node, target);
    return node;
  }
  const NodeId node = add(NodeKind::kAssign, first);
  adopt(node, target);
  if (!is_assignable(target)) fail("syntax error");
  while (accept(",")) {
    const NodeId further = suffixed();
    if (!is_assignable(further)) fail("syntax error");
    adopt(node, further);
  }
  tree_.nodes_[node].targets = static_cast<std::uint32_t>(tree_.nodes_[node].children.size());
  expect("=");
  expressions(node);
  return node;
}

// --- expressions -------------------------------------------------------------------------------

void Parser::expressions(NodeId parent) {
  do {
    adopt(parent, expression());
  } while (accept(","));
}

NodeId Parser::expression(int power) {
  const Level level(*this);
  NodeId left = 0;
  if (now_.is("not") || now_.is("-") || now_.is("#") || now_.is("~")) {
    left = add(NodeKind::kOperator, now_);
    advance();
    adopt(left, expression(kUnaryPower));
  } else {
    left = simple_expression();
  }
  bool is_chain = false;  // `left` is an operator that was made here
  for (Power next = power_of(now_); next.left > power; next = power_of(now_)) {
    if (!is_chain) {
      const NodeId chain = add(NodeKind::kOperator, now_);
      adopt(chain, left);
      left = chain;
      is_chain = true;
    }
    advance();
    adopt(left, expression(next.right));
  }
  return left;
}

NodeId Parser::simple_expression() {
  const Token first = now_;
  const auto single = [&](NodeKind kind) {
    advance();
    return add(kind, first);
  };
  if (first.kind == TokenKind::kNumber) return single(NodeKind::kNumber);
  if (first.kind == TokenKind::kString) return single(NodeKind::kString);
  if (first.is("nil") || first.is("true") || first.is("false") || first.is("..."))
    return single(NodeKind::kConstant);
  if (first.is("{")) return table();
  if (first.is("function")) {
    advance();
    return function_body(first);
  }
  return suffixed();
}

NodeId Parser::suffixed() {
  const Token first = now_;
  NodeId base = 0;
  if (first.kind == TokenKind::kName) {
    advance();
    base = add(NodeKind::kName, first);
  } else if (accept("(")) {
    // Brackets cut several values down to one; here they are an operator of one operand.
    base = add(NodeKind::kOperator, first);
    adopt(base, expression());
    expect(")", first);
  } else {
    fail("unexpected symbol");
    return add(NodeKind::kConstant, first);
  }
  NodeId chain = base;
  const auto suffix = [&](NodeKind kind, const Token& token) {
    if (chain == base) {
      chain = add(NodeKind::kSuffixed, first);
      adopt(chain, base);
    }
    const NodeId node = add(kind, token);
    adopt(chain, node);
    return node;
  };
  while (true) {
    const Token token = now_;
    if (accept(".")) {
      const NodeId node = suffix(NodeKind::kDot, token);
      name(node, expect_name());
    } else if (accept("[")) {
      const NodeId node = suffix(NodeKind::kIndex, token);
      adopt(node, expression());
      expect("]", token);
    } else if (accept(":")) {
      const NodeId node = suffix(NodeKind::kMethod, token);
      name(node, expect_name());
      arguments(node);
    } else if (token.is("(") || token.is("{") || token.kind == TokenKind::kString) {
      arguments(suffix(NodeKind::kCall, token));
    } else {
      return chain;
    }
  }
}

void Parser::arguments(NodeId call) {
  const Token first = now_;
  if (first.kind == TokenKind::kString) {
    advance();
    adopt(call, add(NodeKind::kString, first));
  } else if (first.is("{")) {
    adopt(call, table());
  } else if (accept("(")) {
    if (!now_.is(")")) expressions(call);
    expect(")", first);
  } else {
    fail("function arguments expected");
  }
}

NodeId Parser::function_body(const Token& opened_by) {
  const Level level(*this);
  const NodeId node = add(NodeKind::kFunction, opened_by);
  expect("(");
  while (!now_.is(")")) {
    if (accept("...")) break;
    name(node, expect_name());
    if (!accept(",")) break;
    if (now_.is(")")) fail("<name> expected");
  }
  expect(")");
  adopt(node, block());
  expect("end", opened_by);
  return node;
}

NodeId Parser::table() {
  const Level level(*this);
  const Token first = now_;
  const NodeId node = add(NodeKind::kTable, first);
  advance();
  while (!now_.is("}") && now_.kind != TokenKind::kEnd) {
    adopt(node, field());
    if (!accept(",") && !accept(";")) break;
  }
  expect("}", first);
  return node;
}

NodeId Parser::field() {
  const Token first = now_;
  const NodeId node = add(NodeKind::kField, first);
  if (accept("[")) {
    adopt(node, expression());
    expect("]", first);
    expect("=");
  } else if (first.kind == TokenKind::kName) {
    if (!ahead_.has_value()) ahead_ = lexer_.next();
    if (ahead_->is("=")) {
      name(node, first);
      advance();
      advance();
    }
  }
  adopt(node, expression());
  return node;
}

SyntaxTree parse_lua(std::string_view source) { return Parser(source).take(); }

}  // namespace sim
