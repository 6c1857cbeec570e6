// The bytes of one file as extents that share the blocks they were written from. Nothing is copied:
// a record batch lies in the page cache, on the platter and in the request that brought it as one
// block. Gaps read as zeros.
#pragma once

#include <cstdint>
#include <vector>

#include "broker-model/env/frame.h"

namespace sim {

class FileContent {
 public:
  std::int64_t size() const { return size_; }

  // Replaces what lay there and grows the file as needed. REQUIRES: offset >= 0.
  void write(std::int64_t offset, const env::Rope& content);
  // Cuts, or grows with zeros. REQUIRES: size >= 0.
  void resize(std::int64_t size);
  // What of [offset, offset + size) lies within the file. REQUIRES: offset >= 0, size >= 0.
  env::Rope read(std::int64_t offset, std::int64_t size) const;

  std::size_t extent_count() const { return extents_.size(); }

 private:
  struct Extent {
    std::int64_t offset = 0;
    env::Bytes bytes;
    std::int64_t end() const { return offset + static_cast<std::int64_t>(bytes.size()); }
  };
  std::vector<Extent>::iterator first_ending_after(std::int64_t offset);
  void cut_out(std::int64_t begin, std::int64_t end);

  std::vector<Extent> extents_;  // by offset, disjoint
  std::int64_t size_ = 0;
};

}  // namespace sim
