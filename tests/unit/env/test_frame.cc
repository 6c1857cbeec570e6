#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>

#include "broker-model/env/frame.h"

namespace env {
namespace {

TEST_CASE("bytes: slices share the block and outlive the whole") {
  Bytes tail;
  {
    const Bytes whole = Bytes::copy_of("hello world");
    tail = whole.slice(6, 5);
    CHECK(tail.data() == whole.data() + 6);
  }
  CHECK(tail.text() == "world");
  CHECK(tail.slice(0, 0).empty());
  CHECK(tail == Bytes::copy_of("world"));
  CHECK_FALSE(tail == Bytes::copy_of("worlds"));
  CHECK(Bytes() == Bytes::copy_of(""));
}

TEST_CASE("bytes: the memo belongs to the whole block, other slices neither see nor set it") {
  const Bytes whole = Bytes::copy_of("batch");
  const Bytes part = whole.slice(1, 3);
  part.set_memo(BlockMemo::kBad);
  CHECK(whole.memo() == BlockMemo::kNone);
  whole.set_memo(BlockMemo::kGood);
  const Bytes copy = whole;
  CHECK(copy.memo() == BlockMemo::kGood);
  CHECK(part.memo() == BlockMemo::kNone);
  CHECK(Bytes::copy_of("batch").memo() == BlockMemo::kNone);
}

TEST_CASE("bytes: assignment to itself and moves keep the content") {
  Bytes bytes = Bytes::copy_of("abc");
  Bytes& same = bytes;
  bytes = same;
  CHECK(bytes.text() == "abc");
  const Bytes moved = std::move(bytes);
  CHECK(moved.text() == "abc");
  CHECK(bytes.empty());  // NOLINT: a moved-from slice is empty
}

TEST_CASE("builder: grows past its capacity, and is empty and usable after finish") {
  BytesBuilder builder(4);
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    const std::string text = std::to_string(i);
    builder.append({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    expected += text;
  }
  const Bytes first = builder.finish();
  CHECK(first.text() == expected);
  CHECK(builder.size() == 0);
  *builder.extend(1) = 'x';
  CHECK(builder.finish().text() == "x");
  CHECK(first.text() == expected);
}

TEST_CASE("rope: equal content is equal however it is cut, slices share, contiguous joins") {
  CHECK(rc::check("any cut", [](const std::string& text) {
    Rope rope;
    std::size_t at = 0;
    while (at < text.size()) {
      const auto size = *rc::gen::inRange<std::size_t>(1, text.size() - at + 1);
      rope.append(Bytes::copy_of(std::string_view(text).substr(at, size)));
      at += size;
    }
    RC_ASSERT(rope.size() == text.size());
    RC_ASSERT(rope == Rope(Bytes::copy_of(text)));
    RC_ASSERT(rope.contiguous().text() == text);
    const auto from = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
    const auto size = *rc::gen::inRange<std::size_t>(0, text.size() - from + 1);
    RC_ASSERT(rope.slice(from, size).contiguous().text() == text.substr(from, size));
  }));
  Rope one(Bytes::copy_of("abc"));
  CHECK(one.contiguous().data() == one.part(0).data());
  one.append(Bytes());
  CHECK(one.part_count() == 1);
  CHECK_FALSE(one == Rope(Bytes::copy_of("abd")));
}

}  // namespace
}  // namespace env
