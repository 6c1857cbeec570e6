#include "reports/trace_text.h"

#include <fmt/format.h>

#include <optional>

#include "reports/kafka_names.h"
#include "reports/trace.pb.h"

namespace reports {
namespace {

namespace trace = titorelli::trace;

// Requests without a response (acks=0) stay until a later one is answered.
constexpr std::size_t kWaitingMax = 1000;

std::optional<std::int64_t> big_endian(std::string_view bytes, std::size_t at, std::size_t size) {
  if (bytes.size() < at + size) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i)
    value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return size == 2 ? static_cast<std::int16_t>(value) : static_cast<std::int32_t>(value);
}

std::string time(std::int64_t ns) {
  if (ns < 0) return fmt::format("{} ns", ns);
  return fmt::format("{}.{:09}", ns / 1'000'000'000, ns % 1'000'000'000);
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    if (byte == 0xc2 && next >= 0x80 && next < 0xa0) {  // UTF-8 of the controls from 0x80 on
      result += fmt::format("\\x{:02x}", next);
      ++i;
    } else if (byte < 0x20 || byte == 0x7f) {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      result += text[i];
    }
  }
  return result;
}

void TraceText::begin(const trace::Header& header) {
  for (const trace::Host& host : header.hosts()) hosts_[host.id()] = printable(host.name());
}

EventContext TraceText::follow(const trace::Event& event) {
  EventContext context;
  if (event.has_host()) hosts_[event.host().id()] = printable(event.host().name());
  const std::uint64_t id = event.has_connection() ? event.connection().id()
                           : event.has_frame()    ? event.frame().connection()
                                                  : 0;
  if (event.has_connection() && event.connection().change() == trace::OPENED) {
    const trace::Connection& opened = event.connection();
    connections_[id] = {.client_host = opened.client_host(),
                        .client_port = opened.client_port(),
                        .server_host = opened.server_host(),
                        .waiting = {}};
  }
  const auto found = connections_.find(id);
  if (found == connections_.end() || !(event.has_connection() || event.has_frame())) return context;
  Connection& connection = found->second;
  context.has_connection = true;
  context.client_host = connection.client_host;
  context.client_port = connection.client_port;
  context.server_host = connection.server_host;
  if (event.has_frame()) {
    follow_frame(event.frame().from_client(), event.frame().payload(), connection, context);
  } else if (event.connection().change() != trace::OPENED) {
    connections_.erase(found);
  }
  return context;
}

void TraceText::follow_frame(bool from_client, std::string_view payload, Connection& connection,
                             EventContext& context) {
  const auto correlation_id = big_endian(payload, from_client ? 4 : 0, 4);
  if (!correlation_id.has_value()) return;
  context.correlation_id = static_cast<std::int32_t>(*correlation_id);
  std::vector<Request>& waiting = connection.waiting;
  if (from_client) {
    context.api_key = static_cast<std::int32_t>(*big_endian(payload, 0, 2));
    context.api_version = static_cast<std::int32_t>(*big_endian(payload, 2, 2));
    waiting.push_back({.correlation_id = context.correlation_id,
                       .api_key = context.api_key,
                       .api_version = context.api_version});
    if (waiting.size() > kWaitingMax) waiting.erase(waiting.begin());
    return;
  }
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    if (waiting[i].correlation_id != context.correlation_id) continue;
    context.api_key = waiting[i].api_key;
    context.api_version = waiting[i].api_version;
    waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    return;
  }
}

std::string TraceText::host(std::uint32_t id) const {
  const auto found = hosts_.find(id);
  return found == hosts_.end() ? fmt::format("host {}", id) : found->second;
}

std::string TraceText::way(const EventContext& context, bool from_client) const {
  if (!context.has_connection) return from_client ? "client > server" : "server > client";
  const std::string client = fmt::format("{}:{}", host(context.client_host), context.client_port);
  const std::string server = host(context.server_host);
  return from_client ? client + " > " + server : server + " > " + client;
}

std::string TraceText::line(const trace::Event& event, const EventContext& context) const {
  std::string text = time(event.time_ns()) + "  ";
  switch (event.what_case()) {
    case trace::Event::kConnection: {
      const trace::Connection& c = event.connection();
      const bool is_opened = c.change() == trace::OPENED;
      return text + fmt::format("{}  connection {}", way(context, is_opened || c.from_client()),
                                is_opened                     ? "opened"
                                : c.change() == trace::CLOSED ? "closed"
                                : c.change() == trace::RESET  ? "reset"
                                                              : "changed, nobody knows how");
    }
    case trace::Event::kFrame: {
      const trace::Frame& frame = event.frame();
      std::string api = context.api_key < 0 ? "frame" : std::string(api_name(context.api_key));
      if (api.empty()) api = fmt::format("api {}", context.api_key);
      if (context.api_key >= 0) {
        api += fmt::format(" v{} {} {}", context.api_version,
                           frame.from_client() ? "request" : "response", context.correlation_id);
      }
      return text + fmt::format("{}  {}, {} bytes", way(context, frame.from_client()), api,
                                frame.payload().size());
    }
    case trace::Event::kObservation:
      return text + fmt::format("{}: {}", printable(event.observation().node()),
                                printable(event.observation().text()));
    case trace::Event::kFault:
      return text + fmt::format("fault {}: {}", event.fault().begins() ? "begins" : "ends",
                                printable(event.fault().name()));
    case trace::Event::kHost: return text + fmt::format("{} joins", printable(event.host().name()));
    case trace::Event::WHAT_NOT_SET: break;
  }
  return text + "an event of a kind that this program does not know";
}

}  // namespace reports
