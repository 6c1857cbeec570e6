// Codec<M> made from M::fields(): included only by the .cc files that instantiate it,
//   template struct kafka::Codec<kafka::ProduceRequest>;
// and by tests with messages of their own.
#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "broker-model/messages/codec.h"
#include "broker-model/types/error_code.h"
#include "broker-model/types/ids.h"

namespace kafka::fields {

// The version being written or read, and whether it has compact lengths and tagged fields.
struct Version {
  std::int16_t number;
  bool is_flexible;
};

struct AnyVisitor {
  template <class F, class T>
  void operator()(F, std::string_view, T&) const {}
};
template <class T>
concept Struct = requires(T& value, AnyVisitor& visitor) { value.fields(visitor); };

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;

// fields() is written once, for members that may change; visitors that only read promise not to.
template <Struct S, class V>
void visit(const S& object, V& visitor) {
  const_cast<S&>(object).fields(visitor);
}

// The default of a member is what a fresh struct has at the member's place.
template <Struct S, class T>
const T& default_of(const S& object, const T& member) {
  static const S fresh{};
  const auto offset =
      reinterpret_cast<const char*>(&member) - reinterpret_cast<const char*>(&object);
  return *reinterpret_cast<const T*>(reinterpret_cast<const char*>(&fresh) + offset);
}
template <Struct S, class T>
bool is_default(const S& object, const T& member) {
  return member == default_of(object, member);
}

// --- writing -------------------------------------------------------------------------------------

template <Struct S>
void write_struct(Encoder& out, const S& object, Version version);

template <class T>
void write_value(Encoder& out, const T& value, Version version, bool compact) {
  if constexpr (std::is_same_v<T, bool>) {
    out.integer<std::uint8_t>(value ? 1 : 0);
  } else if constexpr (std::is_enum_v<T>) {
    out.integer(static_cast<std::underlying_type_t<T>>(value));
  } else if constexpr (std::is_integral_v<T>) {
    out.integer(value);
  } else if constexpr (std::is_same_v<T, double>) {
    out.integer(std::bit_cast<std::uint64_t>(value));
  } else if constexpr (std::is_same_v<T, Uuid>) {
    out.integer(value.high);
    out.integer(value.low);
  } else if constexpr (std::is_same_v<T, std::string>) {
    out.text(value, compact);
  } else if constexpr (std::is_same_v<T, env::Bytes>) {
    out.bytes(value, compact);
  } else if constexpr (std::is_same_v<T, Records>) {
    out.records(value, compact);
  } else if constexpr (kIsVector<T>) {
    out.length(value.size(), compact);
    for (std::size_t i = 0; i < value.size(); ++i) {
      write_value(out, value[i], version, compact);
      if (out.failed()) [[unlikely]] {
        out.errors().inside(i);
        return;
      }
    }
  } else {
    static_assert(Struct<T>, "a type that Kafka's schemas do not have");
    write_struct(out, value, version);
  }
}

template <FieldSpec kSpec, class T>
void write_field(Encoder& out, const T& value, Version version) {
  const bool compact = !kSpec.never_compact && version.is_flexible;
  if constexpr (kIsOptional<T>) {
    using Value = typename T::value_type;
    if (value) {
      if constexpr (Struct<Value>) out.integer<std::int8_t>(1);
      write_value(out, *value, version, compact);
    } else if (version.number >= kSpec.nullable_from) {
      if constexpr (std::is_same_v<Value, std::string>) {
        out.null_text(compact);
      } else if constexpr (Struct<Value>) {
        out.integer<std::int8_t>(-1);
      } else {
        out.null_length(compact);
      }
    } else {
      out.errors().set("is null, which this version does not know");
    }
  } else {
    write_value(out, value, version, compact);
  }
}

// First pass: what is not tagged, and how many tagged fields there will be.
template <Struct S>
struct FieldWriter {
  Encoder& out;
  const S& object;
  Version version;
  std::uint32_t tagged_count = 0;

  template <FieldSpec kSpec, class T>
  void operator()(Field<kSpec>, std::string_view name, const T& value) {
    if (out.failed()) [[unlikely]] {
      return;
    }
    if (!kSpec.has(version.number)) {
      if (!kSpec.is_ignorable && !is_default(object, value)) {
        out.errors().set("is set, and this version has no such field");
      }
    } else if constexpr (kSpec.is_tagged()) {
      if (!is_default(object, value)) ++tagged_count;
    } else {
      write_field<kSpec>(out, value, version);
    }
    if (out.failed()) [[unlikely]] {
      out.errors().inside(name);
    }
  }
};

// Second pass, where there is a tagged field to write: they and the unknown ones, ascending.
template <Struct S>
struct TagWriter {
  Encoder& out;
  const S& object;
  Version version;
  const UnknownTag* unknown = object.unknown_tagged_fields.begin();
  std::int64_t last_tag = -1;

