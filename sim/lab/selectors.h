// Selectors: nodes named by what they are, resolved the moment they are used.
//
//   broker-2, producer-1            by name
//   controller                      the active one
//   leader of orders-0              also: followers of, isr of, replicas of
//   rack r1                         brokers there
//   brokers, controllers, servers, clients, all
//   random brokers, random isr of orders-0      one of them, drawn
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "broker-model/env/rng.h"
#include "broker-model/types/ids.h"
#include "sim/core/network_port.h"

namespace sim {

class Lab;

struct SelectorError {
  std::string message;  // a sentence: `no node "broker-9"`
  std::vector<std::string> nearest = {};
};

// At least one host, without repetition, in order of ids (followers and the like: of assignment).
std::expected<std::vector<HostId>, SelectorError> select_hosts(Lab& lab, std::string_view selector,
                                                               env::Rng& rng);

// "orders-0", of a declared topic and a partition that it has.
std::expected<kafka::TopicPartition, SelectorError> parse_partition(const Lab& lab,
                                                                    std::string_view text);

}  // namespace sim
