#include "reports/pcapng.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "reports/trace.pb.h"
#include "reports/trace_file.h"

namespace reports {
namespace {

namespace trace = titorelli::trace;

constexpr std::uint16_t kLinkTypeRaw = 101;  // packets begin with the IP header
constexpr std::size_t kSegmentBytes = 1460;
constexpr std::size_t kIpHeaderBytes = 20;
constexpr std::size_t kTcpHeaderBytes = 20;
// Maximum segment size, and windows of 2^14 times what the field says: what a process has written
// is captured at once, and with a window of 64 KiB a reader would call it full.
constexpr std::uint8_t kSynOptions[] = {2, 4, kSegmentBytes >> 8, kSegmentBytes & 0xff, 1, 3,
                                        3, 14};
enum TcpFlag : std::uint8_t { kFin = 1, kSyn = 2, kPsh = 8, kAck = 16 };

class Buffer {
 public:
  void little16(std::uint16_t v) { put(v, 2, false); }
  void little32(std::uint32_t v) { put(v, 4, false); }
  void big8(std::uint8_t v) { bytes_.push_back(v); }
  void big16(std::uint16_t v) { put(v, 2, true); }
  void big32(std::uint32_t v) { put(v, 4, true); }
  void append(std::span<const std::uint8_t> content) {
    bytes_.insert(bytes_.end(), content.begin(), content.end());
  }
  void pad4() {
    while (bytes_.size() % 4 != 0) bytes_.push_back(0);
  }
  void patch_big16(std::size_t at, std::uint16_t v) {
    bytes_[at] = static_cast<std::uint8_t>(v >> 8);
    bytes_[at + 1] = static_cast<std::uint8_t>(v);
  }
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }

 private:
  void put(std::uint64_t v, int count, bool big) {
    for (int i = 0; i < count; ++i) {
      const int shift = 8 * (big ? count - 1 - i : i);
      bytes_.push_back(static_cast<std::uint8_t>(v >> shift));
    }
  }
  std::vector<std::uint8_t> bytes_;
};

// One direction of a connection. Sequence numbers start where a reader can tell them apart.
struct Side {
  std::uint32_t address = 0;
  std::uint16_t port = 0;
  std::uint32_t next_sequence = 1000;
  std::uint32_t acknowledged = 0;
};

struct Stream {
  Side client;
  Side server;
  bool is_open = false;
};

std::uint32_t address_of(std::uint32_t host) {  // 10.0.0.1 for host 0
  const std::uint32_t number = host + 1;
  return 10u << 24 | (number >> 8 & 0xff) << 8 | (number & 0xff);
}

class Writer {
 public:
  explicit Writer(std::ofstream& out) : out_(out) {
    Buffer section;  // section header block
    section.little32(0x1a2b3c4d);
    section.little16(1);
    section.little16(0);
    section.little32(0xffffffff);  // section length unknown
    section.little32(0xffffffff);
    block(0x0a0d0d0a, section);
    Buffer interface;
    interface.little16(kLinkTypeRaw);
    interface.little16(0);
    interface.little32(0);  // no snapshot limit
    interface.little16(9);  // if_tsresol: nanoseconds
    interface.little16(1);
    interface.big8(9);
    interface.pad4();
    interface.little32(0);  // end of options
    block(1, interface);
  }

  // A TCP segment from one side to the other. The comment is one of pcapng's, beside the packet.
  void segment(std::int64_t time_ns, Side& from, const Side& to, std::uint8_t flags,
               std::span<const std::uint8_t> payload, std::string_view comment = {}) {
    const std::span<const std::uint8_t> options =
        (flags & kSyn) != 0 ? std::span(kSynOptions) : std::span<const std::uint8_t>{};
    const std::size_t header_bytes = kTcpHeaderBytes + options.size();
    Buffer packet;
    packet.big8(0x45);
    packet.big8(0);
    packet.big16(static_cast<std::uint16_t>(kIpHeaderBytes + header_bytes + payload.size()));
    packet.big16(identification_++);
    packet.big16(0x4000);  // do not fragment
    packet.big8(64);
    packet.big8(6);
    packet.big16(0);
    packet.big32(from.address);
    packet.big32(to.address);
    packet.patch_big16(10, header_checksum(packet.bytes()));
    packet.big16(from.port);
    packet.big16(to.port);
    packet.big32(from.next_sequence);
    packet.big32((flags & kAck) != 0 ? to.next_sequence : 0);
    packet.big8(static_cast<std::uint8_t>(header_bytes / 4 << 4));
    packet.big8(flags);
    packet.big16(65535);
    packet.big16(0);  // the TCP checksum is not verified by default
    packet.big16(0);
    packet.append(options);
    packet.append(payload);
    const std::uint32_t length = static_cast<std::uint32_t>(packet.bytes().size());
    Buffer enhanced;
    enhanced.little32(0);
    enhanced.little32(static_cast<std::uint32_t>(static_cast<std::uint64_t>(time_ns) >> 32));
    enhanced.little32(static_cast<std::uint32_t>(time_ns));
    enhanced.little32(length);
    enhanced.little32(length);
    enhanced.append(packet.bytes());
    enhanced.pad4();
    if (!comment.empty()) {
      enhanced.little16(1);  // opt_comment
      enhanced.little16(static_cast<std::uint16_t>(comment.size()));
      enhanced.append({reinterpret_cast<const std::uint8_t*>(comment.data()), comment.size()});
      enhanced.pad4();
      enhanced.little32(0);  // end of options
    }
    block(6, enhanced);
    from.next_sequence +=
        static_cast<std::uint32_t>(payload.size()) + ((flags & (kSyn | kFin)) != 0 ? 1 : 0);
    ++packets_;
  }

