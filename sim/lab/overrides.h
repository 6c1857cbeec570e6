// --set key=value: configuration that holds for the whole run, over what the scenario says. A key
// goes to every table that has it (request.timeout.ms is a broker's, a producer's and a
// consumer's).
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "broker-model/types/config.h"

namespace sim {

class Overrides {
 public:
  // "key=value"; an error is a sentence with the nearest names.
  std::expected<void, std::string> add(std::string_view assignment);
  void apply(kafka::Config& config) const;  // the keys that its table has

 private:
  struct Entry {
    std::string key;
    std::string value;
  };
  std::vector<Entry> entries_;
};

}  // namespace sim
