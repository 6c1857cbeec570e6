#include "broker-model/rpc/rpc_server.h"

#include <utility>

#include "broker-model/messages/api_versions.h"

namespace kafka {

RpcServer::RpcServer(RpcServerOptions options, RpcServerSink& sink)
    : options_(std::move(options)), sink_(sink) {}

void RpcServer::start(env::Env& env) {
  for (const RpcListener& listener : options_.listeners) env.listen(listener.port);
}

env::Lane RpcServer::network_lane() const {
  return {.kind = env::LaneKind::kNetwork, .servers = options_.network_threads};
}

bool RpcServer::on_conn(env::Env& env, env::ConnId conn, const env::ConnEvent& event) {
  switch (event.kind) {
    case env::ConnEventKind::kAccepted: {
      bool is_ours = false;
      for (const RpcListener& listener : options_.listeners) {
        if (listener.port == event.local_port) is_ours = true;
      }
      if (!is_ours) return false;
      Connection& connection = connections_[conn];
      connection.listener_port = event.local_port;
      connection.peer_host = event.peer_host;
      return true;
    }
    case env::ConnEventKind::kConnected:
    case env::ConnEventKind::kFailed: return false;
    case env::ConnEventKind::kClosed:
    case env::ConnEventKind::kReset:
      if (!connections_.contains(conn)) return false;
      close(env, conn);
      return true;
  }
  return false;
}

bool RpcServer::on_frame(env::Env& env, env::ConnId conn, env::Frame& frame) {
  const auto found = connections_.find(conn);
  if (found == connections_.end()) return false;
  if (found->second.stage == Stage::kIdle) {
    begin(env, conn, found->second, std::move(frame));
  } else {
    found->second.unread.push_back(std::move(frame));
  }
  return true;
}

void RpcServer::begin(env::Env& env, env::ConnId conn, Connection& connection, env::Frame&& frame) {
  env.set_readable(conn, false);
  connection.stage = Stage::kReading;
  connection.frame = std::move(frame);
  const std::size_t size = connection.frame.size();
  connection.request = {.id = {.connection = conn, .number = next_number_++},
                        .listener_port = connection.listener_port,
                        .received = env.now(),
                        .size = size};
  by_number_[connection.request.id.number] = conn;
  env.spend(network_lane(), options_.costs.network(size),
            {.kind = options_.timer_kind, .id = connection.request.id.number});
}

bool RpcServer::on_timer(env::Env& env, env::TimerKey key) {
  if (key.kind != options_.timer_kind) return false;
  const auto found = by_number_.find(key.id);
  if (found == by_number_.end()) return true;  // its connection has ended
  const env::ConnId conn = found->second;
  Connection& connection = connections_.at(conn);
  switch (connection.stage) {
    case Stage::kReading: on_read(env, conn, connection); break;
    case Stage::kWaiting: on_handled(env, conn, connection); break;
    case Stage::kWriting: on_written(env, conn, connection); break;
    case Stage::kIdle:
    case Stage::kServing: TIT_ASSERT(false, "CPU was spent on a request that asked for none");
  }
  return true;
}

void RpcServer::on_read(env::Env& env, env::ConnId conn, Connection& connection) {
  auto parsed = decode_request_header(connection.frame);
  if (!parsed || parsed->api == nullptr) {
    close(env, conn);
    return;
  }
  RequestContext& request = connection.request;
  request.api = parsed->api->key;
  request.version = parsed->header.request_api_version;
  request.correlation_id = parsed->header.correlation_id;
  request.client_id = std::move(parsed->header.client_id).value_or("");
  request.peer_host = connection.peer_host;
  const OfferedApi* offer = find_api(parsed->header.request_api_key);
  if (offer == nullptr || !offer->on(listener_type(connection.listener_port))) {
    close(env, conn);
    return;
  }
  if (!offer->served().has(request.version)) {
    if (request.api == ApiKey::kApiVersions) {
      connection.stage = Stage::kServing;
      refuse_api_versions(env, request);
    } else {
      close(env, conn);
    }
    return;
  }
  connection.frame = std::move(parsed->body);
  connection.stage = Stage::kWaiting;
  const env::Lane handlers{.kind = env::LaneKind::kRequestHandler,
                           .servers = options_.request_handler_threads};
  env.spend(sink_.lane_for(request.api, handlers), options_.costs.handler(request.size),
            {.kind = options_.timer_kind, .id = request.id.number});
}

void RpcServer::refuse_api_versions(env::Env& env, const RequestContext& request) {
  const ApiVersionRange served = offer_of(ApiKey::kApiVersions).served();
  ApiVersionsResponse response{.error_code = ErrorCode::kUnsupportedVersion};
  response.api_keys.push_back({.api_key = static_cast<std::int16_t>(ApiKey::kApiVersions),
                               .min_version = served.lowest,
                               .max_version = served.highest});
  respond_frame(env, request.id, must_encode_response(response, 0, request.correlation_id));
}

void RpcServer::on_handled(env::Env& env, env::ConnId conn, Connection& connection) {
  connection.stage = Stage::kServing;
  const env::Rope body = std::exchange(connection.frame, {});
  // The sink may answer at once, and even close the connection: it gets a copy that outlives both.
  const RequestContext request = connections_.at(conn).request;
  sink_.on_request(env, request, body);
}

void RpcServer::respond_frame(env::Env& env, RequestId id, env::Frame frame) {
  Connection* connection = serving(id);
  if (connection == nullptr) return;
  connection->stage = Stage::kWriting;
  connection->frame = std::move(frame);
  env.spend(network_lane(), options_.costs.network(connection->frame.size()),
            {.kind = options_.timer_kind, .id = id.number});
}

void RpcServer::on_written(env::Env& env, env::ConnId conn, Connection& connection) {
  env.send(conn, std::exchange(connection.frame, {}));
  unmute(env, conn, connection);
}

void RpcServer::respond_nothing(env::Env& env, RequestId id) {
  if (Connection* connection = serving(id)) unmute(env, id.connection, *connection);
}

void RpcServer::unmute(env::Env& env, env::ConnId conn, Connection& connection) {
  by_number_.erase(connection.request.id.number);
  connection.stage = Stage::kIdle;
  if (connection.unread.empty()) {
    env.set_readable(conn, true);
    return;
  }
  env::Frame next = std::move(connection.unread.front());
  connection.unread.pop_front();
  begin(env, conn, connection, std::move(next));
}

void RpcServer::close_connection(env::Env& env, RequestId id) {
  if (serving(id) != nullptr) close(env, id.connection);
}

void RpcServer::close(env::Env& env, env::ConnId conn) {
  const auto found = connections_.find(conn);
  if (found->second.stage != Stage::kIdle) by_number_.erase(found->second.request.id.number);
  connections_.erase(found);
  env.close(conn);  // no effect when the peer was first
  sink_.on_peer_gone(env, conn);
}

void RpcServer::close_all(env::Env& env) {
  for (const auto& [conn, connection] : connections_) env.close(conn);
  connections_.clear();
  by_number_.clear();
}

const RequestContext* RpcServer::find(RequestId id) const {
  const auto found = connections_.find(id.connection);
  if (found == connections_.end()) return nullptr;
  const Connection& connection = found->second;
  const bool is_served =
      connection.stage == Stage::kServing && connection.request.id.number == id.number;
  return is_served ? &connection.request : nullptr;
}

RpcServer::Connection* RpcServer::serving(RequestId id) {
  return find(id) == nullptr ? nullptr : &connections_.at(id.connection);
}

ListenerType RpcServer::listener_type(std::uint16_t port) const {
  for (const RpcListener& listener : options_.listeners) {
    if (listener.port == port) return listener.type;
  }
  TIT_ASSERT(false, "a connection was accepted on a port of ours");
  return ListenerType::kBroker;
}

void RpcServer::check_invariants() const {
  std::size_t busy = 0;
  for (const auto& [conn, connection] : connections_) {
    const bool is_idle = connection.stage == Stage::kIdle;
    if (is_idle) TIT_ASSERT(connection.unread.empty(), "an idle connection has nothing to read");
    if (is_idle) continue;
    ++busy;
    const auto found = by_number_.find(connection.request.id.number);
    TIT_ASSERT(found != by_number_.end(), "each request under way is known");
    TIT_ASSERT(found->second == conn, "a request belongs to its connection");
  }
  TIT_ASSERT(busy == by_number_.size(), "one request at a time per connection");
}

}  // namespace kafka
