#include "broker-model/controller/controller_node.h"

#include <map>
#include <optional>
#include <utility>

#include "broker-model/controller/controller.h"
#include "broker-model/controller/quorum.h"
#include "broker-model/messages/api_versions_table.h"
#include "broker-model/messages/envelope.h"
#include "broker-model/rpc/rpc_server.h"
#include "broker-model/types/command.h"

namespace kafka {
namespace {

constexpr std::uint32_t kServerTimers = 1;
constexpr std::uint32_t kTaskTimers = 2;  // id: the ControllerTask
constexpr std::uint32_t kQuorumTimers = 10;

constexpr ControllerTask kTasks[] = {ControllerTask::kFenceStaleBrokers, ControllerTask::kWriteNoOp,
                                     ControllerTask::kElectPreferred,
                                     ControllerTask::kElectUnclean};
static_assert(std::size(kTasks) == kControllerTaskCount);

// A request that waits for its response.
struct Pending {
  RequestId request;
  std::int16_t version = 0;
  // Of an Envelope: the inner request's header, whose response goes back inside.
  std::optional<RequestHeader> enveloped;
};

}  // namespace

struct ControllerNode::Impl final : RpcServerSink, QuorumListener, ControllerHost {
  Impl(ControllerNodeOptions o, env::Env& e)
      : options(std::move(o)),
        env(e),
        server({.listeners = {{options.port, ListenerType::kController}},
                .timer_kind = kServerTimers,
                .network_threads =
                    static_cast<std::uint16_t>(options.config.get_int("num.network.threads")),
                .request_handler_threads =
                    static_cast<std::uint16_t>(options.config.get_int("num.io.threads"))},
               *this),
        quorum({.self = {options.id, {options.host, options.port}},
                .cluster_id = options.cluster_id,
                .append_linger = options.config.get_duration("controller.quorum.append.linger.ms"),
                .timer_kind = kQuorumTimers},
               env, *this),
        controller({.id = options.id,
                    .cluster_id = options.cluster_id,
                    .config = &options.config,
                    .rng = &env.rng(),
                    .mutations = options.mutations},
                   *this) {}

  // --- RpcServerSink
  void on_request(env::Env&, const RequestContext& request, const env::Rope& body) override;
  env::Lane lane_for(ApiKey api, env::Lane request_handlers) override;
  void on_peer_gone(env::Env&, env::ConnId connection) override;

  // --- QuorumListener
  void replay(const MetadataRecord& record, Offset offset) override {
    controller.replay(record, offset);
  }
  void on_leader(LeaderEpoch epoch) override;
  void on_commit(Offset high_watermark) override { controller.on_commit(high_watermark); }
  void on_fetch_answer(std::uint64_t token, const FetchResponse& response) override;

  // --- ControllerHost
  Offset append(const RecordList& records) override { return quorum.append(records); }
  Offset next_offset() const override { return quorum.next_offset(); }
  void on_controller_response(std::uint64_t token, const ControllerResponse& response) override;
  void observe(const Observation& observation) override { env.observe(observation); }

  template <class Request>
  void to_controller(const RequestContext& request, const env::Rope& body);
  void on_envelope(const RequestContext& request, const env::Rope& body);
  void on_fetch(const RequestContext& request, const env::Rope& body);
  void on_api_versions(const RequestContext& request);
  void answer_envelope(RequestId id, ErrorCode error, std::optional<env::Bytes> data = {});
  void arm(ControllerTask task);

