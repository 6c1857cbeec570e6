// What faults say about hosts, and how they find the disk of one.
#pragma once

#include <string>
#include <vector>

#include "sim/disk/disk.h"
#include "sim/faults/fault.h"

namespace sim {

std::vector<HostId> all_hosts(World& world);
std::vector<HostId> all_hosts_but(World& world, const std::vector<HostId>& some);
std::string names_of(World& world, const std::vector<HostId>& hosts);  // "broker-1, broker-2"

// Null: a host without a disk, such as a client.
Disk* disk_of(Host& host);

// One of them. REQUIRES: not empty. One draw.
HostId pick(const std::vector<HostId>& hosts, env::Rng& rng);
// In a drawn order.
std::vector<HostId> shuffled(std::vector<HostId> hosts, env::Rng& rng);
// Brokers and controllers.
std::vector<HostId> servers(const NemesisTargets& targets);

// The nemesis' choice of { node = } for faults that need no more.
std::optional<FaultArgs> draw_broker(const NemesisTargets& targets, env::Rng& rng);
std::optional<FaultArgs> draw_server(const NemesisTargets& targets, env::Rng& rng);

}  // namespace sim
