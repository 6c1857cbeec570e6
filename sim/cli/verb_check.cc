// titorelli check: the mistakes of scenarios, found without running them. The declarations up to
// the first wait are executed with all their checks; all of the text, also what a run may never
// reach, is read.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "sim/cli/scenario_files.h"
#include "sim/cli/verbs.h"
#include "sim/lua/scenario_check.h"

namespace sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kExitUsage = 2;
constexpr int kExitMistakes = 3;
constexpr int kExitNothing = 6;

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
    Sources sources{{path, *source}};
    const std::vector<Diagnosis> found =
        check_scenario(scenario_options(path, std::move(*source)), world, is_module(path));
    for (const Diagnosis& mistake : found) {  // those of modules are shown in the modules' lines
      if (sources.contains(mistake.file)) continue;
      if (auto text = read_source(mistake.file); text.has_value())
        sources[mistake.file] = std::move(*text);
    }
    mistakes += found.size();
    for (const Diagnosis& mistake : found) {
      list.push_back(json_of(mistake));
      if (!as_json) fmt::print("{}\n\n", render(mistake, sources));
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
