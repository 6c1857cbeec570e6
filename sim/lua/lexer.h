// The tokens of Lua 5.4, with their places: for what looks at a scenario without running it (the
// linter) and for the caret under a mistake. A Lexer is made over a text that outlives it and its
// tokens; any bytes will do: what is no token of Lua is one of kind kBad, and the last.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

enum class TokenKind : std::uint8_t { kName, kKeyword, kString, kNumber, kSymbol, kEnd, kBad };

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text;   // as written, quotes and all
  std::size_t offset = 0;  // of its first byte in the source
  int line = 1;            // where it begins

  bool is(std::string_view symbol_or_keyword) const {
    return (kind == TokenKind::kSymbol || kind == TokenKind::kKeyword) && text == symbol_or_keyword;
  }
};

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}
  Token next();  // after kEnd or kBad always that again
  // What is wrong with the token of kind kBad.
  std::string_view complaint() const { return complaint_; }

 private:
  bool skip_blanks();  // and comments; false when a comment does not end
  bool read_string(char quote);
  bool read_escape();
  bool read_long_bracket();  // at the first '['; false as well when it is none
  std::size_t long_bracket_level() const;
  bool read_number();
  char at(std::size_t distance = 0) const {
    return position_ + distance < source_.size() ? source_[position_ + distance] : '\0';
  }
  bool is_over() const { return position_ >= source_.size(); }
  void advance();
  bool fail(std::string_view complaint);

  std::string_view source_;
  std::size_t position_ = 0;
  int line_ = 1;
  std::string_view complaint_;
};

// All tokens, the last of kind kEnd or kBad.
std::vector<Token> tokens_of(std::string_view source);

// The text that a string token stands for. Escapes are undone.
std::string string_value(const Token& token);

// Columns count characters of UTF-8, from 1.
int column_of(std::string_view source, std::size_t offset);

}  // namespace sim
