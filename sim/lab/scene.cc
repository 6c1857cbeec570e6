#include "sim/lab/scene.h"

#include <fmt/format.h>

#include "sim/lab/describe.h"

namespace sim {
namespace {

std::string_view name_of(Role role) {
  switch (role) {
    case Role::kController: return "controller";
    case Role::kBroker: return "broker";
    case Role::kProducer: return "producer";
    case Role::kConsumer: return "consumer";
    case Role::kAdmin: return "admin";
    case Role::kReplay: return "replay";
  }
  return "?";
}

std::optional<kafka::TopicPartition> partition_of(const kafka::Observation& observation) {
  return std::visit(
      [](const auto& what) -> std::optional<kafka::TopicPartition> {
        if constexpr (requires { what.partition.owned(); }) {
          return what.partition.owned();
        } else {
          return std::nullopt;
        }
      },
      observation.what);
}

std::string leader_words(Lab& lab, const ClusterState::Partition& partition) {
  if (!partition.leader.has_value()) return "no leader";
  const auto broker = lab.state().brokers().find(*partition.leader);
  const std::string_view state =
      broker == lab.state().brokers().end() ? "unknown" : name(broker->second.state);
  return fmt::format("leader {} and {}", name_of(lab.broker(*partition.leader).state()), state);
}

// "full ISR", "ISR of one", "shrunk ISR": of how many replicas is the topic's business.
std::string_view isr_words(const ClusterState::Partition& partition) {
  if (partition.isr.size() == partition.replicas.size()) return "full ISR";
  if (partition.isr.empty()) return "empty ISR";
  return partition.isr.size() == 1 ? "ISR of one" : "shrunk ISR";
}

}  // namespace

Scene take_scene(Lab& lab, const Member& source, const kafka::Observation& observation) {
  const std::string_view what =
      std::visit([](const auto& it) { return std::string_view(it.kName); }, observation.what);
  std::string state = fmt::format("{} of a {}", what, name_of(source.role));
  if (const auto of = partition_of(observation); of.has_value()) {
    const ClusterState::Partition* partition = lab.state().find(*of);
    if (partition != nullptr)
      state += fmt::format(", {}, {}", isr_words(*partition), leader_words(lab, *partition));
  }
  if (lab.controller().state() != HostState::kUp)
    state += fmt::format(", controller {}", name_of(lab.controller().state()));
  return {.event = lab.world().events(), .at = lab.world().now(), .state = std::move(state)};
}

}  // namespace sim