  std::uint64_t packets() const { return packets_; }

 private:
  static std::uint16_t header_checksum(const std::vector<std::uint8_t>& header) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i + 1 < 20; i += 2)
      sum += static_cast<std::uint32_t>(header[i] << 8 | header[i + 1]);
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
  }

  void block(std::uint32_t type, const Buffer& body) {
    Buffer whole;
    const auto length = static_cast<std::uint32_t>(12 + body.bytes().size());
    whole.little32(type);
    whole.little32(length);
    whole.append(body.bytes());
    whole.little32(length);
    out_.write(reinterpret_cast<const char*>(whole.bytes().data()),
               static_cast<std::streamsize>(whole.bytes().size()));
  }

  std::ofstream& out_;
  std::uint16_t identification_ = 1;
  std::uint64_t packets_ = 0;
};

void open_stream(Writer& writer, std::int64_t time, const trace::Connection& c, Stream& stream) {
  stream.client = {.address = address_of(c.client_host()),
                   .port = static_cast<std::uint16_t>(c.client_port())};
  stream.server = {.address = address_of(c.server_host()),
                   .port = static_cast<std::uint16_t>(c.server_port())};
  stream.is_open = true;
  writer.segment(time, stream.client, stream.server, kSyn, {});
  writer.segment(time, stream.server, stream.client, kSyn | kAck, {});
  writer.segment(time, stream.client, stream.server, kAck, {});
}

void write_frame(Writer& writer, std::int64_t time, const trace::Frame& frame, Stream& stream) {
  Buffer bytes;
  bytes.big32(static_cast<std::uint32_t>(frame.payload().size()));
  const auto* data = reinterpret_cast<const std::uint8_t*>(frame.payload().data());
  bytes.append({data, frame.payload().size()});
  Side& from = frame.from_client() ? stream.client : stream.server;
  Side& to = frame.from_client() ? stream.server : stream.client;
  std::span<const std::uint8_t> rest = bytes.bytes();
  while (!rest.empty()) {
    const std::size_t take = std::min(rest.size(), kSegmentBytes);
    writer.segment(time, from, to, take == rest.size() ? kPsh | kAck : kAck, rest.first(take));
    rest = rest.subspan(take);
  }
}

void close_stream(Writer& writer, std::int64_t time, const trace::Connection& c, Stream& stream) {
  stream.is_open = false;
  Side& from = c.from_client() ? stream.client : stream.server;
  Side& to = c.from_client() ? stream.server : stream.client;
  if (c.change() == trace::RESET) {
    // Written as a FIN: readers call every RST a warning, and those of killed processes would hide
    // what is really wrong. Linux, too, sends a FIN for a killed process that had read all it got.
    writer.segment(time, from, to, kFin | kAck, {}, "reset: the process died or gave up (an RST)");
    return;
  }
  writer.segment(time, from, to, kFin | kAck, {});
  writer.segment(time, to, from, kFin | kAck, {});
  writer.segment(time, from, to, kAck, {});
}

}  // namespace

std::expected<PcapngSummary, std::string> export_pcapng(const std::string& run_directory,
                                                        const std::string& output) {
  const std::string temporary = output + ".partial";
  std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
  if (!out) return std::unexpected(fmt::format("cannot write '{}'", output));
  PcapngSummary summary;
  Writer writer(out);
  std::map<std::uint64_t, Stream> streams;
  const auto read = read_trace(run_directory + "/trace.pb", [&](const trace::Record& record) {
    if (!record.has_event()) return;
    const trace::Event& event = record.event();
    if (event.has_connection()) {
      const trace::Connection& c = event.connection();
      if (c.change() == trace::OPENED) {
        open_stream(writer, event.time_ns(), c, streams[c.id()]);
        ++summary.connections;
      } else if (const auto found = streams.find(c.id()); found != streams.end()) {
        if (found->second.is_open) close_stream(writer, event.time_ns(), c, found->second);
        streams.erase(found);
      }
    } else if (event.has_frame()) {
      if (const auto found = streams.find(event.frame().connection()); found != streams.end()) {
        write_frame(writer, event.time_ns(), event.frame(), found->second);
        ++summary.frames;
      }
    }
  });
  out.close();
  std::error_code error;
  if (!read.has_value()) {
    std::filesystem::remove(temporary, error);
    return std::unexpected(read.error());
  }
  if (out) std::filesystem::rename(temporary, output, error);
  if (!out || error) {
    std::filesystem::remove(temporary, error);
    return std::unexpected(fmt::format("cannot write '{}'", output));
  }
  summary.packets = writer.packets();
  return summary;
}

}  // namespace reports
