// The templates of RpcClient: a request is encoded when the version of its destination is known.
#pragma once

#include "broker-model/rpc/rpc_client.h"

namespace kafka {

template <class Request>
class RpcClient::WaitingOf final : public RpcClient::Waiting {
 public:
  WaitingOf(std::uint64_t request_token, const Request& request)
      : Waiting(Request::api, request_token), request_(request) {}
  std::optional<env::Frame> encode(std::int16_t version, std::int32_t correlation_id,
                                   std::string_view client_id) const override {
    return try_encode_request(request_, version, correlation_id, client_id);
  }

 private:
  Request request_;
};

template <class Request>
void RpcClient::send(env::Env& env, DestinationId id, std::uint64_t token, const Request& request,
                     const SendOptions& options) {
  Destination& to = at(id);
  const Duration timeout = options.timeout.value_or(options_.request_timeout);
  TIT_ASSERT(options.expects_response || can_send(id),
             "a request without a response needs a destination that can take it");
  if (!can_send(id)) {
    auto waiting = std::make_unique<WaitingOf<Request>>(token, request);
    waiting->max_version = options.max_version;
    waiting->timeout = timeout;
    waiting->created = env.wall_clock();
    enqueue(env, id, to, std::move(waiting));
    return;
  }
  const auto version = usable_version(to, Request::api, options.max_version);
  const std::int32_t correlation_id = to.next_correlation_id++;
  std::optional<env::Frame> frame;
  if (version) frame = try_encode_request(request, *version, correlation_id, options_.client_id);
  if (!frame) {
    report_later(
        env,
        {.token = token, .destination = id, .api = Request::api.key, .unsupported_version = true});
    return;
  }
  env.send(to.conn, std::move(*frame));
  if (!options.expects_response) return;
  record_sent(env, to,
              {.correlation_id = correlation_id,
               .api = &Request::api,
               .version = *version,
               .token = token,
               .timeout = timeout});
}

}  // namespace kafka
