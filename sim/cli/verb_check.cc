// titorelli check: the mistakes of scenarios, found without running them. The declarations up to
// the first wait are executed with all their checks; all of the text, also what a run may never
// reach, is read.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "sim/cli/scenario_files.h"
#include "sim/cli/verbs.h"
#include "sim/lua/lint.h"

namespace sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kExitUsage = 2;
constexpr int kExitMistakes = 3;
constexpr int kExitNothing = 6;

struct Checked {
  Sources sources;
  std::vector<Diagnosis> mistakes;
};

// The declarations, with each variant in turn: the first mistake.
std::optional<Diagnosis> execute(const ScenarioOptions& options) {
  const auto declarations = read_declarations(options);
  if (!declarations.has_value()) return declarations.error().diagnosis;
  VariantChoice choice;
  for (const DeclaredVariant& variant : declarations->variants) choice.all.push_back(variant.name);
  for (std::size_t i = 1; i < choice.all.size(); ++i) {  // the first one has been read
    ScenarioOptions one = options;
    choice.name = choice.all[i];
    one.variant = choice;
    const std::optional<ScenarioFailure> failure = ScenarioRun::create(std::move(one))->begin();
    if (failure.has_value()) return failure->diagnosis;
  }
  return std::nullopt;
}

Checked check_file(const std::string& path, std::string source, const LintWorld& world) {
  Checked checked;
  checked.mistakes = lint(path, source, world);
  checked.sources[path] = source;
  if (is_module(path)) return checked;  // it declares nothing by itself
  const std::optional<Diagnosis> failure = execute(scenario_options(path, std::move(source)));
  if (!failure.has_value()) return checked;
  if (auto text = read_source(failure->file); text.has_value() && failure->file != path)
    checked.sources[failure->file] = std::move(*text);  // a module's
  // Lua's own word on syntax is the better one; else what reading has found needs no second
  // telling.
  const Diagnosis& told = *failure;
  std::erase_if(checked.mistakes, [&](const Diagnosis& found) {
    return told.mistake == Mistake::kSyntax && found.mistake == Mistake::kSyntax;
  });
  const bool is_known = std::ranges::any_of(checked.mistakes, [&](const Diagnosis& found) {
    return found.file == told.file && found.line == told.line && found.mistake == told.mistake;
  });
  if (!is_known) checked.mistakes.push_back(told);
  std::ranges::stable_sort(checked.mistakes, {},
                           [](const Diagnosis& d) { return std::pair(d.line, d.column); });
  return checked;
}

Json json_of(const Diagnosis& mistake) {
  Json object;
  object["file"] = mistake.file;
  object["line"] = mistake.line;
  object["column"] = mistake.column;
  object["code"] = code_of(mistake.mistake);
  object["message"] = mistake.message;
  object["help"] = mistake.help;
  return object;
}

std::string count(std::size_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

int check(const std::vector<std::string>& paths, bool as_json) {
  const auto files = find_scenarios(paths);
  if (!files.has_value()) {
    fmt::print(stderr, "titorelli check: {}\n", files.error());
    return kExitUsage;
  }
  if (files->empty()) {
    fmt::print(stderr, "titorelli check: no scenario (*.lua) below {}\n", paths.front());
    return kExitNothing;
  }
  const LintWorld world = lint_world();
  Json list = Json::array();
  std::size_t mistakes = 0;
  for (const std::string& path : *files) {
    auto source = read_source(path);
    if (!source.has_value()) {
      fmt::print(stderr, "titorelli check: {}\n", source.error().text);
      return source.error().exit_code;
    }
    const Checked checked = check_file(path, std::move(*source), world);
    mistakes += checked.mistakes.size();
    for (const Diagnosis& mistake : checked.mistakes) {
      list.push_back(json_of(mistake));
      if (!as_json) fmt::print("{}\n\n", render(mistake, checked.sources));
    }
  }
  if (as_json) {
    fmt::print("{}\n", list.dump(2, ' ', false, Json::error_handler_t::replace));
  } else if (mistakes == 0) {
    fmt::print("{}, no mistakes\n", count(files->size(), "file"));
  } else {
    fmt::print("{} in {}\n", count(mistakes, "mistake"), count(files->size(), "file"));
  }
  return mistakes == 0 ? 0 : kExitMistakes;
}

}  // namespace

VerbAction add_check(CLI::App& command) {
  auto paths = std::make_shared<std::vector<std::string>>();
  auto as_json = std::make_shared<bool>(false);
  command.add_option("path", *paths, "Files, or folders with *.lua below them")->required();
  command.add_flag("--json", *as_json, "A list of {file, line, column, code, message, help}");
  command.footer(
      "Nothing of virtual time runs: declarations are executed up to the first wait, and all of "
      "the\n"
      "text is read, handlers too. What is certain is told, every mistake of it.\n"
      "Exit codes: 0 none, 2 usage, 3 mistakes, 6 no file.\n\nExamples:\n"
      "  titorelli check scenarios/tour/leader-crash.lua\n  titorelli check scenarios --json");
  return [paths, as_json] { return check(*paths, *as_json); };
}

}  // namespace sim
