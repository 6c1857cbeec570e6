#include "broker-model/client/admin_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "broker-model/messages/create_topics.h"
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
  if (const auto* order = std::get_if<CreateTopic>(&command.what)) {
    orders_[next_arrival_++] = {
        .topic = *order, .begun = env.wall_clock(), .token = {}, .not_before = {}};
    wake(env);
  } else if (std::holds_alternative<ShutDown>(command.what)) {
    for (auto& [arrival, order_left] : orders_) {
      env.observe(OrderDone{.order = order_left.topic.order,
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
             fmt::format("Timed out waiting for a node assignment. Call: createTopics, {} ms",
                         env::millis(timeout_)));
      continue;
    }
    wake_after(env, left);
    if (order.not_before && *order.not_before > env.wall_clock()) {
      wake_after(env, *order.not_before - env.wall_clock());
      continue;
    }
    const std::optional<DestinationId> node = metadata().least_loaded(env);
    if (!node) {
      wake_after(env, backoff_.after(0, env.rng()));
    } else if (rpc().ready(env, *node)) {
      send(env, order, *node);
    }
  }
}

void AdminClient::send(env::Env& env, Order& order, DestinationId node) {
  const Duration timeout = std::min(time_left(env, order), request_timeout_);
  CreateTopicsRequest::CreatableTopic topic{.name = order.topic.name,
                                            .num_partitions = order.topic.partitions,
                                            .replication_factor = order.topic.replication_factor};
  for (const auto& [key, value] : order.topic.configs) {
    topic.configs.push_back({.name = key, .value = value});
  }
  CreateTopicsRequest request{.timeout_ms = static_cast<std::int32_t>(env::millis(timeout))};
  request.topics.push_back(std::move(topic));
  order.token = next_token();
  ++order.tries;
  rpc().send(env, node, *order.token, request, {.timeout = timeout});
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
  const auto response = decode<CreateTopicsResponse>(body, reply.version);
  if (!response || response->topics.size() != 1) {
    if (!response) rpc().disconnect(env, reply.destination);
    retry(env, *order, ErrorCode::kUnknownServerError);
    return;
  }
  const auto& answer = response->topics.front();
  if (answer.error_code == ErrorCode::kNotController ||
      answer.error_code == ErrorCode::kThrottlingQuotaExceeded) {
    retry(env, *order, answer.error_code);
    return;
  }
  finish(env, *order, answer.error_code, answer.error_message.value_or(""));
}

void AdminClient::on_failure(env::Env& env, const RpcFailure& failure) {
  Order* order = find(failure.token);
  if (order == nullptr) return;
  if (failure.unsupported_version) {
    finish(env, *order, ErrorCode::kUnsupportedVersion,
           "The broker does not support CREATE_TOPICS in a version of this client.");
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
  env.observe(OrderDone{.order = order.topic.order, .error = error, .message = message});
  std::erase_if(orders_, [&order](const auto& each) { return &each.second == &order; });
}

}  // namespace kafka
