#include "sim/cli/digest_book.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "reports/atomic_file.h"

namespace sim {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHead =
    "# Digests of `titorelli test`, which --update rewrites: scenario, seed, digest, and the "
    "variant\n"
    "# if there is one, with tabs between.\n";

template <class T>
bool parse(std::string_view text, T& value, int base) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::expected<DigestBook, std::string> DigestBook::read(const std::string& folder) {
  DigestBook book;
  book.folder_ = folder.empty() ? "." : folder;
  const fs::path path = fs::path(book.folder_) / kFile;
  std::error_code error;
  if (!fs::exists(path, error)) return book;
  std::ifstream in(path);
  if (!in) return std::unexpected(fmt::format("cannot read '{}'", path.string()));
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.empty() || line[0] == '#') continue;
    std::vector<std::string> words;
    std::istringstream rest(line);
    for (std::string word; std::getline(rest, word, '\t');) words.push_back(word);
    std::uint64_t seed = 0;
    std::uint64_t digest = 0;
    if (words.size() < 3 || words.size() > 4 || !parse(words[1], seed, 10) ||
        words[2].size() != 16 || !parse(words[2], digest, 16)) {
      return std::unexpected(
          fmt::format("{}:{}: expected file, seed, a digest of 16 hex digits and maybe a variant, "
                      "with tabs between, got \"{}\"",
                      path.string(), number, line));
    }
    book.digests_[{words[0], seed, words.size() > 3 ? words[3] : ""}] = digest;
  }
  return book;
}

std::optional<std::uint64_t> DigestBook::find(const std::string& file, std::uint64_t seed,
                                              const std::string& variant) const {
  const auto found = digests_.find({file, seed, variant});
  return found == digests_.end() ? std::nullopt : std::optional(found->second);
}

void DigestBook::record(const std::string& file, std::uint64_t seed, const std::string& variant,
                        std::uint64_t digest) {
  digests_[{file, seed, variant}] = digest;
  is_changed_ = true;
}

void DigestBook::forget(const std::string& file) {
  if (std::erase_if(digests_, [&](const auto& one) { return std::get<0>(one.first) == file; }) > 0)
    is_changed_ = true;
}

void DigestBook::forget_absent() {
  std::error_code error;
  const auto is_absent = [&](const auto& one) {
    return !fs::exists(fs::path(folder_) / std::get<0>(one.first), error);
  };
  if (std::erase_if(digests_, is_absent) > 0) is_changed_ = true;
}

std::expected<void, std::string> DigestBook::write() const {
  if (!is_changed_) return {};
  std::string text = kHead;
  for (const auto& [run, digest] : digests_) {
    const auto& [file, seed, variant] = run;
    text += fmt::format("{}\t{}\t{:016x}{}{}\n", file, seed, digest, variant.empty() ? "" : "\t",
                        variant);
  }
  return reports::write_file_atomically((fs::path(folder_) / kFile).string(), text);
}

}  // namespace sim
