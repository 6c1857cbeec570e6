// Mutates scenarios and holds what comes out against the parser, the linter and a short run: no
// input may crash or hang them, and what Lua reads the parser reads too.
//
//   scenario_fuzz [--seconds N] [--seed N]       default: 10 s, seed 1; from the repository's root
//
// A text is a scenario of scenarios/ or a case of tests/golden/bad_input, changed in several
// places: tokens dropped, doubled, exchanged for tokens of other scenarios or words of the
// language, lines spliced, bytes flipped. The input that is being tried lies in scenario_fuzz.lua
// of the temporary folder, for when the program ends there.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "sim/lua/api_shape.h"
#include "sim/lua/lint.h"
#include "sim/lua/scenario.h"
#include "sim/lua/syntax.h"

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {
    for (const char* folder : {"scenarios", "tests/golden/bad_input"}) {
      std::vector<fs::path> found;
      for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (entry.path().extension() == ".lua") found.push_back(entry.path());
      }
      std::sort(found.begin(), found.end());
      for (const fs::path& path : found) texts_.push_back(read(path));
    }
    for (const std::string& text : texts_) {
      for (const sim::Token& token : sim::tokens_of(text)) words_.emplace_back(token.text);
    }
    for (const sim::ApiNoun& noun : sim::api_nouns()) {
      for (const sim::ApiWord& word : noun.words) words_.emplace_back(word.name);
    }
    for (const char* word : {"0",
                             "-1",
                             "1e308",
                             "0x7fffffffffffffff",
                             "\"\"",
                             "\"5s\"",
                             "\"-5s\"",
                             "nil",
                             "{}",
                             "...",
                             "function() end",
                             "(",
                             ")",
                             "{",
                             "}",
                             "[",
                             "]",
                             "[==[",
                             "]==]",
                             "--[[",
                             "\"",
                             "'",
                             "\\",
                             "setmetatable",
                             "pcall",
                             "coroutine",
                             "string.rep",
                             "_ENV",
                             "_G",
                             "<const>",
                             "goto",
                             "::",
                             "param",
                             "#",
                             "//",
                             "~=",
                             "while true do",
                             "repeat",
                             "until",
                             "end end"}) {
      words_.emplace_back(word);
    }
  }

  std::string next() {
    std::string text = pick(texts_);
    const std::uint64_t changes = 1 + random_.below(6);
    for (std::uint64_t i = 0; i < changes; ++i) change(text);
    return text;
  }

 private:
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[static_cast<std::size_t>(random_.below(from.size()))];
  }

  void change(std::string& text) {
    const std::vector<sim::Token> tokens = sim::tokens_of(text);
    const sim::Token& token = pick(tokens);
    const std::size_t at = std::min(token.offset, text.size());
    const std::size_t size = token.text.size();
    switch (random_.below(8)) {
      case 0: text.erase(at, size); break;
      case 1: text.insert(at, std::string(token.text) + " "); break;
      case 2:
      case 3: text.replace(at, size, pick(words_)); break;
      case 4: text.insert(at, " " + pick(words_) + " "); break;
      case 5: {  // a piece of another text
        const std::string& other = pick(texts_);
        const std::size_t from = other.empty() ? 0 : random_.below(other.size());
        text.insert(at, other.substr(from, random_.below(200)));
        break;
      }
      case 6:
        if (!text.empty()) text[random_.below(text.size())] = static_cast<char>(random_.below(256));
        break;
      default: {  // nest it
        const std::string piece = text.substr(at, random_.below(80));
        for (std::uint64_t i = random_.below(40); i > 0; --i) text.insert(at, piece);
      }
    }
    constexpr std::size_t kLong = 20'000;
    if (text.size() > kLong) text.resize(kLong);
  }

  env::Rng random_;
  std::vector<std::string> texts_;
  std::vector<std::string> words_;
};

// Rules beyond the grammar are Lua's alone; the other way round there is no excuse.
void check_syntax(const std::string& text, const sim::ScenarioFailure* failure) {
  const bool lua_refuses = failure != nullptr && failure->diagnosis.has_value() &&
                           (failure->diagnosis->mistake == sim::Mistake::kSyntax ||
                            failure->diagnosis->mistake == sim::Mistake::kSandbox ||
                            failure->diagnosis->mistake == sim::Mistake::kBudget);
  const sim::SyntaxTree tree = sim::parse_lua(text);
  TIT_ASSERT(!tree.error().has_value() || lua_refuses, "what Lua reads the parser reads");
}

void try_one(const std::string& text, const sim::LintWorld& world) {
  const sim::Sources sources{{"x.lua", text}};
  for (const sim::Diagnosis& mistake : sim::lint("x.lua", text, world))
    TIT_ASSERT(!sim::render(mistake, sources).empty(), "a mistake has a text");
  sim::ScenarioOptions options;
  options.path = "x.lua";
  options.source = text;
  options.limits = {.instructions_per_resume = 200'000,
                    .pattern_steps = 200'000,
                    .memory_bytes = std::size_t{8} << 20};
  // A few slices of a second are enough to meet the handlers, and few enough to try many texts.
  static int slices;
  slices = 0;
  options.is_interrupted = [] { return ++slices > 3; };
  const auto run = sim::ScenarioRun::create(std::move(options));
  const std::optional<sim::ScenarioFailure> failure = run->begin();
  check_syntax(text, failure.has_value() ? &*failure : nullptr);
  if (failure.has_value()) {
    TIT_ASSERT(!failure->text.empty(), "a failure has a text");
    return;
  }
  run->finish();
}

std::optional<std::uint64_t> number_after(int argc, char** argv, std::string_view flag) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (argv[i] != flag) continue;
    const std::string_view text = argv[i + 1];
    std::uint64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec == std::errc() && read.ptr == text.data() + text.size()) return value;
  }
  return std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t seconds = number_after(argc, argv, "--seconds").value_or(10);
  const std::uint64_t seed = number_after(argc, argv, "--seed").value_or(1);
  const fs::path present = fs::temp_directory_path() / "scenario_fuzz.lua";
  Mutator mutator(seed);
  const sim::LintWorld world = sim::lint_world();
  const Clock::time_point end = Clock::now() + std::chrono::seconds(seconds);
  std::uint64_t tried = 0;
  std::chrono::milliseconds longest{0};
  while (Clock::now() < end) {
    const std::string text = mutator.next();
    std::ofstream(present, std::ios::binary | std::ios::trunc) << text;
    const Clock::time_point started = Clock::now();
    try_one(text, world);
    longest = std::max(
        longest, std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started));
    ++tried;
  }
  fs::remove(present);
  fmt::print("{} texts, seed {}, the slowest took {} ms\n", tried, seed, longest.count());
  return 0;
}