  void begin_tag(std::uint32_t tag) {
    if (tag <= last_tag) out.errors().set("unknown tagged fields are not in ascending order");
    last_tag = tag;
    out.uvarint(tag);
  }
  void write_unknown_below(std::int64_t limit) {
    for (; unknown != object.unknown_tagged_fields.end() && unknown->tag < limit; ++unknown) {
      begin_tag(unknown->tag);
      out.uvarint(static_cast<std::uint32_t>(unknown->value.size()));
      out.raw(unknown->value.data(), unknown->value.size());
    }
  }
  template <FieldSpec kSpec, class T>
  void operator()(Field<kSpec>, std::string_view name, const T& value) {
    if constexpr (kSpec.is_tagged()) {
      if (out.failed() || !kSpec.has(version.number) || is_default(object, value)) return;
      write_unknown_below(kSpec.tag);
      begin_tag(kSpec.tag);
      const std::size_t begin = out.begin_sized();
      write_field<kSpec>(out, value, version);
      out.end_sized(begin);
      if (out.failed()) out.errors().inside(name);
    }
  }
};

template <Struct S>
void write_struct(Encoder& out, const S& object, Version version) {
  FieldWriter<S> writer{out, object, version};
  visit(object, writer);
  if (!version.is_flexible) {
    if (!object.unknown_tagged_fields.empty()) {
      out.errors().set("has unknown tagged fields, and this version has no tagged fields");
    }
    return;
  }
  const std::size_t count = writer.tagged_count + object.unknown_tagged_fields.size();
  out.uvarint(static_cast<std::uint32_t>(count));
  if (count == 0 || out.failed()) return;
  TagWriter<S> tags{out, object, version};
  visit(object, tags);
  tags.write_unknown_below(std::int64_t{1} << 32);
}

// --- reading -------------------------------------------------------------------------------------

template <Struct S>
void read_struct(Decoder& in, S& object, Version version);

template <class T>
T read_fixed(Decoder& in) {
  if constexpr (std::is_same_v<T, bool>) {
    return in.integer<std::uint8_t>() != 0;
  } else if constexpr (std::is_enum_v<T>) {
    return static_cast<T>(in.integer<std::underlying_type_t<T>>());
  } else if constexpr (std::is_same_v<T, double>) {
    return std::bit_cast<double>(in.integer<std::uint64_t>());
  } else if constexpr (std::is_same_v<T, Uuid>) {
    const auto high = in.integer<std::uint64_t>();
    return Uuid{high, in.integer<std::uint64_t>()};
  } else {
    return in.integer<T>();
  }
}

template <class T>
inline constexpr bool kIsFixed =
    std::is_arithmetic_v<T> || std::is_enum_v<T> || std::is_same_v<T, Uuid>;

template <class T>
void read_value(Decoder& in, T& value, Version version);

// Elements grow with the bytes that are really there, not with what the length claims.
template <class T>
void read_elements(Decoder& in, std::vector<T>& value, std::int64_t count, Version version) {
  constexpr std::int64_t kReserveMax = 1024;
  value.clear();
  value.reserve(static_cast<std::size_t>(count < kReserveMax ? count : kReserveMax));
  for (std::int64_t i = 0; i < count; ++i) {
    read_value(in, value.emplace_back(), version);
    if (in.failed()) [[unlikely]] {
      in.errors().inside(static_cast<std::size_t>(i));
      return;
    }
  }
}

// A value with a length in front: strings, bytes, records and arrays; structs that may be null.
template <class T>
void read_sized(Decoder& in, T& value, std::int64_t size, Version version) {
  if constexpr (std::is_same_v<T, std::string>) {
    in.text(value, size);
  } else if constexpr (std::is_same_v<T, env::Bytes>) {
    value = in.bytes(size);
  } else if constexpr (std::is_same_v<T, Records>) {
    value = in.records(size);
  } else if constexpr (Struct<T>) {
    read_struct(in, value, version);
  } else {
    read_elements(in, value, size, version);
  }
}

template <class T>
constexpr bool is_short_length(bool compact) {  // classic strings have an int16 length
  return std::is_same_v<T, std::string> && !compact;
}

// Of a struct that may be null: 1 or -1.
template <class T>
std::int64_t read_length(Decoder& in, bool compact) {
  if constexpr (Struct<T>) return in.integer<std::int8_t>();
  return is_short_length<T>(compact) ? in.short_length() : in.length(compact);
}

// An element of an array, or a field that cannot be null.
template <class T>
void read_present(Decoder& in, T& value, Version version, bool compact) {
  if constexpr (kIsFixed<T>) {
    value = read_fixed<T>(in);
  } else if constexpr (Struct<T>) {
    read_struct(in, value, version);
  } else {
    const std::int64_t size = read_length<T>(in, compact);
    if (size < 0) {
      in.fail("null where a value is expected");
      return;
    }
    read_sized(in, value, size, version);
  }
}

template <class T>
void read_value(Decoder& in, T& value, Version version) {
  read_present(in, value, version, version.is_flexible);
}

template <FieldSpec kSpec, class T>
void read_field(Decoder& in, T& value, Version version) {
  const bool compact = !kSpec.never_compact && version.is_flexible;
  if constexpr (kIsOptional<T>) {
    using Value = typename T::value_type;
    const std::int64_t size = read_length<Value>(in, compact);
    if (size >= 0) {
      read_sized(in, value.emplace(), size, version);
    } else if (version.number >= kSpec.nullable_from) {
      value.reset();
    } else {
      in.fail("null where this version expects a value");
    }
  } else {
    read_present(in, value, version, compact);
  }
}

struct FieldReader {
  Decoder& in;
  Version version;

