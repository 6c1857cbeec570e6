// message: a request or response, as a hook or a capture hands it to a script.
#include <fmt/format.h>

#include "broker-model/messages/message_values.h"
#include "sim/lua/diagnostic.h"
#include "sim/lua/in_hand.h"
#include "sim/lua/options.h"
#include "sim/lua/scenario.h"
#include "sim/lua/values.h"

namespace sim {
namespace {

const Message& message_at(lua_State* L) { return check_message(L, 1).captured.message; }

int message_fields(lua_State* L) {
  const Message& message = message_at(L);
  std::expected<kafka::Value, kafka::CodecError> body;
  if (message.kind == MessageKind::kRequest) {
    auto request = kafka::decode_request_value(message.frame);
    body = request.has_value()
               ? std::expected<kafka::Value, kafka::CodecError>(std::move(request->body))
               : std::unexpected(request.error());
  } else {
    body = kafka::decode_response_value(message.frame, message.api, message.version);
  }
  if (!body.has_value()) {
    scenario_error(L, Mistake::kOther, fmt::format("message:fields(): {}", body.error().sentence));
  }
  push_value(L, *body);
  return 1;
}

int message_api(lua_State* L) {
  const std::string_view name = api_name(static_cast<std::int16_t>(message_at(L).api));
  lua_pushlstring(L, name.data(), name.size());
  return 1;
}

int message_kind(lua_State* L) {
  lua_pushstring(L, message_at(L).kind == MessageKind::kRequest ? "request" : "response");
  return 1;
}

int message_version(lua_State* L) {
  lua_pushinteger(L, message_at(L).version);
  return 1;
}

int message_correlation_id(lua_State* L) {
  lua_pushinteger(L, message_at(L).correlation_id);
  return 1;
}

int message_from(lua_State* L) {
  push_host_named(L, check_message(L, 1).captured.from);
  return 1;
}

int message_to(lua_State* L) {
  push_host_named(L, check_message(L, 1).captured.to);
  return 1;
}

int message_size(lua_State* L) {
  lua_pushinteger(L, static_cast<lua_Integer>(message_at(L).frame.size()));
  return 1;
}

int message_time(lua_State* L) {
  lua_pushinteger(L, env::nanos(message_at(L).at) / 1'000'000);
  return 1;
}

void hold(lua_State* L, KnownMessage& message, std::string_view call) {
  InHand& in_hand = run_of(L).in_hand();
  if (message.is_held) {
    scenario_error(L, Mistake::kWrongState, fmt::format("message:{}: it is held already", call),
                   "let it go first, with :release()");
  }
  if (!in_hand.hold(message)) {
    scenario_error(L, Mistake::kWrongState,
                   fmt::format("message:{}: it is on its way already", call),
                   "a message can be held in the handler of on(\"message\"), before its first "
                   "wait, or by net:capture{ }:hold()");
  }
}

int message_hold(lua_State* L) {
  hold(L, check_message(L, 1), "hold()");
  return 0;
}

int message_delay(lua_State* L) {
  KnownMessage& message = check_message(L, 1);
  const env::Duration delay(check_duration(L, 2, "message:delay(duration)"));
  hold(L, message, "delay()");
  // Not the object: Lua may have let go of it by then.
  const FrameTicket ticket = message.captured.message.ticket;
  message.is_held = false;
  Lab& lab = run_of(L).lab(L);
  lab.world().at(lab.world().now() + delay,
                 [&lab, ticket] { lab.interception().messages().release(ticket, nullptr); });
  return 0;
}

int message_release(lua_State* L) {
  KnownMessage& message = check_message(L, 1);
  InHand& in_hand = run_of(L).in_hand();
  if (!in_hand.is_held(message)) {
    scenario_error(L, Mistake::kWrongState, "message:release(): it is not held",
                   "only what was held can be released, once");
  }
  lua_pushboolean(L, in_hand.release(message));
  return 1;
}

constexpr ApiWord kWords[] = {
    {"fields", &message_fields, "message:fields() -> table",
     "What it says, decoded: a table of the fields that its version has, in Kafka's names with "
     "underscores. Error codes are names (\"NOT_LEADER_OR_FOLLOWER\"), ids and bytes are strings, "
     "record batches are tables with their head and their `records`."},
    {"api", &message_api, "message:api() -> string", "Kafka's name of the API, \"Produce\"."},
    {"kind", &message_kind, "message:kind() -> string", "\"request\" or \"response\"."},
    {"version", &message_version, "message:version() -> number", "The API version it is in."},
    {"correlation_id", &message_correlation_id, "message:correlation_id() -> number",
     "The number that its response carries too."},
    {"from", &message_from, "message:from() -> node", "Who sent it."},
    {"to", &message_to, "message:to() -> node", "Whom it was sent to."},
    {"size", &message_size, "message:size() -> number", "Its bytes, header included."},
    {"time", &message_time, "message:time() -> milliseconds",
     "When it was written, or arrived if that was waited for."},
    {"hold", &message_hold, "message:hold()",
     "It does not go on, and nothing behind it on its connection does, until :release(). In a "
     "handler, before its first wait."},
    {"delay", &message_delay, "message:delay(duration)",
     "The same for so long; it cannot be released earlier."},
    {"release", &message_release, "message:release() -> boolean",
     "Lets it go on; false when its connection has died meanwhile."},
};

}  // namespace

ApiNoun api_message() {
  return {"message", true, "A request or response, from on(\"message\") or a capture.", kWords};
}

}  // namespace sim
