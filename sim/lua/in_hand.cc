#include "sim/lua/in_hand.h"

#include <fmt/format.h>

#include <new>

#include "sim/lua/diagnostic.h"
#include "sim/lua/options.h"
#include "sim/lua/scenario.h"

namespace sim {
namespace {

constexpr const char* kMessage = "titorelli.message";
constexpr const char* kCaptured =
    "titorelli.captured";  // registry: capture << 32 | index -> object

// What a message object is made of. Begins with the Object that all objects begin with.
struct MessageBox {
  Object object;
  KnownMessage message;
};

struct Call {
  const Occurrence* occurrence;
  HookId hook;
  int function;
};

int after_handler(lua_State*, int, lua_KContext) { return 0; }

// The body of an actor: makes the event's table where running out of memory is the script's
// failure, and calls the handler.
int call_handler(lua_State* L) {
  const Call& call = *static_cast<const Call*>(lua_touserdata(L, lua_upvalueindex(1)));
  lua_rawgeti(L, LUA_REGISTRYINDEX, call.function);
  push_occurrence(L, call.hook, *call.occurrence);
  lua_callk(L, 1, 0, 0, &after_handler);
  return 0;
}

void push_string(lua_State* L, std::string_view text) {
  lua_pushlstring(L, text.data(), text.size());
}

struct FieldPusher {
  lua_State* L;

  void operator()(std::int64_t value) { lua_pushinteger(L, value); }
  void operator()(bool value) { lua_pushboolean(L, value); }
  void operator()(const std::string& value) { push_string(L, value); }
  void operator()(kafka::NodeId value) { push_broker(L, value); }
  void operator()(HostId value) { push_host(L, value); }
  void operator()(const std::vector<kafka::NodeId>& value) {
    lua_newtable(L);
    lua_Integer i = 0;
    for (kafka::NodeId id : value) {
      push_broker(L, id);
      lua_rawseti(L, -2, ++i);
    }
  }
};

void add_message_fields(lua_State* L, HookId hook, const Message& message) {
  Lab& lab = run_of(L).lab(L);
  push_string(L, api_name(static_cast<std::int16_t>(message.api)));
  lua_setfield(L, -2, "api");
  lua_pushinteger(L, message.version);
  lua_setfield(L, -2, "version");
  push_string(L, message.kind == MessageKind::kRequest ? "request" : "response");
  lua_setfield(L, -2, "kind");
  lua_pushinteger(L, message.correlation_id);
  lua_setfield(L, -2, "correlation_id");
  push_host(L, message.from);
  lua_setfield(L, -2, "from");
  push_host(L, message.to);
  lua_setfield(L, -2, "to");
  lua_pushinteger(L, static_cast<lua_Integer>(message.frame.size()));
  lua_setfield(L, -2, "size");
  KnownMessage known;
  known.captured = {.message = message,
                    .from = lab.world().host(message.from).name(),
                    .to = lab.world().host(message.to).name()};
  known.hook = hook;
  push_message(L, std::move(known));
  lua_setfield(L, -2, "message");
}

}  // namespace

// --- handlers

HookId InHand::add_hook(lua_State* L, EventType type, EventFilter filter) {
  const int function = luaL_ref(L, LUA_REGISTRYINDEX);
  const HookId id = lab_->interception().hooks().add(type, std::move(filter), *this);
  handlers_.emplace(id, Handler{.function = function});
  return id;
}

bool InHand::cancel(HookId id) {
  const bool was_on = lab_->interception().hooks().cancel(id);
  return was_on;
}

void InHand::on_occurrence(HookId id, const Occurrence& occurrence) {
  Call call{.occurrence = &occurrence, .hook = id, .function = handlers_.at(id).function};
  lua_State* root = sandbox_.state();
  lua_pushlightuserdata(root, &call);  // read before the handler can wait
  lua_pushcclosure(root, &call_handler, 1);
  actors_.spawn(root);
}

void push_occurrence(lua_State* L, HookId hook, const Occurrence& occurrence) {
  lua_newtable(L);
  push_string(L, info(occurrence.type).name);
  lua_setfield(L, -2, "event");
  lua_pushinteger(L, env::nanos(occurrence.at) / 1'000'000);
  lua_setfield(L, -2, "time");
  if (occurrence.node.has_value()) {
    push_host(L, *occurrence.node);
    lua_setfield(L, -2, "node");
  }
  for (const EventField& field : occurrence.fields) {
    std::visit(FieldPusher{L}, field.value);
    lua_setfield(L, -2, std::string(field.name).c_str());
  }
  if (occurrence.message.has_value()) add_message_fields(L, hook, *occurrence.message);
}

// --- messages

bool InHand::is_held(const KnownMessage& message) const {
  if (message.is_held) return true;
  return message.capture.has_value() &&
         lab_->interception().capture(*message.capture).messages().at(message.index).is_held;
}

bool InHand::hold(KnownMessage& message) {
  if (!lab_->interception().messages().hold(message.captured.message.ticket, nullptr)) return false;
  message.is_held = true;
  if (message.hook.has_value()) {
    Handler& handler = handlers_.at(*message.hook);
    ++handler.held;
    if (!handler.is_on_record) {
      handler.is_on_record = true;
      lab_->add_effect("hold in on(\"message\")", [&handler] { return handler.held; }, [] {});
    }
  }
  return true;
}

bool InHand::release(KnownMessage& message) {
  if (message.is_held) {
    message.is_held = false;
    return lab_->interception().messages().release(message.captured.message.ticket, nullptr);
  }
  TIT_ASSERT(message.capture.has_value(), "held by whoever captured it");
  return lab_->interception().capture(*message.capture).release_one(message.index);
}

void push_message(lua_State* L, KnownMessage message) {
  void* place = lua_newuserdatauv(L, sizeof(MessageBox), 0);
  new (place)
      MessageBox{{.kind = ObjectKind::kMessage,
                  .id = static_cast<std::uint32_t>(message.captured.message.ticket.value())},
                 std::move(message)};
  luaL_setmetatable(L, kMessage);
}

int collect_message(lua_State* L) {
  static_cast<MessageBox*>(lua_touserdata(L, 1))->~MessageBox();
  return 0;
}

void push_captured(lua_State* L, CaptureId capture, std::size_t index) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, kCaptured);
  const lua_Integer key =
      static_cast<lua_Integer>(capture.value()) << 32 | static_cast<lua_Integer>(index);
  if (lua_rawgeti(L, -1, key) == LUA_TNIL) {
    lua_pop(L, 1);
    KnownMessage known;
    known.captured = run_of(L).lab(L).interception().capture(capture).messages().at(index);
    known.capture = capture;
    known.index = index;
    push_message(L, std::move(known));
    lua_pushvalue(L, -1);
    lua_rawseti(L, -3, key);
  }
  lua_remove(L, -2);
}

