// A failed assertion inside a run: exit code 70, and what is needed to see it again.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "sim/lua/scenario.h"

namespace {

TEST_CASE("a failed assertion prints seed, virtual time and the rerun command, and exits with 70") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    sim::ScenarioOptions options;
    options.path = "scenarios/x.lua";
    options.source = "scenario { api = 1, name = 'x', params = { rate = 5 } }";
    options.seed = 42;
    options.parameters = {{"rate", "7"}};
    options.make_trace = [](std::uint64_t) -> sim::TraceWriter* {
      TIT_ASSERT(1 + 1 == 3, "planted");
      return nullptr;
    };
    sim::ScenarioRun::create(std::move(options))->begin();
    _exit(0);
  }
  close(ends[1]);
  std::string text;
  char block[512];
  for (ssize_t got = 0; (got = read(ends[0], block, sizeof block)) > 0;)
    text.append(block, static_cast<std::size_t>(got));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WEXITSTATUS(status) == 70);
  for (const char* part : {"internal error: planted", "seed 42", "virtual time 0",
                           "rerun: titorelli run scenarios/x.lua --seed 42 -D rate=7"}) {
    const std::string expected = part;
    CHECK_MESSAGE(text.find(expected) != std::string::npos, expected, " in ", text);
  }
}

}  // namespace
