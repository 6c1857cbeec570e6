#include "reports/trace_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <unistd.h>

#include "reports/trace.pb.h"

namespace reports {
namespace {

constexpr std::uint32_t kRecordBytesMax = 200u << 20;

// Closes the file at the end of a scope.
struct File {
  int descriptor = -1;
  ~File() {
    if (descriptor >= 0) close(descriptor);
  }
};

}  // namespace

std::expected<void, std::string> read_trace(
    const std::string& path, const std::function<void(const titorelli::trace::Record&)>& visit) {
  const File file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.descriptor < 0) {
    return std::unexpected(
        fmt::format("cannot read '{}': run the scenario with --trace all to have a trace", path));
  }
  google::protobuf::io::FileInputStream input(file.descriptor);
  std::uint64_t number = 0;
  while (true) {
    google::protobuf::io::CodedInputStream coded(
        &input);  // one each: its total limit is per object
    std::uint32_t size = 0;
    if (!coded.ReadVarint32(&size)) {
      if (coded.CurrentPosition() != 0)
        return std::unexpected(fmt::format("'{}' is cut off in record {}", path, number));
      break;
    }
    if (size > kRecordBytesMax) {
      return std::unexpected(fmt::format(
          "'{}': record {} claims {} bytes; this is no trace of ours", path, number, size));
    }
    titorelli::trace::Record record;
    const auto limit = coded.PushLimit(static_cast<int>(size));
    if (!record.ParseFromCodedStream(&coded) || coded.BytesUntilLimit() != 0) {
      return std::unexpected(fmt::format("'{}': record {} is broken or cut off", path, number));
    }
    coded.PopLimit(limit);
    if (number == 0 && !record.has_header()) {
      return std::unexpected(
          fmt::format("'{}' does not begin with a header; this is no trace of ours", path));
    }
    if (number == 0 && record.header().schema_version() != kTraceSchemaVersion) {
      return std::unexpected(fmt::format("'{}' has trace version {}; this program reads version {}",
                                         path, record.header().schema_version(),
                                         kTraceSchemaVersion));
    }
    visit(record);
    ++number;
  }
  if (number == 0) return std::unexpected(fmt::format("'{}' is empty", path));
  return {};
}

}  // namespace reports
