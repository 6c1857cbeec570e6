#include "sim/lab/capture.h"

#include <algorithm>

namespace sim {

Capture::Capture(World& world, MessageWatch& watch, CaptureSpec spec, std::function<void()> changed)
    : world_(world), watch_(watch), spec_(std::move(spec)), changed_(std::move(changed)) {
  watching_ = watch_.add(spec_.filter, *this);
}

Capture::Capture(World& world, MessageWatch& watch, std::vector<CapturedMessage> messages)
    : world_(world), watch_(watch), is_loaded_(true), messages_(std::move(messages)) {}

Capture::~Capture() = default;

void Capture::hold() { mode_ = Mode::kHold; }

void Capture::delay(env::Duration delay) {
  mode_ = Mode::kDelay;
  delay_ = delay;
}

bool Capture::release_one(std::size_t index) {
  if (!messages_.at(index).is_held) return false;
  messages_[index].is_held = false;
  return watch_.release(messages_[index].message.ticket, this);
}

std::size_t Capture::release() {
  mode_ = Mode::kWatch;
  std::size_t released = 0;
  for (std::size_t i = 0; i < messages_.size(); ++i) released += release_one(i) ? 1 : 0;
  return released;
}

std::size_t Capture::held() const {
  return static_cast<std::size_t>(std::ranges::count(messages_, true, &CapturedMessage::is_held));
}

bool Capture::on_message(const Message& message) {
  if (++matched_ < spec_.nth) return true;
  const std::size_t index = messages_.size();
  messages_.push_back({.message = message,
                       .from = world_.host(message.from).name(),
                       .to = world_.host(message.to).name(),
                       .is_held = mode_ != Mode::kWatch});
  if (message.kind == MessageKind::kRequest && message.point == FramePoint::kLeaves)
    watch_.expect_response(message, *this);
  if (messages_.size() == spec_.limit) {
    watch_.remove(*watching_);
    watching_.reset();
  }
  changed_();
  if (mode_ == Mode::kWatch) return true;
  ++touched_;
  if (mode_ == Mode::kDelay)
    world_.at(world_.now() + delay_, [this, index] { release_one(index); });
  return false;
}

void Capture::on_response(const Message& response) {
  // The newest one: correlation ids of a client repeat after four thousand million.
  for (std::size_t i = messages_.size(); i-- > 0;) {
    CapturedMessage& captured = messages_[i];
    if (captured.message.kind == MessageKind::kRequest &&
        captured.message.connection == response.connection &&
        captured.message.correlation_id == response.correlation_id) {
      captured.response = response.frame;
      return changed_();
    }
  }
}

void Capture::on_message_lost(FrameTicket ticket) {
  for (CapturedMessage& captured : messages_) {
    if (captured.message.ticket == ticket) captured.is_held = false;
  }
}

}  // namespace sim
