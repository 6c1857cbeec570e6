// A Lua error becomes a diagnosis, and a diagnosis text: the place of the very word that is wrong.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "sim/lua/diagnostic.h"
#include "sim/lua/lexer.h"
#include "sim/lua/syntax.h"

namespace sim {
namespace {

std::string_view line_of(std::string_view source, int number) {
  for (int i = 1; !source.empty(); ++i) {
    const std::size_t end = std::min(source.find('\n'), source.size());
    if (i == number) return source.substr(0, end);
    source.remove_prefix(std::min(end + 1, source.size()));
  }
  return {};
}

// Lua shortens a long path to "...its end".
std::string_view full_name(std::string_view shown, const Sources& sources) {
  if (!shown.starts_with("...")) return shown;
  for (const auto& [name, source] : sources) {
    if (name.ends_with(shown.substr(3))) return name;
  }
  return shown;
}

// Takes "file:line: " off the front of a text.
std::optional<std::pair<std::string_view, int>> take_place(std::string_view& text,
                                                           const Sources& sources) {
  const std::size_t stop = text.find(": ");
  if (stop == std::string_view::npos) return std::nullopt;
  const std::string_view place = text.substr(0, stop);
  const std::size_t colon = place.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view file = full_name(place.substr(0, colon), sources);
  int line = 0;
  const auto read = std::from_chars(place.data() + colon + 1, place.data() + stop, line);
  const bool is_number = read.ec == std::errc() && read.ptr == place.data() + stop;
  if (!is_number || line < 1 || (!sources.contains(file) && !file.ends_with(".lua")))
    return std::nullopt;
  text.remove_prefix(stop + 2);
  return std::pair(file, line);
}

// Takes what stands behind the last `mark` off the end of a text.
std::string_view take_tail(std::string_view& text, std::string_view mark) {
  const std::size_t at = text.rfind(mark);
  if (at == std::string_view::npos) return {};
  const std::string_view tail = text.substr(at + mark.size());
  text = text.substr(0, at);
  return tail;
}

std::optional<Mistake> take_code(std::string_view& text) {
  const std::size_t at = text.rfind(" [E");
  if (at == std::string_view::npos || text.size() - at != 8 || !text.ends_with(']'))
    return std::nullopt;
  const std::optional<Mistake> mistake = mistake_of(text.substr(at + 2, 5));
  if (mistake.has_value()) text = text.substr(0, at);
  return mistake;
}

// --- which word is meant -----------------------------------------------------------------------

// What stands between two marks in a sentence, one after another.
void add_between(std::vector<std::string>& words, std::string_view sentence, std::string_view open,
                 std::string_view close) {
  for (std::size_t at = sentence.find(open); at != std::string_view::npos;
       at = sentence.find(open, at)) {
    at += open.size();
    const std::size_t end = sentence.find(close, at);
    if (end == std::string_view::npos) return;
    if (end > at) words.emplace_back(sentence.substr(at, end - at));
    at = end + close.size();
  }
}

// The words of a complaint that the scenario may hold, the likeliest first: what it quotes, what it
// got, the option or the call that it speaks of.
std::vector<std::string> likely_words(std::string_view sentence) {
  std::vector<std::string> words;
  add_between(words, sentence, "\"", "\"");
  // unknown option of topic("orders") "replcas": the last one is what was got.
  std::ranges::reverse(words);
  if (const std::size_t got = sentence.rfind(", got "); got != std::string_view::npos)
    words.emplace_back(sentence.substr(got + 6));
  add_between(words, sentence, "{ ", " =");
  add_between(words, sentence, "'", "'");
  add_between(words, sentence, ":", "(");
  const std::size_t head = sentence.find_first_not_of(
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.");
  words.emplace_back(sentence.substr(0, head));
  return words;
}

bool is_meant(const Token& token, std::string_view word) {
  if (token.kind == TokenKind::kString) return string_value(token) == word || token.text == word;
  if (token.text == word) return true;
  // An option with underscores is Kafka's key with dots; "check.that" is its last name.
  if (token.kind != TokenKind::kName || word.find('.') == std::string_view::npos) return false;
  std::string underscored(word);
  std::ranges::replace(underscored, '.', '_');
  return token.text == underscored || token.text == word.substr(word.rfind('.') + 1);
}

// The tokens of the statement that begins in a line: that line, and what its open brackets hold.
std::span<const Token> statement_at(std::span<const Token> tokens, int line) {
  const auto first = std::ranges::lower_bound(tokens, line, {}, &Token::line);
  int depth = 0;
  auto last = first;
  for (; last != tokens.end() && (last->line == line || depth > 0); ++last) {
    if (last->kind == TokenKind::kEnd || last->kind == TokenKind::kBad) break;
    if (last->is("(") || last->is("{") || last->is("[")) ++depth;
    if (last->is(")") || last->is("}") || last->is("]")) --depth;
  }
  return {first, last};
}

int width_of(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  return static_cast<int>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

void point_at(Diagnosis& diagnosis, const Token& token, std::string_view source) {
  diagnosis.line = token.line;
  diagnosis.column = column_of(source, token.offset);
  diagnosis.width = std::max(1, width_of(token.text));
}

// Lua names the line alone, of a text nested too deeply not even that; the parser that meets the
// same error knows the column. Of a jump without a target Lua names the line in its sentence.
void place_syntax(Diagnosis& diagnosis, std::string_view source) {
  const SyntaxTree tree = parse_lua(source);
  if (const auto& error = tree.error(); error.has_value()) {
    if (diagnosis.line != 0 && error->line != diagnosis.line) return;
    diagnosis.line = error->line;
    diagnosis.column = column_of(source, error->offset);
    return;
  }
  constexpr std::string_view kAtLine = " at line ";
  const std::size_t at = diagnosis.message.rfind(kAtLine);
  if (at == std::string::npos) return;
  const std::string_view number = std::string_view(diagnosis.message).substr(at + kAtLine.size());
  std::from_chars(number.data(), number.data() + number.size(), diagnosis.line);
  const std::size_t rest = number.find_first_not_of("0123456789");
  diagnosis.message = diagnosis.message.substr(0, at) +
                      (rest == std::string_view::npos ? "" : std::string(number.substr(rest)));
}

// Column and width; the line moves to where the word stands, if that is further down in the same
// call.
void find_column(Diagnosis& diagnosis, std::string_view source) {
  const std::vector<Token> tokens = tokens_of(source);
  const std::span<const Token> statement = statement_at(tokens, diagnosis.line);
  for (const std::string& word : likely_words(diagnosis.message)) {
    for (const Token& token : statement) {
      if (is_meant(token, word)) return point_at(diagnosis, token, source);
    }
  }
  if (!statement.empty()) return point_at(diagnosis, statement.front(), source);
  const std::string_view line = line_of(source, diagnosis.line);
  const std::size_t first = line.find_first_not_of(" \t");
  diagnosis.column = first == std::string_view::npos ? 1 : static_cast<int>(first) + 1;
}

// --- text
// ------------------------------------------------------------------------------------------

// The part of a line that is shown: all of it, unless it is very long.
struct Excerpt {
  std::string text;
  int column = 1;  // where the caret goes
};

Excerpt excerpt_of(std::string_view line, int column) {
  constexpr int kWide = 160;
  constexpr int kBefore = 60;
  Excerpt excerpt;
  int place = 0;
  const int from = column > kWide - kBefore ? column - kBefore : 1;
  for (char c : line) {
    const bool is_first_byte = (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    if (is_first_byte) ++place;
    if (place < from || place >= from + kWide) continue;
    const bool is_control = static_cast<unsigned char>(c) < ' ' || c == '\x7f';
    excerpt.text += is_control ? ' ' : c;
  }
  excerpt.column = column - from + 1;
  if (from > 1) {
    excerpt.text.insert(0, "...");
    excerpt.column += 3;
  }
  if (place >= from + kWide) excerpt.text += "...";
  return excerpt;
}

}  // namespace

Diagnosis diagnose(std::string_view text, std::string_view file, const Sources& sources,
                   Mistake otherwise) {
  Diagnosis diagnosis;
  for (std::string_view caller; !(caller = take_tail(text, "\ncalled from ")).empty();)
    diagnosis.callers.emplace(diagnosis.callers.begin(), caller);
  diagnosis.help = take_tail(text, "\nhelp: ");
  diagnosis.mistake = take_code(text).value_or(otherwise);
  diagnosis.file = file;
  // An error that was caught and raised again has a place in front of its place: the first one is
  // where it began, the others are how it came here.
  for (auto place = take_place(text, sources); place.has_value();
       place = take_place(text, sources)) {
    if (diagnosis.line > 0)
      diagnosis.callers.insert(diagnosis.callers.begin(),
                               fmt::format("{}:{}", diagnosis.file, diagnosis.line));
    diagnosis.file = place->first;
    diagnosis.line = place->second;
  }
  diagnosis.message = text;
  const auto source = sources.find(diagnosis.file);
  if (source == sources.end()) return diagnosis;
  if (diagnosis.mistake == Mistake::kSyntax) place_syntax(diagnosis, source->second);
  if (diagnosis.line > 0 && diagnosis.column == 0) find_column(diagnosis, source->second);
  return diagnosis;
}

std::string render(const Diagnosis& diagnosis, const Sources& sources) {
  const std::string code = code_of(diagnosis.mistake);
  std::string place = diagnosis.file;
  if (diagnosis.line > 0) place += fmt::format(":{}", diagnosis.line);
  if (diagnosis.column > 0) place += fmt::format(":{}", diagnosis.column);
  std::string text = fmt::format("{}: error[{}]: {}", place, code, diagnosis.message);
  const auto source = sources.find(diagnosis.file);
  if (diagnosis.column > 0 && source != sources.end()) {
    const Excerpt shown = excerpt_of(line_of(source->second, diagnosis.line), diagnosis.column);
    text += fmt::format("\n{:>4} | {}\n     | {:>{}}", diagnosis.line, shown.text, "",
                        shown.column - 1);
    text += std::string(static_cast<std::size_t>(diagnosis.width), '^');
  }
  if (!diagnosis.help.empty()) text += fmt::format("\nhelp: {}", diagnosis.help);
  for (const std::string& caller : diagnosis.callers)
    text += fmt::format("\ncalled from {}", caller);
  return text;
}

}  // namespace sim
