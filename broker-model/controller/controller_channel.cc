#include "broker-model/controller/controller_channel.h"

#include "broker-model/messages/codec.h"
#include "broker-model/types/probe.h"

namespace kafka {
namespace {

constexpr Duration kRetryBackoff =
    100ms;  // InterBrokerSendThread polls for a controller this often

template <class Response>
std::optional<ChannelResponse> decode_as(const RpcReply& reply, const env::Rope& body) {
  auto response = decode<Response>(body, reply.version);
  if (!response) return std::nullopt;
  return ChannelResponse{std::move(*response)};
}

std::optional<ChannelResponse> decode_answer(const RpcReply& reply, const env::Rope& body) {
  if (reply.api == ApiKey::kBrokerRegistration)
    return decode_as<BrokerRegistrationResponse>(reply, body);
  if (reply.api == ApiKey::kBrokerHeartbeat) return decode_as<BrokerHeartbeatResponse>(reply, body);
  if (reply.api == ApiKey::kAlterPartition) return decode_as<AlterPartitionResponse>(reply, body);
  if (reply.api == ApiKey::kAllocateProducerIds)
    return decode_as<AllocateProducerIdsResponse>(reply, body);
  if (reply.api == ApiKey::kControllerRegistration)
    return decode_as<ControllerRegistrationResponse>(reply, body);
  return decode_as<EnvelopeResponse>(reply, body);
}

}  // namespace

ControllerChannel::ControllerChannel(ControllerChannelOptions options, ControllerChannelHost& host)
    : options_(std::move(options)), host_(&host), rpc_(options_.rpc, *this) {}

void ControllerChannel::submit(env::Env& env, std::uint64_t token, ChannelRequest request) {
  if (is_closed_) return;
  queue_.push_back({.token = token, .request = std::move(request), .created = env.now()});
  poll(env);
}

void ControllerChannel::poll(env::Env& env) {
  if (is_in_flight_ || is_closed_ || queue_.empty()) return;
  const std::optional<QuorumVoter> controller = host_->active_controller();
  if (!controller) {
    retry_later(env);
    return;
  }
  const DestinationId to = destination(controller->id);
  rpc_.set_destination(env, to, controller->endpoint);
  is_in_flight_ = true;
  ++attempt_;
  std::visit([&](const auto& request) { rpc_.send(env, to, attempt_, request); },
             queue_.front().request);
}

void ControllerChannel::retry_later(env::Env& env) {
  env.set_timer({.kind = options_.retry_timer_kind, .id = 0}, kRetryBackoff);
}

bool ControllerChannel::on_timer(env::Env& env, env::TimerKey key) {
  if (key.kind != options_.retry_timer_kind) return rpc_.on_timer(env, key);
  if (is_closed_) return true;
  drop_expired(env);
  poll(env);
  return true;
}

void ControllerChannel::drop_expired(env::Env& env) {
  if (is_in_flight_ || options_.retry_timeout == Duration::max()) return;
  while (!queue_.empty() && env.now() - queue_.front().created >= options_.retry_timeout) {
    reached(Probe::kControllerRequestExpired);
    answer_front(nullptr);
  }
}

void ControllerChannel::answer_front(const ChannelResponse* response) {
  const std::uint64_t token = queue_.front().token;
  queue_.pop_front();
  host_->on_controller_answer(options_.id, token, response);
}

void ControllerChannel::on_response(env::Env&, const RpcReply& reply, const env::Rope& body) {
  host_->defer_controller_answer(options_.id, reply, body);
}

void ControllerChannel::process(env::Env& env, const RpcReply& reply, const env::Rope& body) {
  if (is_closed_ || !is_in_flight_ || reply.token != attempt_) return;
  is_in_flight_ = false;
  const std::optional<ChannelResponse> response = decode_answer(reply, body);
  if (!response) {
    rpc_.disconnect(env, reply.destination);
    retry_later(env);
    return;
  }
  const bool is_other = std::visit(
      [](const auto& answer) { return answer.error_code == ErrorCode::kNotController; }, *response);
  if (is_other) {
    retry_later(env);
    return;
  }
  answer_front(&*response);
  poll(env);
}

void ControllerChannel::on_disconnect(env::Env& env, const RpcFailure& failure) {
  if (is_closed_ || failure.token != attempt_) return;
  is_in_flight_ = false;
  drop_expired(env);
  if (!queue_.empty()) retry_later(env);
}

void ControllerChannel::close(env::Env& env) {
  is_closed_ = true;
  is_in_flight_ = false;  // its connection is closed: nobody will answer
  queue_.clear();
  rpc_.close_all(env);
}

void ControllerChannel::check_invariants() const {
  if (is_in_flight_) TIT_ASSERT(!queue_.empty(), "an answer is awaited that nobody asked for");
  rpc_.check_invariants();
}

}  // namespace kafka
