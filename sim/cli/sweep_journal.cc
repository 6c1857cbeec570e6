#include "sim/cli/sweep_journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "reports/extract.h"
#include "reports/sweep.pb.h"
#include "sim/core/hash.h"

namespace sim {
namespace {

struct Frame {
  std::uint64_t size = 0;
  std::uint64_t checksum = 0;
};

// Takes one record off the front; nothing when what is left is not a whole one.
std::optional<std::string_view> take(std::string_view& rest) {
  Frame frame;
  if (rest.size() < sizeof(frame)) return std::nullopt;
  std::memcpy(&frame, rest.data(), sizeof(frame));
  if (frame.size > rest.size() - sizeof(frame)) return std::nullopt;
  const std::string_view payload = rest.substr(sizeof(frame), frame.size);
  if (hash_text(payload) != frame.checksum) return std::nullopt;
  rest.remove_prefix(sizeof(frame) + frame.size);
  return payload;
}

std::string record_of(std::string_view payload) {
  const Frame frame{.size = payload.size(), .checksum = hash_text(payload)};
  std::string record(sizeof(frame), '\0');
  std::memcpy(record.data(), &frame, sizeof(frame));
  return record.append(payload);
}

// The first record: a result without seeds.
std::string head_of(const SweepIdentity& identity) { return encode(SweepResult(identity)); }

}  // namespace

SweepJournal::SweepJournal(SweepJournal&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      answers_(std::move(other.answers_)) {}

SweepJournal::~SweepJournal() {
  if (file_ >= 0) ::close(file_);
}

std::expected<SweepJournal, std::string> SweepJournal::open(const std::string& path,
                                                            const SweepIdentity& identity) {
  const auto failed = [&path](std::string_view what) {
    return std::unexpected(fmt::format("cannot {} '{}': {}", what, path, std::strerror(errno)));
  };
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) return failed("open");
  SweepJournal journal(path, file);
  const auto content = reports::read_file(path);
  if (!content.has_value()) return failed("read");
  std::string_view rest = *content;
  const std::optional<std::string_view> head = take(rest);
  if (!head.has_value()) {  // new, or killed before its first record was whole
    if (!record_of(head_of(identity)).starts_with(*content)) {
      return std::unexpected(
          fmt::format("'{}' is no journal of a sweep, or its beginning is damaged", path));
    }
    if (::ftruncate(file, 0) != 0) return failed("write");
    if (auto written = journal.append(head_of(identity)); !written.has_value())
      return std::unexpected(written.error());
    return journal;
  }
  const auto earlier = decode_sweep(*head);
  if (!earlier.has_value())
    return std::unexpected(fmt::format("'{}' cannot be resumed: {}", path, earlier.error()));
  if (const std::string why = difference(earlier->identity, identity); !why.empty())
    return std::unexpected(fmt::format("'{}' is of another sweep: {}", path, why));
  while (const std::optional<std::string_view> record = take(rest)) {
    titorelli::sweep::Finished finished;
    if (!finished.ParseFromArray(record->data(), static_cast<int>(record->size())) ||
        finished.point() >= identity.grid.points()) {
      return std::unexpected(fmt::format("'{}' cannot be resumed: a record of it is none", path));
    }
    journal.answers_.emplace(SweepKey{.seed = finished.seed(), .point = finished.point()},
                             answer_of(finished.answer()));
  }
  const auto whole = static_cast<off_t>(content->size() - rest.size());
  if (::ftruncate(file, whole) != 0 || ::lseek(file, whole, SEEK_SET) != whole)
    return failed("write");
  return journal;
}

std::expected<void, std::string> SweepJournal::add(SweepKey key, SweepAnswer answer) {
  titorelli::sweep::Finished finished;
  finished.set_seed(key.seed);
  finished.set_point(key.point);
  *finished.mutable_answer() = message_of(answer);
  auto written = append(finished.SerializeAsString());
  if (written.has_value()) answers_.emplace(key, std::move(answer));
  return written;
}

std::expected<void, std::string> SweepJournal::append(std::string_view payload) {
  const std::string record = record_of(payload);
  const ssize_t written = ::write(file_, record.data(), record.size());
  if (written == static_cast<ssize_t>(record.size())) return {};
  return std::unexpected(fmt::format("cannot write '{}': {}", path_,
                                     written < 0 ? std::strerror(errno) : "the disk is full"));
}

}  // namespace sim
