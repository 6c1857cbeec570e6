// AdminClient: KafkaAdminClient as a node. Takes AdminOrder and ShutDown; tells OrderDone with the
// outcome of each order. A request goes to the least loaded broker, which forwards it to the
// controller (KIP-590), or to the leader of the partition that it is about.
//
// An order is tried again, after retry.backoff, when its request failed on the way or the
// controller has moved, until default.api.timeout.ms is over. A request whose answer was lost may
// have been carried out: the next try then says TOPIC_ALREADY_EXISTS, as Kafka's does.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "broker-model/client/client_node.h"
#include "broker-model/types/command.h"

namespace kafka {

using AdminOptions = ClientOptions;  // config over ConfigDef::admin()

class AdminClient final : public ClientNode {
 public:
  explicit AdminClient(AdminOptions options);

  void on_command(env::Env&, const Command&) override;

 private:
  struct Order {
    AdminOrder order;
    WallTime begun;
    std::optional<std::uint64_t> token;  // of its request in flight
    std::optional<WallTime> not_before;
    std::int64_t tries = 0;
  };

  void run_once(env::Env&) override;
  void on_reply(env::Env&, const RpcReply&, const env::Rope& body) override;
  void on_failure(env::Env&, const RpcFailure&) override;

  std::optional<DestinationId> destination_of(env::Env&, const Order&);
  void send(env::Env&, Order&, DestinationId);
  Order* find(std::uint64_t token);
  Duration time_left(const env::Env&, const Order&) const;
  void retry(env::Env&, Order&, ErrorCode);
  void finish(env::Env&, Order&, ErrorCode, const std::string& message);

  Duration timeout_;
  Duration request_timeout_;
  ExponentialBackoff backoff_;
  std::int64_t retries_;
  std::map<std::uint64_t, Order> orders_;  // by arrival
  std::uint64_t next_arrival_ = 0;
};

}  // namespace kafka
