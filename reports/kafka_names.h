// Kafka's names of its APIs, for frames that are read from a file: a run directory does not bring
// them, and the model is out of sight here.
#pragma once

#include <string_view>

namespace reports {

// "Produce"; "" for a key that Kafka 4.3 does not have.
std::string_view api_name(int key);

}  // namespace reports