  ControllerNodeOptions options;
  env::Env& env;
  RpcServer server;
  Quorum quorum;
  Controller controller;
  std::map<std::uint64_t, Pending> pending;  // by RequestId::number
  bool is_stopped = false;
};

env::Lane ControllerNode::Impl::lane_for(ApiKey api, env::Lane request_handlers) {
  switch (api) {
    case ApiKey::kFetch: return {.kind = env::LaneKind::kRaft};
    case ApiKey::kCreateTopics:
    case ApiKey::kAlterPartition:
    case ApiKey::kEnvelope:
    case ApiKey::kBrokerRegistration:
    case ApiKey::kBrokerHeartbeat:
    case ApiKey::kAllocateProducerIds: return {.kind = env::LaneKind::kController};
    case ApiKey::kProduce:
    case ApiKey::kListOffsets:
    case ApiKey::kMetadata:
    case ApiKey::kApiVersions:
    case ApiKey::kInitProducerId: break;
  }
  return request_handlers;
}

void ControllerNode::Impl::on_peer_gone(env::Env&, env::ConnId connection) {
  for (auto at = pending.begin(); at != pending.end();) {
    if (at->second.request.connection != connection) {
      ++at;
      continue;
    }
    quorum.forget_fetch(at->first);
    at = pending.erase(at);
  }
}

void ControllerNode::Impl::on_leader(LeaderEpoch epoch) {
  controller.on_leader(epoch, env.now());
  for (const ControllerTask task : kTasks) arm(task);
}

void ControllerNode::Impl::arm(ControllerTask task) {
  const auto interval = controller.interval(task);
  if (!interval) return;
  env.set_timer({.kind = kTaskTimers, .id = static_cast<std::uint64_t>(task)}, *interval);
}

// A controller that is not active yet answers as one that is not the controller: the broker tries
// again (ControllerExceptions.newWrongControllerException).
template <class Request>
ControllerResponse not_controller(const Request& request) {
  if constexpr (std::is_same_v<Request, CreateTopicsRequest>) {
    CreateTopicsResponse response;
    for (const auto& topic : request.topics) {
      response.topics.push_back({.name = topic.name,
                                 .error_code = ErrorCode::kNotController,
                                 .error_message = std::nullopt});
    }
    return response;
  } else if constexpr (std::is_same_v<Request, BrokerRegistrationRequest>) {
    return BrokerRegistrationResponse{.error_code = ErrorCode::kNotController};
  } else if constexpr (std::is_same_v<Request, BrokerHeartbeatRequest>) {
    return BrokerHeartbeatResponse{.error_code = ErrorCode::kNotController};
  } else if constexpr (std::is_same_v<Request, AlterPartitionRequest>) {
    return AlterPartitionResponse{.error_code = ErrorCode::kNotController};
  } else {
    return AllocateProducerIdsResponse{.error_code = ErrorCode::kNotController};
  }
}

template <class Request>
void ControllerNode::Impl::to_controller(const RequestContext& request, const env::Rope& body) {
  const auto decoded = decode<Request>(body, request.version);
  if (!decoded) {
    server.close_connection(env, request.id);
    return;
  }
  pending[request.id.number] = {.request = request.id, .version = request.version, .enveloped = {}};
  if (!quorum.is_leader()) {
    on_controller_response(request.id.number, not_controller(*decoded));
    return;
  }
  controller.handle(
      {.token = request.id.number, .version = request.version, .received = request.received},
      *decoded, env.now());
}

void ControllerNode::Impl::on_request(env::Env&, const RequestContext& request,
                                      const env::Rope& body) {
  switch (request.api) {
    case ApiKey::kFetch: return on_fetch(request, body);
    case ApiKey::kApiVersions: return on_api_versions(request);
    case ApiKey::kEnvelope: return on_envelope(request, body);
    case ApiKey::kCreateTopics: return to_controller<CreateTopicsRequest>(request, body);
    case ApiKey::kAlterPartition: return to_controller<AlterPartitionRequest>(request, body);
    case ApiKey::kBrokerRegistration:
      return to_controller<BrokerRegistrationRequest>(request, body);
    case ApiKey::kBrokerHeartbeat: return to_controller<BrokerHeartbeatRequest>(request, body);
    case ApiKey::kAllocateProducerIds:
      return to_controller<AllocateProducerIdsRequest>(request, body);
    case ApiKey::kProduce:
    case ApiKey::kListOffsets:
    case ApiKey::kMetadata:
    case ApiKey::kInitProducerId: break;  // not offered here: the server has closed it
  }
  server.close_connection(env, request.id);
}

void ControllerNode::Impl::on_fetch(const RequestContext& request, const env::Rope& body) {
  const auto decoded = decode<FetchRequest>(body, request.version);
  if (!decoded) {
    server.close_connection(env, request.id);
    return;
  }
  pending[request.id.number] = {.request = request.id, .version = request.version, .enveloped = {}};
  quorum.handle_fetch(request.id.number, request.version, *decoded);
}

void ControllerNode::Impl::on_fetch_answer(std::uint64_t token, const FetchResponse& response) {
  const auto found = pending.extract(token);
  if (!found.empty()) server.respond(env, found.mapped().request, response);
}

void ControllerNode::Impl::on_api_versions(const RequestContext& request) {
  ApiVersionsResponse response{.api_keys = advertised_versions(ListenerType::kController)};
  response.supported_features.push_back(
      {.name = "metadata.version", .min_version = 7, .max_version = kMetadataVersion});
  const MetadataImage& image = controller.image();
  response.finalized_features_epoch = image.highest_offset();
  for (const auto& [name, level] : image.features()) {
    response.finalized_features.push_back(
        {.name = name, .max_version_level = level, .min_version_level = level});
  }
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
  if (!inner || inner->api == nullptr || inner->api->key != ApiKey::kCreateTopics) {
    answer_envelope(request.id, ErrorCode::kInvalidRequest);  // not an API that is forwarded
    return;
  }
  const std::int16_t version = inner->header.request_api_version;
  const auto create = decode<CreateTopicsRequest>(inner->body, version);
  if (!create) {
    answer_envelope(request.id, ErrorCode::kInvalidRequest);
    return;
  }
  if (!quorum.is_leader()) {
    answer_envelope(request.id, ErrorCode::kNotController);
    return;
  }
  pending[request.id.number] = {
      .request = request.id, .version = version, .enveloped = inner->header};
  controller.handle({.token = request.id.number, .version = version, .received = request.received},
                    *create, env.now());
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
        const env::Frame frame =
            must_encode_response(what, waiting.version, waiting.enveloped->correlation_id);
        answer_envelope(waiting.request, ErrorCode::kNone, frame.contiguous());
      },
      response);
}

