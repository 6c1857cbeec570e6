// Faults put into force by tests that have a Lab.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "sim/lab/faults/registry.h"
#include "sim/lab/lab.h"

namespace sim::testing {

inline FaultId inject(Lab& lab, std::string_view name, const FaultArgs& args,
                      std::optional<env::Duration> duration = std::nullopt) {
  const auto id = lab.faults().inject(*find_fault(name), args, duration);
  REQUIRE_MESSAGE(id.has_value(), id.error().sentence);
  return *id;
}

inline FaultId inject_on(Lab& lab, std::string_view name, const Host& host,
                         std::optional<env::Duration> duration = std::nullopt) {
  return inject(lab, name, FaultArgs().set("node", host.id()), duration);
}

inline FaultId cut(Lab& lab, std::vector<HostId> a, std::vector<HostId> b) {
  return inject(lab, "partition",
                FaultArgs()
                    .set("a", std::move(a))
                    .set("b", std::move(b))
                    .set("direction", std::string("both")));
}

// The sentence with which it is refused.
inline std::string refusal(Lab& lab, std::string_view name, const Host& host) {
  const auto id = lab.faults().inject(*find_fault(name), FaultArgs().set("node", host.id()));
  REQUIRE_FALSE(id.has_value());
  return id.error().sentence;
}

inline void heal(Lab& lab, FaultId id) {
  const auto healed = lab.faults().heal(id);
  CHECK_MESSAGE(healed.has_value(), healed.error());
}

}  // namespace sim::testing
