// What a run can reach is listed in full: no error code of a handler and no probe is forgotten.
#include "sim/lab/reachable.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "broker-model/types/probe.h"

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// "kNotLeaderOrFollower" as Kafka writes it.
std::string kafka_name(const std::string& constant) {
  std::string name;
  for (const char c : constant.substr(1)) {
    const bool is_upper = std::isupper(static_cast<unsigned char>(c)) != 0;
    if (is_upper && !name.empty()) name += '_';
    name += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

// All words after `prefix` in the sources of some rooms of the model.
std::set<std::string> words_after(const std::string& prefix, std::vector<std::string> rooms) {
  std::set<std::string> words;
  const std::regex pattern(prefix + "(k\\w+)");
  for (const std::string& room : rooms) {
    for (const auto& entry :
         fs::recursive_directory_iterator(fs::path(TITORELLI_SOURCE_DIR) / "broker-model" / room)) {
      if (entry.path().extension() != ".cc" || entry.path().filename() == "probe.cc") continue;
      const std::string text = read(entry.path());
      for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it)
        words.insert((*it)[1].str());
    }
  }
  return words;
}

TEST_CASE("each error code in the servers' sources is one that some response can carry") {
  const std::vector<std::string> all = sim::reachable();
  // Said between machines of one process only.
  const std::set<std::string> inside = {"NONE", "OPERATION_NOT_ATTEMPTED"};
  for (const std::string& constant :
       words_after("ErrorCode::", {"broker", "controller", "log", "raft", "replication"})) {
    const std::string name = kafka_name(constant);
    if (inside.contains(name)) continue;
    const bool is_listed = std::ranges::any_of(all, [&name](const std::string& kind) {
      return kind.starts_with("error ") && kind.ends_with(" " + name);
    });
    CHECK_MESSAGE(is_listed, name);
  }
}

TEST_CASE("each probe has its place in the model, and each place its probe") {
  const std::set<std::string> used = words_after(
      "Probe::", {"broker", "client", "controller", "log", "raft", "replication", "rpc"});
  CHECK(used.size() == kafka::kProbes);
}

TEST_CASE("kinds are sorted, and none is there twice") {
  const std::vector<std::string> all = sim::reachable();
  CHECK(std::ranges::is_sorted(all));
  CHECK(std::ranges::adjacent_find(all) == all.end());
}

}  // namespace
