#include "tests/unit/tidy/source_tree.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace tidy {
namespace {

bool is_word_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

bool ends_with_one_of(const std::string& path, const std::vector<std::string>& endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](const std::string& ending) { return path.ends_with(ending); });
}

SourceFile read(const std::filesystem::path& root, const std::filesystem::path& path) {
  SourceFile file;
  file.path = path.lexically_relative(root).generic_string();
  std::ifstream in(path, std::ios::binary);
  file.text.assign(std::istreambuf_iterator<char>(in), {});
  if (file.path.ends_with(".h") || file.path.ends_with(".cc"))
    file.code = lines_of(strip(file.text));
  return file;
}

// The position after the literal that begins with the quote at `at`.
std::size_t end_of_literal(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == quote || text[i] == '\n') {
      return i + 1;
    }
  }
  return text.size();
}

std::size_t end_of_raw_literal(std::string_view text, std::size_t at) {
  const std::size_t open = text.find('(', at);
  const std::string close = ")" + std::string(text.substr(at + 1, open - at - 1)) + "\"";
  const std::size_t end = text.find(close, open);
  return end == text.npos ? text.size() : end + close.size();
}

void append_newlines(std::string& out, std::string_view skipped) {
  out.append(static_cast<std::size_t>(std::count(skipped.begin(), skipped.end(), '\n')), '\n');
}

}  // namespace

std::string strip(std::string_view text) {
  std::string out;
  std::size_t i = 0;
  while (i < text.size()) {
    const char c = text[i];
    const char before = i == 0 ? '\n' : text[i - 1];
    std::size_t end = i + 1;
    if (text.substr(i, 2) == "//") {
      end = std::min(text.find('\n', i), text.size());
    } else if (text.substr(i, 2) == "/*") {
      end = std::min(text.find("*/", i), text.size() - 2) + 2;
      append_newlines(out, text.substr(i, end - i));
    } else if (c == '"' && before == 'R') {
      end = end_of_raw_literal(text, i);
      out += "\"\"";
      append_newlines(out, text.substr(i, end - i));
    } else if (c == '"' || (c == '\'' && !is_word_character(before))) {  // not 1'000
      end = end_of_literal(text, i);
      out += {c, c};
    } else {
      out += c;
    }
    i = end;
  }
  return out;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<SourceFile> files_below(const std::vector<std::string>& folders,
                                    const std::vector<std::string>& endings) {
  const std::filesystem::path root = TITORELLI_SOURCE_DIR;
  std::vector<std::filesystem::path> paths;
  const auto consider = [&](const std::filesystem::directory_entry& entry) {
    if (entry.is_regular_file() && ends_with_one_of(entry.path().string(), endings))
      paths.push_back(entry.path());
  };
  for (const std::string& folder : folders) {
    if (folder.empty()) {
      for (const auto& entry : std::filesystem::directory_iterator(root)) consider(entry);
    } else if (std::filesystem::exists(root / folder)) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder))
        consider(entry);
    }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<SourceFile> files;
  for (const std::filesystem::path& path : paths) files.push_back(read(root, path));
  return files;
}

std::vector<SourceFile> product_sources() {
  return files_below({"broker-model", "sim", "reports"}, {".h", ".cc"});
}

bool has_word(std::string_view line, std::string_view word) {
  for (std::size_t at = line.find(word); at != line.npos; at = line.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool is_open_left = at == 0 || !is_word_character(line[at - 1]);
    const bool is_open_right = end == line.size() || !is_word_character(line[end]) ||
                               !is_word_character(word.back()) || word.back() == '_';
    if (is_open_left && is_open_right) return true;
  }
  return false;
}

}  // namespace tidy
