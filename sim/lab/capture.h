// Capture: messages in hand. It keeps the messages that match its filter, with the responses to
// requests among them, and may hold or delay each; replayer.h sends one again. A Capture is made by
// Interception and lives as long as the run.
//
// A captured message that is held keeps all behind it on its connection waiting, as TCP does.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/core/world.h"
#include "sim/lab/message_watch.h"

namespace sim {

struct CaptureSpec {
  MessageFilter filter{};
  std::uint64_t nth = 1;    // it begins with that match
  std::uint64_t limit = 0;  // and keeps so many; what matches after that passes by
};

struct CapturedMessage {
  Message message;
  std::string from;  // names of hosts: those of a loaded capture may not exist in this run
  std::string to;
  std::optional<env::Frame> response{};  // to a request, once it has left its broker
  bool is_held = false;
};

class Capture final : public MessageListener {
 public:
  enum class Mode : std::uint8_t { kWatch, kHold, kDelay };

  // `changed` is called for each message and response that it keeps.
  Capture(World& world, MessageWatch& watch, CaptureSpec spec, std::function<void()> changed);
  // One that was loaded: it sees nothing of this run.
  Capture(World& world, MessageWatch& watch, std::vector<CapturedMessage> messages);
  ~Capture() override;

  // From now on matching messages are held. Held messages stay so.
  void hold();
  void delay(env::Duration delay);  // of each matching message
  // Lets go what is held, and holds no more. Answers how many went on.
  std::size_t release();
  bool release_one(std::size_t index);  // false: it is not held

  bool is_loaded() const { return is_loaded_; }
  Mode mode() const { return mode_; }
  std::size_t held() const;                           // now
  std::uint64_t touched() const { return touched_; }  // messages held or delayed so far
  const std::vector<CapturedMessage>& messages() const { return messages_; }

  bool on_message(const Message& message) override;
  void on_response(const Message& response) override;
  void on_message_lost(FrameTicket ticket) override;

 private:
  World& world_;
  MessageWatch& watch_;
  CaptureSpec spec_;
  std::function<void()> changed_;
  bool is_loaded_ = false;
  Mode mode_ = Mode::kWatch;
  env::Duration delay_{};
  std::optional<MessageWatch::WatchId> watching_;
  std::uint64_t matched_ = 0;
  std::uint64_t touched_ = 0;
  std::vector<CapturedMessage> messages_;
};

// How a capture lies in a file (reports/trace.proto, Capture). Reading answers a sentence for bytes
// that are no capture, cut short or damaged.
std::string write_capture(const Capture& capture);
std::expected<std::vector<CapturedMessage>, std::string> read_capture(std::string_view bytes);

}  // namespace sim
