#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "reports/extract.h"

namespace reports {
namespace {

std::string error_of(std::string_view csv) {
  const auto table = Table::parse(csv, "x.csv");
  return table.has_value() ? "no error" : table.error();
}

std::string quoted(std::string_view cell) {
  std::string text = "\"";
  for (char c : cell) {
    if (c == '"') text += '"';
    text += c;
  }
  return text + '"';
}

}  // namespace

TEST_CASE("table: cells by column name, the last line with or without its end") {
  const auto table = Table::parse("a,b\n1,2\n3,", "x.csv");
  REQUIRE(table.has_value());
  CHECK(table->rows() == 2);
  CHECK(table->cell(0, "a") == "1");
  CHECK(table->cell(0, "b") == "2");
  CHECK(table->cell(1, "b").empty());
  CHECK(table->cell(1, "no such column").empty());
}

TEST_CASE("table: quoted fields hold commas, quotes and line breaks; CRLF ends a line") {
  const auto table = Table::parse("a,b\r\n\"1,\"\"x\"\"\",\"two\r\nlines\"\r\n\"\",c\r\n", "x.csv");
  REQUIRE(table.has_value());
  CHECK(table->rows() == 2);
  CHECK(table->cell(0, "a") == "1,\"x\"");
  CHECK(table->cell(0, "b") == "two\r\nlines");
  CHECK(table->cell(1, "a").empty());
  CHECK(table->cell(1, "b") == "c");
}

TEST_CASE("table: a header alone is a table without rows") {
  const auto table = Table::parse("time_ms,metric,value\n", "x.csv");
  REQUIRE(table.has_value());
  CHECK(table->rows() == 0);
}

TEST_CASE("table: errors name file and line") {
  CHECK(error_of("") == "x.csv:1: empty; expected a line of column names");
  CHECK(error_of("a,b\n1,2\n3\n") == "x.csv:3: 1 fields, expected 2");
  CHECK(error_of("a,b\n1,2,3\n") == "x.csv:2: 3 fields, expected 2");
  CHECK(error_of("a,b\n1,\"2\n3,4\n") == "x.csv:2: a quoted field does not end");
  CHECK(error_of("a,b\n\"x\ny\",2\n3\n") == "x.csv:4: 1 fields, expected 2");
  CHECK(error_of("a\n1\"2\n") == "x.csv:2: a quote inside a field that is not quoted");
  CHECK(error_of("a\n\"1\"2\n") == "x.csv:2: text behind a quoted field");
}

TEST_CASE("table: whatever is written by the rules is read back") {
  CHECK(rc::check("round trip", [](const std::vector<std::pair<std::string, std::string>>& rows) {
    std::string csv = "a,b\n";
    for (const auto& [a, b] : rows) csv += quoted(a) + "," + quoted(b) + "\n";
    const auto table = Table::parse(csv, "x.csv");
    RC_ASSERT(table.has_value());
    RC_ASSERT(table->rows() == rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      RC_ASSERT(table->cell(i, "a") == rows[i].first);
      RC_ASSERT(table->cell(i, "b") == rows[i].second);
    }
  }));
}

TEST_CASE("table: random bytes give a table or an error, rectangular and without a crash") {
  const auto any =
      rc::gen::container<std::string>(rc::gen::elementOf(std::string("\",\n\r a1;\0\xff", 10)));
  CHECK(rc::check("bytes", [&any] {
    const std::string csv = *any;
    const auto table = Table::parse(csv, "x.csv");
    if (!table.has_value()) {
      RC_ASSERT(table.error().starts_with("x.csv:"));
      return;
    }
    for (std::size_t i = 0; i < table->rows(); ++i) table->cell(i, "a");
  }));
}

}  // namespace reports
