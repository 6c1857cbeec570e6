#include "sim/core/scheduler.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sim {
namespace {

constexpr std::size_t kSlotsNear = 8192;  // so many lie in a near cache anyway

}  // namespace

bool Scheduler::cancel(EventHandle handle) {
  if (handle.slot >= slots_.size()) return false;
  Slot& slot = slots_[handle.slot];
  if (slot.generation != handle.generation || (handle.generation & 1) != 0) return false;
  slot.generation |= 1;
  ++cancelled_;
  return true;
}

// No event is left up to `limit`.
void Scheduler::come_to_rest(env::Instant limit) {
  if (limit != kNever) now_ = time_of(limit);
  if (stored_ == 0) base_ = run_end_ = now_;  // dropped events may have moved the base beyond now
}

// Moves the next bucket into run_, unless it begins after `limit`: the base must not pass now().
bool Scheduler::refill(std::uint64_t limit) {
  run_head_ = run_size_ = run_moves_ = 0;
  while (levels_occupied_ != 0) {
    const auto level = static_cast<std::size_t>(std::countr_zero(levels_occupied_));
    const auto index = static_cast<std::size_t>(std::countr_zero(occupied_[level]));
    const std::size_t shift = level * kDigitBits;
    const std::size_t shift_above = shift + kDigitBits;
    const std::uint64_t above = shift_above >= 64 ? 0 : base_ >> shift_above << shift_above;
    const std::uint64_t start = above | static_cast<std::uint64_t>(index) << shift;
    if (start > limit) return false;
    base_ = start;
    Bucket& bucket = buckets_[level * kSlots + index];
    const std::size_t size = size_of(bucket, kRunMade + 1);
    if (level == 0 && size > kRunMade && tie_source_ == nullptr) {
      take_first_chunk(bucket);
      return true;
    }
    occupied_[level] &= occupied_[level] - 1;
    if (occupied_[level] == 0) levels_occupied_ &= levels_occupied_ - 1;
    if (make_run(bucket, level, size)) return true;
    drain(bucket, [this](const Event& event) { place(event.time) = event; });
  }
  return false;
}

template <class Visit>
void Scheduler::drain(Bucket& bucket, Visit visit) {
  Chunk* chunk = bucket.first;
  const Event* const end = bucket.end;
  bucket = Bucket{};  // before the visits: they may append to the same bucket
  while (chunk != nullptr) {
    Chunk* next = chunk->next;
    if (next != nullptr) __builtin_prefetch(next);
    const Event* const chunk_end = next == nullptr ? end : chunk->events.end();
    for (const Event* event = chunk->events.begin(); event != chunk_end; ++event) visit(*event);
    chunk->next = free_chunks_;
    free_chunks_ = chunk;
    chunk = next;
  }
}

// The number of its events, or at least `enough` where there are that many.
std::size_t Scheduler::size_of(const Bucket& bucket, std::size_t enough) {
  std::size_t size = 0;
  const Chunk* chunk = bucket.first;
  while (chunk->next != nullptr) {
    size += kChunkEvents;
    if (size >= enough) return size;
    chunk = chunk->next;
  }
  return size + static_cast<std::size_t>(bucket.end - chunk->events.begin());
}

// A whole bucket of `size` events, stably sorted, becomes the run: the next digit gives each event
// its place (stable counting), insertion the order within one digit. False when it has to be
// spread first.
bool Scheduler::make_run(Bucket& bucket, std::size_t level, std::size_t size) {
  if (level > 0 && size > kRunMade) return false;
  if (level == 0 && size > kRunMade) size = size_of(bucket, SIZE_MAX);  // ties are drawn
  if (run_.size() < size) run_.resize(std::max(size, kRunMade));
  // A larger table leaves less to insertion, but has to pay for itself.
  const std::size_t width = level * kDigitBits;
  const std::size_t sort_bits = std::min<std::size_t>(
      width, static_cast<std::size_t>(std::bit_width(size - 1)) + kSortBitsMore);
  const std::size_t shift = width - sort_bits;
  const std::size_t mask = (std::size_t{1} << sort_bits) - 1;
  if (level > 0 && size > kRunTiny) {
    if (!count_digits(bucket, shift, mask + 1)) return false;
    drain(bucket,
          [&](const Event& event) { run_[digit_counts_[(event.time >> shift) & mask]++] = event; });
    if (tie_source_ != nullptr) {
      for (std::size_t i = 1; i < size; ++i) {
        if (goes_before(run_[i], run_[i - 1])) sink(i);
      }
    } else if (shift > 0) {
      for (std::size_t i = 1; i < size; ++i) {
        if (run_[i].time < run_[i - 1].time) sink(i);
      }
    }
  } else {
    std::size_t i = 0;
    drain(bucket, [&](const Event& event) {
      if (event.slot != Event::kNoSlot) __builtin_prefetch(&slots_[event.slot], 1);
      run_[i] = event;
      if (i > 0 && goes_before(event, run_[i - 1])) sink(i);
      ++i;
    });
  }
  run_size_ = size;
  run_end_ = base_ + (std::uint64_t{1} << (level * kDigitBits));
  return true;
}

