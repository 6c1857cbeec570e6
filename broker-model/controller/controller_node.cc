#include "broker-model/controller/controller_node.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "broker-model/controller/controller.h"
#include "broker-model/controller/controller_boot.h"
#include "broker-model/controller/controller_channel.h"
#include "broker-model/controller/controller_registration_manager.h"
#include "broker-model/controller/metadata_loader.h"
#include "broker-model/messages/api_versions_table.h"
#include "broker-model/messages/envelope.h"
#include "broker-model/raft/raft_client.h"
#include "broker-model/rpc/rpc_client.h"
#include "broker-model/rpc/rpc_server.h"
#include "broker-model/types/command.h"
#include "broker-model/types/features.h"
#include "broker-model/types/observation.h"
#include "broker-model/types/random_uuid.h"

namespace kafka {
namespace {

constexpr std::uint32_t kServerTimers = 1;
constexpr std::uint32_t kTaskTimers = 2;  // id: the ControllerTask
constexpr std::uint32_t kRaftRpcTimers = 3;
constexpr std::uint32_t kRegistrationTimers = 4;
constexpr std::uint32_t kRegistrationRpcTimers = 5;
constexpr std::uint32_t kRegistrationRetryTimers = 6;
constexpr std::uint32_t kRaftTimers = 10;
// KafkaRaftManager gives the raft client so long to hand leadership over.
constexpr Duration kShutdownPatience = 5s;

constexpr ControllerTask kTasks[] = {ControllerTask::kFenceStaleBrokers, ControllerTask::kWriteNoOp,
                                     ControllerTask::kElectPreferred,
                                     ControllerTask::kElectUnclean};
static_assert(std::size(kTasks) == kControllerTaskCount);

// A request that waits for its response.
struct Pending {
  RequestId request;
  std::int16_t version = 0;
  // Of an Envelope: the inner request's header, whose response goes back inside.
  std::optional<RequestHeader> enveloped{};
  // What the controller's APIs answer when it is not, or no longer, the active one.
  std::optional<ControllerResponse> not_controller{};
};

// Configured voters are known by their ids alone: then there is no directory.
RaftOptions raft_options(const ControllerNodeOptions& options, std::optional<Uuid> directory) {
  RaftOptions raft = RaftOptions::from(options.config);
  raft.self = {.id = options.id, .directory_id = directory};
  raft.can_become_voter = true;
  raft.cluster_id = options.cluster_id;
  for (const QuorumVoter& voter : options.voters) {
    if (voter.id == options.id) raft.endpoint = voter.endpoint;
    if (directory) {
      raft.bootstrap.push_back(voter);
    } else {
      raft.voters.add({.key = {.id = voter.id}, .endpoint = voter.endpoint});
    }
  }
  raft.timer_kind = kRaftTimers;
  raft.mutations = options.mutations.raft;
  return raft;
}

RpcClientOptions raft_rpc_options(const ControllerNodeOptions& options) {
  RpcClientOptions rpc = RpcClientOptions::from(
      options.config, "raft-client-" + std::to_string(options.id.value()), kRaftRpcTimers);
  rpc.request_timeout = options.config.get_duration("controller.quorum.request.timeout.ms");
  return rpc;
}

// ControllerServer: a registration is given up, and tried again, after five seconds.
ControllerChannelOptions registration_options(const ControllerNodeOptions& options) {
  ControllerChannelOptions result{
      .id = ControllerChannelId::kRegistration,
      .rpc =
          RpcClientOptions::from(options.config, "controller-" + std::to_string(options.id.value()),
                                 kRegistrationRpcTimers),
      .retry_timer_kind = kRegistrationRetryTimers,
      .retry_timeout = 5s};
  result.rpc.max_in_flight = 1;
  result.rpc.request_timeout = std::min(result.rpc.request_timeout, result.retry_timeout);
  return result;
}

RpcServerOptions server_options(const ControllerNodeOptions& options) {
  const auto threads = [&](const char* key) {
    return static_cast<std::uint16_t>(options.config.get_int(key));
  };
  return {.listeners = {{options.port, ListenerType::kController}},
          .timer_kind = kServerTimers,
          .network_threads = threads("num.network.threads"),
          .request_handler_threads = threads("num.io.threads")};
}

}  // namespace

struct ControllerNode::Impl final : RpcServerSink,
                                    RpcSink,
                                    RaftHost,
                                    ControllerHost,
                                    ControllerChannelHost,
                                    ControllerRegistrationHost {
  Impl(ControllerNodeOptions o, std::optional<Uuid> directory, env::Env& e)
      : options(std::move(o)),
        env(e),
        server(server_options(options), *this),
        raft_rpc(raft_rpc_options(options), *this),
        loader(options.config, env.now()),
        raft(raft_options(options, directory), env, *this),
        registration_channel(registration_options(options), *this),
        registration({.id = options.id,
                      .incarnation_id = random_uuid(env.rng()),
                      .endpoint = {.host = options.host, .port = options.port},
                      .timer = {.kind = kRegistrationTimers, .id = 0}},
                     *this) {
    make_controller();
  }

  void make_controller() {
    controller.emplace(ControllerOptions{.id = options.id,
                                         .cluster_id = options.cluster_id,
                                         .config = &options.config,
                                         .rng = &env.rng(),
                                         .features = options.features,
                                         .mutations = options.mutations},
                       *this);
  }

  // --- RpcServerSink
  void on_request(env::Env&, const RequestContext& request, const env::Rope& body) override;
  env::Lane lane_for(ApiKey api, env::Lane request_handlers) override;
  void on_peer_gone(env::Env&, env::ConnId connection) override;

  // --- RpcSink, of the raft client
  void on_response(env::Env&, const RpcReply& reply, const env::Rope& body) override;
  void on_disconnect(env::Env&, const RpcFailure& failure) override {
    raft.on_failed(NodeId(failure.destination.value()), failure.token);
  }

  // --- RaftHost
  void send_raft_request(const QuorumVoter& to, std::uint64_t correlation,
                         const RaftRequest& request) override;
  void on_raft_answer(std::uint64_t token, const RaftResponse& response) override;
  void replay(const MetadataRecord& record, Offset offset) override {
    controller->replay(record, offset);
  }
  void on_leader(LeaderEpoch epoch) override;
  void replay_snapshot(const SnapshotId& id, const std::vector<MetadataRecord>& records) override;
  void load(const MetadataRecord& record, Offset offset) override { loader.load(record, offset); }
  void load_snapshot(const SnapshotId& id, const std::vector<MetadataRecord>& records) override {
    loader.load_snapshot(id, records, env.now());
  }
  void on_commit(const CommittedUpTo& committed) override;
  void on_resigned() override;

  // --- ControllerHost
  Offset append(const RecordList& records) override { return raft.append(records); }
  Offset next_offset() const override { return raft.next_offset(); }
  QuorumFacts quorum() const override;
  void on_controller_response(std::uint64_t token, const ControllerResponse& response) override;
  void observe(const Observation& observation) override { env.observe(observation); }

  // --- ControllerRegistrationHost, ControllerChannelHost
  void send_controller_registration(const ControllerRegistrationRequest& request) override {
    registration_channel.submit(env, 0, request);
  }
  std::optional<QuorumVoter> active_controller() const override {
    return raft.quorum().leader_node();
  }
  void on_controller_answer(ControllerChannelId, std::uint64_t,
                            const ChannelResponse* response) override {
    registration.on_answer(
        env, response == nullptr ? nullptr : &std::get<ControllerRegistrationResponse>(*response));
  }
  void defer_controller_answer(ControllerChannelId, const RpcReply& reply,
                               env::Rope body) override {
    registration_channel.process(env, reply, body);
  }

  template <class Request>
  void to_controller(const RequestContext& request, const env::Rope& body);
  template <class Request>
  void to_raft(const RequestContext& request, const env::Rope& body);
  void on_envelope(const RequestContext& request, const env::Rope& body);
  template <class Request, class Inner>
  void raft_enveloped(const RequestContext& request, const Inner& inner);
  template <class Response>
  void answer_enveloped(const Pending& waiting, const Response& response);
  template <class Request>
  void handle_enveloped(const RequestContext& request, const RequestHeader& header,
                        const env::Rope& body);
  void on_api_versions(const RequestContext& request);
  void answer_envelope(RequestId id, ErrorCode error, std::optional<env::Bytes> data = {});
  void arm(ControllerTask task);
  void look_after_raft();

  ControllerNodeOptions options;
  env::Env& env;
  RpcServer server;
  RpcClient raft_rpc;
  MetadataLoader loader;  // of what is committed; the controller's own image may be ahead
  RaftClient raft;
  ControllerChannel registration_channel;
  ControllerRegistrationManager registration;
  std::optional<Controller> controller;      // made anew when it resigns
  std::map<std::uint64_t, Pending> pending;  // by RequestId::number
  bool has_told_halt = false;
};

env::Lane ControllerNode::Impl::lane_for(ApiKey api, env::Lane request_handlers) {
  switch (api) {
    case ApiKey::kFetch:
    case ApiKey::kVote:
    case ApiKey::kBeginQuorumEpoch:
    case ApiKey::kEndQuorumEpoch:
    case ApiKey::kFetchSnapshot:
    case ApiKey::kDescribeQuorum:
    case ApiKey::kAddRaftVoter:
    case ApiKey::kRemoveRaftVoter:
    case ApiKey::kUpdateRaftVoter: return {.kind = env::LaneKind::kRaft};
    case ApiKey::kApiVersions: return request_handlers;
    default: return {.kind = env::LaneKind::kController};
  }
}

void ControllerNode::Impl::on_peer_gone(env::Env&, env::ConnId connection) {
  for (auto at = pending.begin(); at != pending.end();) {
    if (at->second.request.connection != connection) {
      ++at;
      continue;
    }
    raft.forget(at->first);
    at = pending.erase(at);
  }
}

void ControllerNode::Impl::on_leader(LeaderEpoch epoch) {
  controller->on_leader(epoch, env.now());
  for (const ControllerTask task : kTasks) arm(task);
}

// QuorumMetaLogListener.handleLoadSnapshot: all that was known before is forgotten.
void ControllerNode::Impl::replay_snapshot(const SnapshotId& id,
                                           const std::vector<MetadataRecord>& records) {
  make_controller();
  for (const MetadataRecord& record : records) controller->replay(record, id.end_offset - 1);
}

void ControllerNode::Impl::on_commit(const CommittedUpTo& committed) {
  loader.on_commit(committed, raft, env.now());
  loader.image().take_delta();  // nobody publishes from it
  registration.on_metadata(env, loader.image());
  if (controller->is_active()) controller->on_commit(committed.high_watermark);
}

QuorumFacts ControllerNode::Impl::quorum() const {
  QuorumFacts facts{.kraft_version = raft.kraft_version()};
  for (const auto& [id, voter] : raft.quorum().voters().voters()) facts.voters.push_back(id);
  return facts;
}

// QuorumController.renounce: what was not committed is void, and those who wait for it are told to
// look for the controller elsewhere. The state is what a standby's is: the committed records'.
void ControllerNode::Impl::on_resigned() {
  make_controller();
  std::vector<std::uint64_t> waiting;
  for (const auto& [token, request] : pending) {
    if (request.not_controller) waiting.push_back(token);
  }
  for (const std::uint64_t token : waiting) {
    on_controller_response(token, ControllerResponse(*pending.at(token).not_controller));
  }
}

// The fatal fault handler of SharedServer: without its metadata log or quorum-state a controller
// ends.
void ControllerNode::Impl::look_after_raft() {
  if (!raft.has_failed() || std::exchange(has_told_halt, true)) return;
  env.observe(Observation{Halted{.reason = "the metadata log has failed"}});
}

void ControllerNode::Impl::arm(ControllerTask task) {
  const auto interval = controller->interval(task);
  if (!interval) return;
  env.set_timer({.kind = kTaskTimers, .id = static_cast<std::uint64_t>(task)}, *interval);
}

// A controller that is not active yet answers as one that is not the controller: who asked tries
// again (ControllerExceptions.newWrongControllerException).
template <class Request>
void ControllerNode::Impl::to_controller(const RequestContext& request, const env::Rope& body) {
  const auto decoded = decode<Request>(body, request.version);
  if (!decoded) {
    server.close_connection(env, request.id);
    return;
  }
  const Pending& waiting = pending[request.id.number] = {
      .request = request.id,
      .version = request.version,
      .not_controller = error_response(*decoded, ErrorCode::kNotController)};
  if (!raft.is_leader()) {
    on_controller_response(request.id.number, ControllerResponse(*waiting.not_controller));
    return;
  }
  controller->handle(
      {.token = request.id.number, .version = request.version, .received = request.received},
      *decoded, env.now());
}

void ControllerNode::Impl::on_request(env::Env&, const RequestContext& request,
                                      const env::Rope& body) {
  switch (request.api) {
    case ApiKey::kFetch: return to_raft<FetchRequest>(request, body);
    case ApiKey::kVote: return to_raft<VoteRequest>(request, body);
    case ApiKey::kBeginQuorumEpoch: return to_raft<BeginQuorumEpochRequest>(request, body);
    case ApiKey::kEndQuorumEpoch: return to_raft<EndQuorumEpochRequest>(request, body);
    case ApiKey::kFetchSnapshot: return to_raft<FetchSnapshotRequest>(request, body);
    case ApiKey::kDescribeQuorum: return to_raft<DescribeQuorumRequest>(request, body);
    case ApiKey::kAddRaftVoter: return to_raft<AddRaftVoterRequest>(request, body);
    case ApiKey::kRemoveRaftVoter: return to_raft<RemoveRaftVoterRequest>(request, body);
    case ApiKey::kUpdateRaftVoter: return to_raft<UpdateRaftVoterRequest>(request, body);
    case ApiKey::kApiVersions: return on_api_versions(request);
    case ApiKey::kEnvelope: return on_envelope(request, body);
    default: break;
  }
  const bool is_served = TheControllerApis::dispatch(
      request.api, [&]<class Request>() { to_controller<Request>(request, body); });
  if (!is_served) server.close_connection(env, request.id);
}

// --- raft ----------------------------------------------------------------------------------------

template <class Request>
void ControllerNode::Impl::to_raft(const RequestContext& request, const env::Rope& body) {
  auto decoded = decode<Request>(body, request.version);
  if (!decoded) {
    server.close_connection(env, request.id);
    return;
  }
  pending[request.id.number] = {.request = request.id, .version = request.version};
  raft.handle(request.id.number, request.version, std::move(*decoded));
}

void ControllerNode::Impl::on_raft_answer(std::uint64_t token, const RaftResponse& response) {
  const auto found = pending.extract(token);
  if (found.empty()) return;  // its connection is gone
  const Pending& waiting = found.mapped();
  std::visit(
      [&](const auto& what) {
        if (waiting.enveloped) {
          answer_enveloped(waiting, what);
        } else {
          server.respond(env, waiting.request, what);
        }
      },
      response);
}

void ControllerNode::Impl::send_raft_request(const QuorumVoter& to, std::uint64_t correlation,
                                             const RaftRequest& request) {
  const DestinationId voter = destination(to.id);
  raft_rpc.set_destination(env, voter, to.endpoint);
  std::visit([&](const auto& what) { raft_rpc.send(env, voter, correlation, what); }, request);
}

void ControllerNode::Impl::on_response(env::Env&, const RpcReply& reply, const env::Rope& body) {
  const NodeId from(reply.destination.value());
  const auto take = [&]<class Response>(std::type_identity<Response>) {
    if (auto response = decode<Response>(body, reply.version)) {
      raft.on_response(from, reply.token, std::move(*response));
    } else {
      raft_rpc.disconnect(env, reply.destination);
      raft.on_failed(from, reply.token);
    }
  };
  switch (reply.api) {
    case ApiKey::kFetch: return take(std::type_identity<FetchResponse>{});
    case ApiKey::kFetchSnapshot: return take(std::type_identity<FetchSnapshotResponse>{});
    case ApiKey::kVote: return take(std::type_identity<VoteResponse>{});
    case ApiKey::kBeginQuorumEpoch: return take(std::type_identity<BeginQuorumEpochResponse>{});
    case ApiKey::kAddRaftVoter: return take(std::type_identity<AddRaftVoterResponse>{});
    case ApiKey::kRemoveRaftVoter: return take(std::type_identity<RemoveRaftVoterResponse>{});
    case ApiKey::kUpdateRaftVoter: return take(std::type_identity<UpdateRaftVoterResponse>{});
    case ApiKey::kApiVersions: return take(std::type_identity<ApiVersionsResponse>{});
    default: return take(std::type_identity<EndQuorumEpochResponse>{});
  }
}

// --- others --------------------------------------------------------------------------------------

void ControllerNode::Impl::on_api_versions(const RequestContext& request) {
  ApiVersionsResponse response{.api_keys = advertised_versions(ListenerType::kController)};
  tell_features(response, request.version, loader.image(), raft.kraft_version());
  server.respond(env, request.id, response);
}

void ControllerNode::Impl::answer_envelope(RequestId id, ErrorCode error,
                                           std::optional<env::Bytes> data) {
  server.respond(env, id, EnvelopeResponse{.response_data = std::move(data), .error_code = error});
}

// KIP-590: the request inside is handled as if it had come by itself.
void ControllerNode::Impl::on_envelope(const RequestContext& request, const env::Rope& body) {
  const auto envelope = decode<EnvelopeRequest>(body, request.version);
  if (!envelope) {
    server.close_connection(env, request.id);
    return;
  }
  const env::Frame frame(envelope->request_data);
  const auto inner = decode_request_header(frame);
  const bool may_be_forwarded =
      inner && inner->api != nullptr && offer_of(inner->api->key).is_forwarded;
  if (may_be_forwarded && inner->api->key == ApiKey::kDescribeQuorum)
    return raft_enveloped<DescribeQuorumRequest>(request, *inner);
  if (may_be_forwarded && inner->api->key == ApiKey::kAddRaftVoter)
    return raft_enveloped<AddRaftVoterRequest>(request, *inner);
  if (may_be_forwarded && inner->api->key == ApiKey::kRemoveRaftVoter)
    return raft_enveloped<RemoveRaftVoterRequest>(request, *inner);
  const bool is_served =
      may_be_forwarded && TheControllerApis::dispatch(inner->api->key, [&]<class Request>() {
        handle_enveloped<Request>(request, inner->header, inner->body);
      });
  if (!is_served) answer_envelope(request.id, ErrorCode::kInvalidRequest);
}

template <class Request>
void ControllerNode::Impl::handle_enveloped(const RequestContext& request,
                                            const RequestHeader& header, const env::Rope& body) {
  const std::int16_t version = header.request_api_version;
  const auto decoded = decode<Request>(body, version);
  if (!decoded) {
    answer_envelope(request.id, ErrorCode::kInvalidRequest);
    return;
  }
  if (!raft.is_leader()) {
    answer_envelope(request.id, ErrorCode::kNotController);
    return;
  }
  pending[request.id.number] = {
      .request = request.id,
      .version = version,
      .enveloped = header,
      .not_controller = error_response(*decoded, ErrorCode::kNotController)};
  controller->handle({.token = request.id.number, .version = version, .received = request.received},
                     *decoded, env.now());
}

template <class Request, class Inner>
void ControllerNode::Impl::raft_enveloped(const RequestContext& request, const Inner& inner) {
  const std::int16_t version = inner.header.request_api_version;
  auto decoded = decode<Request>(inner.body, version);
  if (!decoded) {
    answer_envelope(request.id, ErrorCode::kInvalidRequest);
    return;
  }
  pending[request.id.number] = {
      .request = request.id, .version = version, .enveloped = inner.header};
  raft.handle(request.id.number, version, std::move(*decoded));
}

template <class Response>
void ControllerNode::Impl::answer_enveloped(const Pending& waiting, const Response& response) {
  const env::Frame frame =
      must_encode_response(response, waiting.version, waiting.enveloped->correlation_id);
  answer_envelope(waiting.request, ErrorCode::kNone, frame.contiguous());
}

void ControllerNode::Impl::on_controller_response(std::uint64_t token,
                                                  const ControllerResponse& response) {
  const auto found = pending.extract(token);
  if (found.empty()) return;  // its connection is gone
  const Pending& waiting = found.mapped();
  std::visit(
      [&](const auto& what) {
        if (!waiting.enveloped) {
          server.respond(env, waiting.request, what);
          return;
        }
        // Request.buildResponseSend: the broker that forwarded it is to look for the controller.
        if (mentions(what, ErrorCode::kNotController)) {
          answer_envelope(waiting.request, ErrorCode::kNotController);
          return;
        }
        answer_enveloped(waiting, what);
      },
      response);
}

ControllerNode::ControllerNode(ControllerNodeOptions options) : options_(std::move(options)) {}
ControllerNode::~ControllerNode() = default;

void ControllerNode::on_start(env::Env& env) {
  if (options_.kraft_version == 0) return run(env, std::nullopt);
  boot_ = std::make_unique<ControllerBoot>(
      ControllerBootOptions{.id = options_.id,
                            .cluster_id = options_.cluster_id,
                            .kraft_version = options_.kraft_version,
                            .initial_voters = options_.initial_voters},
      env);
}

void ControllerNode::run(env::Env& env, std::optional<Uuid> directory) {
  impl_ = std::make_unique<Impl>(options_, directory, env);
  impl_->server.start(env);
  impl_->raft.start();
}

void ControllerNode::on_frame(env::Env& env, env::ConnId connection, env::Frame frame) {
  if (!impl_->server.on_frame(env, connection, frame) &&
      !impl_->raft_rpc.on_frame(env, connection, frame))
    impl_->registration_channel.on_frame(env, connection, frame);
}

void ControllerNode::on_timer(env::Env& env, env::TimerKey key) {
  if (key.kind == kTaskTimers) {
    const auto task = static_cast<ControllerTask>(key.id);
    if (impl_->raft.is_leader()) {
      impl_->controller->run(task, env.now());
      impl_->arm(task);
    }
    return;
  }
  if (!impl_->server.on_timer(env, key) && !impl_->raft_rpc.on_timer(env, key) &&
      !impl_->registration_channel.on_timer(env, key) && !impl_->registration.on_timer(env, key))
    impl_->raft.on_timer(key);
  impl_->look_after_raft();
}

void ControllerNode::on_conn(env::Env& env, env::ConnId connection, const env::ConnEvent& event) {
  if (!impl_->server.on_conn(env, connection, event) &&
      !impl_->raft_rpc.on_conn(env, connection, event))
    impl_->registration_channel.on_conn(env, connection, event);
}

void ControllerNode::on_disk(env::Env& env, env::DiskOpId op, env::DiskResult result) {
  if (impl_ != nullptr) {
    impl_->raft.on_disk(op, result);
    impl_->look_after_raft();
  } else if (boot_->on_disk(env, op, result) && boot_->is_done()) {
    run(env, boot_->directory());
  }
}

void ControllerNode::on_command(env::Env&, const Command& command) {
  if (!std::holds_alternative<ShutDown>(command.what) || impl_ == nullptr) return;
  impl_->registration_channel.close(impl_->env);
  // It serves until another one leads: those may have to ask it who does.
  impl_->raft.shut_down(kShutdownPatience);
}

bool ControllerNode::has_stopped() const {
  if (impl_ == nullptr) return boot_ != nullptr && boot_->has_failed();
  return impl_->raft.is_shut_down() || impl_->raft.has_failed();
}

const RaftClient* ControllerNode::raft() const { return impl_ == nullptr ? nullptr : &impl_->raft; }

const MetadataImage* ControllerNode::image() const {
  return impl_ == nullptr ? nullptr : &impl_->controller->image();
}

bool ControllerNode::is_active() const { return impl_ != nullptr && impl_->raft.is_leader(); }

void ControllerNode::check_invariants() const {
  if (impl_ == nullptr) return;
  impl_->server.check_invariants();
  impl_->raft.check_invariants();
  impl_->registration_channel.check_invariants();
  impl_->controller->check_invariants();
}

}  // namespace kafka
