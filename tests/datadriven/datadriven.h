// Datadriven goldens: a file of cases, each a command line, optional input lines, a line of four
// dashes, the expected text, and an empty line. Prose and comments (#) may stand between.
//
//   # A follower finds its divergence.
//   append epoch=3 count=2
//   ----
//   offsets 0-1
//
// Header only. In a test: run_datadriven("log/partition_log.txt", [&](const Command& command) {
// return text; }) makes doctest checks with file and line. Expected text that holds empty lines
// is written with two lines of dashes above and below it. Set TITORELLI_REWRITE=1 to write
// what the commands answered into the files; then read the diff as you read code.
#pragma once

#include <doctest/doctest.h>

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace test {

// "append epoch=3 b c=1,2": name "append", words {"b"}, arguments {epoch: 3, c: 1,2}.
struct DatadrivenCommand {
  std::string file;
  int line = 0;
  std::string name;
  std::vector<std::string> words;
  std::map<std::string, std::string, std::less<>> arguments;
  std::vector<std::string> input;  // lines between the command and the dashes

  bool has(std::string_view key) const {
    if (arguments.find(key) != arguments.end()) return true;
    for (const std::string& word : words) {
      if (word == key) return true;
    }
    return false;
  }
  std::string get(std::string_view key, std::string_view otherwise = "") const {
    const auto found = arguments.find(key);
    return found == arguments.end() ? std::string(otherwise) : found->second;
  }
  std::int64_t get_int(std::string_view key, std::int64_t otherwise = 0) const {
    const auto found = arguments.find(key);
    if (found == arguments.end()) return otherwise;
    std::int64_t value = 0;
    const char* end = found->second.data() + found->second.size();
    const auto [stop, error] = std::from_chars(found->second.data(), end, value);
    if (error != std::errc() || stop != end) {
      FAIL_CHECK(file, ":", line, ": ", key, "=", found->second, " is no number");
    }
    return value;
  }
};

namespace detail {

inline DatadrivenCommand parse_command(const std::string& file, int line, const std::string& text) {
  DatadrivenCommand command;
  command.file = file;
  command.line = line;
  std::istringstream stream(text);
  stream >> command.name;
  for (std::string word; stream >> word;) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) {
      command.words.push_back(word);
    } else {
      command.arguments[word.substr(0, equals)] = word.substr(equals + 1);
    }
  }
  return command;
}

inline bool needs_double_dashes(const std::string& text) {
  return text.starts_with("\n") || text.find("\n\n") != std::string::npos;
}

inline std::string render(const std::string& answer) {
  if (!needs_double_dashes(answer)) return "----\n" + answer;
  return "----\n----\n" + answer + "----\n----\n";
}

}  // namespace detail

// `path` is below tests/datadriven. `run` takes a const DatadrivenCommand& and answers text.
template <class Run>
void run_datadriven(const std::string& path, Run&& run) {
  const std::string file = std::string(TITORELLI_SOURCE_DIR) + "/tests/datadriven/" + path;
  std::vector<std::string> lines;
  {
    std::ifstream in(file);
    REQUIRE_MESSAGE(in.good(), "cannot read ", file);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
  }
  const bool rewrite = std::getenv("TITORELLI_REWRITE") != nullptr;
  std::string rewritten;
  int cases = 0;
  for (std::size_t i = 0; i < lines.size();) {
    if (lines[i].empty() || lines[i][0] == '#') {
      rewritten += lines[i++] + "\n";
      continue;
    }
    DatadrivenCommand command = detail::parse_command(path, static_cast<int>(i) + 1, lines[i]);
    rewritten += lines[i++] + "\n";
    while (i < lines.size() && lines[i] != "----") {
      rewritten += lines[i] + "\n";
      command.input.push_back(lines[i++]);
    }
    REQUIRE_MESSAGE(i < lines.size(), path, ":", command.line, ": no ---- follows the command");
    ++i;
    std::string expected;
    if (i < lines.size() && lines[i] == "----") {
      for (++i; i < lines.size() && lines[i] != "----"; ++i) expected += lines[i] + "\n";
      i += 2;
    } else {
      for (; i < lines.size() && !lines[i].empty(); ++i) expected += lines[i] + "\n";
    }
    std::string answer = run(std::as_const(command));
    if (!answer.empty() && !answer.ends_with('\n')) answer += '\n';
    rewritten += detail::render(answer);
    ++cases;
    if (!rewrite) {
      CHECK_MESSAGE(answer == expected, path, ":", command.line, ": ", command.name, " expected\n",
                    expected, "but got\n", answer);
    }
  }
  CHECK_MESSAGE(cases > 0, path, " holds no case");
  if (rewrite) {
    std::ofstream out(file);
    out << rewritten;
    CHECK(out.good());
  }
}

}  // namespace test
