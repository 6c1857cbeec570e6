// Purgatory: operations that wait for something to happen to one of their partitions, or for their
// deadline (DelayedOperationPurgatory).
//
// One per kind of operation, made with the broker. Partitions are named by small slots. Operations
// are tried in the order in which they were parked. There is no timer per operation: the owner asks
// next_deadline() and keeps one timer.
//
// Completed operations stay in the lists of the slots that did not wake them, until these are the
// larger part of all entries; then all lists are gone through at once (Kafka's purge interval).
//
// Invariants: a parked operation watches at least one slot; next_deadline() is at or before the
// deadline of every parked operation that has one; stale entries are fewer than live ones and
// kPurgeInterval.
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
    watching_ += slots.size();
    entries_ += slots.size();
    parked_.try_emplace(parked_.end(), id, std::move(op), slots.size(), deadline);
    if (deadline) push_deadline(*deadline, id);
    return id;
  }

  // Tries every operation that watches the slot; `try_complete(Op&)` answers whether it is done and
  // is then never asked again. It must not park or wake here.
  template <class Try>
  std::size_t wake(PurgatorySlot slot, Try&& try_complete) {
    if (slot >= watchers_.size()) return 0;
    std::size_t completed = 0;
    entries_ -= std::erase_if(watchers_[slot], [&](OpId id) {
      const auto it = parked_.find(id);
      if (it == parked_.end()) return true;  // completed by another slot or by its deadline
      if (!try_complete(it->second.op)) return false;
      drop(it);
      ++completed;
      return true;
    });
    purge();
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
      drop(it);
      on_expired(op);
    }
    purge();
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
    watching_ = entries_ = 0;
  }

  std::size_t size() const { return parked_.size(); }

  void check_invariants() const {
    std::size_t with_deadline = 0;
    for (const auto& [id, parked] : parked_) with_deadline += parked.deadline ? 1 : 0;
    TIT_ASSERT(entries_ - watching_ <= watching_ + kPurgeInterval, "completed operations pile up");
    TIT_ASSERT(with_deadline <= deadlines_.size(), "a parked operation whose deadline is unknown");
    TIT_ASSERT(std::is_heap(deadlines_.begin(), deadlines_.end(), later), "deadlines out of order");
  }

 private:
  static constexpr std::size_t kPurgeInterval = 1000;
  using Deadline = std::pair<env::Instant, OpId>;
  struct Parked {
    Parked(Op&& o, std::size_t s, std::optional<env::Instant> d)
        : op(std::move(o)), slots(s), deadline(d) {}
    Op op;
    std::size_t slots;
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
  void drop(typename std::map<OpId, Parked>::iterator it) {
    watching_ -= it->second.slots;
    parked_.erase(it);
  }
  void purge() {
    if (entries_ - watching_ <= watching_ + kPurgeInterval) return;
    for (std::vector<OpId>& ids : watchers_)
      entries_ -= std::erase_if(ids, [&](OpId id) { return !parked_.contains(id); });
  }

  std::map<OpId, Parked> parked_;
  std::vector<std::vector<OpId>> watchers_;  // by slot, in order of arrival
  std::vector<Deadline> deadlines_;          // a heap; may hold those of completed operations
  std::size_t watching_ = 0;                 // slots of all parked operations
  std::size_t entries_ = 0;                  // in watchers_
  OpId next_id_ = 1;
};

}  // namespace kafka
