// Lengths, by the house style: a .cc 600 lines, a header 300, a function 70. Longer ones are named
// here with the reason, and their number may only fall.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "tests/unit/tidy/source_tree.h"

namespace {

constexpr std::size_t kSourceLines = 600;
constexpr std::size_t kHeaderLines = 300;
constexpr std::size_t kFunctionLines = 70;
constexpr std::size_t kColumns = 100;

// Longer headers, each with what it may not exceed.
const std::map<std::string, std::size_t>& long_headers() {
  static const std::map<std::string, std::size_t> kHeaders = {
      // What a field list is made into: visitors that belong together.
      {"broker-model/messages/codec_fields.h", 470},
      {"broker-model/types/observation.h", 370},
      // The benches of whole clusters, for tests of the broker and of the raft client.
      {"tests/unit/broker/replica_cluster.h", 420},
      {"tests/unit/raft/raft_cluster.h", 340},
  };
  return kHeaders;
}

struct Block {
  std::string place;
  std::size_t lines = 0;
};

std::size_t indent_of(const std::string& line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

// Formatted code closes a block in the column where its first line began.
std::vector<Block> blocks_of(const tidy::SourceFile& file) {
  std::vector<Block> blocks;
  const std::vector<std::string> raw = tidy::lines_of(file.text);
  std::map<std::size_t, std::size_t> last_at;  // indent -> line that began there last
  for (std::size_t i = 0; i < file.code.size(); ++i) {
    const std::string& line = file.code[i];
    const std::size_t indent = indent_of(line);
    if (indent == line.size() || line[0] == '#') continue;
    const bool closes_function = line.find_last_not_of(' ') == indent && line[indent] == '}';
    // A namespace ends in a comment, which is stripped in `code`.
    if (closes_function && raw[i].find("// namespace") == std::string::npos &&
        last_at.contains(indent)) {
      blocks.push_back({.place = fmt::format("{}:{}", file.path, last_at[indent] + 1),
                        .lines = i - last_at[indent] + 1});
    }
    if (line[indent] != '}') last_at[indent] = i;
  }
  return blocks;
}

}  // namespace

TEST_CASE("the ruler of functions measures from the first line to the closing brace") {
  tidy::SourceFile file;
  file.path = "x.cc";
  file.text = "int f(int a,\n      int b) {\n  if (a) {\n    g();\n  }\n  return b;\n}\n";
  file.code = tidy::lines_of(tidy::strip(file.text));
  const std::vector<Block> blocks = blocks_of(file);
  REQUIRE(blocks.size() == 2);
  CHECK(blocks[0].lines == 3);
  CHECK(blocks[1].lines == 7);
  CHECK(blocks[1].place == "x.cc:1");
}

TEST_CASE("files fit the house style") {
  for (const tidy::SourceFile& file :
       tidy::files_below({"broker-model", "sim", "reports", "tests"}, {".h", ".cc"})) {
    const std::vector<std::string> lines = tidy::lines_of(file.text);
    const bool is_header = file.path.ends_with(".h");
    std::size_t limit = is_header ? kHeaderLines : kSourceLines;
    if (long_headers().contains(file.path)) limit = long_headers().at(file.path);
    CHECK_MESSAGE(lines.size() <= limit,
                  fmt::format("{}: {} lines, at most {}", file.path, lines.size(), limit));
  }
}

TEST_CASE("functions fit a screen") {
  Block longest;
  std::size_t judged = 0;
  for (const tidy::SourceFile& file : tidy::product_sources()) {
    for (const Block& block : blocks_of(file)) {
      ++judged;
      if (block.lines > longest.lines) longest = block;
      CHECK_MESSAGE(block.lines <= kFunctionLines,
                    fmt::format("{}: {} lines", block.place, block.lines));
    }
  }
  MESSAGE(fmt::format("{} functions and blocks; the longest: {}, {} lines", judged, longest.place,
                      longest.lines));
  CHECK(judged > 1000);
}

TEST_CASE("lines of C++ end before column 100") {
  for (const tidy::SourceFile& file :
       tidy::files_below({"broker-model", "sim", "reports", "tests"}, {".h", ".cc"})) {
    const std::vector<std::string> lines = tidy::lines_of(file.text);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      // Bytes of UTF-8 sequences after the first take no column.
      const auto columns = static_cast<std::size_t>(std::count_if(
          lines[i].begin(), lines[i].end(), [](char c) { return (c & 0xc0) != 0x80; }));
      if (columns > kColumns) FAIL_CHECK(fmt::format("{}:{}: {}", file.path, i + 1, columns));
      if (lines[i].find('\t') != std::string::npos) FAIL_CHECK(file.path << ": a tabulator");
    }
  }
}
