// WorkerPool: tasks in processes of their own, as many at a time as there are jobs.
//
// A run shares nothing with another, so a worker is a fork of this process that works off one task
// after the other. One that dies, of an assertion or a signal, takes its task with it and nothing
// else: another is forked in its place.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sim {

struct TaskEnd {
  std::uint64_t task = 0;
  std::optional<std::string> answer;  // what the work returned; none: its process died
  std::string last_words;             // then: what it had written to stderr, and how it ended
};

class WorkerPool {
 public:
  using Work = std::function<std::string(std::uint64_t task)>;  // called in a worker

  // REQUIRES: jobs >= 1. Forks nothing yet.
  WorkerPool(int jobs, Work work) : jobs_(jobs), work_(std::move(work)) {}
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Runs tasks as `next` hands them out, until it answers none and all have ended, and calls
  // `ended` for each, in the order in which they end. `is_stopped` is asked in between: true leaves
  // what is running unfinished. A sentence when no process can be made.
  std::optional<std::string> run(const std::function<std::optional<std::uint64_t>()>& next,
                                 const std::function<void(TaskEnd)>& ended,
                                 const std::function<bool()>& is_stopped);

  // Processors that this process may use.
  static int default_jobs();

 private:
  struct Worker {
    pid_t process = -1;
    int channel = -1;  // tasks go, answers come
    int words = -1;    // its stderr, a file without a name
    std::optional<std::uint64_t> task;
  };
  bool start(Worker& worker);
  void end(Worker& worker);
  [[noreturn]] void serve(int channel, int words) const;
  static std::string last_words_of(Worker& worker);

  int jobs_;
  Work work_;
  std::vector<Worker> workers_;
};

}  // namespace sim
