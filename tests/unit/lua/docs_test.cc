// Pages that are written from tables and files: current, or rewritten with TITORELLI_REWRITE=1.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "sim/lab/fault_manual.h"
#include "sim/lab/faults/registry.h"
#include "sim/lua/scenario.h"
#include "sim/lua/stub.h"

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void check_current(const std::string& page, const std::string& text) {
  const fs::path path = fs::path(TITORELLI_SOURCE_DIR) / page;
  if (std::getenv("TITORELLI_REWRITE") != nullptr)
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  CHECK_MESSAGE(read(path) == text, page,
                " is not current: run test_lua with TITORELLI_REWRITE=1 and read the diff");
}

// The first paragraph of the leading comment, as one line.
std::string first_paragraph(const std::string& source) {
  std::string text;
  for (std::size_t at = 0; source.compare(at, 3, "-- ") == 0;) {
    const std::size_t end = std::min(source.find('\n', at), source.size());
    text += (text.empty() ? "" : " ") + source.substr(at + 3, end - at - 3);
    at = std::min(end + 1, source.size());
  }
  const std::size_t end = text.find(". ");
  return end == std::string::npos ? text : text.substr(0, end + 1);
}

std::string seeds_text(const sim::ScenarioHeader& header) {
  if (header.seeds.empty()) return std::to_string(header.seed.value_or(1));
  std::string text;
  for (const auto& [low, high] : header.seeds) {
    text += (text.empty() ? "" : ", ") + std::to_string(low);
    if (high != low) text += ".." + std::to_string(high);
  }
  return text;
}

TEST_CASE("docs/scenario-api.md says what the table of words says") {
  const std::string manual = sim::api_manual();
  CHECK(manual.find("`sleep(duration)`") != std::string::npos);
  check_current("docs/scenario-api.md", manual);
}

TEST_CASE("docs/faults.md says what the registries say, at least twenty names") {
  CHECK(sim::faults().size() >= 20);
  check_current("docs/faults.md", sim::fault_manual());
}

TEST_CASE(".luacheckrc knows every word of the language, as what `titorelli new` writes") {
  check_current(".luacheckrc", sim::luacheck_settings());
}

TEST_CASE("each fault has a scenario that puts it into force and demands an effect") {
  for (const sim::FaultInfo& info : sim::faults()) {
    std::string word(info.name);
    std::ranges::replace(word, '-', '_');
    const fs::path path =
        fs::path(TITORELLI_SOURCE_DIR) / "scenarios/faults" / (std::string(info.name) + ".lua");
    const std::string source = read(path);
    CHECK_MESSAGE(source.find("fault." + word + " {") != std::string::npos, path.string());
    CHECK_MESSAGE(source.find("require_effect = true") != std::string::npos, path.string());
  }
}

TEST_CASE("scenarios/README.md lists every scenario with what it shows and expects") {
  const fs::path root = fs::path(TITORELLI_SOURCE_DIR) / "scenarios";
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const fs::path relative = fs::relative(entry.path(), root);
    if (relative.extension() == ".lua" && *relative.begin() != "lib")
      files.push_back(relative.generic_string());
  }
  std::sort(files.begin(), files.end());
  CHECK(files.size() >= 2);
  std::string text =
      "# Scenarios\n\nWritten from the files by the tests of sim/lua: do not edit. `titorelli test "
      "scenarios` holds each against what it\nexpects, with each of its seeds.\n";
  for (const std::string& file : files) {
    sim::ScenarioOptions options;
    options.path = file;
    options.source = read(root / file);
    options.header_only = true;
    const std::string shows = first_paragraph(options.source);
    CHECK_MESSAGE(!shows.empty(), file, " begins with what it shows, as a comment");
    const auto run = sim::ScenarioRun::create(std::move(options));
    const auto failure = run->begin();
    REQUIRE_MESSAGE(!failure.has_value(), file);
    text += "\n## [" + file + "](" + file + ")\n\n" + run->header().name + "\n\n- shows: " + shows +
            "\n- expects: `" + run->header().expect + "`\n- seeds: " + seeds_text(run->header()) +
            "\n";
  }
  check_current("scenarios/README.md", text);
}

}  // namespace
