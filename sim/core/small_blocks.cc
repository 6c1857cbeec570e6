// operator new and delete of the program: freed blocks of up to 1 KiB wait in a list of their size
// for the next one that asks, instead of going through malloc.
//
// A run makes and frees millions of small objects of a few dozen sizes, and nothing of it lasts.
// Every block comes from malloc, with its size rounded up to a class, so it may also go back to
// free(): what is deleted without its size (by a library) does. Lists are per thread and keep what
// they have: the peak of the runs so far is what a worker holds.
#if !defined(__SANITIZE_ADDRESS__)  // a sanitizer wants to see every block

#include <array>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

constexpr std::size_t kClassStep = 16;  // what malloc aligns to
constexpr std::size_t kClasses = 64;

struct FreeBlock {
  FreeBlock* next;
};
constinit thread_local std::array<FreeBlock*, kClasses + 1> free_blocks{};

std::size_t class_of(std::size_t size) { return (size + kClassStep - 1) / kClassStep; }

[[gnu::noinline]] void* from_malloc(std::size_t size) {
  while (true) {
    if (void* block = std::malloc(size)) return block;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}

}  // namespace

void* operator new(std::size_t size) {
  const std::size_t size_class = size == 0 ? 1 : class_of(size);
  if (size_class > kClasses) return from_malloc(size);
  FreeBlock*& first = free_blocks[size_class];
  FreeBlock* const block = first;
  if (block == nullptr) return from_malloc(size_class * kClassStep);
  first = block->next;
  return block;
}

void operator delete(void* block) noexcept { std::free(block); }

void operator delete(void* block, std::size_t size) noexcept {
  const std::size_t size_class = size == 0 ? 1 : class_of(size);
  if (block == nullptr) return;
  if (size_class > kClasses) {
    std::free(block);
    return;
  }
  FreeBlock*& first = free_blocks[size_class];
  first = new (block) FreeBlock{first};
}

#endif
