#include "sim/lua/lexer.h"

#include <algorithm>
#include <array>

namespace sim {
namespace {

constexpr std::array<std::string_view, 22> kKeywords{
    "and",      "break",  "do",   "else", "elseif", "end",  "false", "for",
    "function", "goto",   "if",   "in",   "local",  "nil",  "not",   "or",
    "repeat",   "return", "then", "true", "until",  "while"};
constexpr std::array<std::string_view, 33> kSymbols{
    // the longer ones first
    "...", "..", "==", "~=", "<=", ">=", "//", "::", "<<", ">>", "+", "-", "*", "/", "%", "^", "#",
    "&",   "~",  "|",  "<",  ">",  "=",  "(",  ")",  "{",  "}",  "[", "]", ";", ":", ",", "."};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}
int hex_value(char c) {
  return is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10;  // of a digit that is one
}

void append_utf8(std::string& text, std::uint64_t code) {
  if (code < 0x80) {
    text += static_cast<char>(code);
    return;
  }
  std::string tail;
  std::uint64_t lead_max = 0x3f;
  while (code > lead_max) {
    tail.insert(tail.begin(), static_cast<char>(0x80 | (code & 0x3f)));
    code >>= 6;
    lead_max >>= 1;
  }
  text += static_cast<char>((~lead_max << 1) | code);
  text += tail;
}

// One escape of a well-formed string, `at` behind the backslash; moves it past the escape.
void undo_escape(std::string_view body, std::size_t& at, std::string& value) {
  const char c = body[at++];
  static constexpr std::string_view kNames = "abfnrtv";
  static constexpr std::string_view kBytes = "\a\b\f\n\r\t\v";
  if (const std::size_t named = kNames.find(c); named != std::string_view::npos) {
    value += kBytes[named];
  } else if (c == 'x') {
    value += static_cast<char>(hex_value(body[at]) * 16 + hex_value(body[at + 1]));
    at += 2;
  } else if (c == 'z') {
    while (at < body.size() && is_blank(body[at])) ++at;
  } else if (c == 'u') {
    std::uint64_t code = 0;
    for (++at; at < body.size() && body[at] != '}'; ++at)
      code = code * 16 + static_cast<std::uint64_t>(hex_value(body[at]));
    ++at;
    append_utf8(value, code);
  } else if (is_digit(c)) {
    int code = c - '0';
    for (int i = 0; i < 2 && at < body.size() && is_digit(body[at]); ++i)
      code = code * 10 + (body[at++] - '0');
    value += static_cast<char>(code);
  } else if (c == '\r' || c == '\n') {
    if (at < body.size() && body[at] != c && (body[at] == '\r' || body[at] == '\n')) ++at;
    value += '\n';
  } else {
    value += c;
  }
}

}  // namespace

void Lexer::advance() {  // a line ends with \n, \r, \r\n or \n\r, as in Lua
  const char c = source_[position_++];
  if (c != '\n' && c != '\r') return;
  if ((at() == '\n' || at() == '\r') && at() != c && !is_over()) ++position_;
  ++line_;
}

bool Lexer::fail(std::string_view complaint) {
  complaint_ = complaint;
  return false;
}

std::size_t Lexer::long_bracket_level() const {  // of "[==[" 2; npos when it is none
  std::size_t level = 0;
  while (at(1 + level) == '=') ++level;
  return at(1 + level) == '[' ? level : std::string_view::npos;
}

bool Lexer::read_long_bracket() {
  const std::size_t level = long_bracket_level();
  if (level == std::string_view::npos) return fail("invalid long string delimiter");
  position_ += level + 2;
  while (!is_over()) {
    if (at() == ']') {
      std::size_t equals = 0;
      while (at(1 + equals) == '=') ++equals;
      if (equals == level && at(1 + equals) == ']') {
        position_ += level + 2;
        return true;
      }
      position_ += equals + 1;
    } else {
      advance();
    }
  }
  return fail("unfinished long string or comment");
}

bool Lexer::skip_blanks() {
  while (!is_over()) {
    if (is_blank(at())) {
      advance();
    } else if (at() == '-' && at(1) == '-') {
      position_ += 2;
      if (at() == '[' && long_bracket_level() != std::string_view::npos) {
        if (!read_long_bracket()) return false;
      } else {
        while (!is_over() && at() != '\n' && at() != '\r') ++position_;
      }
    } else {
      break;
    }
  }
  return true;
}

bool Lexer::read_escape() {  // behind the backslash
  const char c = at();
  if (is_over()) return fail("unfinished string");
  if (c == 'x') {
    if (!is_hex(at(1)) || !is_hex(at(2))) return fail("hexadecimal digit expected");
    position_ += 3;
  } else if (c == 'z') {
    ++position_;
    while (!is_over() && is_blank(at())) advance();
  } else if (c == 'u') {
    std::uint64_t code = 0;
    std::size_t digits = 0;
    if (at(1) != '{') return fail("missing '{' in \\u{xxxx}");
    for (; is_hex(at(2 + digits)); ++digits) {
      code = code * 16 + static_cast<std::uint64_t>(hex_value(at(2 + digits)));
      if (code > 0x7fffffff) return fail("UTF-8 value too large");
    }
    if (digits == 0) return fail("hexadecimal digit expected");
    if (at(2 + digits) != '}') return fail("missing '}' in \\u{xxxx}");
    position_ += 3 + digits;
  } else if (is_digit(c)) {
    int code = 0;
    for (int i = 0; i < 3 && is_digit(at()); ++i) code = code * 10 + (source_[position_++] - '0');
    if (code > 255) return fail("decimal escape too large");
  } else if (std::string_view("abfnrtv\\\"'\n\r").find(c) != std::string_view::npos) {
    advance();
  } else {
    return fail("invalid escape sequence");
  }
  return true;
}

