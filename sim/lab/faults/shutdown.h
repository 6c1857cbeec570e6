// Leaving: a server that was asked to shut down, until it is gone and, if wanted, back again.
#pragma once

#include <functional>

#include "sim/core/world.h"

namespace sim {

// Asks the process to leave, in a controlled shutdown, and calls `gone` once it has.
// Owned by a fault, and not called off: an order to leave that was given cannot be taken back.
class Leaving {
 public:
  Leaving(World& world, Host& host) : world_(world), host_(host) {}
  void begin(std::function<void()> gone);

 private:
  void look();
  World& world_;
  Host& host_;
  std::function<void()> gone_;
};

}  // namespace sim
