#include "broker-model/client/admin_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "broker-model/client/admin_orders.h"
#include "broker-model/types/observation.h"
#include "broker-model/types/probe.h"

namespace kafka {

AdminClient::AdminClient(AdminOptions admin_options)
    : ClientNode(std::move(admin_options)),
      timeout_(config().get_duration("default.api.timeout.ms")),
      request_timeout_(config().get_duration("request.timeout.ms")),
      backoff_(config().get_duration("retry.backoff.ms"),
               config().get_duration("retry.backoff.max.ms")),
      retries_(config().get_int("retries")) {}

void AdminClient::on_command(env::Env& env, const Command& command) {
  if (has_stopped()) return;
  if (const auto* order = std::get_if<AdminOrder>(&command.what)) {
    orders_[next_arrival_++] = {
        .order = *order, .begun = env.wall_clock(), .token = {}, .not_before = {}};
    if (const TopicPartition* partition = leader_wanted(order->what)) {
      metadata().add_topic(env, partition->topic);
    }
    wake(env);
  } else if (std::holds_alternative<ShutDown>(command.what)) {
    for (auto& [arrival, order_left] : orders_) {
      env.observe(OrderDone{.order = order_left.order.order,
                            .error = ErrorCode::kOperationNotAttempted,
                            .message = "The AdminClient thread has exited."});
    }
    orders_.clear();
    stop(env);
  }
}

Duration AdminClient::time_left(const env::Env& env, const Order& order) const {
  return std::max(timeout_ - Duration(env.wall_clock() - order.begun), Duration{});
}

void AdminClient::run_once(env::Env& env) {
  std::vector<std::uint64_t> arrivals;
  for (const auto& [arrival, order] : orders_) arrivals.push_back(arrival);
  for (const std::uint64_t arrival : arrivals) {
    Order& order = orders_.at(arrival);
    if (order.token) continue;  // request.timeout.ms ends it
    const Duration left = time_left(env, order);
    if (left == Duration{}) {
      reached(Probe::kAdminApiTimeout);
      finish(env, order, ErrorCode::kRequestTimedOut,
             fmt::format("Timed out waiting for a node assignment. Call: {}, {} ms",
                         call_name(order.order.what), env::millis(timeout_)));
      continue;
    }
    wake_after(env, left);
    if (order.not_before && *order.not_before > env.wall_clock()) {
      wake_after(env, *order.not_before - env.wall_clock());
      continue;
    }
    const std::optional<DestinationId> node = destination_of(env, order);
    if (!node) {
      wake_after(env, backoff_.after(0, env.rng()));
    } else if (rpc().ready(env, *node)) {
      send(env, order, *node);
    }
  }
}

// PartitionLeaderStrategy; KafkaAdminClient's LeastLoadedNodeProvider and ControllerNodeProvider:
// what a broker of KRaft names as the controller is a broker drawn by lot, which forwards.
std::optional<DestinationId> AdminClient::destination_of(env::Env& env, const Order& order) {
  const TopicPartition* partition = leader_wanted(order.order.what);
  if (partition == nullptr) return metadata().least_loaded(env);
  const std::optional<NodeId> leader =
      metadata().leader(TopicPartitionView{partition->topic, partition->partition});
  if (!leader) {
    metadata().request_update_for(partition->topic);
    return std::nullopt;
  }
  return destination(*leader);
}

void AdminClient::send(env::Env& env, Order& order, DestinationId node) {
  const Duration timeout = std::min(time_left(env, order), request_timeout_);
  order.token = next_token();
  ++order.tries;
  std::visit(
      [&](const auto& what) {
        const auto timeout_ms = static_cast<std::int32_t>(env::millis(timeout));
        rpc().send(env, node, *order.token, admin_request(what, timeout_ms), {.timeout = timeout});
      },
      order.order.what);
}

AdminClient::Order* AdminClient::find(std::uint64_t token) {
  for (auto& [arrival, order] : orders_) {
    if (order.token == token) return &order;
  }
  return nullptr;
}

void AdminClient::on_reply(env::Env& env, const RpcReply& reply, const env::Rope& body) {
  Order* order = find(reply.token);
  if (order == nullptr) return;
  const std::optional<AdminOutcome> outcome = std::visit(
      [&](const auto& what) -> std::optional<AdminOutcome> {
        using Response = ResponseTo<decltype(admin_request(what, 0))>;
        const auto response = decode<Response>(body, reply.version);
        if (response) return admin_outcome(*response);
        rpc().disconnect(env, reply.destination);
        return std::nullopt;
      },
      order->order.what);
  if (!outcome) {
    retry(env, *order, ErrorCode::kUnknownServerError);
  } else if (is_retried(order->order.what, outcome->error)) {
    if (const TopicPartition* partition = leader_wanted(order->order.what)) {
      metadata().request_update_for(partition->topic);
    }
    retry(env, *order, outcome->error);
  } else {
    finish(env, *order, outcome->error, outcome->message);
  }
}

void AdminClient::on_failure(env::Env& env, const RpcFailure& failure) {
  Order* order = find(failure.token);
  if (order == nullptr) return;
  if (failure.unsupported_version) {
    finish(env, *order, ErrorCode::kUnsupportedVersion,
           fmt::format("The broker does not support {} in a version of this client.",
                       call_name(order->order.what)));
    return;
  }
  retry(env, *order,
        failure.timed_out ? ErrorCode::kRequestTimedOut : ErrorCode::kNetworkException);
}

void AdminClient::retry(env::Env& env, Order& order, ErrorCode error) {
  order.token.reset();
  if (order.tries > retries_ || time_left(env, order) == Duration{}) {
    finish(env, order, error, std::string(name(error)));
    return;
  }
  const int attempts = static_cast<int>(std::min<std::int64_t>(order.tries - 1, 30));
  order.not_before = env.wall_clock() + std::chrono::duration_cast<WallTime::duration>(
                                            backoff_.after(attempts, env.rng()));
  wake(env);
}

void AdminClient::finish(env::Env& env, Order& order, ErrorCode error, const std::string& message) {
  env.observe(OrderDone{.order = order.order.order, .error = error, .message = message});
  std::erase_if(orders_, [&order](const auto& each) { return &each.second == &order; });
}

}  // namespace kafka