  template <FieldSpec kSpec, class T>
  void operator()(Field<kSpec>, std::string_view name, T& value) {
    if constexpr (!kSpec.is_tagged()) {
      if (in.failed() || !kSpec.has(version.number)) return;
      read_field<kSpec>(in, value, version);
      if (in.failed()) [[unlikely]] {
        in.errors().inside(name);
      }
    }
  }
};

struct TagReader {
  Decoder& in;
  Version version;
  std::uint32_t tag;
  bool is_known = false;

  template <FieldSpec kSpec, class T>
  void operator()(Field<kSpec>, std::string_view name, T& value) {
    if constexpr (kSpec.is_tagged()) {
      if (static_cast<std::uint32_t>(kSpec.tag) != tag || in.failed()) return;
      is_known = true;
      if (kSpec.has(version.number)) {
        read_field<kSpec>(in, value, version);
      } else {
        in.fail("a tagged field that this version does not have");  // Kafka refuses it too
      }
      if (in.failed()) in.errors().inside(name);
    }
  }
};

template <Struct S>
void read_tags(Decoder& in, S& object, Version version) {
  const std::uint32_t count = in.uvarint();
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    const std::uint32_t tag = in.uvarint();
    const std::uint32_t size = in.uvarint();
    if (size > in.remaining()) {
      if (!in.failed()) in.fail("a tagged field is longer than what is left");
      return;
    }
    const std::size_t end = in.position() + size;
    TagReader reader{in, version, tag};
    object.fields(reader);
    if (!reader.is_known) {
      object.unknown_tagged_fields.add({.tag = tag, .value = in.bytes(size)});
    } else if (!in.failed() && in.position() != end) {
      in.fail("a tagged field is not as long as it says");
    }
  }
}

template <Struct S>
void read_struct(Decoder& in, S& object, Version version) {
  FieldReader reader{in, version};
  object.fields(reader);
  if (version.is_flexible && !in.failed()) read_tags(in, object, version);
}

// --- text ----------------------------------------------------------------------------------------

void append_text(std::string& out, const Uuid& value);
void append_text(std::string& out, ErrorCode value);
void append_text(std::string& out, const env::Bytes& value);
void append_text(std::string& out, const Records& value);
void append_text(std::string& out, std::string_view value);  // in quotes

template <Struct S>
void append_fields(std::string& out, const S& object);

template <class T>
void append_value(std::string& out, const T& value) {
  if constexpr (kIsOptional<T>) {
    if (value) {
      append_value(out, *value);
    } else {
      out += "null";
    }
  } else if constexpr (kIsVector<T>) {
    out += '[';
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (i > 0) out += ", ";
      append_value<typename T::value_type>(out, value[i]);
    }
    out += ']';
  } else if constexpr (std::is_same_v<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (std::is_arithmetic_v<T>) {
    out += std::to_string(value);
  } else if constexpr (Struct<T>) {
    append_fields(out, value);
  } else {
    append_text(out, value);
  }
}

template <Struct S>
struct TextWriter {
  std::string& out;
  const S& object;
  bool is_first = true;

  template <FieldSpec kSpec, class T>
  void operator()(Field<kSpec>, std::string_view name, const T& value) {
    if (kSpec.is_tagged() && is_default(object, value)) return;
    if (!is_first) out += ", ";
    is_first = false;
    out += name;
    out += '=';
    append_value(out, value);
  }
};

template <Struct S>
void append_fields(std::string& out, const S& object) {
  out += '{';
  TextWriter<S> writer{out, object};
  visit(object, writer);
  for (const UnknownTag& unknown : object.unknown_tagged_fields) {
    if (!writer.is_first) out += ", ";
    writer.is_first = false;
    out += "tag " + std::to_string(unknown.tag) + '=';
    append_text(out, unknown.value);
  }
  out += '}';
}

}  // namespace kafka::fields

namespace kafka {

template <class M>
void Codec<M>::write(Encoder& out, const M& message, std::int16_t version) {
  fields::write_struct(out, message, {version, version >= info_of<M>().flexible_from});
}

template <class M>
void Codec<M>::read(Decoder& in, M& message, std::int16_t version) {
  fields::read_struct(in, message, {version, version >= info_of<M>().flexible_from});
}

template <class M>
std::string Codec<M>::text(const M& message) {
  std::string out;
  fields::append_fields(out, message);
  return out;
}

}  // namespace kafka
