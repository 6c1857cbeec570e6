// RpcServer: what Kafka's SocketServer, Processor and RequestChannel do for one node.
//
// A frame that arrives mutes its connection, waits for a network thread, then for a request
// handler (or the lane the sink asks for), then reaches RpcServerSink::on_request. The response
// waits for a network thread, is handed to the network, and the connection is unmuted: one request
// at a time per connection. The frames of a connection that is gone meanwhile are dropped.
//
// Closed at once, as Kafka does: a header that does not parse, an unknown API key, a version that
// is not offered. ApiVersions in an unknown version is answered in version 0 with error 35 and the
// range that is offered (KIP-511).
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/env/env.h"
#include "broker-model/messages/api_versions_table.h"
#include "broker-model/rpc/rpc_codec.h"
#include "broker-model/types/ids.h"

namespace kafka {

// CPU times. The defaults are ours: tens of microseconds a request, which a broker of 8 handlers
// and 3 network threads shows on current hardware (some 10^5 small requests a second).
struct CostModel {
  Duration network_per_frame = 10us;  // reading a request, writing a response
  Duration network_per_kib = 300ns;
  Duration handler_base = 25us;
  Duration handler_per_kib = 1us;

  Duration network(std::size_t bytes) const {
    return network_per_frame + network_per_kib * static_cast<std::int64_t>(bytes) / 1024;
  }
  Duration handler(std::size_t bytes) const {
    return handler_base + handler_per_kib * static_cast<std::int64_t>(bytes) / 1024;
  }
};

struct RequestId {
  env::ConnId connection{};
  std::uint64_t number = 0;  // unique within the server
  friend constexpr auto operator<=>(const RequestId&, const RequestId&) = default;
};

struct RequestContext {
  RequestId id{};
  std::uint16_t listener_port = 0;
  ApiKey api{};
  std::int16_t version = 0;
  std::int32_t correlation_id = 0;
  std::string client_id{};
  std::string peer_host{};
  Instant received{};
  std::size_t size = 0;  // of the frame
};

class RpcServerSink {
 public:
  virtual ~RpcServerSink() = default;
  // To be answered, now or later, by exactly one of respond, respond_nothing, close_connection.
  // `body` follows the request header.
  virtual void on_request(env::Env&, const RequestContext&, const env::Rope& body) = 0;
  // The lane on which the request waits for CPU before on_request. Default: the request handlers.
  virtual env::Lane lane_for(ApiKey, env::Lane request_handlers) { return request_handlers; }
  virtual void on_peer_gone(env::Env&, env::ConnId) {}
};

struct RpcListener {
  std::uint16_t port = 0;
  ListenerType type = ListenerType::kBroker;  // which APIs it offers
};

struct RpcServerOptions {
  std::vector<RpcListener> listeners{};
  std::uint32_t timer_kind = 0;  // the server owns all TimerKeys of this kind of its node
  std::uint16_t network_threads = 3;
  std::uint16_t request_handler_threads = 8;
  CostModel costs{};
};

class RpcServer {
 public:
  RpcServer(RpcServerOptions options, RpcServerSink& sink);
  RpcServer(const RpcServer&) = delete;
  RpcServer& operator=(const RpcServer&) = delete;

  void start(env::Env&);  // listens on every listener's port

  // Answers in the version of the request. Dropped when the connection is gone.
  template <class Response>
  void respond(env::Env& env, RequestId id, const Response& response) {
    if (const RequestContext* request = find(id)) {
      respond_frame(env, id,
                    must_encode_response(response, request->version, request->correlation_id));
    }
  }
  void respond_frame(env::Env&, RequestId, env::Frame);  // header and body are encoded already
  void respond_nothing(env::Env&, RequestId);            // Produce with acks=0: only unmutes
  void close_connection(env::Env&, RequestId);           // malformed body, or acks=0 that failed

  // The request that is being served; nullptr when its connection is gone.
  const RequestContext* find(RequestId) const;

  void close_all(env::Env&);

  // True when the event was this server's.
  bool on_conn(env::Env&, env::ConnId, const env::ConnEvent&);
  bool on_frame(env::Env&, env::ConnId, env::Frame&);  // takes the frame then
  bool on_timer(env::Env&, env::TimerKey);

  void check_invariants() const;

 private:
  enum class Stage : std::uint8_t { kIdle, kReading, kWaiting, kServing, kWriting };

  struct Connection {
    std::uint16_t listener_port = 0;
    std::string peer_host{};
    Stage stage = Stage::kIdle;
    RequestContext request;         // valid unless idle
    env::Frame frame;               // the request, then its body, then its response
    std::deque<env::Frame> unread;  // arrived after muting (a port may be late to stop)
  };

  void begin(env::Env&, env::ConnId, Connection&, env::Frame&&);
  void on_read(env::Env&, env::ConnId, Connection&);     // a network thread has read it
  void on_handled(env::Env&, env::ConnId, Connection&);  // a handler has taken it up
  void on_written(env::Env&, env::ConnId, Connection&);  // a network thread hands it over
  void refuse_api_versions(env::Env&, const RequestContext&);
  void unmute(env::Env&, env::ConnId, Connection&);
  void close(env::Env&, env::ConnId);
  Connection* serving(RequestId);
  ListenerType listener_type(std::uint16_t port) const;
  env::Lane network_lane() const;

  RpcServerOptions options_;
  RpcServerSink& sink_;
  std::map<env::ConnId, Connection> connections_;
  std::map<std::uint64_t, env::ConnId> by_number_;  // requests under way
  std::uint64_t next_number_ = 1;
};

}  // namespace kafka
