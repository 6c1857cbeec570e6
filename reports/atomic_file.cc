#include "reports/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace reports {
namespace {

bool write_all(int file, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(file) == 0;
}

}  // namespace

std::expected<void, std::string> write_file_atomically(const std::string& path,
                                                       std::string_view content) {
  const std::string temporary = fmt::format("{}.{}.tmp", path, ::getpid());
  const auto failed = [&](int error) {
    return std::unexpected(fmt::format("cannot write '{}': {}", path, std::strerror(error)));
  };
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) return failed(errno);
  const bool is_written = write_all(file, content);
  const int error = errno;
  ::close(file);
  if (is_written && ::rename(temporary.c_str(), path.c_str()) == 0) return {};
  const int cause = is_written ? errno : error;
  ::unlink(temporary.c_str());
  return failed(cause);
}

}  // namespace reports
