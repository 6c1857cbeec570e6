// The words in which a key is listed and explained.
#include <doctest/doctest.h>

#include "broker-model/types/config_text.h"

namespace kafka {
namespace {

const ConfigKey& key_of(const ConfigDef& def, std::string_view name) {
  const ConfigKey* key = def.find(name);
  REQUIRE(key != nullptr);
  return *key;
}

TEST_CASE("type, default and range of a key in words") {
  const ConfigKey& lag = key_of(ConfigDef::broker(), "replica.lag.time.max.ms");
  CHECK(type_text(lag) == "long ms");
  CHECK(default_text(lag) == "30000");
  CHECK(range_text(lag) == "any");
  const ConfigKey& segment = key_of(ConfigDef::topic(), "segment.bytes");
  CHECK(type_text(segment) == "int bytes");
  CHECK(range_text(segment) == "1048576 and more");
  const ConfigKey& acks = key_of(ConfigDef::producer(), "acks");
  CHECK(type_text(acks) == "string");
  CHECK(default_text(acks) == "all");
  CHECK(range_text(acks) == "all, -1, 0, 1");
  CHECK(range_text(key_of(ConfigDef::producer(), "enable.idempotence")) == "true, false");
  CHECK(default_text(key_of(ConfigDef::broker(), "log.roll.ms")) == "null");
  CHECK(default_text(key_of(ConfigDef::admin(), "client.api.caps")) == "\"\"");
  CHECK(range_text(key_of(ConfigDef::admin(), "client.api.caps")) == "\"\", tshark");
}

TEST_CASE("every key has words for all of it") {
  for (const ConfigDef* def : {&ConfigDef::broker(), &ConfigDef::topic(), &ConfigDef::producer(),
                               &ConfigDef::consumer(), &ConfigDef::admin()}) {
    for (const ConfigKey& key : def->keys()) {
      CAPTURE(key.name);
      CHECK_FALSE(type_text(key).empty());
      CHECK_FALSE(default_text(key).empty());
      CHECK_FALSE(range_text(key).empty());
    }
  }
}

}  // namespace
}  // namespace kafka
