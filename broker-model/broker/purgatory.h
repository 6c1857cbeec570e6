// Purgatory: operations that wait for something to happen to one of their partitions, or for their
// deadline (DelayedOperationPurgatory).
//
// One per kind of operation, made with the broker. Partitions are named by small slots. Operations
// are tried in the order in which they were parked. There is no timer per operation: the owner asks
// next_deadline() and keeps one timer.
//
// Invariants: a parked operation watches at least one slot; next_deadline() is at or before the
// deadline of every parked operation that has one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "broker-model/env/basics.h"

namespace kafka {

using PurgatorySlot = std::uint32_t;

template <class Op>
class Purgatory {
 public:
  using OpId = std::uint64_t;

  // REQUIRES: slots not empty.
  OpId park(Op&& op, std::span<const PurgatorySlot> slots, std::optional<env::Instant> deadline) {
    TIT_ASSERT(!slots.empty(), "a parked operation that nothing can wake");
    const OpId id = next_id_++;
    for (const PurgatorySlot slot : slots) {
      if (slot >= watchers_.size()) watchers_.resize(slot + 1);
      watchers_[slot].push_back(id);
    }
    parked_.try_emplace(parked_.end(), id, std::move(op), deadline);
    if (deadline) push_deadline(*deadline, id);
    return id;
  }

  // Tries every operation that watches the slot; `try_complete(Op&)` answers whether it is done and
  // is then never asked again. It must not park or wake here.
  template <class Try>
  std::size_t wake(PurgatorySlot slot, Try&& try_complete) {
    if (slot >= watchers_.size()) return 0;
    std::size_t completed = 0;
    std::erase_if(watchers_[slot], [&](OpId id) {
      const auto it = parked_.find(id);
      if (it == parked_.end()) return true;  // completed by another slot or by its deadline
      if (!try_complete(it->second.op)) return false;
      parked_.erase(it);
      ++completed;
      return true;
    });
    return completed;
  }

  // Operations whose deadline has come, earliest first.
  template <class Expired>
  void expire(env::Instant now, Expired&& on_expired) {
    while (!deadlines_.empty() && deadlines_.front().first <= now) {
      const OpId id = deadlines_.front().second;
      pop_deadline();
      const auto it = parked_.find(id);
      if (it == parked_.end()) continue;
      Op op = std::move(it->second.op);
      parked_.erase(it);
      on_expired(op);
    }
    sweep();
  }

  // The earliest deadline of a parked operation. Drops those of completed ones on the way.
  std::optional<env::Instant> next_deadline() {
    while (!deadlines_.empty() && !parked_.contains(deadlines_.front().second)) pop_deadline();
    if (deadlines_.empty()) return std::nullopt;
    return deadlines_.front().first;
  }

  // Drops every operation without a word: their connections are gone with the broker.
  void clear() {
    parked_.clear();
    deadlines_.clear();
    watchers_.clear();
  }

  std::size_t size() const { return parked_.size(); }

  void check_invariants() const {
    std::size_t with_deadline = 0;
    for (const auto& [id, parked] : parked_) with_deadline += parked.deadline ? 1 : 0;
    TIT_ASSERT(with_deadline <= deadlines_.size(), "a parked operation whose deadline is unknown");
    TIT_ASSERT(std::is_heap(deadlines_.begin(), deadlines_.end(), later), "deadlines out of order");
  }

 private:
  using Deadline = std::pair<env::Instant, OpId>;
  struct Parked {
    Parked(Op&& o, std::optional<env::Instant> d) : op(std::move(o)), deadline(d) {}
    Op op;
    std::optional<env::Instant> deadline;
  };
  static bool later(const Deadline& a, const Deadline& b) { return b < a; }

  void push_deadline(env::Instant deadline, OpId id) {
    // Most operations complete early: when the heap is mostly their deadlines, build it anew.
    if (deadlines_.size() > 64 && deadlines_.size() > 4 * parked_.size()) {
      std::erase_if(deadlines_, [&](const Deadline& d) { return !parked_.contains(d.second); });
      std::make_heap(deadlines_.begin(), deadlines_.end(), later);
    }
    deadlines_.emplace_back(deadline, id);
    std::push_heap(deadlines_.begin(), deadlines_.end(), later);
  }
  void pop_deadline() {
    std::pop_heap(deadlines_.begin(), deadlines_.end(), later);
    deadlines_.pop_back();
  }
  // Watchers of quiet slots whose operations have expired.
  void sweep() {
    for (std::vector<OpId>& ids : watchers_)
      std::erase_if(ids, [&](OpId id) { return !parked_.contains(id); });
  }

  std::map<OpId, Parked> parked_;
  std::vector<std::vector<OpId>> watchers_;  // by slot, in order of arrival
  std::vector<Deadline> deadlines_;          // a heap; may hold those of completed operations
  OpId next_id_ = 1;
};

}  // namespace kafka
