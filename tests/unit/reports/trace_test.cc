// trace.pb: what is cut off or broken is an error or a value, never a crash; and its export.
#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <vector>

#include "reports/extract.h"
#include "reports/pcapng.h"
#include "reports/trace.pb.h"
#include "reports/trace_file.h"
#include "tests/unit/reports/scratch.h"
#include "tests/unit/reports/trace_builder.h"

namespace reports {
namespace {

namespace trace = titorelli::trace;
using test::connection;
using test::frame;
using test::header;
using test::Scratch;

std::string sample_trace(trace::ConnectionChange end) {
  return header() + connection(1'000'000'001, trace::OPENED, false) +
         frame(1'000'000'002, true, "request") +
         frame(2'000'000'000, false, std::string(3000, 'r')) +
         connection(3'000'000'000, end, false);
}

// Reads and counts; the error's text or "".
std::string read_all(const std::string& path, int& records) {
  records = 0;
  const auto read = read_trace(path, [&records](const trace::Record&) { ++records; });
  return read.has_value() ? "" : read.error();
}

struct Packet {
  std::int64_t time_ns = 0;
  std::uint32_t source = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledges = 0;
  int flags = 0;
  std::size_t payload = 0;
  bool has_comment = false;
};

std::uint32_t big32(std::string_view bytes, std::size_t at) {
  std::uint32_t v = 0;
  for (std::size_t i = 0; i < 4; ++i) v = v << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return v;
}
std::uint32_t little32(std::string_view bytes, std::size_t at) {
  std::uint32_t v = 0;
  for (std::size_t i = 4; i > 0; --i) v = v << 8 | static_cast<std::uint8_t>(bytes[at + i - 1]);
  return v;
}

// The packets of a pcapng file, whose blocks must fit together.
std::vector<Packet> packets_of(std::string_view file) {
  std::vector<Packet> packets;
  while (!file.empty()) {
    REQUIRE(file.size() >= 12);
    const std::uint32_t length = little32(file, 4);
    REQUIRE(length % 4 == 0);
    REQUIRE(length <= file.size());
    CHECK(little32(file, length - 4) == length);
    if (little32(file, 0) == 6) {
      const std::string_view ip = file.substr(28, little32(file, 20));
      Packet p;
      p.time_ns =
          static_cast<std::int64_t>(std::uint64_t{little32(file, 12)} << 32 | little32(file, 16));
      p.source = big32(ip, 12);
      p.sequence = big32(ip, 24);
      p.acknowledges = big32(ip, 28);
      p.flags = static_cast<std::uint8_t>(ip[33]);
      p.payload =
          ip.size() - 20 - static_cast<std::size_t>(static_cast<std::uint8_t>(ip[32]) >> 4) * 4;
      p.has_comment = length > 28 + (ip.size() + 3) / 4 * 4 + 4;
      packets.push_back(p);
    }
    file.remove_prefix(length);
  }
  return packets;
}

std::vector<Packet> exported(trace::ConnectionChange end) {
  Scratch scratch("pcapng");
  scratch.put("trace.pb", sample_trace(end));
  const auto summary = export_pcapng(scratch.path(), scratch / "x.pcapng");
  REQUIRE(summary.has_value());
  CHECK(summary->connections == 1);
  CHECK(summary->frames == 2);
  CHECK_FALSE(std::filesystem::exists(scratch / "x.pcapng.partial"));
  std::vector<Packet> packets = packets_of(read_file(scratch / "x.pcapng").value_or(""));
  CHECK(packets.size() == summary->packets);
  return packets;
}

}  // namespace

TEST_CASE("trace: absent, empty, foreign, of another version: a sentence each") {
  Scratch scratch("trace");
  int records = 0;
  CHECK(read_all(scratch / "trace.pb", records).find("--trace all") != std::string::npos);
  scratch.put("trace.pb", "");
  CHECK(read_all(scratch / "trace.pb", records).ends_with("is empty"));
  scratch.put("trace.pb", "\xff\xff\xff\xff\x0fxyz");
  CHECK(read_all(scratch / "trace.pb", records).find("no trace of ours") != std::string::npos);
  scratch.put("trace.pb", frame(1, true, "x"));
  CHECK(read_all(scratch / "trace.pb", records).find("header") != std::string::npos);
  scratch.put("trace.pb", header(kTraceSchemaVersion + 1));
  CHECK(read_all(scratch / "trace.pb", records).find("trace version 2") != std::string::npos);
}

TEST_CASE("trace: cut off at every length it is an error, unless the cut is between two records") {
  Scratch scratch("cut");
  const std::vector<std::string> parts = {header(), connection(1, trace::OPENED, false),
                                          frame(2, true, std::string(200, 'x')),
                                          connection(3, trace::CLOSED, true)};
  std::string whole;
  std::map<std::size_t, int> boundaries;
  for (const std::string& part : parts) {
    whole += part;
    boundaries[whole.size()] = static_cast<int>(boundaries.size()) + 1;
  }
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    CAPTURE(size);
    scratch.put("trace.pb", whole.substr(0, size));
    int records = 0;
    const std::string error = read_all(scratch / "trace.pb", records);
    const auto boundary = boundaries.find(size);
    CHECK(error.empty() == (boundary != boundaries.end()));
    if (boundary != boundaries.end()) CHECK(records == boundary->second);
  }
}

TEST_CASE("trace: with any byte flipped it reads, or says what is wrong; so does its export") {
  Scratch scratch("flip");
  const std::string whole = sample_trace(trace::CLOSED);
  for (std::size_t i = 0; i < whole.size(); i += i < 300 ? 1 : 97) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string broken = whole;
      broken[i] = static_cast<char>(broken[i] ^ (1 << bit));
      scratch.put("trace.pb", broken);
      int records = 0;
      const bool is_read = read_all(scratch / "trace.pb", records).empty();
      const auto summary = export_pcapng(scratch.path(), scratch / "x.pcapng");
      CHECK(summary.has_value() == is_read);
    }
  }
}

TEST_CASE("pcapng: handshake, segments and end, with consistent numbers and virtual time") {
  const std::vector<Packet> packets = exported(trace::CLOSED);
  REQUIRE(packets.size() == 10);  // 3 handshake, 1 request, 3 of a long response, 3 at the end
  constexpr int kFin = 1;
  constexpr int kSyn = 2;
  constexpr int kAck = 16;
  CHECK(packets[0].flags == kSyn);
  CHECK(packets[1].flags == (kSyn | kAck));
  CHECK(packets[0].time_ns == 1'000'000'001);
  CHECK(packets[3].time_ns == 1'000'000'002);
  CHECK(packets[3].payload == 4 + 7);  // the length that travels before the frame
  CHECK(packets[4].payload + packets[5].payload + packets[6].payload == 4 + 3000);
  CHECK((packets[7].flags & kFin) != 0);
  CHECK(packets[7].source == packets[4].source);  // the server closed
  std::map<std::uint32_t, std::uint32_t> next;    // of each side
  std::int64_t before = 0;
  for (const Packet& p : packets) {
    CHECK(p.time_ns >= before);
    before = p.time_ns;
    if ((p.flags & kSyn) == 0) CHECK(p.sequence == next[p.source]);
    next[p.source] = p.sequence + static_cast<std::uint32_t>(p.payload) +
                     ((p.flags & (kSyn | kFin)) != 0 ? 1 : 0);
    if ((p.flags & kAck) == 0) continue;
    for (const auto& [side, sequence] : next)
      if (side != p.source) CHECK(p.acknowledges == sequence);
  }
}

TEST_CASE("pcapng: a reset is one packet of the side that died, with a comment") {
  const std::vector<Packet> packets = exported(trace::RESET);
  REQUIRE(packets.size() == 8);
  CHECK(packets.back().source == packets[4].source);
  CHECK(packets.back().has_comment);
  CHECK_FALSE(packets[6].has_comment);
}

TEST_CASE("pcapng: no trace or no place to write: an error, and no file") {
  Scratch scratch("nothing");
  CHECK_FALSE(export_pcapng(scratch.path(), scratch / "x.pcapng").has_value());
  CHECK_FALSE(std::filesystem::exists(scratch / "x.pcapng"));
  CHECK_FALSE(std::filesystem::exists(scratch / "x.pcapng.partial"));
  scratch.put("trace.pb", sample_trace(trace::CLOSED));
  const auto nowhere = export_pcapng(scratch.path(), scratch / "no/such/folder/x.pcapng");
  REQUIRE_FALSE(nowhere.has_value());
  CHECK(nowhere.error().starts_with("cannot write"));
}

}  // namespace reports
