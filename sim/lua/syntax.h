// The syntax tree of a Lua 5.4 chunk, for what looks at a scenario without running it. Made by
// parse_lua() over a text that outlives it. Lua itself decides what is valid; this parser knows the
// grammar and the places, not the rules beyond it (labels of goto, constants).
//
// The tree is as shallow as the text's nesting, which is bounded: chains (a + b + c, a.b.c()) are
// lists. So a walk may recurse.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/lua/lexer.h"

namespace sim {

enum class NodeKind : std::uint8_t {
  // Expressions. `token` is the first one, unless said otherwise.
  kConstant,  // nil, true, false, ...
  kNumber,
  kString,
  kName,
  kFunction,  // names: parameters; children: block
  kTable,     // children: kField
  kField,     // names: its key, if it is a name; children: value, or key and value of [key] = value
  kOperator,  // token: the first operator; children: operands
  kSuffixed,  // children: what stands first, then its suffixes in order
  // Suffixes.
  kDot,     // names: the field
  kIndex,   // children: the key
  kCall,    // children: arguments
  kMethod,  // names: the method; children: arguments
  // Statements.
  kBlock,          // children: statements
  kLocal,          // names; children: values
  kAssign,         // children: targets, then values; `targets` says how many
  kCallStatement,  // children: a kSuffixed
  kDo,             // children: block
  kWhile,          // children: condition, block
  kRepeat,         // children: block, condition (which sees the block's locals)
  kIf,             // children: condition, block, condition, block, ..., and perhaps a last block
  kForNumber,      // names: the variable; children: bounds, block
  kForIn,          // names: variables; children: values, block
  kFunctionTo,     // function a.b:c() end; names: a, b, c; children: kFunction
  kLocalFunction,  // names: its own; children: kFunction
  kReturn,         // children: values
  kJump,           // break, goto, a label
};

using NodeId = std::uint32_t;

struct SyntaxNode {
  NodeKind kind = NodeKind::kConstant;
  Token token;
  std::vector<Token> names;
  std::vector<NodeId> children;
  std::uint32_t targets = 0;  // kAssign
  bool is_method = false;     // kFunctionTo: has a self; its function too
};

struct SyntaxError {
  std::size_t offset = 0;
  int line = 1;
  std::string message;  // "'end' expected near 'x'"
};

class SyntaxTree {
 public:
  const SyntaxNode& operator[](NodeId id) const { return nodes_[id]; }
  const std::optional<SyntaxError>& error() const { return error_; }
  NodeId root() const { return root_; }  // a block. REQUIRES: no error
  std::size_t size() const { return nodes_.size(); }

 private:
  friend class Parser;
  std::vector<SyntaxNode> nodes_;
  NodeId root_ = 0;
  std::optional<SyntaxError> error_;
};

SyntaxTree parse_lua(std::string_view source);

}  // namespace sim
