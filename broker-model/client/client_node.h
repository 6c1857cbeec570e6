// ClientNode: what producer, consumer and admin client share: one thread that polls the network,
// metadata, and the loop around both (KafkaClient.poll and the runOnce of its callers).
//
// Frames and connection events wait in an inbox until the client's thread (lane kClient) takes them
// up; one turn of the loop handles all that is there, lets metadata act and then calls run_once().
// A turn costs CPU, so that a busy client is late like a busy thread.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/client/metadata.h"
#include "broker-model/env/node.h"
#include "broker-model/types/config.h"
#include "broker-model/types/mutations.h"

namespace kafka {

struct ClientCosts {
  Duration turn = 10us;       // one turn of the loop
  Duration per_frame = 10us;  // a response taken up
  Duration per_record = 1us;  // appended, or handed to the application
};

struct ClientOptions {
  std::string client_id{};
  std::vector<env::Endpoint> bootstrap{};
  Config config;
  ClientCosts costs{};
  ClientMutations mutations{};
};

class ClientNode : public env::Node, private RpcSink {
 public:
  void on_start(env::Env&) override;
  void on_frame(env::Env&, env::ConnId, env::Frame) override;
  void on_timer(env::Env&, env::TimerKey) override;
  void on_conn(env::Env&, env::ConnId, const env::ConnEvent&) override;
  void on_disk(env::Env&, env::DiskOpId, env::DiskResult) override {}
  bool has_stopped() const override { return has_stopped_; }
  void check_invariants() const override;

 protected:
  explicit ClientNode(ClientOptions options);

  virtual void run_once(env::Env&) = 0;
  virtual void on_reply(env::Env&, const RpcReply&, const env::Rope& body) = 0;
  virtual void on_failure(env::Env&, const RpcFailure&) = 0;

  // A turn of the loop as soon as the thread is free; several wishes make one turn.
  void wake(env::Env&);
  // A turn of the loop no later than that.
  void wake_after(env::Env&, Duration);
  void charge(Duration cpu) { debt_ += cpu; }  // added to the next turn
  void stop(env::Env&);
  std::uint64_t next_token() { return next_token_++; }
  ClientOptions& options() { return options_; }
  const ClientOptions& options() const { return options_; }
  const Config& config() const { return options_.config; }
  RpcClient& rpc() { return rpc_; }
  ClientMetadata& metadata() { return metadata_; }
  const ClientMetadata& metadata() const { return metadata_; }

 private:
  enum TimerKind : std::uint32_t { kRpcTimer = 1, kTurnTimer = 2, kWakeTimer = 3 };

  struct Arrival {
    env::ConnId conn;
    std::optional<env::Frame> frame;  // or an event
    env::ConnEvent event;
  };

  void on_response(env::Env&, const RpcReply&, const env::Rope& body) final;
  void on_disconnect(env::Env&, const RpcFailure&) final;
  void on_ready(env::Env&, DestinationId) final {}
  void on_unreachable(env::Env&, DestinationId) final;
  void turn(env::Env&);

  ClientOptions options_;
  RpcClient rpc_;
  ClientMetadata metadata_;
  std::deque<Arrival> inbox_;
  bool rpc_timer_is_due_ = false;
  bool is_turn_due_ = false;
  std::optional<Instant> wakes_at_;
  Duration debt_{};
  std::uint64_t next_token_ = 16;
  bool has_stopped_ = false;
};

}  // namespace kafka