ControllerNode::ControllerNode(ControllerNodeOptions options) : options_(std::move(options)) {}
ControllerNode::~ControllerNode() = default;

void ControllerNode::on_start(env::Env& env) {
  impl_ = std::make_unique<Impl>(options_, env);
  impl_->server.start(env);
  impl_->quorum.start();
}

void ControllerNode::on_frame(env::Env& env, env::ConnId connection, env::Frame frame) {
  impl_->server.on_frame(env, connection, frame);
}

void ControllerNode::on_timer(env::Env& env, env::TimerKey key) {
  if (key.kind == kTaskTimers) {
    const auto task = static_cast<ControllerTask>(key.id);
    if (impl_->quorum.is_leader()) {
      impl_->controller.run(task, env.now());
      impl_->arm(task);
    }
    return;
  }
  if (!impl_->server.on_timer(env, key)) impl_->quorum.on_timer(key);
}

void ControllerNode::on_conn(env::Env& env, env::ConnId connection, const env::ConnEvent& event) {
  impl_->server.on_conn(env, connection, event);
}

void ControllerNode::on_disk(env::Env&, env::DiskOpId op, env::DiskResult result) {
  impl_->quorum.on_disk(op, result);
}

void ControllerNode::on_command(env::Env& env, const Command& command) {
  if (!std::holds_alternative<ShutDown>(command.what)) return;
  impl_->server.close_all(env);
  impl_->is_stopped = true;
}

bool ControllerNode::has_stopped() const {
  return impl_ != nullptr && (impl_->is_stopped || impl_->quorum.has_failed());
}

const MetadataImage* ControllerNode::image() const {
  return impl_ == nullptr ? nullptr : &impl_->controller.image();
}

bool ControllerNode::is_active() const { return impl_ != nullptr && impl_->quorum.is_leader(); }

void ControllerNode::check_invariants() const {
  if (impl_ == nullptr) return;
  impl_->server.check_invariants();
  impl_->quorum.check_invariants();
  impl_->controller.check_invariants();
}

}  // namespace kafka
