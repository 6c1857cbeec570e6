// RpcClient: what Kafka's NetworkClient and ClusterConnectionStates do for one node: connections
// to many destinations, the ApiVersions handshake, correlation, time-outs, reconnect backoff.
//
// A node makes one per independent channel (a producer has one; a broker one for its fetchers, one
// for heartbeats, and so on), hands its on_conn, on_frame and on_timer to it (each answers whether
// the event was this client's) and gets results through an RpcSink. Calls on the client never call
// back: the sink is called from on_conn, on_frame and on_timer only, and may call the client again.
//
//   client.set_destination(env, destination(NodeId{2}), endpoint);
//   client.send(env, destination(NodeId{2}), token, FetchRequest{...});   // connects by itself
//   ... sink.on_response(env, reply, body): decode FetchResponse of reply.version from body
//
// Per destination: disconnected -> connecting -> checking API versions -> ready -> disconnected.
// A failed or lost connection fails all that is in flight or queued on it and starts a backoff.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/env/env.h"
#include "broker-model/messages/api_versions_table.h"
#include "broker-model/rpc/backoff.h"
#include "broker-model/rpc/rpc_codec.h"
#include "broker-model/types/ids.h"

namespace kafka {

class Config;

// Whom a request is for: a node id, or a bootstrap server (negative, from -1 downwards).
using DestinationId = env::Strong<struct DestinationIdTag, std::int32_t>;
inline DestinationId destination(NodeId node) { return DestinationId{node.value()}; }

struct RpcClientOptions {
  std::string client_id{};
  std::uint32_t timer_kind = 0;  // the client owns TimerKey{timer_kind, 0} of its node
  Duration request_timeout = 30s;
  Duration reconnect_backoff = 50ms;
  Duration reconnect_backoff_max = 1s;
  Duration connection_setup_timeout = 10s;
  Duration connection_setup_timeout_max = 30s;
  Duration connections_max_idle = 540s;       // Duration::max(): never
  int max_in_flight = 5;                      // per destination; later ones queue
  ClientApiCaps caps = ClientApiCaps::kNone;  // client.api.caps

  // The keys that a client's, or a broker's, configuration shares with this (request.timeout.ms,
  // reconnect.backoff.ms, ...); keys that the table lacks keep the defaults above.
  static RpcClientOptions from(const Config&, std::string client_id, std::uint32_t timer_kind);
};

struct SendOptions {
  std::optional<std::int16_t>
      max_version{};                  // below what both ends have, e.g. no topic id is known
  std::optional<Duration> timeout{};  // else request_timeout
  // acks=0: nothing will be answered, and nothing is reported. REQUIRES: can_send(destination).
  bool expects_response = true;
};

struct RpcReply {
  std::uint64_t token = 0;
  DestinationId destination{};
  ApiKey api{};
  std::int16_t version = 0;
  Duration elapsed{};  // since it was put on the wire
};

struct RpcFailure {
  std::uint64_t token = 0;
  DestinationId destination{};
  ApiKey api{};
  bool was_sent = false;             // it may have been carried out
  bool timed_out = false;            // request.timeout.ms, of this or an earlier request
  bool unsupported_version = false;  // both ends share no version; retrying is futile
};

class RpcSink {
 public:
  virtual ~RpcSink() = default;
  // `body` is what follows the response header. A sink that cannot decode it calls disconnect().
  virtual void on_response(env::Env&, const RpcReply&, const env::Rope& body) = 0;
  virtual void on_disconnect(env::Env&, const RpcFailure&) = 0;
  virtual void on_ready(env::Env&, DestinationId) {}        // versions are known
  virtual void on_unreachable(env::Env&, DestinationId) {}  // connection failed or was lost
};

class RpcClient {
 public:
  RpcClient(RpcClientOptions options, RpcSink& sink);
  ~RpcClient();
  RpcClient(const RpcClient&) = delete;
  RpcClient& operator=(const RpcClient&) = delete;

  // Makes a destination known. Another endpoint than before closes the old connection.
  void set_destination(env::Env&, DestinationId, const env::Endpoint&);
  // Closes the connection; what was in flight fails as a disconnect. Unknown ids are ignored.
  void remove_destination(env::Env&, DestinationId);
  bool has_destination(DestinationId) const;
  const env::Endpoint* endpoint(DestinationId) const;  // nullptr when unknown

  // Sends at once when the destination is ready and has room, else queues, connects (after the
  // backoff, if one runs) and sends then. A queued request fails with was_sent = false when the
  // connection attempt fails or its time-out passes. REQUIRES: has_destination(id).
  template <class Request>
  void send(env::Env& env, DestinationId id, std::uint64_t token, const Request& request,
            const SendOptions& options = {});

