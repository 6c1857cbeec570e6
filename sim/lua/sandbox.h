// Sandbox: a Lua 5.4 state in which a script is a pure function of its text and the run's seed.
//
// What is taken away: os, io, debug, package, load*, dofile, collectgarbage, finalisers, weak
// tables, addresses. What is replaced: pairs and next walk in key order (numbers, strings,
// booleans, our own objects by id), table.sort is stable, math.random draws from a stream of the
// run, string patterns have a step budget. Instructions and memory have budgets that pcall cannot
// swallow. Lives as long as the run.
#pragma once

#include <lua.hpp>

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "broker-model/env/rng.h"

namespace sim {

struct SandboxLimits {
  std::uint64_t instructions_per_resume = 50'000'000;  // VM instructions between two waits
  std::uint64_t pattern_steps = 20'000'000;            // per call of a string pattern function
  std::size_t memory_bytes = std::size_t{64} << 20;
};

// Why a script was stopped, whatever it tried with pcall.
enum class BudgetKind : std::uint8_t { kNone, kInstructions, kMemory, kPatternSteps };

class Sandbox {
 public:
  explicit Sandbox(SandboxLimits limits = {});
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  lua_State* state() { return state_; }
  static Sandbox& of(lua_State* L);  // any thread of a sandboxed state

  // Where math.random draws from. Null until a run and its seed are known: then drawing is an
  // error.
  env::Rng* random() { return random_; }
  void set_random(env::Rng* random) { random_ = random; }
  const SandboxLimits& limits() const { return limits_; }

  // Before each resume from outside: a fresh instruction budget.
  void refill();

  // While one of these lives, a script runs, with the memory that it may hold. Between two of them
  // the host keeps its books (references, threads) and may hold some more: nothing would catch an
  // error of memory there.
  class Running {
   public:
    explicit Running(Sandbox& sandbox) : sandbox_(sandbox) { ++sandbox_.running_; }
    ~Running() { --sandbox_.running_; }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    Sandbox& sandbox_;
  };

  // Calls a function of the script, kept under `reference`, with a budget of its own: whether it
  // answered true, or its error as complaint_of() words it. `place` ("file:line") is where it was
  // handed over, for errors that have no place of their own.
  std::expected<bool, std::string> ask(int reference, std::string_view place);
  // What ended the script: the error value on top of `thread` (popped; its stack still stands) as
  // "file:line: text", with the calls that led there; or the budget that is gone.
  std::string complaint_of(lua_State* thread);

  BudgetKind exhausted() const { return exhausted_; }
  // What ended the script, with its place; "" until a budget is gone.
  const std::string& complaint() const { return complaint_; }
  // Work that the VM does not count, in instructions: loops of library functions. Raises when the
  // budget does not cover it.
  void charge(lua_State* L, std::uint64_t instructions);
  // Marks the budget as gone and raises the Lua error that ends the script. Does not return.
  [[noreturn]] void exhaust(lua_State* L, BudgetKind kind);
  // Raises again when a budget is gone: called wherever Lua could have swallowed the error.
  void reraise(lua_State* L);

  std::size_t memory_used() const { return memory_used_; }

 private:
  static void* allocate(void* self, void* block, std::size_t old_size, std::size_t new_size);
  static void count_hook(lua_State* L, lua_Debug* activation);
  // What an instruction of L costs: more than 1 where one may copy or compare very much.
  std::uint64_t price_of_instruction(lua_State* L) const;
  static int note_frames(lua_State* L);  // a message handler: the error stays as it is
  std::string worded(std::string text, const std::vector<std::string>& frames) const;

  env::Rng* random_ = nullptr;
  SandboxLimits limits_;
  lua_State* state_ = nullptr;
  std::size_t memory_used_ = 0;
  std::size_t refused_size_ =
      0;  // the last request that did not fit, while Lua may ask again; else 0
  std::uint64_t instructions_left_ = 0;
  std::size_t longest_string_ = 0;  // that was ever made
  int running_ = 0;
  BudgetKind exhausted_ = BudgetKind::kNone;
  std::string complaint_;
  std::vector<std::string> frames_;  // where the last error of ask() was raised
};

// Registry: the threads of actors, by address; looked up, never walked.
inline constexpr const char* kActorThreads = "titorelli.actors";
// Registry: tables that serve as metatables; weak, so that they live no longer for it.
inline constexpr const char* kMetatables = "titorelli.metatables";

// The line of script that runs on L, "file:line: ", the innermost one; "" when there is none.
std::string script_place(lua_State* L);
// All lines of script that L is in, "file:line", the innermost first; of a deep recursion the
// first.
std::vector<std::string> script_frames(lua_State* L);

// tostring() without addresses: "table: 1", numbered in the order in which objects were first
// printed. Pushes a string.
void push_text(lua_State* L, int index);

// The same of the value on top of L, which is popped; for text that the host prints: an error in a
// __tostring becomes text too.
std::string pop_text(lua_State* L);

// The same of an error value: one that has no text is described.
std::string pop_error(lua_State* L);

// Whether a metatable was given one of the fields that setmetatable refuses, after the fact.
bool has_forbidden_metafield(lua_State* L);

// A sentence for a budget that is gone.
std::string_view sentence(BudgetKind kind);

// The parts of the library, one file each; each fills globals of L.
void open_base(lua_State* L);
void open_string(lua_State* L);
void open_table(lua_State* L);
void open_math(lua_State* L);
void open_coroutine(lua_State* L);

}  // namespace sim