bool Lexer::read_string(char quote) {
  ++position_;
  while (!is_over() && at() != quote) {
    if (at() == '\n' || at() == '\r') return fail("unfinished string");
    const bool is_escape = at() == '\\';
    ++position_;
    if (is_escape && !read_escape()) return false;
  }
  if (is_over()) return fail("unfinished string");
  ++position_;
  return true;
}

bool Lexer::read_number() {
  const std::size_t start = position_;
  const bool is_hexadecimal = at() == '0' && (at(1) == 'x' || at(1) == 'X');
  if (is_hexadecimal) position_ += 2;
  const std::string_view exponents = is_hexadecimal ? "pP" : "eE";
  int digits = 0;
  int points = 0;
  bool has_exponent = false;
  bool is_bad = false;
  // As Lua reads: all that may belong to a numeral, then the verdict.
  while (is_hex(at()) || is_letter(at()) || at() == '.') {
    const char c = source_[position_++];
    if (exponents.find(c) != std::string_view::npos && !has_exponent) {
      has_exponent = true;
      if (at() == '+' || at() == '-') ++position_;
      is_bad = is_bad || digits == 0 || !is_digit(at());
    } else if (c == '.') {
      is_bad = is_bad || ++points > 1 || has_exponent;
    } else if (has_exponent ? is_digit(c) : is_hexadecimal ? is_hex(c) : is_digit(c)) {
      ++digits;
    } else {
      is_bad = true;
    }
  }
  return !is_bad && digits > 0 && position_ > start ? true : fail("malformed number");
}

Token Lexer::next() {
  const auto token = [this](TokenKind kind, std::size_t offset, int line) {
    return Token{kind, source_.substr(offset, position_ - offset), offset, line};
  };
  if (!complaint_.empty()) return token(TokenKind::kBad, position_, line_);
  const bool is_sound = skip_blanks();
  const std::size_t offset = position_;
  const int line = line_;
  const auto read = [&](TokenKind kind, bool is_good) {
    return token(is_good ? kind : TokenKind::kBad, offset, line);
  };
  if (!is_sound) return token(TokenKind::kBad, offset, line);
  if (is_over()) return token(TokenKind::kEnd, offset, line);
  const char c = at();
  if (is_letter(c)) {
    while (is_letter(at()) || is_digit(at())) ++position_;
    const std::string_view text = source_.substr(offset, position_ - offset);
    const bool is_keyword = std::ranges::binary_search(kKeywords, text);
    return token(is_keyword ? TokenKind::kKeyword : TokenKind::kName, offset, line);
  }
  if (is_digit(c) || (c == '.' && is_digit(at(1)))) return read(TokenKind::kNumber, read_number());
  if (c == '"' || c == '\'') return read(TokenKind::kString, read_string(c));
  if (c == '[' && (at(1) == '[' || at(1) == '=')) {
    return read(TokenKind::kString, read_long_bracket());
  }
  for (std::string_view symbol : kSymbols) {
    if (source_.substr(position_, symbol.size()) != symbol) continue;
    position_ += symbol.size();
    return token(TokenKind::kSymbol, offset, line);
  }
  ++position_;
  return read(TokenKind::kBad, fail("unexpected symbol"));
}

std::vector<Token> tokens_of(std::string_view source) {
  std::vector<Token> tokens;
  Lexer lexer(source);
  do {
    tokens.push_back(lexer.next());
  } while (tokens.back().kind != TokenKind::kEnd && tokens.back().kind != TokenKind::kBad);
  return tokens;
}

std::string string_value(const Token& token) {
  const std::string_view text = token.text;
  if (token.kind != TokenKind::kString) return {};
  if (text.front() == '[') {
    const std::size_t bracket = text.find('[', 1) + 1;
    std::string_view body = text.substr(bracket, text.size() - 2 * bracket);
    if (body.starts_with("\r\n") || body.starts_with("\n\r")) {
      body.remove_prefix(2);
    } else if (body.starts_with('\n') || body.starts_with('\r')) {
      body.remove_prefix(1);
    }
    return std::string(body);
  }
  const std::string_view body = text.substr(1, text.size() - 2);
  std::string value;
  for (std::size_t i = 0; i < body.size();) {
    if (body[i] != '\\') {
      value += body[i++];
    } else {
      undo_escape(body, ++i, value);
    }
  }
  return value;
}

int column_of(std::string_view source, std::size_t offset) {
  offset = std::min(offset, source.size());
  int column = 1;
  for (std::size_t i = offset; i > 0 && source[i - 1] != '\n' && source[i - 1] != '\r'; --i) {
    if ((static_cast<unsigned char>(source[i - 1]) & 0xc0) != 0x80) ++column;
  }
  return column;
}

}  // namespace sim
