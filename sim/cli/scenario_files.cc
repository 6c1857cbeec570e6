#include "sim/cli/scenario_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "reports/extract.h"
#include "sim/lua/module_files.h"

namespace sim {
namespace {

namespace fs = std::filesystem;

constexpr int kExitUsage = 2;

// A file of the scenario's folder or below, wherever links lead.
std::expected<std::string, std::string> read_beside(const fs::path& folder,
                                                    const std::string& file) {
  std::error_code error;
  const fs::path root = fs::canonical(folder, error);
  const fs::path target = error ? fs::path() : fs::canonical(folder / file, error);
  if (error) return std::unexpected("there is no such file");
  const fs::path inside = target.lexically_relative(root);
  if (inside.empty() || *inside.begin() == "..")
    return std::unexpected("it is not below the scenario's folder");
  if (!fs::is_regular_file(target, error)) return std::unexpected("it is no file");
  auto content = reports::read_file(target.string());
  if (!content.has_value()) return std::unexpected("no permission to read it");
  return std::move(*content);
}

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

ScenarioOptions scenario_options(const std::string& path, std::string source) {
  ScenarioOptions options;
  options.path = path;
  options.source = std::move(source);
  options.read_module = module_reader(path);
  options.read_file = [folder = fs::path(path).parent_path()](const std::string& file) {
    return read_beside(folder.empty() ? fs::path(".") : folder, file);
  };
  return options;
}

bool is_module(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  return std::ranges::find(folder, fs::path("lib")) != folder.end();
}

}  // namespace sim
