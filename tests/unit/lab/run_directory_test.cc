// The run directory is there complete or not at all, and nobody else's files are touched.
#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "reports/extract.h"
#include "sim/lab/results.h"

namespace sim {
namespace {

namespace fs = std::filesystem;

// An empty folder of this test, gone at the end of the scope.
class Scratch {
 public:
  Scratch() : path_(fs::temp_directory_path() / ("titorelli-run-" + std::to_string(getpid()))) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Scratch() { fs::remove_all(path_); }
  std::string operator/(std::string_view name) const { return (path_ / name).string(); }
  std::size_t size() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(path_), fs::directory_iterator()));
  }

 private:
  fs::path path_;
};

void put(const std::string& path, std::string_view content) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path) << content;
}

}  // namespace

TEST_CASE("run directory: nothing under its name before commit, everything after") {
  Scratch scratch;
  auto run = RunDirectory::create(scratch / "deep/run");
  REQUIRE(run.has_value());
  REQUIRE(run->write("summary.json", "{}").has_value());
  CHECK_FALSE(fs::exists(scratch / "deep/run"));
  CHECK(fs::exists(run->working_path() + "/summary.json"));
  REQUIRE(run->commit().has_value());
  CHECK(reports::read_file(scratch / "deep/run/summary.json") == "{}");
  CHECK_FALSE(fs::exists(scratch / "deep/run.partial"));
}

TEST_CASE("run directory: given up, it leaves nothing") {
  Scratch scratch;
  {
    auto run = RunDirectory::create(scratch / "run");
    REQUIRE(run.has_value());
    REQUIRE(run->write("metrics.csv", "x").has_value());
  }
  CHECK(scratch.size() == 0);
}

TEST_CASE("run directory: given up, the earlier run is still there") {
  Scratch scratch;
  put(scratch / "run/summary.json", "earlier");
  {
    auto run = RunDirectory::create(scratch / "run/");
    REQUIRE(run.has_value());
    REQUIRE(run->write("summary.json", "later").has_value());
  }
  CHECK(reports::read_file(scratch / "run/summary.json") == "earlier");
  CHECK(scratch.size() == 1);
}

TEST_CASE("run directory: an earlier run is replaced whole") {
  Scratch scratch;
  put(scratch / "run/summary.json", "earlier");
  put(scratch / "run/plots/old.svg", "earlier");
  auto run = RunDirectory::create(scratch / "run");
  REQUIRE(run.has_value());
  REQUIRE(run->write("summary.json", "later").has_value());
  REQUIRE(run->commit().has_value());
  CHECK(reports::read_file(scratch / "run/summary.json") == "later");
  CHECK_FALSE(fs::exists(scratch / "run/plots"));
  CHECK(scratch.size() == 1);
}

TEST_CASE("run directory: an empty folder may be used") {
  Scratch scratch;
  fs::create_directories(scratch / "run");
  auto run = RunDirectory::create(scratch / "run");
  REQUIRE(run.has_value());
  REQUIRE(run->write("summary.json", "{}").has_value());
  REQUIRE(run->commit().has_value());
  CHECK(fs::exists(scratch / "run/summary.json"));
}

TEST_CASE("run directory: somebody else's folder or file in the way stays untouched") {
  Scratch scratch;
  put(scratch / "thesis/chapter1.txt", "years of work");
  put(scratch / "file", "a file");
  const auto folder = RunDirectory::create(scratch / "thesis");
  REQUIRE_FALSE(folder.has_value());
  CHECK(folder.error().find("no summary.json") != std::string::npos);
  CHECK(folder.error().starts_with("cannot write"));
  const auto file = RunDirectory::create(scratch / "file");
  REQUIRE_FALSE(file.has_value());
  CHECK(file.error().find("in the way") != std::string::npos);
  CHECK(reports::read_file(scratch / "thesis/chapter1.txt") == "years of work");
  CHECK(reports::read_file(scratch / "file") == "a file");
  CHECK(scratch.size() == 2);
}

TEST_CASE("run directory: something that appears while the run goes on is not overwritten") {
  Scratch scratch;
  auto run = RunDirectory::create(scratch / "run");
  REQUIRE(run.has_value());
  REQUIRE(run->write("summary.json", "{}").has_value());
  put(scratch / "run/chapter1.txt", "years of work");
  CHECK_FALSE(run->commit().has_value());
  CHECK(reports::read_file(scratch / "run/chapter1.txt") == "years of work");
}

TEST_CASE("run directory: beside it, somebody else's folder with a name like ours is left alone") {
  Scratch scratch;
  put(scratch / "run.partial/chapter1.txt", "years of work");
  put(scratch / "run.old/chapter2.txt", "more years");
  put(scratch / "run/summary.json", "earlier");
  auto run = RunDirectory::create(scratch / "run");
  REQUIRE(run.has_value());
  REQUIRE(run->write("summary.json", "later").has_value());
  REQUIRE(run->commit().has_value());
  CHECK(reports::read_file(scratch / "run/summary.json") == "later");
  CHECK(reports::read_file(scratch / "run.partial/chapter1.txt") == "years of work");
  CHECK(reports::read_file(scratch / "run.old/chapter2.txt") == "more years");
}

TEST_CASE("run directory: a parent that is a file, and one that does not let us write") {
  Scratch scratch;
  put(scratch / "file", "a file");
  const auto below_file = RunDirectory::create(scratch / "file/run");
  REQUIRE_FALSE(below_file.has_value());
  CHECK(below_file.error().starts_with("cannot write"));
  const auto in_proc = RunDirectory::create("/proc/titorelli/run");  // not even root may
  REQUIRE_FALSE(in_proc.has_value());
  CHECK(in_proc.error().starts_with("cannot write"));
}

}  // namespace sim
