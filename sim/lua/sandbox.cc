#include "sim/lua/sandbox.h"

#include <algorithm>
#include <cstdlib>

namespace sim {
namespace {

constexpr int kHookEvery = 1000;                  // instructions between two looks at the budget
constexpr std::size_t kBytesPerInstruction = 64;  // copying counts too: "s .. s" is one instruction

}  // namespace

std::string script_place(lua_State* L) {
  lua_Debug activation;
  for (int level = 0; lua_getstack(L, level, &activation) != 0; ++level) {
    lua_getinfo(L, "Sl", &activation);
    if (activation.currentline > 0) {
      return std::string(activation.short_src) + ":" + std::to_string(activation.currentline) +
             ": ";
    }
  }
  return {};
}

std::string_view sentence(BudgetKind kind) {
  switch (kind) {
    case BudgetKind::kNone: return "";
    case BudgetKind::kInstructions:
      return "endless loop: the script ran for too long without waiting (sleep, wait_until or the "
             "end of the "
             "function let virtual time pass)";
    case BudgetKind::kMemory: return "out of memory: the script holds more than its memory budget";
    case BudgetKind::kPatternSteps: return "the string pattern takes too many steps on this text";
  }
  return "";
}

Sandbox::Sandbox(SandboxLimits limits) : limits_(limits) {
  state_ = lua_newstate(&Sandbox::allocate, this);
  TIT_ASSERT(state_ != nullptr, "a Lua state fits into its memory budget");
  *static_cast<Sandbox**>(lua_getextraspace(state_)) = this;  // copied into every new thread
  open_base(state_);
  open_string(state_);
  open_table(state_);
  open_math(state_);
  open_coroutine(state_);
  lua_sethook(state_, &Sandbox::count_hook, LUA_MASKCOUNT, kHookEvery);
  refill();
}

Sandbox::~Sandbox() { lua_close(state_); }

Sandbox& Sandbox::of(lua_State* L) { return **static_cast<Sandbox**>(lua_getextraspace(L)); }

void Sandbox::refill() { instructions_left_ = limits_.instructions_per_resume; }

void* Sandbox::allocate(void* self, void* block, std::size_t old_size, std::size_t new_size) {
  auto* sandbox = static_cast<Sandbox*>(self);
  if (block == nullptr) old_size = 0;  // then old_size is a kind of object, not a size
  if (new_size == 0) {
    std::free(block);
    sandbox->memory_used_ -= old_size;
    return nullptr;
  }
  if (new_size > old_size &&
      sandbox->memory_used_ - old_size + new_size > sandbox->limits_.memory_bytes) {
    // Lua may collect garbage and ask for the same again; else it raises an error that pcall could
    // swallow, were the budget not marked as gone.
    sandbox->refused_size_ = sandbox->exhausted_ == BudgetKind::kNone ? new_size : 0;
    if (sandbox->exhausted_ == BudgetKind::kNone) sandbox->exhausted_ = BudgetKind::kMemory;
    return nullptr;
  }
  if (new_size > old_size) {
    if (sandbox->refused_size_ == new_size && sandbox->exhausted_ == BudgetKind::kMemory)
      sandbox->exhausted_ = BudgetKind::kNone;  // the collection made room
    sandbox->refused_size_ = 0;
    const std::uint64_t cost = new_size / kBytesPerInstruction;
    sandbox->instructions_left_ -= std::min(sandbox->instructions_left_, cost);
  }
  void* result = std::realloc(block, new_size);
  if (result != nullptr) sandbox->memory_used_ += new_size - old_size;
  return result;
}

void Sandbox::count_hook(lua_State* L, lua_Debug*) {
  Sandbox& sandbox = of(L);
  if (sandbox.exhausted_ != BudgetKind::kNone) sandbox.exhaust(L, sandbox.exhausted_);
  if (sandbox.instructions_left_ <= kHookEvery) sandbox.exhaust(L, BudgetKind::kInstructions);
  sandbox.instructions_left_ -= kHookEvery;
}

void Sandbox::charge(lua_State* L, std::uint64_t instructions) {
  if (instructions_left_ <= instructions) exhaust(L, BudgetKind::kInstructions);
  instructions_left_ -= instructions;
}

void Sandbox::exhaust(lua_State* L, BudgetKind kind) {
  exhausted_ = kind;
  if (complaint_.empty()) complaint_ = script_place(L) + std::string(sentence(kind));
  lua_pushliteral(L, "a budget of the script is spent");  // complaint() is what people see
  lua_error(L);
  std::abort();  // lua_error does not return
}

void Sandbox::reraise(lua_State* L) {
  if (exhausted_ != BudgetKind::kNone) exhaust(L, exhausted_);
}

}  // namespace sim
