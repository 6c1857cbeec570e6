// A configuration key that is parsed and read by nobody is a promise broken: this test reads the
// sources and holds each table against them.
#include <doctest/doctest.h>

#include <algorithm>
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

TEST_CASE("every configuration key is read by the model") {
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
      CHECK_MESSAGE((is_synonym || is_read(text, key.name)),
                    "nobody reads this key: obey it or drop it");
    }
  }
}

}  // namespace
}  // namespace kafka
