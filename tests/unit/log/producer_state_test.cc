#include <doctest/doctest.h>

#include "tests/datadriven/datadriven.h"
#include "tests/unit/log/log_fixture.h"

using namespace kafka;

namespace {

AppendOrigin origin_of(const std::string& name) {
  if (name == "replication") return AppendOrigin::kReplication;
  if (name == "coordinator") return AppendOrigin::kCoordinator;
  return AppendOrigin::kClient;
}

std::string show(const ProducerStates& states, ProducerId id) {
  const ProducerEntry* entry = states.find(id);
  if (entry == nullptr) return "unknown producer";
  std::string text = "epoch " + std::to_string(entry->epoch.value()) + ":";
  for (std::size_t i = 0; i < entry->batch_count(); ++i) {
    const BatchMetadata& batch = entry->batch(i);
    text += " [" + std::to_string(batch.first_sequence()) + ".." +
            std::to_string(batch.last_sequence) + " @" + std::to_string(batch.first_offset()) + "]";
  }
  if (entry->current_txn_first_offset) {
    text += " open since " + std::to_string(*entry->current_txn_first_offset);
  }
  return text;
}

struct Machine {
  ProducerStates states{env::Duration(std::chrono::seconds(10))};
  Offset next_offset = 0;

  RecordBatch batch(const test::DatadrivenCommand& command) const {
    return test::make_batch(
        {.count = static_cast<int>(command.get_int("count", 1)),
         .base_offset = next_offset,
         .timestamp = WallTime{WallTime::duration{command.get_int("at", 1000)}},
         .producer = {ProducerId(command.get_int("id", 7)),
                      ProducerEpoch(static_cast<std::int16_t>(command.get_int("epoch"))),
                      static_cast<std::int32_t>(command.get_int("seq"))},
         .is_transactional = command.has("txn")});
  }

  std::string answer(std::expected<void, ErrorCode> done, const RecordBatch& batch) {
    if (!done) return std::string(name(done.error()));
    next_offset = batch.next_offset();
    return show(states, batch.producer_id());
  }

  std::string run(const test::DatadrivenCommand& command) {
    const AppendOrigin origin = origin_of(command.get("origin"));
    if (command.name == "append") {
      const RecordBatch appended = batch(command);
      if (const auto known = states.find_duplicate(appended)) {
        return "duplicate of offsets " + std::to_string(known->first_offset()) + ".." +
               std::to_string(known->last_offset);
      }
      return answer(states.append(appended, origin), appended);
    }
    if (command.name == "marker") {
      const ProducerState producer{
          ProducerId(command.get_int("id", 7)),
          ProducerEpoch(static_cast<std::int16_t>(command.get_int("epoch"))), kNoSequence};
      const RecordBatch marker = end_txn_marker_batch(
          next_offset, 0, WallTime{}, producer,
          {.is_commit = true,
           .coordinator_epoch = static_cast<std::int32_t>(command.get_int("coordinator"))});
      return answer(states.append(marker, origin), marker);
    }
    if (command.name == "unstable") {
      const auto first = states.first_unstable_offset();
      return first ? std::to_string(*first) : "none";
    }
    if (command.name == "expire") {
      states.remove_expired(WallTime{WallTime::duration{command.get_int("now")}});
      return std::to_string(states.all().size()) + " left";
    }
    return "unknown command";
  }
};

}  // namespace

TEST_CASE("producer state: duplicates, gaps, epochs, wrap, markers, expiry") {
  Machine machine;
  test::run_datadriven("log/producer_state.txt", [&](const test::DatadrivenCommand& command) {
    return machine.run(command);
  });
}
