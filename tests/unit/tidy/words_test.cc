// What must not be written: sources of nondeterminism, heavy headers where everybody pays for them,
// left-overs.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>
#include <string>

#include "tests/unit/tidy/source_tree.h"

namespace {

constexpr std::array kNondeterministic = {"unordered_",
                                          "std::hash",
                                          "uniform_int_distribution",
                                          "uniform_real_distribution",
                                          "normal_distribution",
                                          "exponential_distribution",
                                          "bernoulli_distribution",
                                          "poisson_distribution",
                                          "discrete_distribution",
                                          "std::shuffle",
                                          "std::sample",
                                          "random_device",
                                          "system_clock",
                                          "steady_clock",
                                          "high_resolution_clock",
                                          "clock_gettime",
                                          "gettimeofday",
                                          "clock(",
                                          "getenv",
                                          "std::thread",
                                          "std::jthread",
                                          "std::async",
                                          "setlocale",
                                          "std::locale",
                                          "rand(",
                                          "srand(",
                                          "time(nullptr)",
                                          "time(NULL)",
                                          "time(0)",
                                          "thread_local"};

constexpr std::array kHeavy = {"<CLI",       "nlohmann",   "google/protobuf", ".pb.h",
                               "<boost/",    "rapidcheck", "<regex>",         "<iostream>",
                               "fmt/ranges", "<fstream>",  "<filesystem>"};

// sim/cli is the edge: it draws `--seed random`, reads NO_COLOR and looks at the clock.
bool is_inside_the_simulation(const std::string& path) {
  return !path.starts_with("reports/") && !path.starts_with("sim/cli/") &&
         !path.starts_with("sim/explore/");
}

// Two that no run can see: the context that a failed assertion prints, and the frames' freelist.
bool is_excepted(const std::string& path, std::string_view word) {
  return word == "thread_local" &&
         (path == "broker-model/env/basics.cc" || path == "broker-model/env/frame.cc" ||
          path == "sim/core/small_blocks.cc");
}

// std::map<X*, ...> or std::set<X*>: an order by address differs from run to run.
bool has_pointer_key(std::string_view line) {
  for (const std::string_view container :
       {"std::map<", "std::set<", "std::multimap<", "std::multiset<", "std::less<"}) {
    for (std::size_t at = line.find(container); at != line.npos;
         at = line.find(container, at + 1)) {
      int depth = 1;
      std::string_view key = line.substr(at + container.size());
      for (std::size_t i = 0; i < key.size(); ++i) {
        if (key[i] == '<') ++depth;
        if (key[i] == '>') --depth;
        if (depth == 0 || (depth == 1 && key[i] == ',')) {
          key = key.substr(0, i);
          break;
        }
      }
      if (key.ends_with("*") || key.find("*,") != key.npos || key.find("*>") != key.npos)
        return true;
    }
  }
  return false;
}

std::vector<tidy::SourceFile> all_text() {
  std::vector<tidy::SourceFile> files = tidy::files_below(
      {"", "broker-model", "sim", "reports", "tests", "scenarios", "docs", "cmake", ".ci"},
      {".h", ".cc", ".in", ".md", ".lua", ".txt", ".json", ".gp", ".proto", ".sh", ".svg", "dev",
       "run"});
  std::erase_if(files, [](const tidy::SourceFile& file) {
    return file.path.starts_with("tests/unit/tidy/");  // it names what it looks for
  });
  return files;
}

}  // namespace

TEST_CASE("nothing in the simulation reads clocks, hashes, threads, locale or the environment") {
  std::size_t judged = 0;
  for (const tidy::SourceFile& file : tidy::product_sources()) {
    if (!is_inside_the_simulation(file.path)) continue;
    for (std::size_t i = 0; i < file.code.size(); ++i) {
      for (const std::string_view word : kNondeterministic) {
        if (tidy::has_word(file.code[i], word) && !is_excepted(file.path, word))
          FAIL_CHECK(fmt::format("{}:{}: {}", file.path, i + 1, word));
      }
      if (has_pointer_key(file.code[i]))
        FAIL_CHECK(fmt::format("{}:{}: ordered by address", file.path, i + 1));
      ++judged;
    }
  }
  CHECK(judged > 10'000);
}

TEST_CASE("the search for keys ordered by address") {
  CHECK(has_pointer_key("std::map<Host*, int> a;"));
  CHECK(has_pointer_key("std::set<const Node*> a;"));
  CHECK(has_pointer_key("std::map<std::pair<Host*, int>, int> a;"));
  CHECK_FALSE(has_pointer_key("std::map<NodeId, Host*> a;"));
  CHECK_FALSE(has_pointer_key("std::map<std::string, std::vector<Host*>> a;"));
}

TEST_CASE("headers that cost seconds are included by .cc files alone") {
  for (const tidy::SourceFile& file : tidy::product_sources()) {
    if (!file.path.ends_with(".h")) continue;
    if (file.path.starts_with("sim/cli/") || file.path.starts_with("reports/")) continue;
    for (const std::string& line : tidy::lines_of(file.text)) {
      if (!line.starts_with("#include")) continue;
      for (const std::string_view heavy : kHeavy) {
        CHECK_MESSAGE(line.find(heavy) == line.npos, fmt::format("{}: {}", file.path, line));
      }
    }
  }
}

TEST_CASE("headers begin with #pragma once or the comment that says what they are for") {
  for (const tidy::SourceFile& file :
       tidy::files_below({"broker-model", "sim", "reports", "tests"}, {".h"})) {
    INFO(file.path);
    CHECK((file.text.starts_with("//") || file.text.starts_with("#pragma once")));
    CHECK(file.text.find("#pragma once\n") != std::string::npos);
  }
}

TEST_CASE("no path of somebody's machine stands in the repository") {
  std::vector<std::string> paths = {std::string("C:") + '\\'};
  for (const std::string_view folder : {"home", "root", "Users"})
    paths.push_back(fmt::format("/{}/", folder));
  const std::string here = TITORELLI_SOURCE_DIR;
  for (const tidy::SourceFile& file : all_text()) {
    for (const std::string& path : paths) {
      const std::size_t at = file.text.find(path);
      const bool is_absolute =
          at != std::string::npos &&
          (at == 0 ||
           std::string_view(" \t\n\"'`(=:").find(file.text[at - 1]) != std::string_view::npos);
      CHECK_MESSAGE(!is_absolute, fmt::format("{}: {}", file.path, path));
    }
    CHECK_MESSAGE(file.text.find(here + "/") == std::string::npos, file.path);
  }
}

TEST_CASE("no left-overs: TODO names its issue, nothing is switched off by the preprocessor") {
  for (const tidy::SourceFile& file : all_text()) {
    if (file.path.ends_with(".md")) continue;  // they may speak of TODOs
    const std::vector<std::string> lines = tidy::lines_of(file.text);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::string& line = lines[i];
      INFO(file.path << ":" << i + 1);
      if (tidy::has_word(line, "TODO")) CHECK(line.find("TODO(") != line.npos);
      CHECK_FALSE(tidy::has_word(line, "FIXME"));
      CHECK_FALSE(line.starts_with("#if 0"));
    }
  }
}
