// JUnit's XML, as CI servers read it: a suite per scenario, a case per check, variant and seed.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sim {

struct JunitCase {
  std::string name;
  double seconds = 0;  // of wall time
  struct Failure {
    std::string message;  // one line
    std::string text;
    bool is_error = false;  // it could not be judged
  };
  std::optional<Failure> failure;
  std::vector<std::pair<std::string, std::string>> properties;
};

struct JunitSuite {
  std::string name;  // the scenario's path, also the cases' class name and file
  std::vector<JunitCase> cases;
};

std::string junit_xml(const std::vector<JunitSuite>& suites);

}  // namespace sim
