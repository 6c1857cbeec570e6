// What happened, as the digest, the trace and the verifier see it: one record for each event that
// reached a node, each change in the life of a host, and each callback of the lab.
#pragma once

#include <cstdint>
#include <string>

#include "sim/core/digest.h"
#include "sim/core/network_port.h"

namespace kafka {
struct Observation;
}

namespace sim {

enum class EventKind : std::uint8_t {
  kCallback,   // World::at; no host
  kStarted,    // on_start
  kFrame,      // subject: connection, detail: hash of the bytes
  kTimer,      // subject: id, detail: kind of the key
  kLaneDone,   // the same; the key was given to spend()
  kAccepted,   // subject: connection, detail: local port
  kConnected,  // subject: connection
  kFailed,     // the same
  kClosed,     // the same
  kReset,      // the same
  kDisk,       // subject: operation, detail: hash of the bytes read
  kCommand,
  kPaused,
  kResumed,
  kKilled,
  kPowerLost,
  kWiped,
  kStopped,  // ended in order
};
std::string_view name(EventKind);

struct EventRecord {
  std::uint64_t number = 0;  // of the scheduler event it happened in, from 1
  env::Instant at{};
  EventKind kind = EventKind::kCallback;
  HostId host{};  // 0: none
  std::uint32_t incarnation = 0;
  std::uint64_t subject = 0;
  std::uint64_t detail = 0;
  HostId peer{};                      // of connection events and frames
  const env::Frame* frame = nullptr;  // kFrame: valid during the call
};
std::string to_string(const EventRecord&);

// Told of every record, before the handler runs. Null costs one branch; a trace moves nothing.
class TraceSink {
 public:
  virtual ~TraceSink() = default;
  virtual void on_event(const EventRecord&) = 0;
};

// Where the observations of all nodes go. Installed by the lab, which knows what they are; it folds
// into the digest what of them belongs there. The reference is valid during the call. Operations on
// the observed host that are called from here take place after the handler has returned.
class ObservationSink {
 public:
  virtual ~ObservationSink() = default;
  virtual void on_observation(env::Instant, HostId, std::uint32_t incarnation,
                              const kafka::Observation&, Digest&) = 0;
};

}  // namespace sim
