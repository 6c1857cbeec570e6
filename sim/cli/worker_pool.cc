#include "sim/cli/worker_pool.h"

#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace sim {
namespace {

constexpr int kPollMillis = 200;  // how soon an interrupt is noticed

// All of it, or false: the other side is gone.
bool send_all(int channel, const void* data, std::size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t sent = ::send(channel, at, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    at += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

bool receive_all(int channel, void* data, std::size_t size) {
  char* at = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t got = ::recv(channel, at, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

std::optional<std::string> receive_answer(int channel) {
  std::uint64_t size = 0;
  if (!receive_all(channel, &size, sizeof(size))) return std::nullopt;
  std::string answer(size, '\0');
  if (!receive_all(channel, answer.data(), size)) return std::nullopt;
  return answer;
}

std::string content_of(int file) {
  std::string text;
  char buffer[4096];
  off_t at = 0;
  while (true) {
    const ssize_t got = ::pread(file, buffer, sizeof(buffer), at);
    if (got <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
    at += got;
  }
}

}  // namespace

WorkerPool::~WorkerPool() {
  for (Worker& worker : workers_) {
    if (worker.process > 0) ::kill(worker.process, SIGKILL);
    end(worker);
  }
}

int WorkerPool::default_jobs() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

bool WorkerPool::start(Worker& worker) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return false;
  const int words = ::memfd_create("worker-stderr", MFD_CLOEXEC);
  std::fflush(nullptr);  // or each worker would print it again
  const pid_t process = words < 0 ? -1 : ::fork();
  if (process == 0) {
    for (const Worker& other : workers_) {
      if (other.channel >= 0) ::close(other.channel);
    }
    ::close(ends[0]);
    serve(ends[1], words);
  }
  ::close(ends[1]);
  if (process < 0) {
    ::close(ends[0]);
    if (words >= 0) ::close(words);
    return false;
  }
  worker = {.process = process, .channel = ends[0], .words = words, .task = std::nullopt};
  return true;
}

void WorkerPool::serve(int channel, int words) const {
  ::dup2(words, STDERR_FILENO);
  // Whoever interrupts the program means its first process, which ends the workers.
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGTERM, SIG_IGN);
  std::uint64_t task = 0;
  while (receive_all(channel, &task, sizeof(task))) {
    if (::ftruncate(words, 0) == 0) ::lseek(words, 0, SEEK_SET);
    const std::string answer = work_(task);
    const std::uint64_t size = answer.size();
    if (!send_all(channel, &size, sizeof(size)) || !send_all(channel, answer.data(), size)) break;
  }
  ::_exit(0);  // what the parent had open or buffered is the parent's to close
}

void WorkerPool::end(Worker& worker) {
  if (worker.channel >= 0) ::close(worker.channel);
  if (worker.words >= 0) ::close(worker.words);
  if (worker.process > 0) ::waitpid(worker.process, nullptr, 0);
  worker = Worker();
}

std::string WorkerPool::last_words_of(Worker& worker) {
  int status = 0;
  while (::waitpid(worker.process, &status, 0) < 0 && errno == EINTR) {
  }
  worker.process = -1;
  const std::string how =
      WIFSIGNALED(status) ? fmt::format("its process was ended by signal {} ({})", WTERMSIG(status),
                                        ::strsignal(WTERMSIG(status)))
                          : fmt::format("its process ended with exit code {}", WEXITSTATUS(status));
  const std::string words = content_of(worker.words);
  return words.empty() ? how : fmt::format("{}{}{}", words, words.ends_with('\n') ? "" : "\n", how);
}

std::optional<std::string> WorkerPool::run(
    const std::function<std::optional<std::uint64_t>()>& next,
    const std::function<void(TaskEnd)>& ended, const std::function<bool()>& is_stopped) {
  bool has_more = true;
  const auto feed = [&](Worker& worker) -> bool {  // false: no process for it
    while (has_more && !worker.task.has_value()) {
      const std::optional<std::uint64_t> task = next();
      has_more = task.has_value();
      if (!has_more) break;
      if (worker.process <= 0 && !start(worker)) return false;
      worker.task = task;
      // One that died while it was idle is seen by poll(), which hands its task back as ended.
      send_all(worker.channel, &*task, sizeof(*task));
    }
    return true;
  };
  if (workers_.empty()) workers_.resize(static_cast<std::size_t>(jobs_));
  while (!is_stopped()) {
    std::vector<pollfd> waiting;
    std::vector<Worker*> of;
    for (Worker& worker : workers_) {
      if (!feed(worker)) return fmt::format("cannot start a process: {}", std::strerror(errno));
      if (!worker.task.has_value()) continue;
      waiting.push_back({.fd = worker.channel, .events = POLLIN, .revents = 0});
      of.push_back(&worker);
    }
    if (waiting.empty()) return std::nullopt;
    if (::poll(waiting.data(), waiting.size(), kPollMillis) <= 0) continue;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i].revents == 0) continue;
      Worker& worker = *of[i];
      TaskEnd end_of{
          .task = *worker.task, .answer = receive_answer(worker.channel), .last_words = {}};
      worker.task.reset();
      if (!end_of.answer.has_value()) {
        end_of.last_words = last_words_of(worker);
        end(worker);
      }
      ended(std::move(end_of));
    }
  }
  return std::nullopt;
}

}  // namespace sim
