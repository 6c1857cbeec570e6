#include "sim/faults/nodes.h"

#include <algorithm>

namespace sim {

std::vector<HostId> all_hosts(World& world) {
  std::vector<HostId> hosts;
  for (std::uint32_t id = 1; id <= world.host_count(); ++id) hosts.emplace_back(id);
  return hosts;
}

std::vector<HostId> all_hosts_but(World& world, const std::vector<HostId>& some) {
  std::vector<HostId> hosts = all_hosts(world);
  std::erase_if(hosts, [&some](HostId id) { return std::ranges::find(some, id) != some.end(); });
  return hosts;
}

std::string names_of(World& world, const std::vector<HostId>& hosts) {
  std::string text;
  for (const HostId id : hosts) text += (text.empty() ? "" : ", ") + world.host(id).name();
  return text;
}

Disk* disk_of(Host& host) { return dynamic_cast<Disk*>(host.disk()); }

HostId pick(const std::vector<HostId>& hosts, env::Rng& rng) {
  return hosts[rng.below(hosts.size())];
}

std::vector<HostId> shuffled(std::vector<HostId> hosts, env::Rng& rng) {
  for (std::size_t left = hosts.size(); left > 1; --left) {
    const std::size_t chosen = rng.below(left);
    std::swap(hosts[chosen], hosts[left - 1]);
  }
  return hosts;
}

std::vector<HostId> servers(const NemesisTargets& targets) {
  std::vector<HostId> hosts = targets.brokers;
  hosts.insert(hosts.end(), targets.controllers.begin(), targets.controllers.end());
  return hosts;
}

std::optional<FaultArgs> draw_broker(const NemesisTargets& targets, env::Rng& rng) {
  if (targets.brokers.empty()) return std::nullopt;
  return FaultArgs().set("node", pick(targets.brokers, rng));
}

std::optional<FaultArgs> draw_server(const NemesisTargets& targets, env::Rng& rng) {
  const std::vector<HostId> hosts = servers(targets);
  if (hosts.empty()) return std::nullopt;
  return FaultArgs().set("node", pick(hosts, rng));
}

}  // namespace sim
