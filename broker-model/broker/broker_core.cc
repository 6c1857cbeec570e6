#include "broker-model/broker/broker_core.h"

#include "broker-model/broker/api_table.h"
#include "broker-model/messages/frames.h"
#include "broker-model/types/command.h"
#include "broker-model/types/observation.h"
#include "broker-model/types/probe.h"

namespace kafka {
namespace {

// BrokerServer.shutdown waits so long for the controller's leave.
constexpr Duration kControlledShutdownPatience = std::chrono::minutes(5);

// DefaultKafkaPrincipalBuilder.serialize of User:ANONYMOUS, version 0.
constexpr std::string_view kAnonymousPrincipal("\0\0\5User\12ANONYMOUS\0\0", 19);
// InetAddress.getAddress: hosts here have names only, so every client comes from the loopback.
constexpr std::string_view kClientAddress("\x7f\0\0\1", 4);

RpcServerOptions server_options(const BrokerOptions& options) {
  const Config& config = options.config;
  RpcServerOptions result;
  result.listeners.push_back({.port = options.listener.port, .type = ListenerType::kBroker});
  result.timer_kind = kind(BrokerTimer::kServer);
  result.network_threads = static_cast<std::uint16_t>(config.get_int("num.network.threads"));
  result.request_handler_threads = static_cast<std::uint16_t>(config.get_int("num.io.threads"));
  return result;
}

RpcClientOptions raft_options(const BrokerOptions& options) {
  RpcClientOptions result =
      RpcClientOptions::from(options.config, "raft-client-" + std::to_string(options.id.value()),
                             kind(BrokerTimer::kRaftRpc));
  result.request_timeout = options.config.get_duration("controller.quorum.request.timeout.ms");
  result.max_in_flight = 1;
  return result;
}

ControllerChannelOptions channel_options(const BrokerOptions& options, ControllerChannelId id,
                                         BrokerTimer rpc, BrokerTimer retry) {
  const Config& config = options.config;
  ControllerChannelOptions result;
  result.id = id;
  result.rpc =
      RpcClientOptions::from(config, "broker-" + std::to_string(options.id.value()), kind(rpc));
  result.rpc.max_in_flight = 1;
  result.retry_timer_kind = kind(retry);
  switch (id) {
    case ControllerChannelId::kLifecycle:
      result.retry_timeout = config.get_duration("broker.session.timeout.ms") / 2;
      break;
    case ControllerChannelId::kAlterPartition:
      break;  // until it is answered, or metadata makes the answer irrelevant
    case ControllerChannelId::kForwarding: result.retry_timeout = 60s; break;
    case ControllerChannelId::kRegistration: break;  // a controller's
  }
  result.rpc.request_timeout = std::min(result.rpc.request_timeout, result.retry_timeout);
  return result;
}

}  // namespace

BrokerCore::BrokerCore(const BrokerOptions& options, env::Env& env)
    : options_(options),
      env_(&env),
      server_(server_options(options_), *this),
      raft_sink_(*this),
      raft_rpc_(raft_options(options_), raft_sink_),
      lifecycle_channel_(channel_options(options_, ControllerChannelId::kLifecycle,
                                         BrokerTimer::kLifecycleRpc, BrokerTimer::kLifecycleRetry),
                         *this),
      alter_partition_channel_(
          channel_options(options_, ControllerChannelId::kAlterPartition,
                          BrokerTimer::kAlterPartitionRpc, BrokerTimer::kAlterPartitionRetry),
          *this),
      forwarding_channel_(
          channel_options(options_, ControllerChannelId::kForwarding, BrokerTimer::kForwardingRpc,
                          BrokerTimer::kForwardingRetry),
          *this) {}

BrokerCore::~BrokerCore() = default;

void BrokerCore::start() { read_boot_files(); }

BrokerRunState BrokerCore::run_state() const {
  return lifecycle_ ? lifecycle_->state() : BrokerRunState::kNotRunning;
}

void BrokerCore::set_timer(BrokerTimer timer, Duration after) {
  env_->set_timer({.kind = kind(timer), .id = 0}, after);
}

ControllerChannel& BrokerCore::channel(ControllerChannelId id) {
  switch (id) {
    case ControllerChannelId::kLifecycle: return lifecycle_channel_;
    case ControllerChannelId::kAlterPartition: return alter_partition_channel_;
    case ControllerChannelId::kForwarding:
    case ControllerChannelId::kRegistration: break;
  }
  return forwarding_channel_;
}

// --- events --------------------------------------------------------------------------------------

void BrokerCore::on_frame(env::ConnId conn, env::Frame frame) {
  if (has_stopped_ || server_.on_frame(*env_, conn, frame)) return;
  if (replicas_ && replicas_->on_frame(conn, frame)) return;
  if (raft_rpc_.on_frame(*env_, conn, frame) || lifecycle_channel_.on_frame(*env_, conn, frame) ||
      alter_partition_channel_.on_frame(*env_, conn, frame))
    return;
  forwarding_channel_.on_frame(*env_, conn, frame);
}

void BrokerCore::on_conn(env::ConnId conn, const env::ConnEvent& event) {
  if (has_stopped_ || server_.on_conn(*env_, conn, event)) return;
  if (replicas_ && replicas_->on_conn(conn, event)) return;
  if (raft_rpc_.on_conn(*env_, conn, event) || lifecycle_channel_.on_conn(*env_, conn, event) ||
      alter_partition_channel_.on_conn(*env_, conn, event))
    return;
  forwarding_channel_.on_conn(*env_, conn, event);
}

void BrokerCore::on_timer(env::TimerKey key) {
  if (has_stopped_ || server_.on_timer(*env_, key)) return;
  if (key.kind == kind(BrokerTimer::kLane)) {
    run_lane_job(key.id);
  } else if (key.kind == kind(BrokerTimer::kLifecycle)) {
    lifecycle_->on_timer();
  } else if (key.kind == kind(BrokerTimer::kRegistrationTimeout)) {
    lifecycle_->on_registration_timeout();
  } else if (key.kind == kind(BrokerTimer::kControlledShutdown)) {
    reached(Probe::kControlledShutdownPatience);
    lifecycle_->begin_shutdown();
  } else if (!(replicas_ && replicas_->on_timer(key)) && !raft_rpc_.on_timer(*env_, key) &&
             !lifecycle_channel_.on_timer(*env_, key) &&
             !alter_partition_channel_.on_timer(*env_, key) &&
             !forwarding_channel_.on_timer(*env_, key) && observer_) {
    observer_->on_timer(key);
    look_after_metadata_log();
  }
}

void BrokerCore::on_disk(env::DiskOpId op, const env::DiskResult& result) {
  if (has_stopped_) return;
  if (replicas_ && replicas_->on_disk(op, result)) return;
  if (observer_ && observer_->on_disk(op, result)) return look_after_metadata_log();
  if (on_boot_read(op, result)) return;
  if (meta_file_.on_disk(*env_, op, result)) {
    if (meta_file_.has_failed()) halt("meta.properties cannot be written");
    return;
  }
  if (clean_shutdown_file_.on_disk(*env_, op, result) && clean_shutdown_file_.is_idle())
    has_stopped_ = true;
}

void BrokerCore::halt(std::string_view reason) {
  if (has_stopped_) return;
  has_stopped_ = true;
  reached(Probe::kBrokerHalted);
  env_->observe(Observation{Halted{.reason = reason}});
}

// Its directory has failed, or a leader of the quorum contradicts what was committed: Kafka's raft
// thread dies of either, and the process with it.
void BrokerCore::look_after_metadata_log() {
  if (observer_->has_failed()) halt("the metadata log has failed");
}

void BrokerCore::on_command(const Command& command) {
  if (has_stopped_) return;
  if (std::holds_alternative<DropPageCache>(command.what) && replicas_)
    replicas_->drop_page_cache();
  if (!std::holds_alternative<ShutDown>(command.what)) return;
  if (!lifecycle_) {
    has_stopped_ = true;  // still reading its files: nothing was begun that wants an end
  } else if (!options_.config.get_bool("controlled.shutdown.enable")) {
    lifecycle_->begin_shutdown();
  } else {
    set_timer(BrokerTimer::kControlledShutdown, kControlledShutdownPatience);
    lifecycle_->begin_controlled_shutdown();
  }
}

void BrokerCore::on_request(env::Env&, const RequestContext& context, const env::Rope& body) {
  const ApiEntry* entry = find_broker_api(context.api);
  if (entry == nullptr || is_stopping_) {
    server_.close_connection(*env_, context.id);
    return;
  }
  entry->handle(*this, context, body);
}

void BrokerCore::begin_stop() {
  is_stopping_ = true;
  server_.close_all(*env_);
  raft_rpc_.close_all(*env_);
  lifecycle_channel_.close(*env_);
  alter_partition_channel_.close(*env_);
  forwarding_channel_.close(*env_);
  forwarded_.clear();
  lane_jobs_.clear();
  replicas_->begin_flush();
}

// --- lanes: an answer waits for its thread -------------------------------------------------------

void BrokerCore::defer(LaneSource source, env::Lane lane, const RpcReply& reply, env::Rope body) {
  const Duration cpu = costs_.network(body.size()) + costs_.handler(body.size());
  const std::uint64_t id = next_job_++;
  lane_jobs_.try_emplace(lane_jobs_.end(), id, source, reply, std::move(body));
  env_->spend(lane, cpu, {.kind = kind(BrokerTimer::kLane), .id = id});
}

void BrokerCore::run_lane_job(std::uint64_t id) {
  const auto it = lane_jobs_.find(id);
  if (it == lane_jobs_.end()) return;  // of before the stop
  const LaneJob job = std::move(it->second);
  lane_jobs_.erase(it);
  switch (job.source) {
    case LaneSource::kRaft: process_raft_answer(job.reply, job.body); return;
    case LaneSource::kLifecycle: lifecycle_channel_.process(*env_, job.reply, job.body); return;
    case LaneSource::kAlterPartition:
      alter_partition_channel_.process(*env_, job.reply, job.body);
      return;
    case LaneSource::kForwarding: forwarding_channel_.process(*env_, job.reply, job.body); return;
    case LaneSource::kFetcher: replicas_->process_fetcher_answer(job.reply, job.body); return;
  }
}

void BrokerCore::defer_fetcher_answer(const RpcReply& reply, env::Rope body) {
  const auto source = static_cast<std::uint16_t>(reply.destination.value());
  defer(LaneSource::kFetcher, {.kind = env::LaneKind::kReplicaFetcher, .index = source}, reply,
        std::move(body));
}

void BrokerCore::defer_controller_answer(ControllerChannelId id, const RpcReply& reply,
                                         env::Rope body) {
  LaneSource source = LaneSource::kForwarding;
  switch (id) {
    case ControllerChannelId::kLifecycle: source = LaneSource::kLifecycle; break;
    case ControllerChannelId::kAlterPartition: source = LaneSource::kAlterPartition; break;
    case ControllerChannelId::kForwarding:
    case ControllerChannelId::kRegistration: break;
  }
  // Each channel to the controller has a thread of its own in Kafka, too.
  const auto index = static_cast<std::uint16_t>(id);
  defer(source, {.kind = env::LaneKind::kHeartbeat, .index = index}, reply, std::move(body));
}

// --- metadata ------------------------------------------------------------------------------------

void BrokerCore::send_quorum_request(const QuorumVoter& to, std::uint64_t correlation,
                                     const RaftRequest& request) {
  const DestinationId voter = destination(to.id);
  raft_rpc_.set_destination(*env_, voter, to.endpoint);
  std::visit([&](const auto& what) { raft_rpc_.send(*env_, voter, correlation, what); }, request);
}

void BrokerCore::RaftSink::on_response(env::Env&, const RpcReply& reply, const env::Rope& body) {
  core_->defer(LaneSource::kRaft, {.kind = env::LaneKind::kRaft}, reply, body);
}

void BrokerCore::RaftSink::on_disconnect(env::Env&, const RpcFailure& failure) {
  if (core_->is_stopping_) return;
  core_->observer_->on_failed(NodeId(failure.destination.value()), failure.token);
}

void BrokerCore::process_raft_answer(const RpcReply& reply, const env::Rope& body) {
  const NodeId from(reply.destination.value());
  const auto take = [&]<class Response>(std::type_identity<Response>) {
    if (auto response = decode<Response>(body, reply.version)) {
      observer_->on_response(from, reply.token, std::move(*response));
    } else {
      raft_rpc_.disconnect(*env_, reply.destination);
      observer_->on_failed(from, reply.token);
    }
  };
  if (reply.api == ApiKey::kFetchSnapshot) {
    take(std::type_identity<FetchSnapshotResponse>{});
  } else {
    take(std::type_identity<FetchResponse>{});
  }
  look_after_metadata_log();
}

void BrokerCore::on_metadata_changed() {
  if (is_stopping_) return;
  const MetadataDelta delta = observer_->image().take_delta();
  replicas_->publish(delta);
  lifecycle_channel_.on_controller_changed(*env_);
  alter_partition_channel_.on_controller_changed(*env_);
  forwarding_channel_.on_controller_changed(*env_);
}

void BrokerCore::on_caught_up() { replicas_->publish_all(std::move(boot_)); }

// BrokerServer.startup: the first image is applied; clients may come, and the controller may let
// this broker in.
void BrokerCore::on_initial_logs_open() {
  server_.start(*env_);
  lifecycle_->set_ready_to_unfence();
}

// --- the controller ------------------------------------------------------------------------------

void BrokerCore::send_registration(const BrokerRegistrationRequest& request) {
  lifecycle_channel_.submit(*env_, next_token_++, request);
}

void BrokerCore::send_heartbeat(const BrokerHeartbeatRequest& request) {
  lifecycle_channel_.submit(*env_, next_token_++, request);
}

void BrokerCore::send_alter_partition(const AlterPartitionRequest& request) {
  alter_partition_channel_.submit(*env_, next_token_++, request);
}

void BrokerCore::on_controller_answer(ControllerChannelId, std::uint64_t token,
                                      const ChannelResponse* response) {
  const bool is_forwarded = forwarded_.contains(token);
  if (is_forwarded) {
    on_envelope_answer(token, response ? std::get_if<EnvelopeResponse>(response) : nullptr);
  } else if (response == nullptr) {
    // Of those without a token of their own only the lifecycle's and the id block's may expire.
    if (run_state() != BrokerRunState::kShuttingDown) lifecycle_->on_request_failed();
  } else if (const auto* registered = std::get_if<BrokerRegistrationResponse>(response)) {
    lifecycle_->on_registration_response(*registered);
  } else if (const auto* heartbeat = std::get_if<BrokerHeartbeatResponse>(response)) {
    lifecycle_->on_heartbeat_response(*heartbeat);
  } else if (const auto* altered = std::get_if<AlterPartitionResponse>(response)) {
    replicas_->on_alter_partition_response(*altered);
  } else if (const auto* block = std::get_if<AllocateProducerIdsResponse>(response)) {
    producer_ids_.on_response(*block);
  }
}

std::optional<std::int64_t> BrokerCore::take_producer_id() {
  const std::optional<std::int64_t> id = producer_ids_.take();
  if (producer_ids_.take_request()) {
    AllocateProducerIdsRequest request;
    request.broker_id = options_.id.value();
    request.broker_epoch = broker_epoch().value();
    forwarding_channel_.submit(*env_, next_token_++, request);
  }
  return id;
}

// --- forwarding (KIP-590) ------------------------------------------------------------------------

env::Frame BrokerCore::envelope_header(const ApiInfo& api, std::int16_t version,
                                       std::int32_t correlation_id,
                                       const std::string& client_id) const {
  RequestHeader header;
  header.request_api_key = static_cast<std::int16_t>(api.key);
  header.request_api_version = version;
  header.correlation_id = correlation_id;
  header.client_id = client_id;
  Encoder encoder;
  Codec<RequestHeader>::write(encoder, header, request_header_version(api, version));
  return encoder.finish();
}

void BrokerCore::submit_envelope(Forwarded forwarded, env::Rope request) {
  EnvelopeRequest envelope;
  envelope.request_data = request.contiguous();
  envelope.request_principal = env::Bytes::copy_of(kAnonymousPrincipal);
  envelope.client_host_address = env::Bytes::copy_of(kClientAddress);
  const std::uint64_t token = next_token_++;
  forwarded_.try_emplace(token, std::move(forwarded));
  forwarding_channel_.submit(*env_, token, std::move(envelope));
}

void BrokerCore::forward(const RequestContext& context, const ApiInfo& api, const env::Rope& body,
                         env::Frame on_timeout) {
  env::Rope request =
      envelope_header(api, context.version, context.correlation_id, context.client_id);
  request.append(body);
  submit_envelope({.request = context.id, .on_timeout = std::move(on_timeout)}, std::move(request));
}

void BrokerCore::forward_own(const ApiInfo& api, std::int16_t version, const env::Rope& body) {
  env::Rope request =
      envelope_header(api, version, 0, "broker-" + std::to_string(options_.id.value()));
  request.append(body);
  submit_envelope({.request = std::nullopt, .on_timeout = {}}, std::move(request));
}

void BrokerCore::on_envelope_answer(std::uint64_t token, const EnvelopeResponse* response) {
  const auto it = forwarded_.find(token);
  const Forwarded forwarded = std::move(it->second);
  forwarded_.erase(it);
  if (!forwarded.request) return;
  if (response == nullptr) {
    server_.respond_frame(*env_, *forwarded.request, forwarded.on_timeout);
  } else if (response->error_code == ErrorCode::kNone && response->response_data) {
    server_.respond_frame(*env_, *forwarded.request, env::Rope(*response->response_data));
  } else {
    // UNSUPPORTED_VERSION between broker and controller: Kafka closes the client's connection.
    server_.close_connection(*env_, *forwarded.request);
  }
}

void BrokerCore::check_invariants() const {
  server_.check_invariants();
  lifecycle_channel_.check_invariants();
  alter_partition_channel_.check_invariants();
  forwarding_channel_.check_invariants();
  if (observer_) observer_->check_invariants();
  if (lifecycle_) lifecycle_->check_invariants();
  if (replicas_) replicas_->check_invariants();
}

}  // namespace kafka
