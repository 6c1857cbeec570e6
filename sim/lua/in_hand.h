// InHand: what a scenario has in hand: handlers of events (on), objects that stand for messages,
// and captures to be saved with the run. Part of a ScenarioRun.
#pragma once

#include <lua.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/lab/interception.h"
#include "sim/lab/results.h"
#include "sim/lua/actors.h"
#include "sim/lua/api.h"

namespace sim {

class Options;

// A message that a script holds on to. What it was captured by or told by, and whether the script
// keeps it from going on.
struct KnownMessage {
  CapturedMessage captured;
  std::optional<CaptureId> capture;  // and there, where:
  std::size_t index = 0;
  std::optional<HookId> hook;
  bool is_held = false;  // by message:hold() or :delay()
};

class InHand final : private HookSink {
 public:
  InHand(Sandbox& sandbox, Actors& actors) : sandbox_(sandbox), actors_(actors) {}

  void set_lab(Lab* lab) { lab_ = lab; }

  // Pops a function from L: the handler.
  HookId add_hook(lua_State* L, EventType type, EventFilter filter);
  bool cancel(HookId id);

  // False: it has left already. Held messages count as what the hook has affected.
  bool hold(KnownMessage& message);
  // False: its connection has died meanwhile. REQUIRES: held by the script or by its capture.
  bool release(KnownMessage& message);
  bool is_held(const KnownMessage& message) const;

  // Answers false when another capture is saved under that name.
  bool save(CaptureId id, const std::string& name);
  std::vector<CaptureFile> files() const;

  Lab& lab() { return *lab_; }

 private:
  struct Handler {
    int function = LUA_NOREF;
    std::uint64_t held = 0;  // messages that it kept from going on
    bool is_on_record = false;
  };
  void on_occurrence(HookId id, const Occurrence& occurrence) override;

  Sandbox& sandbox_;
  Actors& actors_;
  Lab* lab_ = nullptr;
  std::map<HookId, Handler> handlers_;
  std::map<std::string, CaptureId> saves_;
};

// --- objects

// The event table that a handler gets.
void push_occurrence(lua_State* L, HookId hook, const Occurrence& occurrence);
// A message object of its own each time; it goes when Lua lets go of it.
void push_message(lua_State* L, KnownMessage message);
// The same object each time for the same captured message.
void push_captured(lua_State* L, CaptureId capture, std::size_t index);
KnownMessage& check_message(lua_State* L, int index);
int collect_message(lua_State* L);  // __gc
void push_host(lua_State* L, HostId host);
// As an object, or its name when this run has no such host.
void push_host_named(lua_State* L, const std::string& name);

// --- filters: options that a capture and on("message") share
struct MessageFilterDefaults {
  std::optional<MessageKind> kind;
};
MessageFilter read_message_filter(lua_State* L, Options& options, std::string_view call,
                                  MessageFilterDefaults defaults);
void read_topic(lua_State* L, Options& options, std::string_view call, std::string& topic,
                std::optional<std::int32_t>& partition);
kafka::ApiKey read_api(lua_State* L, const std::string& name);

}  // namespace sim
