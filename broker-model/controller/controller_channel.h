// ControllerChannel: requests from a node to the active controller, one after another, tried
// again until they are answered by the controller or have waited too long
// (NodeToControllerChannelManager, NodeToChannelRequestThread).
//
// Made with the node, one per purpose as in Kafka: a broker's heartbeats, its AlterPartition, its
// forwarding with producer ids; a controller's registration. Each has a connection of its own, so a
// slow answer on one delays no other. An answer NOT_CONTROLLER or a lost connection puts the
// request back to the front of the queue until the quorum names a controller.
#pragma once

#include <deque>
#include <optional>
#include <variant>

#include "broker-model/messages/allocate_producer_ids.h"
#include "broker-model/messages/alter_partition.h"
#include "broker-model/messages/broker_heartbeat.h"
#include "broker-model/messages/broker_registration.h"
#include "broker-model/messages/controller_registration.h"
#include "broker-model/messages/envelope.h"
#include "broker-model/raft/voter_set.h"
#include "broker-model/rpc/rpc_client.h"

namespace kafka {

using ChannelRequest =
    std::variant<BrokerRegistrationRequest, BrokerHeartbeatRequest, AlterPartitionRequest,
                 AllocateProducerIdsRequest, ControllerRegistrationRequest, EnvelopeRequest>;
using ChannelResponse =
    std::variant<BrokerRegistrationResponse, BrokerHeartbeatResponse, AlterPartitionResponse,
                 AllocateProducerIdsResponse, ControllerRegistrationResponse, EnvelopeResponse>;

enum class ControllerChannelId : std::uint8_t {
  kLifecycle,
  kAlterPartition,
  kForwarding,
  kRegistration
};

class ControllerChannelHost {
 public:
  virtual ~ControllerChannelHost() = default;
  virtual std::optional<QuorumVoter> active_controller() const = 0;
  // `response` is absent when the request waited longer than the channel's retry time-out.
  virtual void on_controller_answer(ControllerChannelId, std::uint64_t token,
                                    const ChannelResponse* response) = 0;
  // The answer waits for CPU on its lane; the host calls process() then.
  virtual void defer_controller_answer(ControllerChannelId, const RpcReply&, env::Rope body) = 0;
};

struct ControllerChannelOptions {
  ControllerChannelId id{};
  RpcClientOptions rpc;
  std::uint32_t retry_timer_kind = 0;        // the channel owns TimerKey{retry_timer_kind, 0}
  Duration retry_timeout = Duration::max();  // of a request, from its submission
};

class ControllerChannel final : public RpcSink {
 public:
  ControllerChannel(ControllerChannelOptions options, ControllerChannelHost& host);

  void submit(env::Env&, std::uint64_t token, ChannelRequest);
  // Is the second half of on_response, after the lane.
  void process(env::Env&, const RpcReply&, const env::Rope& body);
  void on_controller_changed(env::Env& env) { poll(env); }
  void close(env::Env&);

  bool on_conn(env::Env& env, env::ConnId conn, const env::ConnEvent& event) {
    return rpc_.on_conn(env, conn, event);
  }
  bool on_frame(env::Env& env, env::ConnId conn, const env::Frame& frame) {
    return rpc_.on_frame(env, conn, frame);
  }
  bool on_timer(env::Env&, env::TimerKey);
  void check_invariants() const;

 private:
  struct Pending {
    std::uint64_t token = 0;
    ChannelRequest request;
    Instant created;
  };

  void on_response(env::Env&, const RpcReply&, const env::Rope& body) override;
  void on_disconnect(env::Env&, const RpcFailure&) override;
  void poll(env::Env&);
  void retry_later(env::Env&);
  void drop_expired(env::Env&);
  void answer_front(const ChannelResponse*);

  ControllerChannelOptions options_;
  ControllerChannelHost* host_;
  RpcClient rpc_;
  std::deque<Pending> queue_;
  bool is_in_flight_ = false;  // the front one
  bool is_closed_ = false;
  std::uint64_t attempt_ = 0;  // of the request in flight: its rpc token
};

}  // namespace kafka
