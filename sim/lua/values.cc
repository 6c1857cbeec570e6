#include "sim/lua/values.h"

#include <fmt/format.h>

#include <algorithm>

#include "broker-model/messages/records/record_reader.h"
#include "sim/lua/diagnostic.h"
#include "sim/lua/sandbox.h"

namespace sim {
namespace {

constexpr int kEditDepth = 32;

void push_text_of(lua_State* L, std::string_view text) {
  lua_pushlstring(L, text.data(), text.size());
}

void set_integer(lua_State* L, const char* field, std::int64_t value) {
  lua_pushinteger(L, value);
  lua_setfield(L, -2, field);
}

void set_bytes(lua_State* L, const char* field, const std::optional<kafka::ByteView>& bytes) {
  if (!bytes.has_value()) return;
  lua_pushlstring(L, reinterpret_cast<const char*>(bytes->data()), bytes->size());
  lua_setfield(L, -2, field);
}

void push_batch(lua_State* L, const kafka::RecordBatch& batch) {
  lua_newtable(L);
  set_integer(L, "base_offset", batch.base_offset);
  set_integer(L, "leader_epoch", batch.leader_epoch);
  set_integer(L, "producer_id", batch.producer_id().value());
  set_integer(L, "producer_epoch", batch.producer_epoch().value());
  set_integer(L, "base_sequence", batch.base_sequence());
  set_integer(L, "count", batch.record_count());
  set_integer(L, "size", static_cast<std::int64_t>(batch.size()));
  lua_newtable(L);
  kafka::RecordReader reader(batch);
  for (lua_Integer i = 1; reader.next(); ++i) {
    const kafka::RecordView& record = reader.record();
    lua_newtable(L);
    set_integer(L, "offset", record.offset);
    set_integer(L, "timestamp", env::millis(record.timestamp));
    set_bytes(L, "key", record.key);
    set_bytes(L, "value", record.value);
    lua_rawseti(L, -2, i);
  }
  lua_setfield(L, -2, "records");
}

struct Pusher {
  lua_State* L;

  void operator()(std::monostate) { lua_pushnil(L); }
  void operator()(bool value) { lua_pushboolean(L, value); }
  void operator()(std::int64_t value) { lua_pushinteger(L, value); }
  void operator()(double value) { lua_pushnumber(L, value); }
  void operator()(const std::string& value) { push_text_of(L, value); }
  void operator()(const env::Bytes& value) { push_text_of(L, value.text()); }
  void operator()(const kafka::Uuid& value) { push_text_of(L, to_string(value)); }
  void operator()(kafka::ErrorCode value) { push_text_of(L, kafka::name(value)); }
  void operator()(const kafka::Records& value) {
    lua_newtable(L);
    lua_Integer i = 0;
    for (const kafka::RecordBatch& batch : value.batches) {
      push_batch(L, batch);
      lua_rawseti(L, -2, ++i);
    }
  }
  void operator()(const kafka::Value::List& value) {
    lua_newtable(L);
    lua_Integer i = 0;
    for (const kafka::Value& element : value) {
      push_value(L, element);
      lua_rawseti(L, -2, ++i);
    }
  }
  void operator()(const kafka::ValueStruct& value) {
    lua_newtable(L);
    for (const kafka::ValueMember& member : value.members) {
      push_value(L, member.value);
      lua_setfield(L, -2, std::string(member.name).c_str());
    }
  }
};

// --- edits

class Editor {
 public:
  Editor(lua_State* L, kafka::Value& message) : L_(L), message_(message) {}

  // The table at the top of the stack, at that path of the message.
  void walk(const std::vector<std::string>& path, int depth) {
    if (depth > kEditDepth)
      scenario_error(L_, Mistake::kWrongType, "edit: the tables are too deep",
                     "does one of them hold itself?");
    luaL_checkstack(L_, 8, "edit");
    for (const std::string& key : keys()) {
      std::vector<std::string> inner = path;
      for (std::string& step : kafka::split_path(key)) inner.push_back(std::move(step));
      push_of(key);
      if (lua_istable(L_, -1) && !is_plain_list()) {
        walk(inner, depth + 1);
      } else {
        set(inner);
      }
      lua_pop(L_, 1);
    }
  }

 private:
  // Of the table at the top, as text and in order, so that of several mistakes always the same one
  // is told.
  std::vector<std::string> keys() {
    std::vector<std::string> names;
    lua_pushnil(L_);
    while (lua_next(L_, -2) != 0) {
      lua_pop(L_, 1);
      if (lua_type(L_, -1) == LUA_TSTRING) {
        names.emplace_back(lua_tostring(L_, -1));
      } else if (lua_isinteger(L_, -1) != 0) {
        names.push_back(fmt::format("{}", lua_tointeger(L_, -1)));
      } else {
        scenario_error(L_, Mistake::kWrongType,
                       "edit: a key is the name of a field, or the number of an element");
      }
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  void push_of(const std::string& key) {
    push_text_of(L_, key);
    if (lua_rawget(L_, -2) != LUA_TNIL) return;
    lua_pop(L_, 1);
    lua_rawgeti(L_, -1, std::strtoll(key.c_str(), nullptr, 10));
  }

  // An array without tables, which stands for a whole list.
  bool is_plain_list() {
    const lua_Unsigned size = lua_rawlen(L_, -1);
    lua_Unsigned count = 0;
    bool is_plain = true;
    lua_pushnil(L_);
    while (lua_next(L_, -2) != 0) {
      ++count;
      is_plain = is_plain && lua_isinteger(L_, -2) != 0 && !lua_istable(L_, -1);
      lua_pop(L_, 1);
    }
    return is_plain && count == size;
  }

  void set(const std::vector<std::string>& path) {
    const auto done = kafka::set_value(message_, path, value());
    if (done.has_value()) return;
    const kafka::ValueError& error = done.error();
    scenario_error(L_, error.nearest.empty() ? Mistake::kWrongType : Mistake::kUnknownOption,
                   fmt::format("edit: {}", error.sentence), suggestion(error.nearest));
  }

  kafka::Value value() {  // of what is at the top
    switch (lua_type(L_, -1)) {
      case LUA_TBOOLEAN: return {lua_toboolean(L_, -1) != 0};
      case LUA_TNUMBER:
        if (lua_isinteger(L_, -1) != 0) return {std::int64_t{lua_tointeger(L_, -1)}};
        return {lua_tonumber(L_, -1)};
      case LUA_TSTRING: {
        std::size_t size = 0;
        const char* text = lua_tolstring(L_, -1, &size);
        return {std::string(text, size)};
      }
      case LUA_TTABLE: {
        kafka::Value::List list;
        const lua_Integer count = static_cast<lua_Integer>(lua_rawlen(L_, -1));
        for (lua_Integer i = 1; i <= count; ++i) {
          lua_rawgeti(L_, -1, i);
          list.push_back(value());
          lua_pop(L_, 1);
        }
        return {std::move(list)};
      }
      default:
        scenario_error(L_, Mistake::kWrongType,
                       fmt::format("edit: a value is a string, a number, true or false or a list "
                                   "of them, got a {}",
                                   luaL_typename(L_, -1)));
    }
  }

  lua_State* L_;
  kafka::Value& message_;
};

}  // namespace

void push_value(lua_State* L, const kafka::Value& value) {
  luaL_checkstack(L, 8, "a message");
  std::visit(Pusher{L}, value.what);
}

void apply_edits(lua_State* L, int index, kafka::Value& message) {
  lua_pushvalue(L, index);
  Editor(L, message).walk({}, 1);
  lua_pop(L, 1);
}

}  // namespace sim
