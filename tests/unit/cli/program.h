// Runs the built program as a child, in a folder of its own, and tells what it said.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace test {

struct Said {
  int exit_code = -1;  // 1000 + signal when a signal ended it
  std::string out;
  std::string err;
};

// A folder that goes away with the object.
class Program {
 public:
  Program() {
    std::string name = (std::filesystem::temp_directory_path() / "titorelli-cli-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~Program() { std::filesystem::remove_all(folder_); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name), std::ios::binary) << text;
  }
  std::string read(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  bool has(const std::string& name) const { return std::filesystem::exists(path(name)); }
  // Names of all that lies in the folder itself.
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder_))
      found.push_back(entry.path().filename().string());
    std::sort(found.begin(), found.end());
    return found;
  }

  // `signal`, when not 0, is sent after `delay`.
  Said run(std::vector<std::string> arguments, int signal = 0,
           std::chrono::milliseconds delay = {}) const {
    return run(std::move(arguments), signal, delay, RLIM_INFINITY);
  }
  // No file that it writes grows beyond so many bytes: as if the disk were full then.
  Said run_limited(std::vector<std::string> arguments, rlim_t file_bytes) const {
    return run(std::move(arguments), 0, {}, file_bytes);
  }

 private:
  Said run(std::vector<std::string> arguments, int signal, std::chrono::milliseconds delay,
           rlim_t file_bytes) const {
    const pid_t child = fork();
    if (child == 0) {
      if (chdir(folder_.c_str()) != 0) _exit(99);
      if (file_bytes != RLIM_INFINITY) {
        const rlimit limit{.rlim_cur = file_bytes, .rlim_max = file_bytes};
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(97);
        ::signal(SIGXFSZ, SIG_IGN);  // write() fails instead
      }
      dup2(open(".out", O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
      dup2(open(".err", O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
      std::string program = TITORELLI_BINARY_DIR "/titorelli";
      std::vector<char*> words = {program.data()};
      for (std::string& argument : arguments) words.push_back(argument.data());
      words.push_back(nullptr);
      execv(program.c_str(), words.data());
      _exit(98);
    }
    if (signal != 0) {
      usleep(static_cast<useconds_t>(delay.count() * 1000));
      kill(child, signal);
    }
    int status = 0;
    waitpid(child, &status, 0);
    Said said;
    said.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
    said.out = read(".out");
    said.err = read(".err");
    std::filesystem::remove(path(".out"));
    std::filesystem::remove(path(".err"));
    return said;
  }

  std::string folder_;
};

}  // namespace test
