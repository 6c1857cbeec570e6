// Which room may include which: architecture's fence, read from the #include lines, and the same
// fence in CMake's links.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>
#include <set>
#include <string>

#include "tests/unit/tidy/source_tree.h"

namespace {

using Rooms = std::set<std::string>;

struct Room {
  std::string folder;  // its sub-folders belong to it
  std::string target;
  Rooms sees;  // besides itself, not what those see in turn: see closure()
};

const std::vector<Room>& rooms() {
  static const std::vector<Room> kRooms = {
      {"broker-model/env", "model_env", {}},
      {"broker-model/types", "model_types", {"broker-model/env"}},
      {"broker-model/messages", "model_messages", {"broker-model/types"}},
      {"broker-model/rpc", "model_rpc", {"broker-model/messages"}},
      {"broker-model/log", "model_log", {"broker-model/messages"}},
      {"broker-model/replication", "model_replication", {"broker-model/log", "broker-model/rpc"}},
      {"broker-model/raft", "model_raft", {"broker-model/log", "broker-model/rpc"}},
      {"broker-model/controller", "model_controller", {"broker-model/raft"}},
      {"broker-model/broker",
       "model_broker",
       {"broker-model/replication", "broker-model/controller"}},
      {"broker-model/client", "model_client", {"broker-model/rpc"}},
      {"broker-model/checkers", "model_checkers", {"broker-model/messages"}},
      {"sim/core", "sim_core", {"broker-model/env"}},
      {"sim/net", "sim_net", {"sim/core"}},
      {"sim/disk", "sim_disk", {"sim/core"}},
      {"sim/faults", "sim_faults", {"sim/net", "sim/disk"}},
      {"reports", "reports", {}},
      {"sim/lab",
       "sim_lab",
       {"sim/faults", "broker-model/broker", "broker-model/client", "broker-model/checkers",
        "reports"}},
      {"sim/lua", "sim_lua", {"sim/lab"}},
      {"sim/explore", "sim_explore", {"sim/lua", "reports"}},
      {"sim/cli", "sim_cli", {"sim/explore", "reports"}},
  };
  return kRooms;
}

const Room* room_of(std::string_view path) {
  for (const Room& room : rooms()) {
    if (path.starts_with(room.folder + "/")) return &room;
  }
  return nullptr;
}

Rooms closure(const Room& room) {
  Rooms seen = {room.folder};
  for (const std::string& folder : room.sees) seen.merge(closure(*room_of(folder + "/")));
  return seen;
}

// The quoted argument of an #include line, or "".
std::string included(std::string_view line) {
  if (!line.starts_with("#include \"")) return "";
  line.remove_prefix(10);
  return std::string(line.substr(0, line.find('"')));
}

// Target -> the targets it links, from the tit_room(...) calls.
std::map<std::string, Rooms> links_in_cmake() {
  std::map<std::string, Rooms> links;
  const std::string text = tidy::files_below({""}, {"CMakeLists.txt"}).at(0).text;
  for (std::size_t at = text.find("\ntit_room("); at != text.npos;
       at = text.find("\ntit_room(", at + 1)) {
    const std::size_t open = at + 10;
    std::string call = text.substr(open, text.find(')', open) - open);
    std::vector<std::string> words(1);
    for (char c : call) {
      if (c != ' ' && c != '\n') {
        words.back() += c;
      } else if (!words.back().empty()) {
        words.emplace_back();
      }
    }
    bool is_link = false;
    for (const std::string& word : words) {
      if (is_link && !word.empty()) links[words[0]].insert(word);
      if (word == "LINKS") is_link = true;
    }
  }
  return links;
}

}  // namespace

TEST_CASE("includes stay within the rooms that architecture allows") {
  std::size_t judged = 0;
  for (const tidy::SourceFile& file : tidy::product_sources()) {
    const Room* room = room_of(file.path);
    INFO(file.path);
    REQUIRE_MESSAGE(room != nullptr, "a folder that layers_test.cc does not know");
    const Rooms allowed = closure(*room);
    for (const std::string& line : tidy::lines_of(file.text)) {
      const std::string path = included(line);
      if (path.empty() || path == "reports/trace.pb.h") continue;
      const Room* other = room_of(path);
      ++judged;
      CHECK_MESSAGE(other != nullptr,
                    fmt::format("{}: \"{}\" is not written from the root", file.path, path));
      if (other != nullptr) {
        CHECK_MESSAGE(allowed.contains(other->folder),
                      fmt::format("{} must not include {}", file.path, path));
      }
    }
  }
  CHECK(judged > 500);
}

TEST_CASE("the two worlds never meet below sim/lab") {
  for (const Room& room : rooms()) {
    const Rooms seen = closure(room);
    const bool is_model = room.folder.starts_with("broker-model/");
    const bool is_engine = room.folder == "sim/core" || room.folder == "sim/net" ||
                           room.folder == "sim/disk" || room.folder == "sim/faults";
    for (const std::string& folder : seen) {
      INFO(room.folder << " sees " << folder);
      if (is_model) CHECK(folder.starts_with("broker-model/"));
      if (is_engine) CHECK((folder.starts_with("sim/") || folder == "broker-model/env"));
    }
  }
}

TEST_CASE("CMake links the rooms as the includes are allowed") {
  const std::map<std::string, Rooms> links = links_in_cmake();
  CHECK(links.size() == rooms().size());
  std::map<std::string, std::string> folder_of;
  for (const Room& room : rooms()) folder_of[room.target] = room.folder;
  for (const Room& room : rooms()) {
    INFO(room.target);
    REQUIRE(links.contains(room.target));
    Rooms linked;
    for (const std::string& target : links.at(room.target)) {
      if (folder_of.contains(target)) linked.insert(folder_of[target]);
    }
    CHECK(linked == room.sees);
  }
}
