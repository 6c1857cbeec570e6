// Interception: all that a run does with messages and events beyond watching: hooks, captures and
// replays. Part of the Lab, which makes one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/lab/capture.h"
#include "sim/lab/hooks.h"
#include "sim/lab/message_watch.h"
#include "sim/lab/replayer.h"

namespace sim {

class Lab;

using CaptureId = env::Strong<struct CaptureIdTag, std::uint32_t>;
using ReplayId = env::Strong<struct ReplayIdTag, std::uint32_t>;

struct ReplaySpec {
  HostId to;           // a broker or controller
  env::Frame request;  // with its header
  std::uint64_t times = 1;
  env::Duration after{};
};

class Interception {
 public:
  explicit Interception(Lab& lab);
  ~Interception();

  // Called after each message that was captured and each answer to a replay: conditions that a
  // scenario waits for may have come true.
  void set_on_change(std::function<void()> on_change) { on_change_ = std::move(on_change); }

  MessageWatch& messages() { return messages_; }
  Hooks& hooks() { return hooks_; }

  CaptureId capture(CaptureSpec spec);
  CaptureId load(std::vector<CapturedMessage> messages);
  Capture& capture(CaptureId id) { return *captures_.at(id.value()).capture; }
  // The capture's own words, and on the record of faults: "hold Produce requests", with the number
  // of messages as what it affected.
  void hold(CaptureId id);
  void delay(CaptureId id, env::Duration delay);
  std::size_t release(CaptureId id);

  // REQUIRES: the request's header can be decoded, and its API exists.
  ReplayId replay(const ReplaySpec& spec);
  const Replay& replay(ReplayId id) const { return *replays_.at(id.value()).replay; }

 private:
  struct Captured {
    std::unique_ptr<Capture> capture;
    std::string what;                      // "Produce requests"
    std::optional<std::uint32_t> fault{};  // of the hold or delay in force
    std::uint64_t touched_before = 0;      // by holds that are over
  };
  struct Replayed {
    std::unique_ptr<Replay> replay;
    std::uint32_t fault = 0;
  };

  void begin(CaptureId id, const std::string& verb);
  void end(Captured& captured);
  void start(ReplayId id);
  void on_answer(ReplayId id);
  void changed() const {
    if (on_change_) on_change_();
  }

  Lab& lab_;
  MessageWatch messages_;
  Hooks hooks_;
  std::vector<Captured> captures_;
  std::vector<Replayed> replays_;
  std::function<void()> on_change_;
};

}  // namespace sim
