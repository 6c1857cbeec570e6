// A configuration key for people: `titorelli list configs` and complaints are made of these words.
#pragma once

#include <string>

#include "broker-model/types/config.h"

namespace kafka {

// "boolean", "int", "long ms", "int bytes", "string": the type, and what a bare number counts.
std::string type_text(const ConfigKey& key);

// As Kafka prints it: 30000, "" for an empty string, null when there is none.
std::string default_text(const ConfigKey& key);

// What is taken: "1 and more", "0 to 10", "all, -1, 0, 1", "any".
std::string range_text(const ConfigKey& key);

}  // namespace kafka
