// The event queue: totally ordered by (virtual time, tie, sequence), all integers.
//
// A radix wheel over integer nanoseconds: level and slot of an event are the highest 5-bit digit in
// which its time differs from `base_`. A bucket that comes up is spread one level down or, when
// small, sorted stably into `run_`, from which events are popped. Every step keeps arrival order,
// so equal times are first in, first out by construction and no sequence number is stored. The tie
// is 0, or drawn for every event once draw_ties_from() was called.
//
// A World owns one. Invariant: base_ <= now_ <= time of every pending event.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "broker-model/env/basics.h"
#include "broker-model/env/rng.h"

namespace sim {

struct Event;

class EventTarget {
 public:
  virtual void on_event(const Event&) = 0;

 protected:
  ~EventTarget() = default;  // never deleted through this base
};

struct Event {
  static constexpr std::uint32_t kNoSlot = UINT32_MAX;

  std::uint64_t time = 0;         // nanoseconds since power-on
  EventTarget* target = nullptr;  // outlives the event, or the event is cancelled
  std::uint64_t a = 0;            // both words are the target's
  std::uint32_t b = 0;
  std::uint32_t slot = kNoSlot;  // the scheduler's; kNoSlot: cannot be cancelled
};
static_assert(sizeof(Event) == 32);

// Names one scheduled event. Stale (popped or cancelled) handles are recognised by the generation,
// which repeats only after 2^31 uses of one slot.
struct EventHandle {
  std::uint32_t slot = Event::kNoSlot;
  std::uint32_t generation = 0;
};

class Scheduler {
 public:
  static constexpr env::Instant kNever = env::Instant::max();

  Scheduler() = default;
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  env::Instant now() const { return env::Instant(env::Duration(static_cast<std::int64_t>(now_))); }

  // REQUIRES: at >= now().
  EventHandle schedule(env::Instant at, EventTarget& target, std::uint64_t a = 0,
                       std::uint32_t b = 0) {
    return schedule_as(at, target, a, b, draw_tie());
  }
  // Before all others of its time, except those scheduled so before it, when ties are drawn.
  EventHandle schedule_first(env::Instant at, EventTarget& target, std::uint64_t a = 0,
                             std::uint32_t b = 0) {
    return schedule_as(at, target, a, b, 0);
  }
  // The same without a handle. REQUIRES: at >= now().
  void post(env::Instant at, EventTarget& target, std::uint64_t a = 0, std::uint32_t b = 0) {
    const std::uint32_t slot = tie_source_ == nullptr ? Event::kNoSlot : take_slot(draw_tie());
    push(time_of(at), target, a, b, slot);
  }
  // False when the event was popped or cancelled before. The event is dropped when it comes up.
  bool cancel(EventHandle);

  // Takes the first event not later than `limit` and moves now() to its time. When there is none,
  // answers false and moves now() to `limit` (stays, with kNever). REQUIRES: limit >= now().
  bool pop(env::Instant limit, Event& event) {
    const std::uint64_t end = time_of(limit);
    TIT_ASSERT(end >= now_, "virtual time does not run backwards");
    while (run_head_ != run_size_ || refill(end)) {
      const Event& first = run_[run_head_];
      if (first.time > end) break;
      event = first;
      ++run_head_;
      --stored_;
      if (event.slot == Event::kNoSlot || release_slot(event.slot)) {
        now_ = event.time;
        return true;
      }
      --cancelled_;
    }
    come_to_rest(limit);
    return false;
  }

  // Events scheduled from now on get a tie from `rng`: equal times come in drawn order.
  void draw_ties_from(env::Rng& rng) { tie_source_ = &rng; }

  std::size_t pending() const { return stored_ - cancelled_; }
  std::size_t memory_bytes() const;  // all that the queue holds, free lists included

 private:
  static constexpr unsigned kDigitBits = 5;
  static constexpr std::size_t kSlots = std::size_t{1} << kDigitBits;
  static constexpr std::size_t kLevels = (64 + kDigitBits - 1) / kDigitBits;
  static constexpr std::size_t kChunkBytes = 512;
  static constexpr std::size_t kChunkEvents = kChunkBytes / sizeof(Event) - 1;
  static constexpr std::size_t kSlabChunksMin = 8;
  static constexpr std::size_t kSlabChunksMax = 4096;
  static constexpr std::size_t kRunMade = 256;  // buckets up to this size become a run at once
  static constexpr std::size_t kSortCells = 512;
  static constexpr std::size_t kSortBitsMore = 1;  // digits: two to four times the events
  static constexpr std::size_t kRunTiny = 8;       // up to here insertion alone sorts them
  static constexpr std::size_t kDigitCrowd = 32;   // more events of one digit are spread instead
  static constexpr std::size_t kRunMovesMax = 8 * kRunMade;

  struct alignas(kChunkBytes) Chunk {
    Chunk* next;
    alignas(sizeof(Event)) std::array<Event, kChunkEvents> events;  // the last ends with the chunk
  };
  static_assert(sizeof(Chunk) == kChunkBytes);
  struct Bucket {  // a list of chunks; all but the last are full
    Chunk* first = nullptr;
    Event* end = nullptr;  // after the last event: a multiple of kChunkBytes when there is no room
  };
  struct Slot {
    std::uint32_t generation = 0;  // even: pending or free; odd: cancelled, still stored
    std::uint32_t tie = 0;         // free slots: the next free one
  };

