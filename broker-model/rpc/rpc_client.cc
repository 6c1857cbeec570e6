#include "broker-model/rpc/rpc_client.h"

#include <algorithm>
#include <utility>

#include "broker-model/messages/api_versions.h"
#include "broker-model/types/config.h"
#include "broker-model/types/observation.h"
#include "broker-model/types/probe.h"

namespace kafka {
namespace {

// NetworkClient compares `now - then > limit` in whole milliseconds.
bool has_passed(WallTime now, WallTime then, Duration limit) {
  if (limit == Duration::max()) return false;
  return (now - then).count() > env::millis(limit);
}

// Until has_passed() would answer true.
Duration until_passed(WallTime now, WallTime then, Duration limit) {
  if (limit == Duration::max()) return Duration::max();
  const std::int64_t left = env::millis(limit) + 1 - (now - then).count();
  return std::chrono::milliseconds(std::max<std::int64_t>(left, 1));
}

void note_expiry(bool is_handshake, bool is_late, bool is_slow) {
  if (is_late) {
    if (is_handshake) reached(Probe::kHandshakeTimeout);
  } else {
    reached(is_slow ? Probe::kConnectionSetupTimeout : Probe::kConnectionIdle);
  }
}

constexpr std::int16_t kApiVersionsKey = static_cast<std::int16_t>(ApiKey::kApiVersions);

}  // namespace

RpcClientOptions RpcClientOptions::from(const Config& config, std::string client_id,
                                        std::uint32_t timer_kind) {
  RpcClientOptions options{.client_id = std::move(client_id), .timer_kind = timer_kind};
  const auto read = [&config](std::string_view key, Duration& into) {
    if (config.def().find(key) != nullptr) into = config.get_duration(key);
  };
  read("request.timeout.ms", options.request_timeout);
  read("reconnect.backoff.ms", options.reconnect_backoff);
  read("reconnect.backoff.max.ms", options.reconnect_backoff_max);
  read("socket.connection.setup.timeout.ms", options.connection_setup_timeout);
  read("socket.connection.setup.timeout.max.ms", options.connection_setup_timeout_max);
  read("connections.max.idle.ms", options.connections_max_idle);
  // Consumers and brokers' own clients take NetworkClient's 100.
  constexpr std::string_view kInFlight = "max.in.flight.requests.per.connection";
  options.max_in_flight =
      config.def().find(kInFlight) != nullptr ? static_cast<int>(config.get_int(kInFlight)) : 100;
  // A broker's own requests are not capped: the key is about what it offers to clients.
  if (config.def().find("client.api.caps") != nullptr && &config.def() != &ConfigDef::broker()) {
    options.caps = config.get_string("client.api.caps") == "tshark" ? ClientApiCaps::kTshark
                                                                    : ClientApiCaps::kNone;
  }
  return options;
}

RpcClient::RpcClient(RpcClientOptions options, RpcSink& sink)
    : options_(std::move(options)),
      sink_(sink),
      reconnect_backoff_(options_.reconnect_backoff, options_.reconnect_backoff_max),
      setup_timeout_(options_.connection_setup_timeout, options_.connection_setup_timeout_max) {
  TIT_ASSERT(options_.max_in_flight > 0, "a client needs room for one request");
}
RpcClient::~RpcClient() = default;

// --- what callers ask ----------------------------------------------------------------------------

RpcClient::Destination& RpcClient::at(DestinationId id) {
  const auto found = destinations_.find(id);
  TIT_ASSERT(found != destinations_.end(), "a request needs a destination that was set");
  return found->second;
}

const RpcClient::Destination* RpcClient::find(DestinationId id) const {
  const auto found = destinations_.find(id);
  return found == destinations_.end() ? nullptr : &found->second;
}

bool RpcClient::has_destination(DestinationId id) const { return find(id) != nullptr; }

const env::Endpoint* RpcClient::endpoint(DestinationId id) const {
  const Destination* known = find(id);
  return known == nullptr ? nullptr : &known->endpoint;
}

bool RpcClient::is_connected(DestinationId id) const {
  const Destination* known = find(id);
  return known != nullptr && known->state == State::kReady;
}

bool RpcClient::is_connecting(DestinationId id) const {
  const Destination* known = find(id);
  return known != nullptr &&
         (known->state == State::kConnecting || known->state == State::kCheckingVersions);
}

bool RpcClient::can_send(DestinationId id) const {
  const Destination* known = find(id);
  return known != nullptr && known->state == State::kReady &&
         known->flights.size() < static_cast<std::size_t>(options_.max_in_flight);
}

bool RpcClient::is_backing_off(const env::Env& env, DestinationId id) const {
  return backoff_left(env, id) > Duration{};
}

Duration RpcClient::backoff_left(const env::Env& env, DestinationId id) const {
  const Destination* known = find(id);
  if (known == nullptr || known->state != State::kDisconnected || !known->last_attempt) return {};
  const Duration waited = env.wall_clock() - *known->last_attempt;
  return std::max(known->backoff - waited, Duration{});
}

std::optional<WallTime> RpcClient::last_connect_attempt(DestinationId id) const {
  const Destination* known = find(id);
  return known == nullptr ? std::nullopt : known->last_attempt;
}

std::size_t RpcClient::in_flight(DestinationId id) const {
  const Destination* known = find(id);
  return known == nullptr ? 0 : known->flights.size() + known->waiting.size();
}

std::size_t RpcClient::in_flight() const {
  std::size_t count = 0;
  for (const auto& [id, known] : destinations_) {
    count += known.flights.size() + known.waiting.size();
  }
  return count;
}

std::optional<std::int16_t> RpcClient::version_of(DestinationId id, const ApiInfo& api) const {
  const Destination* known = find(id);
  if (known == nullptr || known->state != State::kReady) return std::nullopt;
  return usable_version(*known, api, std::nullopt);
}

// NodeApiVersions.latestUsableVersion: the highest version that both ends have.
std::optional<std::int16_t> RpcClient::usable_version(
    const Destination& to, const ApiInfo& api, std::optional<std::int16_t> max_version) const {
  const auto offered = to.versions.find(static_cast<std::int16_t>(api.key));
  if (offered == to.versions.end()) return std::nullopt;
  ApiVersionRange ours = client_versions(api.key, options_.caps);
  ours.lowest = std::max(ours.lowest, api.lowest);
  ours.highest = std::min(ours.highest, api.highest);
  if (max_version) ours.highest = std::min(ours.highest, *max_version);
  return negotiate(ours, offered->second);
}

// --- destinations --------------------------------------------------------------------------------

void RpcClient::set_destination(env::Env& env, DestinationId id, const env::Endpoint& endpoint) {
  const auto [found, is_new] = destinations_.try_emplace(id);
  Destination& to = found->second;
  if (is_new) {
    to.setup_timeout = setup_timeout_.after(0, env.rng());
  } else if (to.endpoint != endpoint && to.state != State::kDisconnected) {
    drop_later(env, id);
  }
  to.endpoint = endpoint;
}

void RpcClient::remove_destination(env::Env& env, DestinationId id) {
  if (!has_destination(id)) return;
  drop_later(env, id);
  destinations_.erase(id);
}

void RpcClient::disconnect(env::Env& env, DestinationId id) {
  if (has_destination(id)) drop_later(env, id);
}

void RpcClient::close_all(env::Env& env) {
  for (const auto& [conn, id] : by_conn_) env.close(conn);
  by_conn_.clear();
  destinations_.clear();
  reports_.clear();
  armed_.reset();
  env.cancel_timer({.kind = options_.timer_kind});
}

bool RpcClient::ready(env::Env& env, DestinationId id) {
  Destination& to = at(id);
  if (to.state == State::kDisconnected && !is_backing_off(env, id)) connect(env, id, to);
  return can_send(id);
}

void RpcClient::connect(env::Env& env, DestinationId id, Destination& to) {
  TIT_ASSERT(to.state == State::kDisconnected, "one connection to a destination at a time");
  to.conn = env.connect(to.endpoint);
  by_conn_[to.conn] = id;
  to.state = State::kConnecting;
  to.last_attempt = env.wall_clock();
  to.last_used = env.now();
  arm(env, until_passed(*to.last_attempt, *to.last_attempt, to.setup_timeout));
}

void RpcClient::enqueue(env::Env& env, DestinationId id, Destination& to,
                        std::unique_ptr<Waiting> waiting) {
  arm(env, until_passed(waiting->created, waiting->created, waiting->timeout));
  to.waiting.push_back(std::move(waiting));
  if (to.state != State::kDisconnected) return;
  const Duration left = backoff_left(env, id);
  if (left > Duration{}) {
    arm(env, left);
  } else {
    connect(env, id, to);
  }
}

void RpcClient::record_sent(env::Env& env, Destination& to, const InFlight& flight) {
  to.flights.push_back(flight);
  to.flights.back().sent = env.wall_clock();
  to.flights.back().sent_at = env.now();
  to.last_used = env.now();
  arm(env, until_passed(to.flights.back().sent, to.flights.back().sent, flight.timeout));
}

void RpcClient::flush_waiting(env::Env& env, DestinationId id) {
  while (can_send(id)) {
    Destination& to = at(id);
    if (to.waiting.empty()) return;
    const std::unique_ptr<Waiting> next = std::move(to.waiting.front());
    to.waiting.pop_front();
    const auto version = usable_version(to, *next->api, next->max_version);
    const std::int32_t correlation_id = to.next_correlation_id++;
    std::optional<env::Frame> frame;
    if (version) frame = next->encode(*version, correlation_id, options_.client_id);
    if (!frame) {
      sink_.on_disconnect(env, {.token = next->token,
                                .destination = id,
                                .api = next->api->key,
                                .unsupported_version = true});
      continue;
    }
    env.send(to.conn, std::move(*frame));
    record_sent(env, to,
                {.correlation_id = correlation_id,
                 .api = next->api,
                 .version = *version,
                 .token = next->token,
                 .timeout = next->timeout});
  }
}

// --- connections that end ------------------------------------------------------------------------

std::vector<RpcFailure> RpcClient::drop(env::Env& env, Destination& to, DestinationId id,
                                        bool timed_out) {
  std::vector<RpcFailure> failures;
  if (to.state != State::kDisconnected) {
    env.close(to.conn);  // no effect when it is closed already
    by_conn_.erase(to.conn);
    to.last_attempt = env.wall_clock();
    to.backoff = reconnect_backoff_.after(to.failed_attempts++, env.rng());
    to.failed_connects = to.state == State::kConnecting ? to.failed_connects + 1 : 0;
    to.setup_timeout = setup_timeout_.after(to.failed_connects, env.rng());
    to.state = State::kDisconnected;
  }
  to.versions.clear();
  for (const InFlight& flight : std::exchange(to.flights, {})) {
    if (flight.is_handshake) continue;
    env.observe(RequestDone{.api_key = static_cast<std::int16_t>(flight.api->key),
                            .api_version = flight.version,
                            .elapsed = env.now() - flight.sent_at,
                            .timed_out = timed_out,
                            .disconnected = true});
    failures.push_back({.token = flight.token,
                        .destination = id,
                        .api = flight.api->key,
                        .was_sent = true,
                        .timed_out = timed_out});
  }
  for (const auto& waiting : std::exchange(to.waiting, {})) {
    failures.push_back({.token = waiting->token, .destination = id, .api = waiting->api->key});
  }
  return failures;
}

void RpcClient::lose(env::Env& env, DestinationId id, bool timed_out) {
  const std::vector<RpcFailure> failures = drop(env, at(id), id, timed_out);
  for (const RpcFailure& failure : failures) sink_.on_disconnect(env, failure);
  sink_.on_unreachable(env, id);
}

void RpcClient::drop_later(env::Env& env, DestinationId id) {
  for (const RpcFailure& failure : drop(env, at(id), id, false)) report_later(env, failure);
}

void RpcClient::report_later(env::Env& env, const RpcFailure& failure) {
  reports_.push_back(failure);
  arm(env, Duration{});
}

// --- events --------------------------------------------------------------------------------------

bool RpcClient::on_conn(env::Env& env, env::ConnId conn, const env::ConnEvent& event) {
  const auto found = by_conn_.find(conn);
  if (found == by_conn_.end()) return false;
  const DestinationId id = found->second;
  Destination& to = at(id);
  switch (event.kind) {
    case env::ConnEventKind::kAccepted: return false;
    case env::ConnEventKind::kConnected:
      TIT_ASSERT(to.state == State::kConnecting, "a connection opens once");
      start_handshake(env, to, client_versions(ApiKey::kApiVersions, options_.caps).highest);
      return true;
    case env::ConnEventKind::kFailed:
    case env::ConnEventKind::kClosed:
    case env::ConnEventKind::kReset: lose(env, id, false); return true;
  }
  return true;
}

void RpcClient::start_handshake(env::Env& env, Destination& to, std::int16_t version) {
  to.state = State::kCheckingVersions;
  to.failed_connects = 0;
  const ApiVersionsRequest request{.client_software_name = "titorelli",
                                   .client_software_version = "0.1.0"};
  const std::int32_t correlation_id = to.next_correlation_id++;
  std::optional<env::Frame> frame =
      try_encode_request(request, version, correlation_id, options_.client_id);
  TIT_ASSERT(frame.has_value(), "an ApiVersions request has a form in every version");
  env.send(to.conn, std::move(*frame));
  record_sent(env, to,
              {.correlation_id = correlation_id,
               .api = &ApiVersionsRequest::api,
               .version = version,
               .is_handshake = true,
               .timeout = options_.request_timeout});
}

bool RpcClient::on_frame(env::Env& env, env::ConnId conn, const env::Frame& frame) {
  const auto found = by_conn_.find(conn);
  if (found == by_conn_.end()) return false;
  const DestinationId id = found->second;
  Destination& to = at(id);
  to.last_used = env.now();
  // Responses come in the order of requests: another correlation id is an IllegalStateException in
  // NetworkClient and ends the connection.
  if (to.flights.empty()) {
    lose(env, id, false);
    return true;
  }
  const InFlight flight = to.flights.front();
  const auto response = decode_response_header(frame, *flight.api, flight.version);
  if (!response || response->header.correlation_id != flight.correlation_id) {
    lose(env, id, false);
    return true;
  }
  to.flights.pop_front();
  const Duration elapsed = env.now() - flight.sent_at;
  env.observe(RequestDone{.api_key = static_cast<std::int16_t>(flight.api->key),
                          .api_version = flight.version,
                          .elapsed = elapsed});
  if (flight.is_handshake) {
    finish_handshake(env, id, flight.version, response->body);
    return true;
  }
  flush_waiting(env, id);  // those that waited go before what the sink sends now
  sink_.on_response(env,
                    {.token = flight.token,
                     .destination = id,
                     .api = flight.api->key,
                     .version = flight.version,
                     .elapsed = elapsed},
                    response->body);
  return true;
}

// KIP-511: an unknown version is answered with a version 0 body that names the offered range.
void RpcClient::finish_handshake(env::Env& env, DestinationId id, std::int16_t version,
                                 const env::Rope& body) {
  Destination& to = at(id);
  const bool is_refused = peek_error(body) == ErrorCode::kUnsupportedVersion;
  const auto response = decode<ApiVersionsResponse>(body, is_refused ? std::int16_t{0} : version);
  if (!response || (response->error_code != ErrorCode::kNone && (!is_refused || version == 0))) {
    lose(env, id, false);
    return;
  }
  if (is_refused) {
    std::int16_t next = 0;
    for (const auto& offered : response->api_keys) {
      if (offered.api_key == kApiVersionsKey) next = offered.max_version;
    }
    // A peer that refuses a version and offers it in the same breath would keep us here for ever.
    next = std::clamp<std::int16_t>(next, 0, static_cast<std::int16_t>(version - 1));
    start_handshake(env, to, next);
    return;
  }
  for (const auto& offered : response->api_keys) {
    to.versions[offered.api_key] = {offered.min_version, offered.max_version};
  }
  to.state = State::kReady;
  to.failed_attempts = 0;
  to.failed_connects = 0;
  sink_.on_ready(env, id);
  flush_waiting(env, id);
}

// --- time ----------------------------------------------------------------------------------------

void RpcClient::arm(env::Env& env, Duration after) {
  if (after == Duration::max()) return;
  const Instant when = env.now() + after;
  if (armed_ && *armed_ <= when) return;
  armed_ = when;
  env.set_timer({.kind = options_.timer_kind}, after);
}

bool RpcClient::on_timer(env::Env& env, env::TimerKey key) {
  if (key != env::TimerKey{.kind = options_.timer_kind}) return false;
  armed_.reset();
  const std::vector<RpcFailure> reports = std::exchange(reports_, {});
  for (const RpcFailure& failure : reports) sink_.on_disconnect(env, failure);
  std::vector<DestinationId> ids;
  ids.reserve(destinations_.size());
  for (const auto& [id, to] : destinations_) ids.push_back(id);
  for (const DestinationId id : ids) {
    if (has_destination(id)) expire(env, id);
  }
  arm(env, until_next_deadline(env));
  return true;
}

void RpcClient::expire(env::Env& env, DestinationId id) {
  const Destination& to = at(id);
  const WallTime now = env.wall_clock();
  const bool is_late = std::ranges::any_of(to.flights, [now](const InFlight& flight) {
    return has_passed(now, flight.sent, flight.timeout);
  });
  const bool is_slow =
      to.state == State::kConnecting && has_passed(now, *to.last_attempt, to.setup_timeout);
  const bool is_idle = to.state != State::kDisconnected &&
                       options_.connections_max_idle != Duration::max() &&
                       env.now() - to.last_used > options_.connections_max_idle;
  if (is_late || is_slow || is_idle) {
    note_expiry(to.state == State::kCheckingVersions, is_late, is_slow);
    lose(env, id, is_late);
    return;
  }
  expire_waiting(env, id);
  const auto found = destinations_.find(id);
  if (found == destinations_.end()) return;
  Destination& waits = found->second;
  if (waits.state == State::kDisconnected && !waits.waiting.empty() && !is_backing_off(env, id)) {
    connect(env, id, waits);
  }
}

void RpcClient::expire_waiting(env::Env& env, DestinationId id) {
  std::deque<std::unique_ptr<Waiting>>& waiting = at(id).waiting;
  const WallTime now = env.wall_clock();
  std::vector<RpcFailure> failures;
  std::erase_if(waiting, [&](const std::unique_ptr<Waiting>& request) {
    if (!has_passed(now, request->created, request->timeout)) return false;
    reached(Probe::kWaitingRequestTimeout);
    failures.push_back(
        {.token = request->token, .destination = id, .api = request->api->key, .timed_out = true});
    return true;
  });
  for (const RpcFailure& failure : failures) sink_.on_disconnect(env, failure);
}

Duration RpcClient::until_next_deadline(const env::Env& env) const {
  const WallTime now = env.wall_clock();
  Duration next = reports_.empty() ? Duration::max() : Duration{};
  const auto consider = [&next](Duration left) { next = std::min(next, left); };
  for (const auto& [id, to] : destinations_) {
    for (const InFlight& flight : to.flights) {
      consider(until_passed(now, flight.sent, flight.timeout));
    }
    for (const auto& request : to.waiting) {
      consider(until_passed(now, request->created, request->timeout));
    }
    if (to.state == State::kConnecting) {
      consider(until_passed(now, *to.last_attempt, to.setup_timeout));
    }
    if (to.state == State::kDisconnected) {
      if (!to.waiting.empty()) consider(std::max(backoff_left(env, id), Duration(1ms)));
    } else if (options_.connections_max_idle != Duration::max()) {
      consider(std::max(to.last_used + options_.connections_max_idle - env.now(), Duration{}) +
               1ms);
    }
  }
  return next;
}

void RpcClient::check_invariants() const {
  for (const auto& [id, to] : destinations_) {
    const bool is_open = to.state != State::kDisconnected;
    TIT_ASSERT(is_open || to.flights.empty(), "nothing is in flight without a connection");
    if (is_open) {
      const auto found = by_conn_.find(to.conn);
      TIT_ASSERT(found != by_conn_.end(), "each open connection is known");
      TIT_ASSERT(found->second == id, "a connection belongs to one destination");
    }
  }
  for (const auto& [conn, id] : by_conn_) {
    const Destination* to = find(id);
    TIT_ASSERT(to != nullptr, "no connection outlives its destination");
    TIT_ASSERT(to->conn == conn, "one connection to a destination");
  }
}

}  // namespace kafka
