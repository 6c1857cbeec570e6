// Value: a message as a tree of plain values, for those who meet messages at run time: captures,
// edits before a replay, tables in scenarios. Made from the same field list as the codec
// (value_fields.h); message_values.h has the way from frames and back.
//
// A struct has the fields of its version in wire order. What is written back is exact: unknown
// tagged fields and record batches travel along.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/messages/records/record_batch.h"
#include "broker-model/types/error_code.h"
#include "broker-model/types/ids.h"

namespace kafka {

struct ValueMember;

struct ValueStruct {
  std::vector<ValueMember> members;
  UnknownTags unknown_tags;
};

struct Value {
  using List = std::vector<Value>;
  // monostate: null.
  std::variant<std::monostate, bool, std::int64_t, double, std::string, env::Bytes, Uuid, ErrorCode,
               Records, List, ValueStruct>
      what;

  template <class T>
  const T* get() const {
    return std::get_if<T>(&what);
  }
  // A field of a struct; null when this is none, or has no such field.
  const Value* field(std::string_view name) const;
};

struct ValueMember {
  std::string_view name;  // of the message's field list: lives for ever
  Value value;
};

// "a whole number", "a list": for messages.
std::string_view kind_name(const Value&);

struct ValueError {
  std::string sentence;
  std::vector<std::string> nearest;  // names that are close to an unknown one
};

// Replaces what lies at `path`: names of fields, and numbers from 1 for elements of lists. What is
// there stays of its kind as far as the tree knows it (whether a number fits is found when the
// message is made). Lists of plain values are replaced as a whole, lists of structs by element.
// Of a record batch ("records", "1", "producer_id") its producer id, producer epoch, base sequence,
// base offset and leader epoch can be set.
std::expected<void, ValueError> set_value(Value& root, std::span<const std::string> path,
                                          Value replacement);

// "topic_data[1].partition_data.1.index" as its steps.
std::vector<std::string> split_path(std::string_view path);

// The 22 characters of to_string(Uuid); nothing for anything else.
std::optional<Uuid> parse_uuid(std::string_view text);
// By its name, "NOT_LEADER_OR_FOLLOWER".
std::optional<ErrorCode> parse_error_code(std::string_view name);

}  // namespace kafka
