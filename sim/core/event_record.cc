#include "sim/core/event_record.h"

#include <fmt/format.h>

namespace sim {

std::string_view name(EventKind kind) {
  switch (kind) {
    case EventKind::kCallback: return "callback";
    case EventKind::kStarted: return "started";
    case EventKind::kFrame: return "frame";
    case EventKind::kTimer: return "timer";
    case EventKind::kLaneDone: return "lane done";
    case EventKind::kAccepted: return "accepted";
    case EventKind::kConnected: return "connected";
    case EventKind::kFailed: return "connect failed";
    case EventKind::kClosed: return "closed";
    case EventKind::kReset: return "reset";
    case EventKind::kDisk: return "disk";
    case EventKind::kCommand: return "command";
    case EventKind::kPaused: return "paused";
    case EventKind::kResumed: return "resumed";
    case EventKind::kKilled: return "killed";
    case EventKind::kPowerLost: return "power lost";
    case EventKind::kWiped: return "wiped";
    case EventKind::kStopped: return "stopped";
  }
  return "unknown";
}

std::string to_string(const EventRecord& record) {
  const std::int64_t ns = env::nanos(record.at);
  std::string text =
      fmt::format("{}.{:09} s: {}", ns / 1'000'000'000, ns % 1'000'000'000, name(record.kind));
  if (record.host != HostId{}) {
    text += fmt::format(", host {} incarnation {}", record.host.value(), record.incarnation);
  }
  return text + fmt::format(", subject {}", record.subject);
}

}  // namespace sim
