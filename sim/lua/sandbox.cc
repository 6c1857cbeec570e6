#include "sim/lua/sandbox.h"

#include <cstdlib>

namespace sim {
namespace {

constexpr int kHookEvery = 1000;  // instructions between two looks at the budget

}  // namespace

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
    return nullptr;  // Lua collects garbage and asks again, then raises an error: see reraise()
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

void Sandbox::exhaust(lua_State* L, BudgetKind kind) {
  exhausted_ = kind;
  const std::string_view text = sentence(kind);
  luaL_where(L, 0);
  if (lua_tostring(L, -1)[0] == '\0') {
    lua_pop(L, 1);
    luaL_where(L, 1);
  }
  lua_pushlstring(L, text.data(), text.size());
  lua_concat(L, 2);
  lua_error(L);
  std::abort();  // lua_error does not return
}

void Sandbox::reraise(lua_State* L) {
  if (exhausted_ != BudgetKind::kNone) exhaust(L, exhausted_);
}

}  // namespace sim
