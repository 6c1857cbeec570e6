// The tools of these tests, tested: a rule that reads nothing would pass for ever.
#include <doctest/doctest.h>

#include "tests/unit/tidy/source_tree.h"

TEST_CASE("stripping C++: comments go, literals lose their content, lines stay") {
  CHECK(tidy::strip("a // rand()\nb") == "a \nb");
  CHECK(tidy::strip("a /* x\ny */ b") == "a \n b");
  CHECK(tidy::strip("f(\"getenv \\\" // no\");") == "f(\"\");");
  CHECK(tidy::strip("c = '\\''; n = 1'000'000;") == "c = ''; n = 1'000'000;");
  CHECK(tidy::strip("R\"lua(\nrand(\n)lua\" + 1") == "R\"\"\n\n + 1");
  CHECK(tidy::lines_of("a\n\nb\n") == std::vector<std::string>{"a", "", "b"});
}

TEST_CASE("words are found whole") {
  CHECK(tidy::has_word("x = rand();", "rand("));
  CHECK_FALSE(tidy::has_word("x = operand();", "rand("));
  CHECK(tidy::has_word("std::hash<int>{}", "std::hash"));
  CHECK_FALSE(tidy::has_word("std::hashed", "std::hash"));
  CHECK(tidy::has_word("std::unordered_map<int, int>", "unordered_"));
}

TEST_CASE("the source tree is there to be read") {
  const std::vector<tidy::SourceFile> files = tidy::product_sources();
  CHECK(files.size() > 150);
  bool saw_scheduler = false;
  for (const tidy::SourceFile& file : files) {
    if (file.path == "sim/core/scheduler.h") saw_scheduler = file.code.size() > 100;
  }
  CHECK(saw_scheduler);
}