  static std::uint64_t time_of(env::Instant at) {
    return static_cast<std::uint64_t>(at.time_since_epoch().count());
  }

  void push(std::uint64_t time, EventTarget& target, std::uint64_t a, std::uint32_t b,
            std::uint32_t slot) {
    TIT_ASSERT(time >= now_, "an event lies in the past");
    ++stored_;
    if (time < run_end_) {
      insert_into_run(time, target, a, b, slot);
      return;
    }
    Event& event = place(time);
    event.time = time;
    event.target = &target;
    event.a = a;
    event.b = b;
    event.slot = slot;
  }

  // Room at the end of the bucket of `time`; the caller fills it.
  Event& place(std::uint64_t time) {
    const std::uint64_t differs = (time ^ base_) | 1;
    const unsigned level = (63 - static_cast<unsigned>(std::countl_zero(differs))) / kDigitBits;
    const std::size_t index = (time >> (level * kDigitBits)) & (kSlots - 1);
    Bucket& bucket = buckets_[level * kSlots + index];
    if (std::bit_cast<std::uintptr_t>(bucket.end) % kChunkBytes == 0) add_chunk(level, index);
    return *bucket.end++;
  }

  void add_chunk(std::size_t level, std::size_t index) {
    if (free_chunks_ == nullptr) add_slab();
    Chunk* const chunk = free_chunks_;
    free_chunks_ = chunk->next;
    chunk->next = nullptr;
    Bucket& bucket = buckets_[level * kSlots + index];
    if (bucket.end == nullptr) {
      bucket.first = chunk;
      occupied_[level] |= std::uint64_t{1} << index;
      levels_occupied_ |= std::uint32_t{1} << level;
    } else {  // full: its chunk ends where it does
      std::bit_cast<Chunk*>(std::bit_cast<std::uintptr_t>(bucket.end) - kChunkBytes)->next = chunk;
    }
    bucket.end = chunk->events.data();
  }

  EventHandle schedule_as(env::Instant at, EventTarget& target, std::uint64_t a, std::uint32_t b,
                          std::uint32_t tie) {
    const std::uint32_t slot = take_slot(tie);
    push(time_of(at), target, a, b, slot);
    return {.slot = slot, .generation = slots_[slot].generation};
  }

  std::uint32_t draw_tie() {
    return tie_source_ == nullptr ? 0 : static_cast<std::uint32_t>(tie_source_->next() >> 32);
  }

  std::uint32_t take_slot(std::uint32_t tie) {
    if (free_slots_ == Event::kNoSlot) add_slots();
    const std::uint32_t slot = free_slots_;
    free_slots_ = slots_[slot].tie;
    slots_[slot].tie = tie;
    return slot;
  }

  bool goes_before(const Event& x, const Event& y) const {
    if (x.time != y.time || tie_source_ == nullptr) return x.time < y.time;
    return tie_of(x) < tie_of(y);
  }
  std::uint32_t tie_of(const Event& event) const {
    return event.slot == Event::kNoSlot ? 0 : slots_[event.slot].tie;
  }

  // False: the event had been cancelled. From here on no handle names it.
  bool release_slot(std::uint32_t index) {
    Slot& slot = slots_[index];
    const bool was_cancelled = (slot.generation & 1) != 0;
    slot.generation = (slot.generation | 1) + 1;
    slot.tie = free_slots_;
    free_slots_ = index;
    return !was_cancelled;
  }
  void come_to_rest(env::Instant limit);
  void add_slab();
  static std::size_t size_of(const Bucket& bucket, std::size_t enough);
  void add_slots();
  bool refill(std::uint64_t limit);
  bool make_run(Bucket& bucket, std::size_t level, std::size_t size);
  bool count_digits(const Bucket& bucket, std::size_t shift, std::size_t cells);
  std::size_t place_in_run(const Event& event) const;
  void take_first_chunk(Bucket& bucket);
  void insert_into_run(std::uint64_t time, EventTarget& target, std::uint64_t a, std::uint32_t b,
                       std::uint32_t slot);
  void sink(std::size_t from);
  void make_room_in_run();
  void spill_run();
  template <class Visit>
  void drain(Bucket& bucket, Visit visit);

  std::uint64_t now_ = 0;
  std::uint64_t base_ = 0;     // what the digits of places are compared with
  std::uint64_t run_end_ = 0;  // every event earlier than this is in run_
  std::vector<Event> run_;     // room; [run_head_, run_size_) is sorted and valid
  std::size_t run_head_ = 0;
  std::size_t run_size_ = 0;
  std::size_t run_moves_ = 0;                             // spent on inserting into this run
  std::array<std::uint16_t, kSortCells> digit_counts_{};  // scratch of make_run
  std::size_t stored_ = 0;     // events in run_ and wheel, cancelled ones included
  std::size_t cancelled_ = 0;  // of those
  std::uint32_t levels_occupied_ = 0;
  std::uint32_t free_slots_ = Event::kNoSlot;
  std::vector<Slot> slots_;
  Chunk* free_chunks_ = nullptr;
  std::size_t chunk_count_ = 0;
  env::Rng* tie_source_ = nullptr;
  std::vector<std::unique_ptr<Chunk[]>> slabs_;
  std::array<std::uint64_t, kLevels> occupied_{};  // one bit a bucket
  std::array<Bucket, kLevels * kSlots> buckets_;
};

}  // namespace sim
