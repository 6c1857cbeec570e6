// Bad input, each with the very text that its author is shown. A new case is a file
// tests/golden/bad_input/NNN-slug.lua; TITORELLI_REWRITE=1 writes the text beside it (.txt). Then
// read it as the person would who made the mistake.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "sim/lua/scenario.h"
#include "sim/lua/scenario_check.h"

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// What a run says of it, and what `titorelli check` would say beyond that.
std::string complaints_of(const std::string& name, const std::string& source,
                          const sim::LintWorld& world) {
  sim::ScenarioOptions options;
  options.path = name;
  options.source = source;
  const auto run = sim::ScenarioRun::create(options);
  std::string text;
  std::optional<sim::ScenarioFailure> failure = run->begin();
  if (failure.has_value()) {
    text = failure->text + "\n";
  } else {
    text = run->finish().error.value_or("(the run says nothing)") + "\n";
  }
  const sim::Sources sources{{name, source}};
  for (const sim::Diagnosis& mistake : sim::check_scenario(options, world, false)) {
    const std::string told = sim::render(mistake, sources);
    const std::string head = told.substr(0, told.find('\n'));
    if (text.find(head) == std::string::npos) text += "check also says:\n" + told + "\n";
  }
  return text;
}

TEST_CASE("bad input is told with its place, its code and what to do") {
  const fs::path folder = fs::path(TITORELLI_SOURCE_DIR) / "tests/golden/bad_input";
  const bool rewrite = std::getenv("TITORELLI_REWRITE") != nullptr;
  const sim::LintWorld world = sim::lint_world();
  std::vector<fs::path> scenarios;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".lua") scenarios.push_back(entry.path());
    const fs::path scenario = fs::path(entry.path()).replace_extension(".lua");
    CHECK_MESSAGE(fs::exists(scenario), entry.path().string(), " belongs to no scenario");
  }
  std::sort(scenarios.begin(), scenarios.end());
  CHECK(scenarios.size() >= 60);
  for (const fs::path& path : scenarios) {
    const std::string name = path.filename().string();
    const fs::path golden = fs::path(path).replace_extension(".txt");
    const std::string text = complaints_of(name, read(path), world);
    if (rewrite) std::ofstream(golden, std::ios::binary | std::ios::trunc) << text;
    CHECK_MESSAGE(text == read(golden), name, " gave\n", text);
    CHECK_MESSAGE(text.find("error[E0") != std::string::npos, name, " is not told as a mistake");
  }
}

}  // namespace
