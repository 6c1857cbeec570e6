#include "reports/trace_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/stubs/logging.h>
#include <unistd.h>

#include "reports/trace.pb.h"

namespace reports {
namespace {

constexpr std::uint32_t kRecordBytesMax = 200u << 20;

}  // namespace

struct TraceReader::Source {
  Source(std::string path_, int descriptor_)
      : path(std::move(path_)), descriptor(descriptor_), input(descriptor_) {}
  ~Source() { close(descriptor); }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  std::string path;
  int descriptor;
  google::protobuf::io::FileInputStream input;
  std::uint64_t number = 0;  // of the next record
};

TraceReader::TraceReader(std::unique_ptr<Source> source) : source_(std::move(source)) {}
TraceReader::TraceReader(TraceReader&&) noexcept = default;
TraceReader::~TraceReader() = default;

std::expected<TraceReader, std::string> TraceReader::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return std::unexpected(
        fmt::format("cannot read '{}': run the scenario with --trace all to have a trace", path));
  }
  return TraceReader(std::make_unique<Source>(path, descriptor));
}

std::expected<bool, std::string> TraceReader::next(titorelli::trace::Record& record) {
  const std::string& path = source_->path;
  std::uint64_t& number = source_->number;
  google::protobuf::io::CodedInputStream coded(
      &source_->input);  // one each: its total limit is per object
  std::uint32_t size = 0;
  if (!coded.ReadVarint32(&size)) {
    if (coded.CurrentPosition() != 0)
      return std::unexpected(fmt::format("'{}' is cut off in record {}", path, number));
    if (number == 0) return std::unexpected(fmt::format("'{}' is empty", path));
    return false;
  }
  if (size > kRecordBytesMax) {
    return std::unexpected(fmt::format("'{}': record {} claims {} bytes; this is no trace of ours",
                                       path, number, size));
  }
  const auto limit = coded.PushLimit(static_cast<int>(size));
  record.Clear();
  const google::protobuf::LogSilencer quiet;  // the sentence below says enough
  if (!record.MergeFromCodedStream(&coded) || coded.BytesUntilLimit() != 0)
    return std::unexpected(fmt::format("'{}': record {} is broken or cut off", path, number));
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
  ++number;
  return true;
}

std::expected<void, std::string> read_trace(
    const std::string& path, const std::function<void(const titorelli::trace::Record&)>& visit) {
  auto reader = TraceReader::open(path);
  if (!reader.has_value()) return std::unexpected(reader.error());
  titorelli::trace::Record record;
  while (true) {
    const auto more = reader->next(record);
    if (!more.has_value()) return std::unexpected(more.error());
    if (!*more) return {};
    visit(record);
  }
}

}  // namespace reports
