#include "broker-model/client/client_node.h"

#include <utility>

namespace kafka {

ClientNode::ClientNode(ClientOptions options)
    : options_(std::move(options)),
      rpc_(RpcClientOptions::from(options_.config, options_.client_id, kRpcTimer), *this),
      metadata_(ClientMetadataOptions::from(options_.config, options_.bootstrap), rpc_) {}

void ClientNode::on_start(env::Env& env) {
  metadata_.start(env);
  wake(env);
}

void ClientNode::on_frame(env::Env& env, env::ConnId conn, env::Frame frame) {
  if (has_stopped_) return;
  inbox_.push_back({.conn = conn, .frame = std::move(frame), .event = {}});
  charge(options_.costs.per_frame);
  wake(env);
}

void ClientNode::on_conn(env::Env& env, env::ConnId conn, const env::ConnEvent& event) {
  if (has_stopped_) return;
  inbox_.push_back(
      {.conn = conn,
       .frame = {},
       .event = {.kind = event.kind, .local_port = event.local_port, .peer_host = {}}});
  wake(env);
}

void ClientNode::on_timer(env::Env& env, env::TimerKey key) {
  if (has_stopped_) return;
  switch (static_cast<TimerKind>(key.kind)) {
    case kRpcTimer:
      rpc_timer_is_due_ = true;
      wake(env);
      break;
    case kWakeTimer:
      wakes_at_.reset();
      wake(env);
      break;
    case kTurnTimer:
      is_turn_due_ = false;
      turn(env);
      break;
  }
}

void ClientNode::wake(env::Env& env) {
  if (is_turn_due_ || has_stopped_) return;
  is_turn_due_ = true;
  env.spend({.kind = env::LaneKind::kClient},
            options_.costs.turn + std::exchange(debt_, Duration{}), {.kind = kTurnTimer});
}

void ClientNode::wake_after(env::Env& env, Duration after) {
  if (after == Duration::max() || has_stopped_) return;
  if (after <= Duration{}) {
    wake(env);
    return;
  }
  const Instant when = env.now() + after;
  if (wakes_at_ && *wakes_at_ <= when) return;
  wakes_at_ = when;
  env.set_timer({.kind = kWakeTimer}, after);
}

void ClientNode::turn(env::Env& env) {
  while (!inbox_.empty() && !has_stopped_) {
    const Arrival next = std::move(inbox_.front());
    inbox_.pop_front();
    if (next.frame) {
      rpc_.on_frame(env, next.conn, *next.frame);
    } else {
      rpc_.on_conn(env, next.conn, next.event);
    }
  }
  if (std::exchange(rpc_timer_is_due_, false) && !has_stopped_) {
    rpc_.on_timer(env, {.kind = kRpcTimer});
  }
  if (has_stopped_) return;
  run_once(env);
  if (has_stopped_) return;
  wake_after(env, metadata_.maybe_update(env));
}

void ClientNode::on_response(env::Env& env, const RpcReply& reply, const env::Rope& body) {
  if (reply.token == kMetadataToken) {
    metadata_.on_response(env, reply, body);
  } else {
    on_reply(env, reply, body);
  }
}

void ClientNode::on_disconnect(env::Env& env, const RpcFailure& failure) {
  if (failure.token == kMetadataToken) {
    metadata_.on_disconnect(env, failure);
  } else {
    on_failure(env, failure);
  }
}

void ClientNode::on_unreachable(env::Env& env, DestinationId) { metadata_.on_unreachable(env); }

void ClientNode::stop(env::Env& env) {
  rpc_.close_all(env);
  inbox_.clear();
  has_stopped_ = true;
}

void ClientNode::check_invariants() const {
  rpc_.check_invariants();
  metadata_.check_invariants();
}

}  // namespace kafka
