#include "sim/disk/file_content.h"

#include <algorithm>
#include <utility>

namespace sim {

std::vector<FileContent::Extent>::iterator FileContent::first_ending_after(std::int64_t offset) {
  return std::partition_point(extents_.begin(), extents_.end(),
                              [offset](const Extent& extent) { return extent.end() <= offset; });
}

// Nothing of [begin, end) is covered afterwards.
void FileContent::cut_out(std::int64_t begin, std::int64_t end) {
  auto first = first_ending_after(begin);
  if (first == extents_.end() || first->offset >= end) return;
  std::vector<Extent> rests;  // at most the head of the first and the tail of the last
  auto last = first;
  for (; last != extents_.end() && last->offset < end; ++last) {
    if (last->offset < begin) {
      rests.push_back(
          {last->offset, last->bytes.slice(0, static_cast<std::size_t>(begin - last->offset))});
    }
    if (last->end() > end) {
      const auto skipped = static_cast<std::size_t>(end - last->offset);
      rests.push_back({end, last->bytes.slice(skipped, last->bytes.size() - skipped)});
    }
  }
  const auto at = extents_.erase(first, last);
  extents_.insert(at, rests.begin(), rests.end());
}

void FileContent::write(std::int64_t offset, const env::Rope& content) {
  TIT_ASSERT(offset >= 0, "a file begins at 0");
  const std::int64_t end = offset + static_cast<std::int64_t>(content.size());
  if (offset < size_) cut_out(offset, end);
  auto at = first_ending_after(offset);
  for (std::size_t i = 0; i < content.part_count(); ++i) {
    const env::Bytes& part = content.part(i);
    at = std::next(extents_.insert(at, Extent{offset, part}));
    offset += static_cast<std::int64_t>(part.size());
  }
  size_ = std::max(size_, end);
}

void FileContent::resize(std::int64_t size) {
  TIT_ASSERT(size >= 0, "a file's size is not negative");
  if (size < size_) cut_out(size, size_);
  size_ = size;
}

env::Rope FileContent::read(std::int64_t offset, std::int64_t size) const {
  TIT_ASSERT(offset >= 0 && size >= 0, "a read lies within [0, ...)");
  env::Rope found;
  const std::int64_t end = std::min(size_, size > size_ ? size_ : offset + size);
  const auto add_zeros = [&found](std::int64_t count) {
    if (count <= 0) return;
    env::BytesBuilder zeros(static_cast<std::size_t>(count));
    std::memset(zeros.extend(static_cast<std::size_t>(count)), 0, static_cast<std::size_t>(count));
    found.append(zeros.finish());
  };
  auto extent = std::partition_point(extents_.begin(), extents_.end(),
                                     [offset](const Extent& e) { return e.end() <= offset; });
  for (; extent != extents_.end() && extent->offset < end; ++extent) {
    add_zeros(extent->offset - offset);
    offset = std::max(offset, extent->offset);
    const std::int64_t stop = std::min(end, extent->end());
    found.append(extent->bytes.slice(static_cast<std::size_t>(offset - extent->offset),
                                     static_cast<std::size_t>(stop - offset)));
    offset = stop;
  }
  add_zeros(end - offset);
  return found;
}

}  // namespace sim
