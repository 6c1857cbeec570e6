// titorelli explain: more about the code of a mistake.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "broker-model/types/config.h"
#include "sim/cli/verbs.h"
#include "sim/lua/mistakes.h"

namespace sim {
namespace {

constexpr int kExitUsage = 2;

// Broken at blanks, at most 90 columns; lines that are indented stay as they are.
std::string wrapped(std::string_view text) {
  constexpr std::size_t kColumns = 90;
  std::string result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (line.size() > kColumns && !line.starts_with(' ')) {
      const std::size_t blank = line.rfind(' ', kColumns);
      if (blank == std::string_view::npos) break;
      result += fmt::format("{}\n", line.substr(0, blank));
      line.remove_prefix(blank + 1);
    }
    result += fmt::format("{}\n", line);
  }
  return result;
}

int explain(const std::string& code) {
  if (code.empty()) {
    for (const MistakeInfo& info : mistakes())
      fmt::print("{}  {}\n", code_of(info.mistake), info.title);
    return 0;
  }
  const std::optional<Mistake> mistake = mistake_of(code);
  for (const MistakeInfo& info : mistakes()) {
    if (info.mistake != mistake) continue;
    fmt::print("{}: {}\n\n{}", code_of(info.mistake), info.title, wrapped(info.explanation));
    return 0;
  }
  std::vector<std::string> codes;
  for (const MistakeInfo& info : mistakes()) codes.push_back(code_of(info.mistake));
  const std::vector<std::string_view> candidates(codes.begin(), codes.end());
  std::string wanted = code;
  if (wanted.starts_with('e')) wanted.front() = 'E';
  const std::vector<std::string> nearest = kafka::nearest_names(wanted, candidates);
  fmt::print(stderr, "titorelli explain: no mistake has the code \"{}\"{}\n", code,
             nearest.empty() ? "; `titorelli explain` lists them all"
                             : fmt::format("; did you mean {}?", nearest.front()));
  return kExitUsage;
}

}  // namespace

VerbAction add_explain(CLI::App& command) {
  auto code = std::make_shared<std::string>();
  command.add_option("code", *code, "As an error prints it, E0107; none: list all");
  command.footer("Examples:\n  titorelli explain E0107\n  titorelli explain");
  return [code] { return explain(*code); };
}

}  // namespace sim
