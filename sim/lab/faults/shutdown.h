// Leaving: a server that was asked to shut down, until it is gone and, if wanted, back again.
#pragma once

#include <functional>

#include "sim/core/world.h"

namespace sim {

// Asks the process to leave, in a controlled shutdown, and calls `gone` once it has.
// Owned by a fault; cancels what it still has in mind when told to.
class Leaving {
 public:
  Leaving(World& world, Host& host) : world_(world), host_(host) {}
  void begin(std::function<void()> gone);
  void cancel() { world_.cancel(poll_); }

 private:
  void look();
  World& world_;
  Host& host_;
  std::function<void()> gone_;
  World::CallbackId poll_{};
};

}  // namespace sim
