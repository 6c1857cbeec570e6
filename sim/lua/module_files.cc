#include "sim/lua/module_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "reports/extract.h"

namespace sim {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kBytesMax = 1 << 20;

// The folders whose lib counts, the scenario's own first.
std::vector<fs::path> folders_of(const fs::path& scenario) {
  const fs::path own = fs::absolute(scenario).lexically_normal().parent_path();
  std::vector<fs::path> folders;
  for (fs::path folder = own;; folder = folder.parent_path()) {
    folders.push_back(folder);
    if (folder.filename() == "scenarios") return folders;
    if (folder == folder.parent_path()) return {own};
  }
}

std::optional<fs::path> find_lib(const fs::path& scenario) {
  std::error_code error;
  for (const fs::path& folder : folders_of(scenario)) {
    if (fs::is_directory(folder / "lib", error)) return folder / "lib";
  }
  return std::nullopt;
}

// As a person would write it: relative when the scenario was named so.
std::string shown(const fs::path& path, const fs::path& scenario) {
  std::error_code error;
  if (scenario.is_absolute()) return path.string();
  return path.lexically_proximate(fs::current_path(error)).string();
}

std::vector<std::string> names_in(const fs::path& lib) {
  std::vector<std::string> names;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(lib, error); !error && entry != fs::end(entry);
       entry.increment(error)) {
    fs::path name = entry->path().lexically_relative(lib);
    if (name.extension() != ".lua") continue;
    names.push_back(name.replace_extension().generic_string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool is_below(const fs::path& path, const fs::path& folder) {
  const fs::path relative = path.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

}  // namespace

ModuleReader module_reader(const std::string& scenario) {
  return [scenario](const std::string& name) -> std::expected<ModuleText, ModuleRefusal> {
    const auto refuse = [&](std::string message, std::vector<std::string> known = {}) {
      return std::unexpected(ModuleRefusal{std::move(message), std::move(known)});
    };
    const std::optional<fs::path> lib = find_lib(scenario);
    if (!lib.has_value()) {
      return refuse(fmt::format(
          "module \"{}\" is not there: no folder lib lies beside {}, nor above it up to a folder "
          "called scenarios",
          name, scenario));
    }
    const fs::path file = *lib / (name + ".lua");
    std::error_code error;
    if (!fs::exists(file, error)) {
      return refuse(
          fmt::format("module \"{}\" is not there: {} does not exist", name, shown(file, scenario)),
          names_in(*lib));
    }
    const fs::path real = fs::canonical(file, error);
    if (error || !is_below(real, fs::canonical(*lib, error))) {
      return refuse(fmt::format("module \"{}\": {} leads out of {}", name, shown(file, scenario),
                                shown(*lib, scenario)));
    }
    if (!fs::is_regular_file(real, error) || fs::file_size(real, error) > kBytesMax) {
      return refuse(fmt::format("module \"{}\": {} is no file of at most {} bytes", name,
                                shown(file, scenario), kBytesMax));
    }
    auto source = reports::read_file(file.string());
    if (!source.has_value()) return refuse(fmt::format("module \"{}\": {}", name, source.error()));
    return ModuleText{.path = shown(file, scenario), .source = std::move(*source)};
  };
}

}  // namespace sim
