// The common part of faults that end a process: who is down, and how it comes back.
#pragma once

#include <vector>

#include "sim/faults/fault.h"

namespace sim {

// A fault whose harm is done when it is made; healing starts the process again.
class DownFault final : public Fault {
 public:
  DownFault(Host& host, Effects effects) : host_(host), effects_(std::move(effects)) {}
  void heal() override { host_.start(); }
  Effects effects() const override { return effects_; }
  std::vector<HostId> down() const override { return {host_.id()}; }

 private:
  Host& host_;
  Effects effects_;
};

// "broker-1 is down already": what cannot happen to a process that is not there.
std::optional<FaultRefusal> not_running(const Host& host);

}  // namespace sim
