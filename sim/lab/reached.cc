#include "sim/lab/reached.h"

namespace sim {

bool Reached::is_counted(EventType type) {
  switch (type) {
    case EventType::kMessage:
    case EventType::kAppend:
    case EventType::kHighWatermark:
    case EventType::kSend:
    case EventType::kAcked:
    case EventType::kDelivered: return false;
    case EventType::kIsrChange:
    case EventType::kElection:
    case EventType::kBecameLeader:
    case EventType::kBecameFollower:
    case EventType::kTruncate:
    case EventType::kLogStart:
    case EventType::kBrokerState:
    case EventType::kController:
    case EventType::kHalted:
    case EventType::kTimeout:
    case EventType::kDisconnect:
    case EventType::kSendFailed:
    case EventType::kFault:
    case EventType::kHeal: return true;
  }
  return false;
}

std::vector<std::string_view> Reached::kinds() {
  std::vector<std::string_view> names;
  for (const EventInfo& kind : event_kinds()) {
    if (is_counted(kind.type)) names.push_back(kind.name);
  }
  return names;
}

void Reached::count(EventType type, std::string_view word) {
  std::string name(info(type).name);
  ++counts_[name];
  if (word.empty()) return;
  // Of a fault its kind: "kill broker-1" is a kill.
  ++counts_[name.append(" ").append(word.substr(0, word.find(' ')))];
}

std::uint64_t Reached::count_of(std::string_view name) const {
  const auto found = counts_.find(name);
  return found == counts_.end() ? 0 : found->second;
}

}  // namespace sim
