// The properties of a link as people write them, in GraphML and in scenarios.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "sim/net/topology.h"

namespace sim {

struct LinkText {              // empty: not given
  std::string_view latency;    // a distribution; required
  std::string_view bandwidth;  // "10Gbit/s", or "unlimited", which is the default
  std::string_view loss;       // "0.1%"
  std::string_view cost;       // a duration: what routing counts
};

// An error is a sentence that begins with the property's name.
std::expected<LinkDirection, std::string> parse_link(const LinkText&);

}  // namespace sim