KnownMessage& check_message(lua_State* L, int index) {
  check_object(L, index, ObjectKind::kMessage, "a message");
  return static_cast<MessageBox*>(lua_touserdata(L, index))->message;
}

void push_host(lua_State* L, HostId host) {
  ObjectKind kind = ObjectKind::kNode;
  const Role role = run_of(L).lab(L).recorder().member(host).role;
  if (role == Role::kProducer) kind = ObjectKind::kProducer;
  if (role == Role::kConsumer) kind = ObjectKind::kConsumer;
  push_object(L, {.kind = kind, .id = host.value()});
}

void push_host_named(lua_State* L, const std::string& name) {
  if (const Host* host = run_of(L).lab(L).world().find_host(name); host != nullptr) {
    push_host(L, host->id());
  } else {
    push_string(L, name);
  }
}

// --- saving

bool InHand::save(CaptureId id, const std::string& name) {
  const auto [place, is_new] = saves_.emplace(name, id);
  return is_new || place->second == id;
}

std::vector<CaptureFile> InHand::files() const {
  std::vector<CaptureFile> files;
  for (const auto& [name, id] : saves_)
    files.push_back({.name = name, .bytes = write_capture(lab_->interception().capture(id))});
  return files;
}

// --- filters

kafka::ApiKey read_api(lua_State* L, const std::string& name) {
  const std::optional<kafka::ApiKey> api = find_api_by_name(name);
  if (!api.has_value()) unknown_name(L, Mistake::kOutOfRange, "api", name, api_names());
  return *api;
}

void read_topic(lua_State* L, Options& options, std::string_view call, std::string& topic,
                std::optional<std::int32_t>& partition) {
  const TopicSpec* spec = nullptr;
  if (options.push("topic")) {
    spec = &check_topic(L, -1, fmt::format("{}{{ topic = }}: a topic", call));
    topic = spec->name;
    lua_pop(L, 1);
  }
  const auto number = options.integer("partition", 0, INT32_MAX);
  if (!number.has_value()) return;
  if (spec == nullptr) {
    scenario_error(L, Mistake::kMissingOption,
                   fmt::format("{}{{ partition = }} needs the topic too", call),
                   "{ topic = orders, partition = 0 }");
  }
  if (*number >= spec->partitions) {
    scenario_error(L, Mistake::kUnknownNode,
                   fmt::format("topic {} has partitions 0 to {}, got {}", spec->name,
                               spec->partitions - 1, *number));
  }
  partition = static_cast<std::int32_t>(*number);
}

namespace {

// One of some words, as its number.
std::optional<std::size_t> read_word(lua_State* L, Options& options, std::string_view name,
                                     std::span<const std::string_view> words) {
  const std::optional<std::string> text = options.string(name);
  if (!text.has_value()) return std::nullopt;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == *text) return i;
  }
  unknown_name(L, Mistake::kOutOfRange, name, *text, words);
}

std::vector<HostId> read_hosts(lua_State* L, Options& options, std::string_view call,
                               std::string_view name) {
  if (!options.push(name)) return {};
  std::vector<HostId> hosts =
      check_hosts(L, -1, fmt::format("{}{{ {} = }}: a node or a list of nodes", call, name));
  lua_pop(L, 1);
  if (hosts.empty()) {
    scenario_error(L, Mistake::kBadTargets,
                   fmt::format("{}{{ {} = }} is empty: nothing would ever match", call, name));
  }
  return hosts;
}

}  // namespace

MessageFilter read_message_filter(lua_State* L, Options& options, std::string_view call,
                                  MessageFilterDefaults defaults) {
  static constexpr std::string_view kKinds[] = {"request", "response"};
  static constexpr std::string_view kPoints[] = {"leaves", "arrives"};
  MessageFilter filter;
  if (const auto api = options.string("api"); api.has_value()) filter.api = read_api(L, *api);
  filter.kind = defaults.kind;
  if (const auto kind = read_word(L, options, "kind", kKinds); kind.has_value())
    filter.kind = static_cast<MessageKind>(*kind);
  filter.from = read_hosts(L, options, call, "from");
  filter.to = read_hosts(L, options, call, "to");
  filter.between = read_hosts(L, options, call, "between");
  if (filter.between.size() == 1) {
    scenario_error(L, Mistake::kBadTargets,
                   fmt::format("{}{{ between = }} expects at least two nodes", call));
  }
  if (const auto point = read_word(L, options, "point", kPoints); point.has_value())
    filter.point = static_cast<FramePoint>(*point);
  read_topic(L, options, call, filter.topic, filter.partition);
  return filter;
}

}  // namespace sim
