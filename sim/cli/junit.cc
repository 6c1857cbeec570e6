#include "sim/cli/junit.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace sim {
namespace {

// XML 1.0 has no way to write most control characters: they become '?'. What is no UTF-8 has been
// replaced before.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '"': result += "&quot;"; break;
      case '\n': result += "&#10;"; break;
      case '\t': result += "&#9;"; break;
      default: result += byte < 0x20 || byte == 0x7f ? '?' : c;
    }
  }
  return result;
}

void add_case(std::string& xml, const JunitSuite& suite, const JunitCase& one) {
  xml += fmt::format("    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" time=\"{:.3f}\">\n",
                     escaped(suite.name), escaped(one.name), escaped(suite.name), one.seconds);
  if (!one.properties.empty()) {
    xml += "      <properties>\n";
    for (const auto& [name, value] : one.properties) {
      xml += fmt::format("        <property name=\"{}\" value=\"{}\"/>\n", escaped(name),
                         escaped(value));
    }
    xml += "      </properties>\n";
  }
  if (one.failure.has_value()) {
    const char* kind = one.failure->is_error ? "error" : "failure";
    xml += fmt::format("      <{} message=\"{}\">{}</{}>\n", kind, escaped(one.failure->message),
                       escaped(one.failure->text), kind);
  }
  xml += "    </testcase>\n";
}

struct Sums {
  std::size_t cases = 0;
  std::ptrdiff_t failures = 0;
  std::ptrdiff_t errors = 0;
  double seconds = 0;

  void add(const JunitSuite& suite) {
    cases += suite.cases.size();
    for (const JunitCase& one : suite.cases) {
      seconds += one.seconds;
      if (one.failure.has_value()) ++(one.failure->is_error ? errors : failures);
    }
  }
  std::string attributes() const {
    return fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.3f}\"", cases,
                       failures, errors, seconds);
  }
};

}  // namespace

std::string junit_xml(const std::vector<JunitSuite>& suites) {
  Sums all;
  for (const JunitSuite& suite : suites) all.add(suite);
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  xml += fmt::format("<testsuites name=\"titorelli test\" {}>\n", all.attributes());
  for (const JunitSuite& suite : suites) {
    Sums sums;
    sums.add(suite);
    xml += fmt::format("  <testsuite name=\"{}\" {}>\n", escaped(suite.name), sums.attributes());
    for (const JunitCase& one : suite.cases) add_case(xml, suite, one);
    xml += "  </testsuite>\n";
  }
  return xml + "</testsuites>\n";
}

}  // namespace sim
