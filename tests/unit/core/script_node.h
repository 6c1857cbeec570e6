// A node whose handlers are given by the test, and which writes down what reached it.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <string>
#include <vector>

#include "broker-model/env/node.h"

// Opaque to the engine; the tests bring their own.
namespace kafka {
struct Observation {
  int value = 0;
};
struct Command {
  int value = 0;
};
}  // namespace kafka

namespace sim::test {

struct Script {
  std::function<void(env::Env&)> on_start = [](env::Env&) {};
  std::function<void(env::Env&, env::TimerKey)> on_timer = [](env::Env&, env::TimerKey) {};
  std::function<void(env::Env&, env::ConnId, const env::ConnEvent&)> on_conn =
      [](env::Env&, env::ConnId, const env::ConnEvent&) {};
  std::function<void(env::Env&, env::ConnId, const env::Frame&)> on_frame =
      [](env::Env&, env::ConnId, const env::Frame&) {};
  std::function<void(env::Env&, env::DiskOpId, const env::DiskResult&)> on_disk =
      [](env::Env&, env::DiskOpId, const env::DiskResult&) {};
  std::vector<std::string> log;  // "<ms> <what>"
  int invariant_checks = 0;
};

class ScriptNode final : public env::Node {
 public:
  explicit ScriptNode(Script& script) : script_(script) {}
  void on_start(env::Env& e) override {
    note(e, "start");
    script_.on_start(e);
  }
  void on_frame(env::Env& e, env::ConnId conn, env::Frame frame) override {
    note(e, fmt::format("frame {} {}", conn.value(), frame.contiguous().text()));
    script_.on_frame(e, conn, frame);
  }
  void on_timer(env::Env& e, env::TimerKey key) override {
    note(e, fmt::format("timer {}/{}", key.kind, key.id));
    script_.on_timer(e, key);
  }
  void on_conn(env::Env& e, env::ConnId conn, const env::ConnEvent& event) override {
    static constexpr const char* kNames[] = {"accepted", "connected", "failed", "closed", "reset"};
    note(e, fmt::format("{} {} {}", kNames[static_cast<int>(event.kind)], conn.value(),
                        event.peer_host));
    script_.on_conn(e, conn, event);
  }
  void on_disk(env::Env& e, env::DiskOpId op, env::DiskResult result) override {
    note(e, fmt::format("disk {}", op.value()));
    script_.on_disk(e, op, result);
  }
  void on_command(env::Env& e, const kafka::Command& command) override {
    note(e, fmt::format("command {}", command.value));
    if (command.value == 0) has_stopped_ = true;
  }
  bool has_stopped() const override { return has_stopped_; }
  void check_invariants() const override { ++script_.invariant_checks; }

 private:
  void note(env::Env& e, const std::string& what) {
    script_.log.push_back(fmt::format("{} {}", env::nanos(e.now()) / 1'000'000, what));
  }
  Script& script_;
  bool has_stopped_ = false;
};

}  // namespace sim::test
