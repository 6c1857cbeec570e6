// Records of a trace.pb, to be put one behind the other.
#pragma once

#include <cstdint>
#include <string>

#include "reports/trace.pb.h"
#include "reports/trace_file.h"

namespace test {

inline std::string delimited(const titorelli::trace::Record& record) {
  const std::string bytes = record.SerializeAsString();
  std::string text;
  for (std::size_t rest = bytes.size();; rest >>= 7) {
    text += static_cast<char>((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    if (rest <= 0x7f) return text + bytes;
  }
}

inline std::string header(std::uint32_t version = reports::kTraceSchemaVersion) {
  titorelli::trace::Record record;
  record.mutable_header()->set_schema_version(version);
  record.mutable_header()->set_scenario("x.lua");
  return delimited(record);
}

inline std::string connection(std::int64_t time, titorelli::trace::ConnectionChange change,
                              bool from_client) {
  titorelli::trace::Record record;
  record.mutable_event()->set_time_ns(time);
  titorelli::trace::Connection& c = *record.mutable_event()->mutable_connection();
  c.set_id(5);
  c.set_change(change);
  c.set_client_host(6);
  c.set_client_port(49152);
  c.set_server_host(1);
  c.set_server_port(9092);
  c.set_from_client(from_client);
  return delimited(record);
}

inline std::string frame(std::int64_t time, bool from_client, std::string payload) {
  titorelli::trace::Record record;
  record.mutable_event()->set_time_ns(time);
  titorelli::trace::Frame& f = *record.mutable_event()->mutable_frame();
  f.set_connection(5);
  f.set_from_client(from_client);
  f.set_payload(std::move(payload));
  return delimited(record);
}

}  // namespace test
