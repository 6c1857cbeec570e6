// What objects of the language stand for beyond a host or a topic: logs and sends by hand. Owned by
// a ScenarioRun; an object keeps a number into it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/types/observation.h"
#include "sim/core/network_port.h"

namespace sim {

// One replica's log: topic:log(partition, broker).
struct LogHandle {
  std::string topic;
  std::int32_t partition = 0;
  kafka::NodeId broker;
  friend bool operator==(const LogHandle&, const LogHandle&) = default;
};

// One record by hand: producer:send{ }.
struct SendHandle {
  bool is_done = false;
  std::optional<std::int32_t> partition;  // known with the outcome
  std::optional<kafka::Offset> offset;    // of a success; none with acks=0
  std::string error;                      // Kafka's name of it; "" for a success
  std::string reason;
};

// One order to the admin client: admin:reassign() and the like.
struct OrderHandle {
  bool is_done = false;
  std::string error;   // Kafka's name of it; "" for a success
  std::string reason;  // the failure in words, where there are some
};

class Handles {
 public:
  std::uint32_t number_of(const LogHandle& log);  // equal logs have equal numbers
  const LogHandle& log(std::uint32_t number) const { return logs_.at(number); }

  void add_send(std::uint64_t tag) { sends_[tag] = {}; }
  const SendHandle& send(std::uint64_t tag) const { return sends_.at(tag); }
  void add_order(std::uint64_t number) { orders_[number] = {}; }
  const OrderHandle& order(std::uint64_t number) const { return orders_.at(number); }
  // Outcomes of sends by hand and of orders; cheap when there are none.
  void on_observation(const kafka::Observation& observation);

  void set_topic_of(HostId consumer, std::string topic) { topics_[consumer] = std::move(topic); }
  const std::string& topic_of(HostId consumer) const { return topics_.at(consumer); }

 private:
  std::vector<LogHandle> logs_;
  std::map<std::uint64_t, SendHandle> sends_;  // by tag
  std::map<std::uint64_t, OrderHandle> orders_;
  std::map<HostId, std::string> topics_;  // of consumers
};

}  // namespace sim
