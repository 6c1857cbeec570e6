// What lies in a folder of extensions is registered in its table: a file that nobody calls is dead.
// And what the documents name exists.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <string>

#include "tests/unit/tidy/source_tree.h"

namespace {

std::string text_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  for (const tidy::SourceFile& file :
       tidy::files_below({path.substr(0, slash)}, {path.substr(slash + 1)})) {
    if (file.path == path) return file.text;
  }
  return "";
}

std::string stem_of(const std::string& path) { return std::filesystem::path(path).stem().string(); }

bool exists(const std::string& path) {
  return std::filesystem::exists(std::filesystem::path(TITORELLI_SOURCE_DIR) / path);
}

bool is_path_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.' ||
         c == '/' || c == '<' || c == '>' || c == '*' || c == '{' || c == '}' || c == ',' ||
         c == '$' || c == '~' || c == ':';
}

// Words of a document that look like files of the tree: a/b.cc and the like.
std::set<std::string> paths_in(const std::string& text) {
  std::set<std::string> paths;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && is_path_character(text[end])) ++end;
    std::string word = text.substr(i, end - i);
    while (!word.empty() && std::string_view(".,:").find(word.back()) != std::string_view::npos)
      word.pop_back();
    i = end + 1;
    if (word.find('/') == word.npos || word.find_first_of("<>*{}$~:,") != word.npos) continue;
    for (const std::string_view ending :
         {".md", ".cc", ".h", ".lua", ".gp", ".svg", ".proto", ".sh", ".txt"}) {
      if (word.ends_with(ending)) paths.insert(word);
    }
  }
  return paths;
}

// A document may shorten a path as far as it names one place: `messages/apis.h`.
bool resolves(const std::string& path, const std::set<std::string>& tree) {
  for (const std::string& file : tree) {
    if (file == path || file.ends_with("/" + path)) return true;
  }
  return false;
}

// The targets of [text](target) that are not on the web.
std::vector<std::string> links_in(const std::string& text) {
  std::vector<std::string> links;
  for (std::size_t at = text.find("]("); at != text.npos; at = text.find("](", at + 1)) {
    std::string target = text.substr(at + 2, text.find(')', at) - at - 2);
    target = target.substr(0, target.find('#'));
    if (!target.empty() && target.find("://") == target.npos &&
        target.find_first_of(" {") == target.npos)
      links.push_back(target);
  }
  return links;
}

}  // namespace

TEST_CASE("every API handler of the broker stands in the API table") {
  const std::string table = text_of("broker-model/broker/api_table.cc");
  constexpr std::string_view kBegin = "\nvoid handle_";
  std::size_t found = 0;
  for (const auto& file : tidy::files_below({"broker-model/broker/handlers"}, {".cc"})) {
    for (std::size_t at = file.text.find(kBegin); at != std::string::npos;
         at = file.text.find(kBegin, at + 1)) {
      const std::size_t name = at + kBegin.find("handle_");
      const std::string handler = file.text.substr(name, file.text.find('(', name) - name);
      CHECK_MESSAGE(tidy::has_word(table, handler + "}"), file.path << ": " << handler);
      ++found;
    }
  }
  CHECK(found >= 15);
}

TEST_CASE("every message with an ApiInfo stands in apis.h") {
  const std::string table = text_of("broker-model/messages/apis.h");
  std::size_t found = 0;
  for (const tidy::SourceFile& file : tidy::files_below({"broker-model/messages"}, {".h"})) {
    if (file.text.find("constexpr ApiInfo api") == std::string::npos) continue;
    ++found;
    CHECK_MESSAGE(table.find("\"" + file.path + "\"") != std::string::npos, file.path);
  }
  CHECK(found >= 34);
}

TEST_CASE("every checker stands in the registry") {
  const std::string table = text_of("broker-model/checkers/registry.cc");
  const std::set<std::string> tools = {"checker", "registry", "truth"};
  std::size_t found = 0;
  for (const tidy::SourceFile& file : tidy::files_below({"broker-model/checkers"}, {".cc"})) {
    if (tools.contains(stem_of(file.path))) continue;
    ++found;
    CHECK_MESSAGE(table.find("\"" + stem_of(file.path) + "\"") != std::string::npos, file.path);
    CHECK_MESSAGE(tidy::has_word(table, "make_" + stem_of(file.path)), file.path);
  }
  CHECK(found >= 5);
}

TEST_CASE("every plot template travels in the program, and every check and plot is documented") {
  const std::string generator = text_of("reports/plot_templates.cc.in");
  CHECK(generator.find("@plot_rows@") != std::string::npos);
  const auto templates = tidy::files_below({"reports/plots"}, {".gp"});
  CHECK(templates.size() >= 3);
  const std::string checks = text_of("docs/checks.md");
  for (const tidy::SourceFile& file : tidy::files_below({"broker-model/checkers"}, {".cc"})) {
    const std::string name = stem_of(file.path);
    if (name == "checker" || name == "registry" || name == "truth") continue;
    CHECK_MESSAGE(checks.find(name) != std::string::npos, "docs/checks.md misses " << name);
  }
}

TEST_CASE("every file of the scenario language and of the verbs is reached from its table") {
  for (const std::string folder : {"sim/lua", "sim/cli"}) {
    const std::string prefix = folder == "sim/lua" ? "/api_" : "/verb_";
    std::string tables;
    for (const tidy::SourceFile& file : tidy::files_below({folder}, {".cc", ".h"})) {
      if (file.path.find(prefix) == std::string::npos) tables += file.text;
    }
    std::size_t found = 0;
    for (const tidy::SourceFile& file : tidy::files_below({folder}, {".cc"})) {
      if (file.path.find(prefix) == std::string::npos) continue;
      ++found;
      const std::string noun = stem_of(file.path).substr(prefix.size() - 1);
      CHECK_MESSAGE(tables.find(noun) != std::string::npos, file.path);
    }
    CHECK(found >= 5);
  }
}

TEST_CASE("what the documents name exists") {
  std::set<std::string> tree;
  for (const tidy::SourceFile& file : tidy::files_below(
           {"", "broker-model", "sim", "reports", "tests", "scenarios", "docs", "cmake"}, {""})) {
    tree.insert(file.path);
  }
  std::size_t judged = 0;
  for (const tidy::SourceFile& file : tidy::files_below(
           {"", "broker-model", "sim", "reports", "tests", "scenarios", "docs"}, {".md"})) {
    const std::string folder = file.path.substr(0, file.path.rfind('/') + 1);
    for (const std::string& path : paths_in(file.text)) {
      if (path.starts_with("out/") || path.starts_with("build/") || path.starts_with("/")) continue;
      if (path.starts_with("plots/") || path.starts_with("./")) continue;  // of a run directory
      ++judged;
      CHECK_MESSAGE((resolves(path, tree) || exists(folder + path)),
                    fmt::format("{} names {}", file.path, path));
    }
    for (const std::string& link : links_in(file.text)) {
      ++judged;
      CHECK_MESSAGE(exists(folder + link), fmt::format("{} links to {}", file.path, link));
    }
  }
  CHECK(judged > 20);
}
