// operator new and delete of the program (sim/core/small_blocks.cc).
#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <new>
#include <vector>

#ifndef __SANITIZE_ADDRESS__

TEST_CASE("a block that was deleted with its size is the next of that class") {
  void* const first = ::operator new(40);
  ::operator delete(first, std::size_t{40});
  void* const again = ::operator new(33);  // 33 to 48 bytes are one class
  CHECK(again == first);
  void* const other = ::operator new(48);
  CHECK(other != first);
  ::operator delete(again, std::size_t{33});
  ::operator delete(other, std::size_t{48});
  CHECK(::operator new(48) == other);  // the last one first
  CHECK(::operator new(48) == first);
  ::operator delete(other);  // as a library would, without a size
  ::operator delete(first);
}

TEST_CASE("blocks of all sizes are apart, aligned and hold what they were asked to hold") {
  struct Held {
    unsigned char* at;
    std::size_t size;
  };
  std::vector<Held> held;
  for (int round = 0; round < 3; ++round) {
    for (std::size_t size = 0; size < 1200; size += 7) {
      auto* at = static_cast<unsigned char*>(::operator new(size));
      REQUIRE(at != nullptr);
      CHECK(reinterpret_cast<std::uintptr_t>(at) % __STDCPP_DEFAULT_NEW_ALIGNMENT__ == 0);
      std::memset(at, static_cast<int>(held.size() % 251), size);
      held.push_back({at, size});
    }
    bool is_intact = true;
    for (std::size_t i = 0; i < held.size(); ++i) {
      for (std::size_t j = 0; j < held[i].size; ++j) {
        if (held[i].at[j] != i % 251) is_intact = false;
      }
    }
    CHECK(is_intact);
    for (const Held& each : held) ::operator delete(each.at, each.size);
    held.clear();
  }
  ::operator delete(nullptr, std::size_t{16});
}

#endif
