// A configuration key that is parsed and read by nobody is a promise broken: this test reads the
// sources and holds each table against them.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "broker-model/types/config.h"

namespace kafka {
namespace {

// Sources that may read configuration: all but the tables themselves.
std::string sources() {
  std::string text;
  const std::filesystem::path root = TITORELLI_SOURCE_DIR;
  for (const char* folder : {"broker-model", "sim"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      const std::string extension = entry.path().extension().string();
      const std::string name = entry.path().filename().string();
      if ((extension != ".cc" && extension != ".h") ||
          (entry.path().parent_path().filename() == "types" && name.starts_with("config")))
        continue;
      std::ifstream file(entry.path());
      text.append(std::istreambuf_iterator<char>(file), {});
    }
  }
  return text;
}

// Getters are called with a literal, at times through a helper that shortens the call.
bool is_read(const std::string& text, std::string_view key) {
  return text.find("\"" + std::string(key) + "\"") != std::string::npos;
}

struct Unread {
  std::string_view noun;
  std::string_view key;
  std::string_view reason;
};

// Keys that no get_*("key") names, each with the reason why it is obeyed all the same, or the part
// of the model that is to read it. Shorten this list; never lengthen it without a reader.
constexpr auto kUnread = std::to_array<Unread>({
    {"broker", "controller.quorum.append.linger.ms", "the quorum leader is to read it"},
    {"broker", "controller.quorum.election.backoff.max.ms", "the quorum is to read it"},
    {"broker", "controller.quorum.election.timeout.ms", "the quorum is to read it"},
    {"broker", "controller.quorum.fetch.max.bytes", "the quorum is to read it"},
    {"broker", "controller.quorum.fetch.timeout.ms", "the quorum is to read it"},
    {"broker", "controller.quorum.retry.backoff.ms", "the quorum is to read it"},
    {"broker", "metadata.max.idle.interval.ms", "the quorum leader is to read it"},
    {"broker", "num.replica.fetchers", "the replica manager is to read it"},
    {"broker", "socket.request.max.bytes", "the socket server is to read it"},
    {"topic", "unclean.leader.election.enable", "the controller is to read it"},
});

TEST_CASE("every configuration key is read by the model or on the list of exceptions") {
  const std::string text = sources();
  for (const ConfigDef* def : {&ConfigDef::broker(), &ConfigDef::topic(), &ConfigDef::producer(),
                               &ConfigDef::consumer(), &ConfigDef::admin()}) {
    for (const ConfigKey& key : def->keys()) {
      CAPTURE(def->noun());
      CAPTURE(key.name);
      // A broker key that stands for a topic key is obeyed through topic_defaults().
      bool is_synonym = false;
      if (def == &ConfigDef::broker())
        for (const ConfigKey& topic : ConfigDef::topic().keys())
          if (std::ranges::count(broker_synonyms(topic.name), key.name) > 0) is_synonym = true;
      const bool is_excused = std::ranges::any_of(kUnread, [&](const Unread& unread) {
        return unread.noun == def->noun() && unread.key == key.name;
      });
      CHECK_MESSAGE((is_synonym || is_excused || is_read(text, key.name)),
                    "nobody reads this key: obey it or drop it");
    }
  }
}

TEST_CASE("the list of exceptions names keys that exist, each with a reason") {
  for (const Unread& unread : kUnread) {
    CAPTURE(unread.key);
    CHECK_FALSE(unread.reason.empty());
    bool exists = false;
    for (const ConfigDef* def : {&ConfigDef::broker(), &ConfigDef::topic(), &ConfigDef::producer(),
                                 &ConfigDef::consumer(), &ConfigDef::admin()})
      exists = exists || (def->noun() == unread.noun && def->find(unread.key) != nullptr);
    CHECK(exists);
  }
}

}  // namespace
}  // namespace kafka
