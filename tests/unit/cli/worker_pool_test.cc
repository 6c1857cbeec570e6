#include "sim/cli/worker_pool.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <map>
#include <set>

namespace {

using sim::TaskEnd;
using sim::WorkerPool;

// Hands out 0 to count - 1.
std::function<std::optional<std::uint64_t>()> up_to(std::uint64_t count, std::uint64_t& next) {
  return [count, &next]() -> std::optional<std::uint64_t> {
    if (next == count) return std::nullopt;
    return next++;
  };
}

std::map<std::uint64_t, TaskEnd> all(WorkerPool& pool, std::uint64_t count) {
  std::map<std::uint64_t, TaskEnd> ends;
  std::uint64_t next = 0;
  const auto failure = pool.run(
      up_to(count, next), [&](TaskEnd end) { CHECK(ends.emplace(end.task, end).second); },
      [] { return false; });
  CHECK_FALSE(failure.has_value());
  return ends;
}

TEST_CASE("each task is run once, in another process, whatever the number of jobs") {
  for (const int jobs : {1, 2, 7}) {
    WorkerPool pool(jobs, [](std::uint64_t task) {
      return fmt::format("{} {}", task, ::getpid()) + std::string(task * 1000, 'x');
    });
    const auto ends = all(pool, 50);
    REQUIRE(ends.size() == 50);
    std::set<std::string> processes;
    for (const auto& [task, end] : ends) {
      REQUIRE(end.answer.has_value());
      int number = -1;
      int process = 0;
      REQUIRE(std::sscanf(end.answer->c_str(), "%d %d", &number, &process) == 2);
      CHECK(number == static_cast<int>(task));
      CHECK(process != ::getpid());
      CHECK(end.answer->size() > task * 1000);
      processes.insert(std::to_string(process));
    }
    CHECK(processes.size() <= static_cast<std::size_t>(jobs));
  }
}

TEST_CASE("a worker that dies takes one task with it, and its last words are kept") {
  for (const int jobs : {1, 3}) {
    WorkerPool pool(jobs, [](std::uint64_t task) -> std::string {
      std::fprintf(stderr, "words of %d\n", static_cast<int>(task));
      if (task == 4) {
        std::signal(SIGABRT, SIG_DFL);
        std::abort();
      }
      if (task == 7) ::_exit(70);
      return "fine";
    });
    const auto ends = all(pool, 12);
    REQUIRE(ends.size() == 12);
    for (const auto& [task, end] : ends) CHECK(end.answer.has_value() == (task != 4 && task != 7));
    CHECK(ends.at(4).last_words.find("signal 6") != std::string::npos);
    CHECK(ends.at(4).last_words.find("words of 4\n") != std::string::npos);
    CHECK(ends.at(4).last_words.find("words of 3") == std::string::npos);
    CHECK(ends.at(7).last_words.find("exit code 70") != std::string::npos);
  }
}

TEST_CASE("stopped, it hands out no more and waits for nobody") {
  WorkerPool pool(2, [](std::uint64_t task) -> std::string {
    if (task > 3) ::sleep(1000);
    return "";
  });
  std::size_t ended = 0;
  std::uint64_t next = 0;
  pool.run(up_to(1'000'000, next), [&](const TaskEnd&) { ++ended; }, [&] { return ended == 4; });
  CHECK(ended == 4);
  CHECK(next <= 8);
}

}  // namespace
