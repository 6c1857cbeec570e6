// ProducerIds: hands out producer ids from blocks that the controller allocates
// (RPCProducerIdManager, KIP-730).
//
// Made with the broker. The next block is asked for when nine tenths of the current one are gone,
// or when there is none; until it comes there is no id and the client tries again.
#pragma once

#include <cstdint>
#include <optional>

#include "broker-model/messages/allocate_producer_ids.h"

namespace kafka {

class ProducerIds {
 public:
  // The next id, or nothing while a block is on its way (COORDINATOR_LOAD_IN_PROGRESS).
  std::optional<std::int64_t> take();

  // True once whenever a block is to be asked for; then exactly one on_response or on_failure.
  bool take_request();
  void on_response(const AllocateProducerIdsResponse&);
  void on_failure() { is_in_flight_ = false; }

 private:
  struct Block {
    std::int64_t next = 0;
    std::int64_t end = 0;
    std::int64_t prefetch_at = 0;
  };
  Block current_;
  std::optional<Block> following_;
  bool is_wanted_ = false;
  bool is_in_flight_ = false;
};

}  // namespace kafka
