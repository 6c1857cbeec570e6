// FaultBook: the faults of a run: puts them into force, ends them, and keeps what each did. Owned
// by the Lab. A fault ends when it is healed, when its duration is over, when it says so itself, or
// when somebody starts a process that it took down.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/faults/fault.h"
#include "sim/lab/results.h"

namespace sim {

// A fault of this run, in the order of installation.
using FaultId = env::Strong<struct FaultIdTag, std::uint32_t>;

class FaultBook {
 public:
  // `event` is "fault", "heal" or another word for an end; `outcome` says more of it, or nothing.
  using Listener =
      std::function<void(const FaultRecord&, std::string_view event, std::string_view outcome)>;

  FaultBook(Lab& lab, World& world, StreamNetwork& network)
      : lab_(lab), world_(world), network_(network) {}

  // Told of each beginning and end, from between events.
  void set_listener(Listener listener) { listener_ = std::move(listener); }

  // The stream from which the next fault will draw, for selectors among its parameters as well.
  env::Rng& next_stream();
  // An error is the fault's own sentence. `duration`: heals by itself after that time.
  std::expected<FaultId, FaultRefusal> inject(const FaultInfo& info, const FaultArgs& args,
                                              std::optional<env::Duration> duration = std::nullopt);
  // What is no fault of the registry but goes on the same record: messages held, a replay.
  FaultId add(std::string label, std::unique_ptr<Fault> fault);
  // Ends such a thing by its own word. Nothing happens when it is over.
  void end_as(FaultId id, std::string_view event, std::string_view outcome);
  // An error when it is over already: by whom and when.
  std::expected<void, std::string> heal(FaultId id);
  // Ends the faults that held it down. False when the host is running.
  bool start(Host& host);

  bool is_over(FaultId id) const { return entries_.at(id.value()).end != End::kNone; }
  const FaultInfo* info(FaultId id) const {
    return entries_.at(id.value()).info;
  }  // null: of add()
  std::vector<HostId> down(FaultId id) const { return entries_.at(id.value()).fault->down(); }
  Effects effects(FaultId id) const { return entries_.at(id.value()).fault->effects(); }
  std::uint64_t affected(FaultId id) const;  // the sum of its counts, so far
  std::size_t size() const { return entries_.size(); }
  const std::vector<FaultRecord>& records() const { return records_; }
  void finish();  // after the last event: what faults that are still in force did

 private:
  enum class End : std::uint8_t { kNone, kHealed, kDuration, kStarted, kItself };
  struct Entry {
    const FaultInfo* info = nullptr;
    std::unique_ptr<Fault> fault;
    End end = End::kNone;
    World::CallbackId timer{};
    bool has_timer = false;
  };

  void end(std::size_t index, End how, std::string_view event = "heal",
           std::string_view outcome = "");
  void end_started();  // faults whose processes somebody started
  void write_effects(std::size_t index);

  Lab& lab_;
  World& world_;
  StreamNetwork& network_;
  Listener listener_;
  std::vector<Entry> entries_;
  std::vector<FaultRecord> records_;
};

}  // namespace sim
