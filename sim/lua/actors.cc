#include "sim/lua/actors.h"

#include <fmt/format.h>

#include "sim/lua/diagnostic.h"

namespace sim {
namespace {

std::string place_of_caller(lua_State* L) {
  std::string place = script_place(L);
  if (place.ends_with(": ")) place.resize(place.size() - 2);
  return place;
}

std::string seconds(env::Duration d) {
  return fmt::format("{:g}s", static_cast<double>(d.count()) / 1e9);
}

}  // namespace

Actors::Actor& Actors::add(lua_State* L) {
  lua_State* thread = lua_newthread(L);
  const int reference = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_xmove(L, thread, 1);
  actors_.push_back(
      {.thread = thread, .reference = reference, .is_main = actors_.empty() && !main_is_over_});
  mark(actors_.back(), true);
  return actors_.back();
}

void Actors::mark(const Actor& actor, bool lives) {
  lua_State* root = sandbox_.state();
  luaL_getsubtable(root, LUA_REGISTRYINDEX, kActorThreads);
  lua_pushboolean(root, lives);
  if (!lives) {
    lua_pop(root, 1);
    lua_pushnil(root);
  }
  lua_rawsetp(root, -2, actor.thread);
  lua_pop(root, 1);
}

bool Actors::spawn(lua_State* L) {
  const std::size_t before = actors_.size();
  resume(add(L), 0);
  return actors_.size() == before;
}

void Actors::spawn_at(lua_State* L, env::Instant when) {
  const int reference = luaL_ref(L, LUA_REGISTRYINDEX);
  world_->at(when, [this, reference] {
    lua_State* root = sandbox_.state();
    lua_rawgeti(root, LUA_REGISTRYINDEX, reference);
    luaL_unref(root, LUA_REGISTRYINDEX, reference);
    spawn(root);
  });
}

void Actors::spawn_every(lua_State* L, Rhythm rhythm) {
  repeat(luaL_ref(L, LUA_REGISTRYINDEX), rhythm);
}

void Actors::repeat(int reference, Rhythm rhythm) {
  env::Duration gap = rhythm.gap;
  if (rhythm.jitter > env::Duration::zero()) {
    env::Rng& rng = world_->streams().stream("lua/every");
    gap = rng.between(rhythm.gap - rhythm.jitter, rhythm.gap + rhythm.jitter);
  }
  world_->at(world_->now() + gap, [this, reference, rhythm] {
    if (has_stopped_) return;
    lua_rawgeti(sandbox_.state(), LUA_REGISTRYINDEX, reference);
    spawn(sandbox_.state());
    repeat(reference, rhythm);
  });
}

void Actors::resume(Actor& actor, int arguments) {
  if (has_stopped_) return;
  if (is_stuck()) {
    fail(coded(
        Mistake::kBudget,
        "virtual time stands still: 100000 functions were started or went on at one instant; "
        "sleep, at, after and every let time pass when their duration is longer than nothing"));
    return;
  }
  Actor* outer = running_;
  running_ = &actor;
  if (outer == nullptr) sandbox_.refill();
  int results = 0;
  int status = LUA_OK;
  {
    const Sandbox::Running running(sandbox_);
    status = lua_resume(actor.thread, nullptr, arguments, &results);
  }
  running_ = outer;
  if (status == LUA_YIELD) {
    lua_pop(actor.thread, results);
  } else if (status == LUA_OK) {
    end(actor);
  } else {
    fail(sandbox_.complaint_of(actor.thread));
    return;
  }
  if (has_forbidden_metafield(sandbox_.state())) {
    fail(coded(Mistake::kSandbox,
               "a metatable got __gc, __mode or __close after setmetatable: none is available, "
               "when it takes effect depends on the garbage collector"));
    return;
  }
  touch();
}

void Actors::fail(std::string complaint) {
  has_stopped_ = true;
  sink_.on_script_error(std::move(complaint));
  if (world_ != nullptr) world_->stop();
}

// Functions that start each other without a wait between them would keep the run at one instant for
// ever, each within its own budget.
bool Actors::is_stuck() {
  constexpr std::uint32_t kResumesMax = 100'000;
  if (world_ == nullptr) return false;
  if (world_->now() != resumed_at_) resumed_there_ = 0;
  resumed_at_ = world_->now();
  return ++resumed_there_ > kResumesMax;
}

void Actors::end(Actor& actor) {
  mark(actor, false);
  if (actor.is_main) main_is_over_ = true;
  luaL_unref(sandbox_.state(), LUA_REGISTRYINDEX, actor.reference);
  actors_.remove_if([&actor](const Actor& other) { return &other == &actor; });
}

void Actors::check_is_body(lua_State* L, const char* what) {
  if (running_ == nullptr || running_->thread != L) {
    scenario_error(L, Mistake::kNotAWait, fmt::format("{}: cannot wait here", what),
                   "waiting works in the main chunk and in functions given to at, after, every and "
                   "spawn, but not inside "
                   "a predicate or a coroutine of your own");
  }
  if (!lua_isyieldable(L))
    scenario_error(L, Mistake::kNotAWait, fmt::format("{}: cannot wait inside this call", what));
}

int Actors::sleep(lua_State* L, env::Duration duration) {
  sink_.before_wait(L);
  check_is_body(L, "sleep");
  Actor* actor = running_;
  world_->at(world_->now() + duration, [this, actor] { resume(*actor, 0); });
  return lua_yield(L, 0);
}

int Actors::wait_until(lua_State* L, std::optional<env::Duration> within) {
  sink_.before_wait(L);
  check_is_body(L, "wait_until");
  lua_pushvalue(L, 1);
  const int predicate = luaL_ref(L, LUA_REGISTRYINDEX);
  waits_.push_back(
      {.actor = running_, .predicate = predicate, .place = place_of_caller(L), .within = within});
  Wait* wait = &waits_.back();
  if (within.has_value()) {
    wait->deadline = world_->at(world_->now() + *within, [this, wait] { give_up(wait); });
  }
  // Even a predicate that holds already lets its event end first: one way to go on, not two.
  touch();
  return lua_yield(L, 0);
}

void Actors::touch() {
  if (waits_.empty() || is_evaluation_due_ || has_stopped_) return;
  is_evaluation_due_ = true;
  world_->at(world_->now(), [this] { evaluate(); });
}

bool Actors::holds(Wait& wait) {
  const std::expected<bool, std::string> answer = sandbox_.ask(wait.predicate, wait.place);
  if (!answer.has_value()) fail(answer.error());
  return answer.value_or(false);
}

void Actors::evaluate() {
  is_evaluation_due_ = false;
  for (auto wait = waits_.begin(); wait != waits_.end() && !has_stopped_;) {
    if (!holds(*wait)) {
      ++wait;
      continue;
    }
    Actor* actor = wait->actor;
    if (wait->within.has_value()) world_->cancel(wait->deadline);
    luaL_unref(sandbox_.state(), LUA_REGISTRYINDEX, wait->predicate);
    wait = waits_.erase(wait);
    lua_pushboolean(actor->thread, 1);
    resume(*actor, 1);
    // The actor may have added waits; they are at the end of the list and are met in this round.
  }
}

void Actors::give_up(Wait* wait) {
  if (has_stopped_) return;
  if (holds(*wait)) {  // it came true in this very instant, or as it was asked
    Actor* actor = wait->actor;
    luaL_unref(sandbox_.state(), LUA_REGISTRYINDEX, wait->predicate);
    waits_.remove_if([wait](const Wait& other) { return &other == wait; });
    lua_pushboolean(actor->thread, 1);
    resume(*actor, 1);
    return;
  }
  if (has_stopped_) return;
  sink_.on_not_reached(fmt::format("{}: wait_until did not come true within {} (at {})",
                                   wait->place, seconds(*wait->within),
                                   seconds(world_->now().time_since_epoch())));
  Actor& actor = *wait->actor;
  luaL_unref(sandbox_.state(), LUA_REGISTRYINDEX, wait->predicate);
  waits_.remove_if([wait](const Wait& other) { return &other == wait; });
  end(actor);
}

void Actors::finish() {
  if (has_stopped_) return;
  for (const Wait& wait : waits_) {
    sink_.on_not_reached(fmt::format("{}: wait_until had not come true when the run ended (at {})",
                                     wait.place, seconds(world_->now().time_since_epoch())));
  }
}

}  // namespace sim
