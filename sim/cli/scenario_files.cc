#include "sim/cli/scenario_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "reports/extract.h"

namespace sim {
namespace {

namespace fs = std::filesystem;

constexpr int kExitUsage = 2;

}  // namespace

std::expected<std::vector<std::string>, std::string> find_scenarios(
    const std::vector<std::string>& paths) {
  std::vector<std::string> found;
  for (const std::string& path : paths) {
    std::error_code error;
    if (fs::is_regular_file(path, error)) {
      found.push_back(path);
    } else if (fs::is_directory(path, error)) {
      for (auto entry = fs::recursive_directory_iterator(path, error);
           !error && entry != fs::end(entry); entry.increment(error)) {
        const fs::path& file = entry->path();
        if (entry->is_directory() && file.filename() == "lib") {
          entry.disable_recursion_pending();  // modules, not scenarios
        } else if (entry->is_regular_file() && file.extension() == ".lua") {
          found.push_back(file.string());
        }
      }
    }
    if (error || !fs::exists(path)) return std::unexpected(fmt::format("cannot read '{}'", path));
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::expected<std::string, ScenarioFailure> read_source(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    return std::unexpected(
        ScenarioFailure{kExitUsage, fmt::format("cannot read '{}': it is a folder", path)});
  }
  auto source = reports::read_file(path);
  if (!source.has_value()) {
    return std::unexpected(ScenarioFailure{
        kExitUsage, fmt::format("{}: {}", source.error(),
                                fs::exists(path, error) ? "no permission" : "no such file")});
  }
  return std::move(*source);
}

bool is_module(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  return std::ranges::find(folder, fs::path("lib")) != folder.end();
}

}  // namespace sim
