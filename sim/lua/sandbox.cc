#include "sim/lua/sandbox.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "sim/lua/diagnostic.h"

namespace sim {
namespace {

constexpr int kHookEvery = 1000;  // instructions between two looks at the budget
constexpr std::size_t kHostReserve = std::size_t{16} << 20;  // beyond what a script may hold
constexpr std::size_t kShortString = 4096;                   // costs nothing to compare
constexpr std::size_t kStringBytesPerInstruction = 1024;
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

std::vector<std::string> script_frames(lua_State* L) {
  constexpr int kLevelsMax = 64;
  std::vector<std::string> frames;
  lua_Debug activation;
  for (int level = 0; level < kLevelsMax && lua_getstack(L, level, &activation) != 0; ++level) {
    lua_getinfo(L, "Sl", &activation);
    if (activation.currentline <= 0) continue;
    std::string frame = fmt::format("{}:{}", activation.short_src, activation.currentline);
    if (frames.empty() || frames.back() != frame) frames.push_back(std::move(frame));
  }
  return frames;
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
  if (block == nullptr) {  // then old_size is a kind of object, not a size
    if (old_size == LUA_TSTRING)
      sandbox->longest_string_ = std::max(sandbox->longest_string_, new_size);
    old_size = 0;
  }
  if (new_size == 0) {
    std::free(block);
    sandbox->memory_used_ -= old_size;
    return nullptr;
  }
  const std::size_t limit =
      sandbox->limits_.memory_bytes + (sandbox->running_ > 0 ? 0 : kHostReserve);
  if (new_size > old_size && sandbox->memory_used_ - old_size + new_size > limit) {
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
  sandbox.charge(L, kHookEvery * sandbox.price_of_instruction(L));
}

// One instruction compares two strings of 30 MB, or hands half a million arguments on: a loop of
// such ones would take hours to spend a budget that counts instructions alone.
std::uint64_t Sandbox::price_of_instruction(lua_State* L) const {
  constexpr int kFramesSeen = 4;
  constexpr int kArgumentsPerInstruction = 16;
  std::uint64_t price = 1;
  if (longest_string_ > kShortString)
    price += (longest_string_ - kShortString) / kStringBytesPerInstruction;
  lua_Debug activation;
  for (int level = 0; level < kFramesSeen && lua_getstack(L, level, &activation) != 0; ++level) {
    for (int arguments = 100; arguments <= 1'000'000; arguments *= 10) {
      if (lua_getlocal(L, &activation, -arguments) == nullptr) break;  // so many in "..."
      lua_pop(L, 1);
      price = std::max<std::uint64_t>(
          price, static_cast<std::uint64_t>(arguments) * 10 / kArgumentsPerInstruction);
    }
  }
  return price;
}

void Sandbox::charge(lua_State* L, std::uint64_t instructions) {
  if (instructions_left_ <= instructions) exhaust(L, BudgetKind::kInstructions);
  instructions_left_ -= instructions;
}

void Sandbox::exhaust(lua_State* L, BudgetKind kind) {
  exhausted_ = kind;
  if (complaint_.empty()) complaint_ = script_place(L) + coded(Mistake::kBudget, sentence(kind));
  lua_pushliteral(L, "a budget of the script is spent");  // complaint() is what people see
  lua_error(L);
  std::abort();  // lua_error does not return
}

void Sandbox::reraise(lua_State* L) {
  if (exhausted_ != BudgetKind::kNone) exhaust(L, exhausted_);
}

int Sandbox::note_frames(lua_State* L) {
  if (of(L).exhausted_ == BudgetKind::kNone) of(L).frames_ = script_frames(L);
  return 1;
}

std::expected<bool, std::string> Sandbox::ask(int reference, std::string_view place) {
  const Running running(*this);
  refill();
  frames_.clear();
  lua_pushcfunction(state_, &note_frames);
  lua_rawgeti(state_, LUA_REGISTRYINDEX, reference);
  if (lua_pcall(state_, 0, 1, -2) != LUA_OK) {
    if (frames_.empty() && !place.empty()) frames_.emplace_back(place);
    std::string text = worded(pop_error(state_), frames_);
    lua_pop(state_, 1);
    return std::unexpected(std::move(text));
  }
  const bool answer = lua_toboolean(state_, -1) != 0;
  lua_pop(state_, 2);
  return answer;
}

std::string Sandbox::complaint_of(lua_State* thread) {
  const Running running(*this);
  const std::vector<std::string> frames = script_frames(thread);
  if (thread != state_) lua_xmove(thread, state_, 1);
  return worded(pop_error(state_), frames);
}

std::string Sandbox::worded(std::string text, const std::vector<std::string>& frames) const {
  constexpr std::size_t kCallersMax = 8;
  if (exhausted_ != BudgetKind::kNone) {
    if (!complaint_.empty()) return complaint_;
    text = coded(Mistake::kBudget, sentence(exhausted_));
  }
  if (frames.empty()) return text;
  const std::string file = frames.front().substr(0, frames.front().rfind(':') + 1);
  if (!text.starts_with(file)) text = fmt::format("{}: {}", frames.front(), text);
  // error(text, 2) names a caller: the calls that led there begin behind it.
  auto caller = std::ranges::find_if(
      frames, [&](const std::string& frame) { return text.starts_with(frame + ": "); });
  if (caller == frames.end()) caller = frames.begin();
  std::size_t count = 0;
  for (++caller; caller != frames.end() && count < kCallersMax; ++caller, ++count)
    text += fmt::format("\ncalled from {}", *caller);
  return text;
}

}  // namespace sim
