#include "sim/cli/sweep_grid.h"

#include <doctest/doctest.h>

#include <string>

#include "sim/cli/run_scenario.h"

namespace {

using sim::parse_grid;
using sim::RunRequest;

const std::vector<std::string> kParameters = {"acks_mode", "limit"};

std::string refused(const std::string& word, const std::vector<std::string>& taken = {}) {
  const auto grid = parse_grid({"limit=1,2", word}, kParameters, taken);
  REQUIRE_FALSE(grid.has_value());
  return grid.error();
}

TEST_CASE("a grid has all combinations, the last axis running fastest") {
  const auto grid =
      parse_grid({"limit=5,7", "min_insync_replicas=1,2", "acks=0,1,all"}, kParameters, {});
  REQUIRE(grid.has_value());
  CHECK(grid->points() == 12);
  CHECK(grid->options(0) == " -D limit=5 --set min.insync.replicas=1 --set acks=0");
  CHECK(grid->options(2) == " -D limit=5 --set min.insync.replicas=1 --set acks=all");
  CHECK(grid->options(3) == " -D limit=5 --set min.insync.replicas=2 --set acks=0");
  CHECK(grid->options(11) == " -D limit=7 --set min.insync.replicas=2 --set acks=all");
  CHECK(grid->value(7, 0) == "7");
  CHECK(grid->value(7, 1) == "1");
  CHECK(grid->value(7, 2) == "1");
  RunRequest request;
  request.overrides = {"linger.ms=5"};
  grid->apply(11, request);
  CHECK(request.parameters == std::map<std::string, std::string>{{"limit", "7"}});
  CHECK(request.overrides ==
        std::vector<std::string>{"linger.ms=5", "min.insync.replicas=2", "acks=all"});
  CHECK(grid->is_well_formed());
}

TEST_CASE("no axis is one point with no options") {
  const auto grid = parse_grid({}, kParameters, {"limit=3"});
  REQUIRE(grid.has_value());
  CHECK(grid->points() == 1);
  CHECK(grid->options(0).empty());
}

TEST_CASE("a parameter goes before a Kafka key of its name") {
  const auto grid = parse_grid({"acks=0,5"}, {"acks"}, {});
  REQUIRE(grid.has_value());
  CHECK(grid->options(1) == " -D acks=5");
}

TEST_CASE("words that are no axis are refused with what was expected, and names with the nearest") {
  CHECK(refused("acks") == "--sweep expects name=value,value,..., got \"acks\"");
  CHECK(refused("=1") == "--sweep expects name=value,value,..., got \"=1\"");
  CHECK(refused("acks=") ==
        "--sweep expects name=value,value,..., got \"acks=\": a value is empty");
  CHECK(refused("acks=1,") ==
        "--sweep expects name=value,value,..., got \"acks=1,\": a value is empty");
  CHECK(refused("acks=1,0,1") ==
        "--sweep expects name=value,value,..., got \"acks=1,0,1\": it has 1 twice");
  CHECK(refused("limitt=1")
            .find("neither a parameter of the scenario nor a Kafka key; did you "
                  "mean \"limit\"") != std::string::npos);
  CHECK(refused("min_insync_replica=1").find("min.insync.replicas") != std::string::npos);
  CHECK(refused("acks=2").find("acks=2") != std::string::npos);
  CHECK(refused("limit=3").find("it has a value already") != std::string::npos);
  CHECK(refused("acks=0,1", {"acks=all"}).find("it has a value already") != std::string::npos);
  CHECK(refused("linger_ms=0,1", {"linger.ms=3"}).find("it has a value already") !=
        std::string::npos);
  std::string many = "linger.ms=0";
  for (int i = 1; i < 501; ++i) many += "," + std::to_string(i);
  CHECK(refused(many) == "--sweep: a grid of 1002 points; at most 1000");
}

}  // namespace