  // NetworkClient.ready(): true when a request would be sent at once; else starts connecting
  // unless a backoff runs.
  bool ready(env::Env&, DestinationId);
  bool can_send(DestinationId) const;
  bool is_connected(DestinationId) const;                     // ready, whether or not it has room
  bool is_connecting(DestinationId) const;                    // incl. checking API versions
  bool is_backing_off(const env::Env&, DestinationId) const;  // failed lately
  // How long until connecting is worth a try: 0 when possible now or connected.
  Duration backoff_left(const env::Env&, DestinationId) const;
  // Of a destination that was ever tried.
  std::optional<WallTime> last_connect_attempt(DestinationId) const;
  std::size_t in_flight(DestinationId) const;  // sent and unanswered, plus queued
  std::size_t in_flight() const;

  // Closes the connection (malformed answer, wrong peer); all in flight fails as disconnects.
  void disconnect(env::Env&, DestinationId);
  void close_all(env::Env&);  // at shut down; nothing is reported any more

  // The version in use at a ready destination; nothing when not ready or not shared.
  std::optional<std::int16_t> version_of(DestinationId, const ApiInfo&) const;

  // True when the event was this client's.
  bool on_conn(env::Env&, env::ConnId, const env::ConnEvent&);
  bool on_frame(env::Env&, env::ConnId, const env::Frame&);
  bool on_timer(env::Env&, env::TimerKey);

  void check_invariants() const;

 private:
  enum class State : std::uint8_t { kDisconnected, kConnecting, kCheckingVersions, kReady };

  struct InFlight {
    std::int32_t correlation_id = 0;
    const ApiInfo* api = nullptr;  // the request's own constant
    std::int16_t version = 0;
    bool is_handshake = false;  // our own ApiVersions
    std::uint64_t token = 0;
    WallTime sent{};    // NetworkClient holds time-outs against Time.milliseconds()
    Instant sent_at{};  // for RequestDone
    Duration timeout{};
  };

  // A request that waits for its connection: encoded only when the version is known.
  class Waiting {
   public:
    Waiting(const ApiInfo& request_api, std::uint64_t request_token)
        : api(&request_api), token(request_token) {}
    virtual ~Waiting() = default;
    virtual std::optional<env::Frame> encode(std::int16_t version, std::int32_t correlation_id,
                                             std::string_view client_id) const = 0;
    const ApiInfo* api;
    std::uint64_t token;
    std::optional<std::int16_t> max_version{};
    Duration timeout{};
    WallTime created;
  };
  template <class Request>
  class WaitingOf;

  struct Destination {
    env::Endpoint endpoint;
    State state = State::kDisconnected;
    env::ConnId conn;                                  // valid unless disconnected
    std::map<std::int16_t, ApiVersionRange> versions;  // of the peer; valid when ready
    std::int16_t handshake_version = 0;                // valid when checking
    int failed_attempts = 0;
    int failed_connects = 0;
    std::optional<WallTime> last_attempt;
    Duration backoff{};
    Duration setup_timeout{};
    Instant last_used;  // Selector's idle expiry reads System.nanoTime
    std::int32_t next_correlation_id = 0;
    std::deque<InFlight> flights;
    std::deque<std::unique_ptr<Waiting>> waiting;
  };

  Destination& at(DestinationId);
  const Destination* find(DestinationId) const;
  void connect(env::Env&, DestinationId, Destination&);
  void start_handshake(env::Env&, Destination&, std::int16_t version);
  void finish_handshake(env::Env&, DestinationId, std::int16_t version, const env::Rope& body);
  // Ends the connection; answers what failed with it.
  std::vector<RpcFailure> drop(env::Env&, Destination&, DestinationId, bool timed_out);
  void lose(env::Env&, DestinationId, bool timed_out);  // from an event: reports at once
  void drop_later(env::Env&, DestinationId);            // from a call: reports by the timer
  void report_later(env::Env&, const RpcFailure&);
  void flush_waiting(env::Env&, DestinationId);
  void record_sent(env::Env&, Destination&, const InFlight&);
  std::optional<std::int16_t> usable_version(const Destination&, const ApiInfo&,
                                             std::optional<std::int16_t> max_version) const;
  void enqueue(env::Env&, DestinationId, Destination&, std::unique_ptr<Waiting>);
  void expire(env::Env&, DestinationId);
  void expire_waiting(env::Env&, DestinationId);
  Duration until_next_deadline(const env::Env&) const;
  void arm(env::Env&, Duration after);

  RpcClientOptions options_;
  RpcSink& sink_;
  ExponentialBackoff reconnect_backoff_;
  ExponentialBackoff setup_timeout_;
  std::map<DestinationId, Destination> destinations_;
  std::map<env::ConnId, DestinationId> by_conn_;
  std::vector<RpcFailure> reports_;  // of calls, delivered by the timer
  std::optional<Instant> armed_;     // when the timer will fire
};

}  // namespace kafka

#include "broker-model/rpc/rpc_client_send.h"  // IWYU pragma: export