// Leaves in digit_counts_ the place of the first event of each digit. False when one is crowded.
bool Scheduler::count_digits(const Bucket& bucket, std::size_t shift, std::size_t cells) {
  std::memset(digit_counts_.data(), 0, cells * sizeof(digit_counts_[0]));
  const bool is_far = slots_.size() > kSlotsNear;
  std::uint16_t crowd = 0;
  for (const Chunk* chunk = bucket.first; chunk != nullptr; chunk = chunk->next) {
    const Event* const end = chunk->next == nullptr ? bucket.end : chunk->events.end();
    for (const Event* event = chunk->events.begin(); event != end; ++event) {
      if (is_far && event->slot != Event::kNoSlot) __builtin_prefetch(&slots_[event->slot], 1);
      crowd = std::max(crowd, ++digit_counts_[(event->time >> shift) & (cells - 1)]);
    }
  }
  // Running sums, four counts in a word at a time: the product has in each the sum up to it.
  static_assert(std::endian::native == std::endian::little);
  constexpr std::uint64_t kEach = 0x0001'0001'0001'0001;
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < cells; i += 4) {
    std::uint64_t counts = 0;
    std::memcpy(&counts, &digit_counts_[i], sizeof(counts));
    const std::uint64_t sums = counts * kEach;
    counts = (sums << 16) + before * kEach;
    std::memcpy(&digit_counts_[i], &counts, sizeof(counts));
    before += sums >> 48;
  }
  return crowd <= kDigitCrowd;
}

// Moves run_[from] before those of [0, from) that it precedes.
void Scheduler::sink(std::size_t from) {
  const Event event = run_[from];
  std::size_t i = from;
  while (i > 0 && goes_before(event, run_[i - 1])) {
    run_[i] = run_[i - 1];
    --i;
  }
  run_[i] = event;
}

// The beginning of many events of one time. The rest stays where it is, and newcomers of that time
// queue behind it: run_end_ does not include it.
void Scheduler::take_first_chunk(Bucket& bucket) {
  run_end_ = base_;
  Chunk* chunk = bucket.first;
  if (run_.size() < kChunkEvents) run_.resize(kRunMade);
  std::copy(chunk->events.begin(), chunk->events.end(), run_.begin());  // full: the bucket has more
  run_size_ = kChunkEvents;
  bucket.first = chunk->next;
  chunk->next = free_chunks_;
  free_chunks_ = chunk;
}

void Scheduler::insert_into_run(std::uint64_t time, EventTarget& target, std::uint64_t a,
                                std::uint32_t b, std::uint32_t slot) {
  if (run_size_ == run_.size()) make_room_in_run();
  const Event event{.time = time, .target = &target, .a = a, .b = b, .slot = slot};
  const std::size_t at = place_in_run(event);
  const std::size_t later = run_size_ - at;
  const std::size_t earlier = at - run_head_;
  const auto place = run_.begin() + static_cast<std::ptrdiff_t>(at);
  if (earlier < later && run_head_ > 0) {  // popped events have left room
    const auto head = run_.begin() + static_cast<std::ptrdiff_t>(run_head_);
    std::move(head, place, head - 1);
    *(place - 1) = event;
    --run_head_;
    run_moves_ += earlier;
  } else {
    const auto end = run_.begin() + static_cast<std::ptrdiff_t>(run_size_);
    std::move_backward(place, end, end + 1);
    *place = event;
    ++run_size_;
    run_moves_ += later;
  }
  // Insertion does not scale: when it has cost more than spreading would, the run goes back.
  if (run_moves_ > kRunMovesMax && run_end_ - base_ > 1) spill_run();
}

// Behind all that do not come later. Masks, since no branch here could be predicted.
std::size_t Scheduler::place_in_run(const Event& event) const {
  std::size_t first = run_head_;
  std::size_t count = run_size_ - run_head_;
  while (count > 0) {
    const std::size_t half = (count + 1) / 2;
    const Event& middle = run_[first + half - 1];
    const bool is_behind =
        tie_source_ == nullptr ? middle.time <= event.time : !goes_before(event, middle);
    first += half & (0 - static_cast<std::size_t>(is_behind));
    count -= half;
  }
  return first;
}

void Scheduler::make_room_in_run() {
  if (run_head_ > run_.size() / 2) {  // popped events do not pile up while a run is fed
    std::copy(run_.begin() + static_cast<std::ptrdiff_t>(run_head_), run_.end(), run_.begin());
    run_size_ -= run_head_;
    run_head_ = 0;
  } else {
    run_.resize(std::max(2 * run_.size(), kRunMade));
  }
}

// Into the levels below the bucket's own, all of which are empty, in arrival order of equal times.
void Scheduler::spill_run() {
  run_end_ = base_;
  for (std::size_t i = run_head_; i < run_size_; ++i) place(run_[i].time) = run_[i];
  run_head_ = run_size_ = run_moves_ = 0;
}

void Scheduler::add_slab() {
  const std::size_t count = std::clamp(chunk_count_ / 8, kSlabChunksMin, kSlabChunksMax);
  slabs_.push_back(std::make_unique_for_overwrite<Chunk[]>(count));
  chunk_count_ += count;
  for (std::size_t i = count; i-- > 0;) {
    slabs_.back()[i].next = free_chunks_;
    free_chunks_ = &slabs_.back()[i];
  }
}

void Scheduler::add_slots() {
  const std::size_t old_size = slots_.size();
  const std::size_t new_size = std::max<std::size_t>(64, old_size + old_size / 2);
  TIT_ASSERT(new_size < Event::kNoSlot, "more than 2^32 pending events");
  slots_.reserve(new_size);
  slots_.resize(new_size);
  for (std::size_t i = new_size; i-- > old_size;) {
    slots_[i].tie = free_slots_;
    free_slots_ = static_cast<std::uint32_t>(i);
  }
}

std::size_t Scheduler::memory_bytes() const {
  return sizeof(*this) + chunk_count_ * sizeof(Chunk) + slabs_.capacity() * sizeof(slabs_[0]) +
         slots_.capacity() * sizeof(Slot) + run_.capacity() * sizeof(Event);
}

}  // namespace sim
