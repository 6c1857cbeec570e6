// Replayer: the process that sends a captured request again, over a connection of its own, from a
// host of its own. It is no Kafka client: it does not retry, and knows nothing of what it sends.
//
// Life: one node for one replay. Its Replay outlives it, so that a scenario can ask what came.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "broker-model/env/node.h"
#include "broker-model/messages/fields.h"
#include "sim/core/host.h"

namespace sim {

// One replay: what is asked for, and what has come of it so far.
struct Replay {
  std::string name;  // "replay Produce to broker-2 ×1"
  env::Endpoint to;
  env::Frame request;
  kafka::ApiKey api = kafka::ApiKey::kProduce;
  std::int16_t version = 0;
  bool has_answer = true;  // false: Produce with acks=0 is never answered
  std::uint64_t times = 1;

  std::uint64_t sent = 0;
  std::vector<env::Frame> answers{};  // in the order in which they came
  std::string error{};                // why there will be no more: "connection refused"
  bool is_done = false;               // all answers came, or none will any more
};

class Replayer final : public env::Node {
 public:
  // `changed` is called for each answer and at the end, from inside a handler.
  Replayer(Replay& replay, std::function<void()> changed)
      : replay_(replay), changed_(std::move(changed)) {}

  void on_start(env::Env& env) override;
  void on_frame(env::Env& env, env::ConnId connection, env::Frame frame) override;
  void on_timer(env::Env&, env::TimerKey) override {}
  void on_conn(env::Env& env, env::ConnId connection, const env::ConnEvent& event) override;
  void on_disk(env::Env&, env::DiskOpId, env::DiskResult) override {}
  void on_command(env::Env&, const kafka::Command&) override {}
  bool has_stopped() const override { return false; }
  void check_invariants() const override;

 private:
  void send_next(env::Env& env);
  void finish(std::string error);

  Replay& replay_;
  std::function<void()> changed_;
  env::ConnId connection_;
};

}  // namespace sim
