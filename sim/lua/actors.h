// Actors: the coroutines of a scenario. Each runs between events, never inside a broker; it waits
// by yielding to virtual time. Owned by a ScenarioRun.
#pragma once

#include <lua.hpp>

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/world.h"
#include "sim/lua/sandbox.h"

namespace sim {

// Told when a script goes wrong; the run stops then.
class ActorSink {
 public:
  virtual ~ActorSink() = default;
  virtual void on_script_error(std::string message) = 0;
  virtual void on_not_reached(std::string sentence) = 0;
  // Raises instead of waiting, in the pass over the declarations; else does nothing.
  virtual void before_wait(lua_State* L) = 0;
};

class Actors {
 public:
  Actors(Sandbox& sandbox, ActorSink& sink) : sandbox_(sandbox), sink_(sink) {}

  // The world is made while the main chunk already runs (scenario{ } knows the seed).
  void set_world(World* world) { world_ = world; }

  // Pops a function from L and runs it as an actor, at once. Answers whether it has ended.
  bool spawn(lua_State* L);
  // The same at a time; `L` is any thread.
  void spawn_at(lua_State* L, env::Instant when);
  // Each gap is drawn from gap - jitter to gap + jitter. REQUIRES: 0 <= jitter < gap.
  struct Rhythm {
    env::Duration gap{};
    env::Duration jitter{};
  };
  // Again and again, from one gap after now on, until the end of the run. An instance that still
  // waits is not waited for.
  void spawn_every(lua_State* L, Rhythm rhythm);

  // --- from API functions: raise unless L is the body of the running actor (not of a coroutine of
  // its own).
  int sleep(lua_State* L, env::Duration duration);  // returns lua_yield
  // Stack: the predicate at index 1. Returns true at once, or yields until it holds. Past the
  // deadline the actor ends and the run is a liveness failure.
  int wait_until(lua_State* L, std::optional<env::Duration> within);

  // Something happened that predicates may depend on.
  void touch();
  // At the end of the run: waits that were never over are failures of liveness.
  void finish();
  bool is_main_over() const { return main_is_over_; }
  // Whether L is the body of the main chunk, now running.
  bool is_main(lua_State* L) const {
    return running_ != nullptr && running_->is_main && running_->thread == L;
  }

 private:
  struct Actor {
    lua_State* thread = nullptr;
    int reference = LUA_NOREF;
    bool is_main = false;
  };
  struct Wait {
    Actor* actor = nullptr;
    int predicate = LUA_NOREF;
    std::string place;  // file:line of the wait
    std::optional<env::Duration> within;
    World::CallbackId deadline{};
  };

  void check_is_body(lua_State* L, const char* what);
  Actor& add(lua_State* L);  // pops a function
  void resume(Actor& actor, int arguments);
  void fail(std::string complaint);  // ends the run
  bool is_stuck();                   // counts a resume
  void end(Actor& actor);
  void mark(const Actor& actor, bool lives);  // for coroutine.resume and its like
  void evaluate();
  bool holds(Wait& wait);  // false as well when the predicate raised
  void give_up(Wait* wait);
  void repeat(int reference, Rhythm rhythm);

  Sandbox& sandbox_;
  ActorSink& sink_;
  World* world_ = nullptr;
  std::list<Actor> actors_;
  std::list<Wait> waits_;
  Actor* running_ = nullptr;
  bool is_evaluation_due_ = false;
  bool has_stopped_ = false;  // after an error nothing runs any more
  bool main_is_over_ = false;
  env::Instant resumed_at_{};        // the virtual time of the last resume,
  std::uint32_t resumed_there_ = 0;  // and how many there were at it
};

}  // namespace sim
