// Captures as files: written with the run, read from the scenario's folder and nowhere else.
#include <doctest/doctest.h>

#include "tests/unit/cli/program.h"

namespace {

using test::Program;
using test::Said;

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

constexpr const char* kSave =
    "scenario { api = 1, name = 'save' } local c = cluster { brokers = 1 }\n"
    "local t = c:topic('t', { partitions = 1 })\n"
    "local p = c:producer { enable_idempotence = false }\n"
    "p:drive { topic = t, rate = '10/s', count = 1 }\n"
    "net:capture { api = 'Produce' }:save('one') run_for('3s')\n";

std::string loading(const std::string& file) {
  return "scenario { api = 1, name = 'load' } local c = cluster { brokers = 1 }\n"
         "local cap = net:load_capture('" +
         file + "')\nnote(cap:message(1):api()) run_for('1s')\n";
}

TEST_CASE("a capture is saved with the run, and another scenario loads it") {
  const Program program;
  program.write("s/save.lua", kSave);
  REQUIRE(program.run({"run", "s/save.lua", "-o", "run"}).exit_code == 0);
  REQUIRE(program.has("run/captures/one.capture"));
  program.write("s/caps/one.capture", program.read("run/captures/one.capture"));
  program.write("s/load.lua", loading("caps/one.capture"));
  const Said said = program.run({"run", "s/load.lua", "-o", "run2", "--json"});
  CHECK_MESSAGE(said.exit_code == 0, said.err);
  CHECK(has(said.out, "\"Produce\""));
}

TEST_CASE("a capture is not read from outside of the scenario's folder, by no way of naming it") {
  const Program program;
  program.write("s/save.lua", kSave);
  REQUIRE(program.run({"run", "s/save.lua", "-o", "run"}).exit_code == 0);
  program.write("outside.capture", program.read("run/captures/one.capture"));
  std::filesystem::create_directory(program.path("s/dir"));
  std::filesystem::create_symlink(program.path("outside.capture"), program.path("s/link.capture"));
  std::filesystem::create_directory_symlink(program.path("."), program.path("s/up"));
  const auto complaint = [&](const std::string& file, std::string_view part) {
    program.write("s/load.lua", loading(file));
    const Said said = program.run({"run", "s/load.lua", "-o", "run2"});
    CHECK(said.exit_code == 3);
    CHECK_MESSAGE(has(said.err, part), said.err);
  };
  complaint("link.capture", "it is not below the scenario's folder");
  complaint("up/outside.capture", "it is not below the scenario's folder");
  complaint("../outside.capture", "it is not below the scenario's folder");
  complaint(program.path("outside.capture"), "it is not below the scenario's folder");
  complaint("dir", "it is no file");
  complaint("none.capture", "there is no such file");
  complaint("load.lua", "it is no capture of Titorelli");
}

TEST_CASE("list events: one a line, the name first") {
  const Program program;
  const Said said = program.run({"list", "events"});
  CHECK(said.exit_code == 0);
  CHECK(has(said.out, "\nisr-change "));
  CHECK(std::count(said.out.begin(), said.out.end(), '\n') == 20);
}

}  // namespace
