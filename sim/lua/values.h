// Values of messages in Lua: as tables to look at, and from tables of edits.
#pragma once

#include <lua.hpp>

#include "broker-model/messages/value.h"

namespace sim {

// Pushes it: structs as tables by field, lists as arrays, null as nil, error codes by name, ids and
// bytes as strings, record batches as { base_offset =, producer_id =, ..., records = { ... } }.
void push_value(lua_State* L, const kafka::Value& value);

// Makes the edits of the table at `index`: { acks = 0, ["topic_data[1].name"] = "x",
// topic_data = { [1] = { name = "x" } } }. Raises on a field that is not there.
void apply_edits(lua_State* L, int index, kafka::Value& message);

}  // namespace sim
