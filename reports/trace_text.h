// The events of a trace in words: who sent what to whom, on which connection. It follows the
// connections and the requests that wait for a response, and nothing else of a trace is kept.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace titorelli::trace {
class Event;
class Header;
}  // namespace titorelli::trace

namespace reports {

// What an event does not say itself.
struct EventContext {
  std::uint32_t client_host = 0;
  std::uint32_t client_port = 0;
  std::uint32_t server_host = 0;
  bool has_connection = false;  // it was opened before, and the hosts are its
  std::int32_t api_key = -1;    // -1: a response to nothing that was seen
  std::int32_t api_version = 0;
  std::int32_t correlation_id = 0;
};

class TraceText {
 public:
  void begin(const titorelli::trace::Header& header);
  // Each event once, in order.
  EventContext follow(const titorelli::trace::Event& event);
  // One line without a line break: "19.000012000  broker-1:49152 > broker-2  Fetch v17 request 5,
  // 98 bytes"..
  std::string line(const titorelli::trace::Event& event, const EventContext& context) const;

 private:
  struct Request {
    std::int32_t correlation_id = 0;
    std::int32_t api_key = 0;
    std::int32_t api_version = 0;
  };
  struct Connection {
    std::uint32_t client_host = 0;
    std::uint32_t client_port = 0;
    std::uint32_t server_host = 0;
    std::vector<Request> waiting;  // Kafka answers them in this order
  };
  void follow_frame(bool from_client, std::string_view payload, Connection& connection,
                    EventContext& context);
  std::string host(std::uint32_t id) const;
  std::string way(const EventContext& context, bool from_client) const;

  std::map<std::uint32_t, std::string> hosts_;
  std::map<std::uint64_t, Connection> connections_;
};

// Bytes that would move a terminal's cursor or colour it are shown as \xNN.
std::string printable(std::string_view text);

}  // namespace reports
