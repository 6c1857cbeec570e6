// Bytes: a slice of an immutable, counted block. Rope: a sequence of such slices. Frame: one
// message of a connection, as a rope.
//
// A record batch is encoded once, into one block; requests, logs, files and responses share it.
// Counts are not atomic: nothing is shared between runs or threads. Blocks come from freelists by
// size class.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "broker-model/env/basics.h"

namespace env {

// What a block's user may remember about the whole block, so as not to compute it again.
enum class BlockMemo : std::uint8_t { kNone, kGood, kBad };

namespace detail {
struct Block {
  std::uint32_t references;
  std::uint32_t capacity;
  BlockMemo memo;
  std::uint8_t size_class;
  std::uint8_t* data() { return reinterpret_cast<std::uint8_t*>(this + 1); }
};
Block* block_new(std::size_t capacity);  // references = 1
void block_free(Block*);                 // back to its freelist
}  // namespace detail

class Bytes {
 public:
  Bytes() = default;
  Bytes(const Bytes& other)
      : block_(other.block_), data_(other.data_), size_(other.size_), whole_(other.whole_) {
    if (block_ != nullptr) ++block_->references;
  }
  Bytes(Bytes&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        whole_(std::exchange(other.whole_, false)) {}
  Bytes& operator=(const Bytes& other) {
    Bytes copy(other);
    swap(copy);
    return *this;
  }
  Bytes& operator=(Bytes&& other) noexcept {  // what it held is the other's to give back
    swap(other);
    return *this;
  }
  ~Bytes() {
    if (block_ != nullptr && --block_->references == 0) detail::block_free(block_);
  }

  static Bytes copy_of(std::span<const std::uint8_t> content);
  static Bytes copy_of(std::string_view text) {
    return copy_of({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  }

  const std::uint8_t* data() const { return data_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::span<const std::uint8_t> span() const { return {data_, size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }

  // Shares the block. REQUIRES: offset + size <= this->size().
  Bytes slice(std::size_t offset, std::size_t size) const {
    TIT_ASSERT(offset + size <= size_, "a slice lies within its bytes");
    if (size == 0) return {};
    Bytes result(*this);
    result.data_ += offset;
    result.size_ = static_cast<std::uint32_t>(size);
    result.whole_ = whole_ && size == size_;
    return result;
  }

  // The memo speaks of the whole block and is valid only while the slice covers the block's content
  // from its first byte; other slices answer kNone and ignore what is set.
  BlockMemo memo() const { return covers_block() ? block_->memo : BlockMemo::kNone; }
  void set_memo(BlockMemo memo) const {
    if (covers_block()) block_->memo = memo;
  }

  friend bool operator==(const Bytes& a, const Bytes& b) {
    return a.size_ == b.size_ && (a.size_ == 0 || std::memcmp(a.data_, b.data_, a.size_) == 0);
  }

 private:
  friend class BytesBuilder;
  void swap(Bytes& other) noexcept {
    std::swap(block_, other.block_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(whole_, other.whole_);
  }
  bool covers_block() const { return block_ != nullptr && data_ == block_->data() && whole_; }

  detail::Block* block_ = nullptr;
  const std::uint8_t* data_ = nullptr;
  std::uint32_t size_ = 0;
  bool whole_ = false;
};

// A growing buffer that becomes Bytes without a copy.
class BytesBuilder {
 public:
  static constexpr std::size_t kCapacityUsual = 240;
  explicit BytesBuilder(std::size_t capacity = kCapacityUsual);
  ~BytesBuilder();
  BytesBuilder(const BytesBuilder&) = delete;
  BytesBuilder& operator=(const BytesBuilder&) = delete;

  std::size_t size() const { return size_; }
  std::uint8_t* data() { return block_->data(); }  // REQUIRES: size() > 0
  // Room for `count` bytes at the end; the caller fills them.
  std::uint8_t* extend(std::size_t count) {
    if (size_ + count > capacity_) grow(count);
    std::uint8_t* at = block_->data() + size_;
    size_ += count;
    return at;
  }
  void append(std::span<const std::uint8_t> content) {
    if (!content.empty()) std::memcpy(extend(content.size()), content.data(), content.size());
  }
  // The content as Bytes. The builder is empty afterwards and can be used again.
  Bytes finish();

 private:
  void grow(std::size_t count);
  detail::Block* block_;  // null: given away by finish(), or never needed
  std::size_t capacity_;  // of block_, 0 without one
  std::size_t size_ = 0;
};

class Rope {
 public:
  Rope() = default;
  Rope(Bytes only) { append(std::move(only)); }  // NOLINT: a slice is a rope
  Rope(const Rope& other) { append(other); }
  Rope(Rope&& other) noexcept { take(other); }
  Rope& operator=(const Rope& other) { return *this = Rope(other); }
  Rope& operator=(Rope&& other) noexcept {
    if (this == &other) return *this;
    clear();
    take(other);
    return *this;
  }
  ~Rope() = default;

  void append(Bytes part) {
    if (part.empty()) return;
    size_ += part.size();
    if (inline_count_ < kInline) {
      inline_[inline_count_++] = std::move(part);
    } else {
      if (more_ == nullptr) more_ = std::make_unique<std::vector<Bytes>>();
      more_->push_back(std::move(part));
    }
  }
  void append(const Rope& other) {
    for (std::size_t i = 0; i < other.part_count(); ++i) append(other.part(i));
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t part_count() const { return inline_count_ + (more_ == nullptr ? 0 : more_->size()); }
  const Bytes& part(std::size_t i) const {
    return i < inline_count_ ? inline_[i] : (*more_)[i - kInline];
  }

  Rope slice(std::size_t offset, std::size_t size) const;  // shares the blocks
  Bytes contiguous() const;  // shares when there is one part, else copies
  friend bool operator==(const Rope& a, const Rope& b);  // same content, however cut

  void clear() {
    for (std::uint32_t i = 0; i < inline_count_; ++i) inline_[i] = {};
    inline_count_ = 0;
    size_ = 0;
    more_.reset();
  }

 private:
  static constexpr std::size_t kInline = 3;
  // Each message is moved several times on its way: only the parts that are there. REQUIRES: empty.
  void take(Rope& other) {
    for (std::uint32_t i = 0; i < other.inline_count_; ++i)
      inline_[i] = std::move(other.inline_[i]);
    inline_count_ = std::exchange(other.inline_count_, 0);
    size_ = std::exchange(other.size_, 0);
    more_ = std::move(other.more_);
  }

  std::size_t size_ = 0;
  std::unique_ptr<std::vector<Bytes>> more_;  // null: none
  std::uint32_t inline_count_ = 0;
  std::array<Bytes, kInline> inline_;
};

// On a stream a frame travels as an int32 length (big endian, itself not counted) and the bytes.
// The length is the port's business: a Frame holds only what follows it.
using Frame = Rope;

}  // namespace env
