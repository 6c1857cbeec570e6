// to_value and from_value made from M::fields(): included by message_values.cc and by tests, as
// codec_fields.h is.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "broker-model/messages/codec_fields.h"
#include "broker-model/messages/value.h"

namespace kafka::fields {

template <Struct S>
ValueStruct struct_value(const S& object, std::int16_t version);

template <class T>
Value value_of(const T& value, std::int16_t version) {
  if constexpr (kIsOptional<T>) {
    return value ? value_of(*value, version) : Value{};
  } else if constexpr (kIsVector<T>) {
    Value::List list;
    for (std::size_t i = 0; i < value.size(); ++i)
      list.push_back(value_of<typename T::value_type>(value[i], version));
    return {std::move(list)};
  } else if constexpr (Struct<T>) {
    return {struct_value(value, version)};
  } else if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, double>) {
    return {value};
  } else if constexpr (std::is_integral_v<T>) {
    return {static_cast<std::int64_t>(value)};
  } else {
    return {value};  // ErrorCode, Uuid, string, bytes, records
  }
}

struct ValueMaker {
  ValueStruct& out;
  std::int16_t version;

  template <FieldSpec kSpec, class T>
  void operator()(Field<kSpec>, std::string_view name, const T& value) {
    if (kSpec.has(version)) out.members.push_back({name, value_of(value, version)});
  }
};

template <Struct S>
ValueStruct struct_value(const S& object, std::int16_t version) {
  ValueStruct result{.members = {}, .unknown_tags = object.unknown_tagged_fields};
  ValueMaker maker{result, version};
  visit(object, maker);
  return result;
}

// --- back ----------------------------------------------------------------------------------------

inline void wrong_kind(ErrorPath& errors, std::string_view expected, const Value& got) {
  errors.set("expects " + std::string(expected) + ", got " + std::string(kind_name(got)));
}

template <Struct S>
void read_struct_value(const ValueStruct& in, S& object, std::int16_t version, ErrorPath& errors);

template <class T>
void read_integer(const Value& in, T& out, ErrorPath& errors) {
  const std::int64_t* number = in.get<std::int64_t>();
  if (number == nullptr) {
    wrong_kind(errors, "a whole number", in);
  } else if (!std::in_range<T>(*number)) {
    errors.set("expects a number from " + std::to_string(std::numeric_limits<T>::min()) + " to " +
               std::to_string(std::numeric_limits<T>::max()) + ", got " + std::to_string(*number));
  } else {
    out = static_cast<T>(*number);
  }
}

// Texts stand for what has no kind of its own where people write values.
template <class T>
void read_from_text(const Value& in, T& out, ErrorPath& errors, std::string_view expected,
                    std::optional<T> (*parse)(std::string_view)) {
  const std::string* text = in.get<std::string>();
  const std::optional<T> parsed = text != nullptr ? parse(*text) : std::nullopt;
  if (!parsed) return wrong_kind(errors, expected, in);
  out = *parsed;
}

template <class T>
void read_value_of(const Value& in, T& out, std::int16_t version, ErrorPath& errors) {
  if constexpr (kIsOptional<T>) {
    if (in.get<std::monostate>() != nullptr) return out.reset();
    read_value_of(in, out.emplace(), version, errors);
  } else if constexpr (kIsVector<T>) {
    const Value::List* list = in.get<Value::List>();
    if (list == nullptr) return wrong_kind(errors, "a list", in);
    out.clear();
    for (std::size_t i = 0; i < list->size() && !errors.failed(); ++i) {
      typename T::value_type element{};
      read_value_of((*list)[i], element, version, errors);
      if (errors.failed()) errors.inside(i);
      out.push_back(std::move(element));
    }
  } else if constexpr (Struct<T>) {
    const ValueStruct* fields = in.get<ValueStruct>();
    if (fields == nullptr) return wrong_kind(errors, "fields", in);
    read_struct_value(*fields, out, version, errors);
  } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    read_integer(in, out, errors);
  } else if (const T* same = in.get<T>(); same != nullptr) {
    out = *same;
  } else if constexpr (std::is_same_v<T, double>) {
    const std::int64_t* whole = in.get<std::int64_t>();
    if (whole == nullptr) return wrong_kind(errors, "a number", in);
    out = static_cast<double>(*whole);
  } else if constexpr (std::is_same_v<T, ErrorCode>) {
    if (in.get<std::int64_t>() != nullptr) {
      std::underlying_type_t<ErrorCode> number{};
      read_integer(in, number, errors);
      out = static_cast<ErrorCode>(number);
    } else {
      read_from_text(in, out, errors, "the name or number of an error", &parse_error_code);
    }
  } else if constexpr (std::is_same_v<T, Uuid>) {
    read_from_text(in, out, errors, "an id of 22 characters", &parse_uuid);
  } else if constexpr (std::is_same_v<T, env::Bytes>) {
    const std::string* text = in.get<std::string>();
    if (text == nullptr) return wrong_kind(errors, "bytes, as a string", in);
    out = text->empty() ? env::Bytes{} : env::Bytes::copy_of(*text);
  } else if constexpr (std::is_same_v<T, bool>) {
    wrong_kind(errors, "true or false", in);
  } else if constexpr (std::is_same_v<T, std::string>) {
    wrong_kind(errors, "a string", in);
  } else {
    wrong_kind(errors, "record batches, which can be edited one by one", in);
  }
}

struct ValueReader {
  const ValueStruct& in;
  std::int16_t version;
  ErrorPath& errors;
  std::size_t next = 0;

  template <FieldSpec kSpec, class T>
  void operator()(Field<kSpec>, std::string_view name, T& value) {
    if (!kSpec.has(version) || errors.failed()) return;
    if (next >= in.members.size() || in.members[next].name != name) {
      errors.set("is missing");
    } else {
      read_value_of(in.members[next++].value, value, version, errors);
    }
    if (errors.failed()) errors.inside(name);
  }
};

template <Struct S>
void read_struct_value(const ValueStruct& in, S& object, std::int16_t version, ErrorPath& errors) {
  ValueReader reader{in, version, errors};
  object.fields(reader);
  object.unknown_tagged_fields = in.unknown_tags;
}

}  // namespace kafka::fields

namespace kafka {

// The fields that the version has, with their values.
template <class M>
Value to_value(const M& message, std::int16_t version) {
  return {fields::struct_value(message, version)};
}

// Fails with the path of a value that is of the wrong kind or out of range.
template <class M>
std::expected<M, CodecError> from_value(const Value& value, std::int16_t version) {
  ErrorPath errors;
  std::expected<M, CodecError> result(std::in_place);
  fields::read_value_of(value, *result, version, errors);
  if (errors.failed()) result = std::unexpected(errors.error(info_of<M>().name, version));
  return result;
}

}  // namespace kafka
