// net:capture, net:load_capture; captures and replays.
#include <fmt/format.h>

#include "broker-model/messages/message_values.h"
#include "sim/lua/diagnostic.h"
#include "sim/lua/in_hand.h"
#include "sim/lua/options.h"
#include "sim/lua/scenario.h"
#include "sim/lua/values.h"

namespace sim {
namespace {

constexpr std::int64_t kLimit = 10'000;  // messages that a capture keeps unless told otherwise
constexpr std::int64_t kLimitMax = 1'000'000;
constexpr std::int64_t kTimesMax = 10'000;

Interception& interception_of(lua_State* L) { return run_of(L).lab(L).interception(); }

CaptureId check_capture(lua_State* L) {
  return CaptureId(check_object(L, 1, ObjectKind::kCapture, "a capture").id);
}

Capture& live_capture(lua_State* L, std::string_view call) {
  Capture& capture = interception_of(L).capture(check_capture(L));
  if (capture.is_loaded()) {
    scenario_error(
        L, Mistake::kWrongState,
        fmt::format("capture:{}: it was loaded from a file, nothing of it is under way", call),
        "it can be looked at and replayed");
  }
  return capture;
}

int capture_hold(lua_State* L) {
  if (live_capture(L, "hold()").mode() == Capture::Mode::kHold)
    scenario_error(L, Mistake::kWrongState, "capture:hold(): it holds already");
  interception_of(L).hold(check_capture(L));
  return 0;
}

int capture_delay(lua_State* L) {
  live_capture(L, "delay()");
  const env::Duration delay(check_duration(L, 2, "capture:delay(duration)"));
  interception_of(L).delay(check_capture(L), delay);
  return 0;
}

int capture_release(lua_State* L) {
  const Capture& capture = live_capture(L, "release()");
  if (capture.mode() == Capture::Mode::kWatch && capture.held() == 0) {
    scenario_error(L, Mistake::kWrongState, "capture:release(): it holds nothing",
                   "hold() or delay() comes first, and each is released once");
  }
  lua_pushinteger(L, static_cast<lua_Integer>(interception_of(L).release(check_capture(L))));
  return 1;
}

int capture_count(lua_State* L) {
  const auto count = interception_of(L).capture(check_capture(L)).messages().size();
  lua_pushinteger(L, static_cast<lua_Integer>(count));
  return 1;
}

int capture_held(lua_State* L) {
  const std::size_t held = interception_of(L).capture(check_capture(L)).held();
  lua_pushinteger(L, static_cast<lua_Integer>(held));
  return 1;
}

// The number at `argument`, from 1 on, as an index; beyond the last message nothing.
std::optional<std::size_t> check_index(lua_State* L, const Capture& capture,
                                       std::string_view call) {
  int is_integer = 0;
  const lua_Integer number =
      lua_isnoneornil(L, 2) ? (is_integer = 1) : lua_tointegerx(L, 2, &is_integer);
  if (is_integer == 0 || number < 1) {
    push_text(L, 2);
    scenario_error(
        L, Mistake::kOutOfRange,
        fmt::format("capture:{} expects a number from 1 on, got {}", call, lua_tostring(L, -1)));
  }
  if (static_cast<std::uint64_t>(number) > capture.messages().size()) return std::nullopt;
  return static_cast<std::size_t>(number - 1);
}

int capture_message(lua_State* L) {
  const CaptureId id = check_capture(L);
  const auto index = check_index(L, interception_of(L).capture(id), "message(number)");
  if (index.has_value()) {
    push_captured(L, id, *index);
  } else {
    lua_pushnil(L);
  }
  return 1;
}

int capture_messages(lua_State* L) {
  const CaptureId id = check_capture(L);
  const std::size_t count = interception_of(L).capture(id).messages().size();
  lua_newtable(L);
  for (std::size_t i = 0; i < count; ++i) {
    push_captured(L, id, i);
    lua_rawseti(L, -2, static_cast<lua_Integer>(i + 1));
  }
  return 1;
}

int capture_response(lua_State* L) {
  const Capture& capture = interception_of(L).capture(check_capture(L));
  const auto index = check_index(L, capture, "response(number)");
  if (!index.has_value() || !capture.messages()[*index].response.has_value()) {
    lua_pushnil(L);
    return 1;
  }
  const CapturedMessage& captured = capture.messages()[*index];
  const auto body = kafka::decode_response_value(*captured.response, captured.message.api,
                                                 captured.message.version);
  if (!body.has_value()) {
    scenario_error(L, Mistake::kOther,
                   fmt::format("capture:response(): {}", body.error().sentence));
  }
  push_value(L, *body);
  return 1;
}

int capture_save(lua_State* L) {
  const CaptureId id = check_capture(L);
  const std::string name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
  const bool is_good =
      !name.empty() && name.size() <= 100 && name.front() != '.' &&
      name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") ==
          std::string::npos;
  if (!is_good) {
    scenario_error(L, Mistake::kWrongType, "capture:save(name) expects the name of a file",
                   "up to 100 letters, digits, '.', '_' and '-'; it becomes "
                   "captures/NAME.capture in the run's folder");
  }
  if (!run_of(L).in_hand().save(id, name)) {
    scenario_error(L, Mistake::kWrongState,
                   fmt::format("capture:save(\"{}\"): another capture has that name", name));
  }
  return 0;
}

// --- replay

// A broker or controller; by default whom it was sent to.
HostId read_target(lua_State* L, Options& options, const CapturedMessage& captured) {
  Lab& lab = run_of(L).lab(L);
  const Host* target = nullptr;
  if (options.push("to")) {
    target = &check_host(L, -1, "replay{ to = }: a broker or controller");
    lua_pop(L, 1);
  } else {
    target = lab.world().find_host(captured.to);
  }
  if (target == nullptr) {
    scenario_error(L, Mistake::kMissingOption,
                   fmt::format("replay{{ to = }} is missing, and this run has no {}", captured.to),
                   "name a broker: cap:replay{ to = orders:leader(0) }");
  }
  const Role role = lab.recorder().member(target->id()).role;
  if (role != Role::kBroker && role != Role::kController) {
    scenario_error(L, Mistake::kBadTargets,
                   fmt::format("replay{{ to = }}: {} is no server", target->name()),
                   "requests are answered by brokers and controllers");
  }
  return target->id();
}

env::Frame edited(lua_State* L, Options& options, const CapturedMessage& captured) {
  if (!options.push("edit")) return captured.message.frame;
  if (!lua_istable(L, -1)) {
    scenario_error(
        L, Mistake::kWrongType,
        fmt::format("replay{{ edit = }} expects a table of fields, got a {}", luaL_typename(L, -1)),
        "edit = { acks = 0, [\"topic_data[1].name\"] = \"other\" }");
  }
  auto request = kafka::decode_request_value(captured.message.frame);
  if (!request.has_value())
    scenario_error(L, Mistake::kOther, fmt::format("replay: {}", request.error().sentence));
  apply_edits(L, lua_gettop(L), request->body);
  lua_pop(L, 1);
  auto frame = kafka::encode_request_value(request->header, request->body);
  if (!frame.has_value())
    scenario_error(L, Mistake::kWrongType, fmt::format("edit: {}", frame.error().sentence));
  return std::move(*frame);
}

const CapturedMessage& read_request(lua_State* L, Options& options, const Capture& capture) {
  const std::int64_t index = options.integer("index", 1, INT64_MAX).value_or(1);
  const std::vector<CapturedMessage>& messages = capture.messages();
  if (static_cast<std::uint64_t>(index) > messages.size()) {
    scenario_error(
        L, Mistake::kNoCapture,
        messages.empty()
            ? std::string("capture:replay{ }: nothing has been captured yet")
            : fmt::format("capture:replay{{ index = {} }}: {} message{} captured so far", index,
                          messages.size(), messages.size() == 1 ? " was" : "s were"),
        "wait for it: wait_until(function() return cap:count() >= 1 end)");
  }
  const CapturedMessage& captured = messages[static_cast<std::size_t>(index - 1)];
  if (captured.message.kind != MessageKind::kRequest) {
    scenario_error(L, Mistake::kWrongType,
                   fmt::format("capture:replay{{ index = {} }}: it is a response", index),
                   "only requests can be replayed: net:capture{ kind = \"request\" }");
  }
  if (!kafka::decode_request_value(captured.message.frame).has_value()) {
    scenario_error(L, Mistake::kOther,
                   fmt::format("capture:replay{{ index = {} }}: it cannot be decoded", index));
  }
  return captured;
}

int capture_replay(lua_State* L) {
  const Capture& capture = interception_of(L).capture(check_capture(L));
  Options options(L, 2, "replay");
  const CapturedMessage& captured = read_request(L, options, capture);
  ReplaySpec spec;
  spec.to = read_target(L, options, captured);
  spec.request = edited(L, options, captured);
  spec.times = static_cast<std::uint64_t>(options.integer("times", 1, kTimesMax).value_or(1));
  spec.after = env::Duration(options.duration("after").value_or(0));
  options.finish();
  const ReplayId id = interception_of(L).replay(spec);
  push_object(L, {.kind = ObjectKind::kReplay, .id = id.value()});
  return 1;
}

const Replay& check_replay(lua_State* L) {
  return interception_of(L).replay(
      ReplayId(check_object(L, 1, ObjectKind::kReplay, "a replay").id));
}

int replay_is_done(lua_State* L) {
  lua_pushboolean(L, check_replay(L).is_done);
  return 1;
}

void push_answer(lua_State* L, const Replay& replay, std::size_t index) {
  const auto body = kafka::decode_response_value(replay.answers[index], replay.api, replay.version);
  if (!body.has_value())
    scenario_error(L, Mistake::kOther, fmt::format("replay:answer(): {}", body.error().sentence));
  push_value(L, *body);
}

int replay_answers(lua_State* L) {
  const Replay& replay = check_replay(L);
  lua_newtable(L);
  for (std::size_t i = 0; i < replay.answers.size(); ++i) {
    push_answer(L, replay, i);
    lua_rawseti(L, -2, static_cast<lua_Integer>(i + 1));
  }
  return 1;
}

int replay_answer(lua_State* L) {
  const Replay& replay = check_replay(L);
  if (replay.answers.empty()) {
    lua_pushnil(L);
  } else {
    push_answer(L, replay, 0);
  }
  return 1;
}

int replay_error(lua_State* L) {
  const std::string& error = check_replay(L).error;
  if (error.empty()) {
    lua_pushnil(L);
  } else {
    lua_pushlstring(L, error.data(), error.size());
  }
  return 1;
}

constexpr ApiWord kCaptureWords[] = {
    {"hold", &capture_hold, "capture:hold()",
     "From now on matching messages do not go on, nor does what follows them on their connection, "
     "until :release(). On the record of faults, with the messages it held."},
    {"delay", &capture_delay, "capture:delay(duration)",
     "From now on each matching message goes on so much later, and what follows it too."},
    {"release", &capture_release, "capture:release() -> number",
     "Lets go all that it holds, and holds no more. Answers how many went on."},
    {"count", &capture_count, "capture:count() -> number", "How many messages it has so far."},
    {"held", &capture_held, "capture:held() -> number", "How many of them are held now."},
    {"message", &capture_message, "capture:message(number) -> message or nil",
     "The first, second, ... one; without a number the first. Nil when it has not come yet."},
    {"messages", &capture_messages, "capture:messages() -> list of messages", "All so far."},
    {"response", &capture_response, "capture:response(number) -> table or nil",
     "What was answered to that captured request, decoded as message:fields() does; nil while no "
     "answer has left."},
    {"replay", &capture_replay,
     "capture:replay{ to =, times = 1, after = \"0ms\", index = 1, edit = { <field> = } } -> "
     "replay",
     "Sends a captured request again, `times` times, each when the one before is answered, over a "
     "connection of its own from a host of its own; to the node it went to unless `to` says "
     "otherwise. `edit` sets fields before: by name, by path (\"topic_data[1].name\") or in nested "
     "tables; of record batches producer_id, producer_epoch, base_sequence, base_offset and "
     "leader_epoch."},
    {"save", &capture_save, "capture:save(name)",
     "What it holds at the end of the run is written to captures/NAME.capture in the run's "
     "folder."},
};

constexpr ApiWord kReplayWords[] = {
    {"is_done", &replay_is_done, "replay:is_done() -> boolean",
     "Whether all answers are there, or none will come any more. Produce requests with acks = 0 "
     "are never answered."},
    {"answer", &replay_answer, "replay:answer() -> table or nil",
     "The first answer, decoded as message:fields() does."},
    {"answers", &replay_answers, "replay:answers() -> list of tables", "All, in order."},
    {"error", &replay_error, "replay:error() -> string or nil",
     "Why no more answers come: \"could not connect\", \"connection closed\", \"connection "
     "reset\"."},
};

}  // namespace

int net_capture(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  if (!run_of(L).lab(L).has_cluster())
    scenario_error(L, Mistake::kOutOfOrder, "net:capture{ }: cluster{ } comes first");
  Options options(L, 2, "capture");
  CaptureSpec spec;
  spec.filter = read_message_filter(L, options, "capture", {.kind = MessageKind::kRequest});
  spec.nth = static_cast<std::uint64_t>(options.integer("nth", 1, INT64_MAX).value_or(1));
  spec.limit = static_cast<std::uint64_t>(options.integer("limit", 1, kLimitMax).value_or(kLimit));
  options.finish();
  const CaptureId id = interception_of(L).capture(std::move(spec));
  push_object(L, {.kind = ObjectKind::kCapture, .id = id.value()});
  return 1;
}

int net_load_capture(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  if (lua_type(L, 2) != LUA_TSTRING) {
    scenario_error(L, Mistake::kWrongType, "net:load_capture(file) expects the name of a file",
                   "relative to the scenario's folder: net:load_capture(\"third.capture\")");
  }
  const std::string path = lua_tostring(L, 2);
  const auto bytes = run_of(L).read_file(path);
  if (!bytes.has_value()) {
    scenario_error(L, Mistake::kFile,
                   fmt::format("net:load_capture(\"{}\"): {}", path, bytes.error()),
                   "files are read from the scenario's folder and below");
  }
  auto messages = read_capture(*bytes);
  if (!messages.has_value()) {
    scenario_error(L, Mistake::kFile,
                   fmt::format("net:load_capture(\"{}\"): {}", path, messages.error()),
                   "capture:save(name) writes such files, into captures/ of the run's folder");
  }
  const CaptureId id = interception_of(L).load(std::move(*messages));
  push_object(L, {.kind = ObjectKind::kCapture, .id = id.value()});
  return 1;
}

ApiNoun api_capture() {
  return {"capture", true, "What net:capture{ } and net:load_capture() answer: messages in hand.",
          kCaptureWords};
}
ApiNoun api_replay() { return {"replay", true, "What capture:replay{ } answers.", kReplayWords}; }

}  // namespace sim
