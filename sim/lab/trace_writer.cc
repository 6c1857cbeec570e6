#include "sim/lab/trace_writer.h"

#include <fmt/format.h>

#include "reports/trace.pb.h"
#include "reports/trace_file.h"

namespace sim {

namespace trace = titorelli::trace;

std::expected<std::unique_ptr<TraceWriter>, std::string> TraceWriter::create(
    const std::string& path, const std::string& scenario, std::uint64_t seed) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return std::unexpected(fmt::format("cannot write '{}'", path));
  return std::unique_ptr<TraceWriter>(new TraceWriter(file, scenario, seed));
}

TraceWriter::TraceWriter(std::FILE* file, std::string scenario, std::uint64_t seed)
    : file_(file),
      scenario_(std::move(scenario)),
      seed_(seed),
      record_(std::make_unique<trace::Record>()) {}

TraceWriter::~TraceWriter() {
  if (file_ != nullptr) std::fclose(file_);
}

void TraceWriter::add_host(env::Instant at, HostId id, const std::string& name) {
  if (!is_header_written_) {
    hosts_.emplace_back(id, name);
    return;
  }
  trace::Host& host = *event(at).mutable_host();
  host.set_id(id.value());
  host.set_name(name);
  write(*record_);
}

void TraceWriter::write(const trace::Record& record) {
  const std::string bytes = record.SerializeAsString();
  unsigned char length[10];
  std::size_t count = 0;
  for (std::uint64_t rest = bytes.size();; rest >>= 7) {
    length[count++] = static_cast<unsigned char>((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    if (rest <= 0x7f) break;
  }
  const bool is_written = std::fwrite(length, 1, count, file_) == count &&
                          std::fwrite(bytes.data(), 1, bytes.size(), file_) == bytes.size();
  has_failed_ = has_failed_ || !is_written;
}

void TraceWriter::write_header_once() {
  if (is_header_written_) return;
  is_header_written_ = true;
  trace::Record record;
  trace::Header& header = *record.mutable_header();
  header.set_schema_version(reports::kTraceSchemaVersion);
  header.set_scenario(scenario_);
  header.set_seed(seed_);
  for (const auto& [id, name] : hosts_) {
    trace::Host& host = *header.add_hosts();
    host.set_id(id.value());
    host.set_name(name);
  }
  write(record);
}

trace::Event& TraceWriter::event(env::Instant at) {
  write_header_once();
  trace::Event& event = *record_->mutable_event();
  event.Clear();
  event.set_time_ns(env::nanos(at));
  return event;
}

void TraceWriter::add_observation(env::Instant at, const std::string& node,
                                  const kafka::Observation& observation) {
  trace::Observation& told = *event(at).mutable_observation();
  told.set_node(node);
  told.set_text(to_string(observation));
  write(*record_);
}

void TraceWriter::add_fault(env::Instant at, const std::string& name, bool begins) {
  trace::Fault& fault = *event(at).mutable_fault();
  fault.set_name(name);
  fault.set_begins(begins);
  write(*record_);
}

void TraceWriter::on_connection_opened(env::Instant, env::Instant opened,
                                       const ConnectionName& name) {
  trace::Connection& connection = *event(opened).mutable_connection();
  connection.set_id(name.id);
  connection.set_change(trace::OPENED);
  connection.set_client_host(name.client.value());
  connection.set_client_port(name.client_port);
  connection.set_server_host(name.server.value());
  connection.set_server_port(name.server_port);
  write(*record_);
}

void TraceWriter::on_connection_ended(env::Instant at, const ConnectionName& name,
                                      bool is_from_client, bool is_reset) {
  trace::Connection& connection = *event(at).mutable_connection();
  connection.set_id(name.id);
  connection.set_change(is_reset ? trace::RESET : trace::CLOSED);
  connection.set_from_client(is_from_client);
  write(*record_);
}

void TraceWriter::on_frame_sent(env::Instant at, const ConnectionName& name, TappedFrame tapped,
                                const env::Frame& frame) {
  trace::Frame& sent = *event(at).mutable_frame();
  sent.set_connection(name.id);
  sent.set_from_client(tapped.is_from_client);
  std::string& payload = *sent.mutable_payload();
  payload.reserve(frame.size());
  for (std::size_t i = 0; i < frame.part_count(); ++i) payload.append(frame.part(i).text());
  write(*record_);
}

bool TraceWriter::close() {
  write_header_once();
  const bool is_closed = std::fclose(file_) == 0;
  file_ = nullptr;
  return is_closed && !has_failed_;
}

}  // namespace sim
