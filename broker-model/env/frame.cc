#include "broker-model/env/frame.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>

namespace env {
namespace detail {
namespace {

// Size classes: powers of two of whole allocations from 64 bytes to 64 KiB; larger ones go to
// malloc.
constexpr int kClassLowest = 6;
constexpr int kClassHighest = 16;
constexpr std::uint8_t kUnpooled = 255;
constexpr std::size_t kFreeBytesMax = std::size_t{4}
                                      << 20;  // per class; beyond it memory is given back

// The link of a free block lies in its content, which is not aligned for a pointer.
Block* next_of(Block* block) {
  Block* next = nullptr;
  std::memcpy(&next, block->data(), sizeof next);
  return next;
}
void set_next(Block* block, Block* next) { std::memcpy(block->data(), &next, sizeof next); }

struct FreeList {
  Block* head = nullptr;
  std::size_t count = 0;
};

struct Pool {
  FreeList lists[kClassHighest + 1];
  ~Pool() {
    for (FreeList& list : lists) {
      while (list.head != nullptr) {
        Block* next = next_of(list.head);
        std::free(list.head);
        list.head = next;
      }
    }
  }
};
thread_local Pool pool;  // memory only: nothing a run can observe

}  // namespace

Block* block_new(std::size_t capacity) {
  const std::size_t total =
      std::max<std::size_t>(capacity + sizeof(Block), sizeof(Block) + sizeof(Block*));
  const int size_class = std::max<int>(kClassLowest, std::bit_width(total - 1));
  void* memory = nullptr;
  std::size_t allocated = total;
  std::uint8_t tag = kUnpooled;
  if (size_class <= kClassHighest) {
    allocated = std::size_t{1} << size_class;
    tag = static_cast<std::uint8_t>(size_class);
    FreeList& list = pool.lists[size_class];
    if (list.head != nullptr) {
      memory = list.head;
      list.head = next_of(list.head);
      --list.count;
    }
  }
  if (memory == nullptr) memory = std::malloc(allocated);
  if (memory == nullptr) throw std::bad_alloc();
  TIT_ASSERT(allocated - sizeof(Block) <= UINT32_MAX, "a block is smaller than 4 GiB");
  return new (memory)
      Block{1, static_cast<std::uint32_t>(allocated - sizeof(Block)), BlockMemo::kNone, tag};
}

void block_free(Block* block) {
  if (block->size_class == kUnpooled) {
    std::free(block);
    return;
  }
  FreeList& list = pool.lists[block->size_class];
  if ((list.count << block->size_class) >= kFreeBytesMax) {
    std::free(block);
    return;
  }
  set_next(block, list.head);
  list.head = block;
  ++list.count;
}

}  // namespace detail

Bytes Bytes::copy_of(std::span<const std::uint8_t> content) {
  if (content.empty()) return {};
  BytesBuilder builder(content.size());
  builder.append(content);
  return builder.finish();
}

BytesBuilder::BytesBuilder(std::size_t capacity)
    : block_(detail::block_new(capacity)), capacity_(block_->capacity) {}

BytesBuilder::~BytesBuilder() {
  if (block_ != nullptr) detail::block_free(block_);
}

void BytesBuilder::grow(std::size_t count) {
  detail::Block* larger =
      detail::block_new(std::max({size_ + count, capacity_ * 2, kCapacityUsual}));
  if (block_ != nullptr) {
    std::memcpy(larger->data(), block_->data(), size_);
    detail::block_free(block_);
  }
  block_ = larger;
  capacity_ = larger->capacity;
}

Bytes BytesBuilder::finish() {
  Bytes result;
  if (size_ == 0) return result;
  result.block_ = block_;
  result.data_ = block_->data();
  result.size_ = static_cast<std::uint32_t>(size_);
  result.whole_ = true;
  block_ = nullptr;
  capacity_ = size_ = 0;
  return result;
}

Rope Rope::slice(std::size_t offset, std::size_t size) const {
  TIT_ASSERT(offset + size <= size_, "a slice lies within its rope");
  Rope result;
  for (std::size_t i = 0; i < part_count() && size > 0; ++i) {
    const Bytes& piece = part(i);
    if (offset >= piece.size()) {
      offset -= piece.size();
      continue;
    }
    const std::size_t take = std::min(size, piece.size() - offset);
    result.append(piece.slice(offset, take));
    size -= take;
    offset = 0;
  }
  return result;
}

Bytes Rope::contiguous() const {
  if (part_count() == 0) return {};
  if (part_count() == 1) return part(0);
  BytesBuilder builder(size_);
  for (std::size_t i = 0; i < part_count(); ++i) builder.append(part(i).span());
  return builder.finish();
}

bool operator==(const Rope& a, const Rope& b) {
  return a.size() == b.size() && a.contiguous() == b.contiguous();
}

}  // namespace env
