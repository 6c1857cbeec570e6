// Every message in every version against the bytes of Kafka's own classes
// (tests/data/messages/make_vectors), both ways. The content of a vector is JSON; it is read by the
// same field list that makes the codec, so a field that Kafka's schema has in that version and ours
// lacks, or the other way round, fails too.
#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker-model/messages/api_versions_table.h"
#include "broker-model/messages/codec_fields.h"
#include "broker-model/messages/frames.h"
#include "tests/unit/messages/message_list.h"

namespace kafka {

namespace {

using Json = nlohmann::json;

const std::string kFolder = TITORELLI_SOURCE_DIR "/tests/data/messages/";

env::Bytes from_hex(const std::string& hex) {
  env::BytesBuilder builder(hex.size() / 2 + 1);
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    *builder.extend(1) = static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return builder.finish();
}

std::string to_hex(const env::Bytes& bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const std::uint8_t byte : bytes.span()) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

// How many fields were set that the version lacks: the vectors "dropped" and "refused" set one.
struct Extra {
  int fields = 0;
  bool is_inside = false;  // of such a field: what it holds does not count again
};

template <class S>
void read_object(const Json& json, S& object, std::int16_t version, Extra& extra);

template <class T>
void read_json(const Json& json, T& value, std::int16_t version, Extra& extra) {
  if constexpr (fields::kIsOptional<T>) {
    if (json.is_null()) {
      value.reset();
    } else {
      read_json(json, value.emplace(), version, extra);
    }
  } else if constexpr (fields::kIsVector<T>) {
    value.clear();
    for (const Json& element : json) read_json(element, value.emplace_back(), version, extra);
  } else if constexpr (fields::Struct<T>) {
    read_object(json, value, version, extra);
  } else if constexpr (std::is_enum_v<T>) {
    value = static_cast<T>(json.get<std::underlying_type_t<T>>());
  } else if constexpr (std::is_same_v<T, Uuid>) {
    const std::string hex = json.get<std::string>();
    value.high = std::stoull(hex.substr(0, 16), nullptr, 16);
    value.low = std::stoull(hex.substr(16), nullptr, 16);
  } else if constexpr (std::is_same_v<T, env::Bytes>) {
    value = from_hex(json.get<std::string>());
  } else if constexpr (std::is_same_v<T, Records>) {
    value = parse_records(from_hex(json.get<std::string>()));
  } else {
    value = json.get<T>();
  }
}

struct JsonReader {
  const Json& json;
  std::int16_t version;
  Extra& extra;
  std::size_t seen = 0;

  template <FieldSpec kSpec, class T>
  void operator()(Field<kSpec>, std::string_view name, T& value) {
    const auto at = json.find(std::string(name));
    if (at == json.end()) {
      INFO(name, " stands in the field list, not in Kafka's schema of this version");
      CHECK_FALSE(kSpec.has(version));
      return;
    }
    ++seen;
    const bool is_extra = !kSpec.has(version) && !extra.is_inside;
    if (is_extra) {
      ++extra.fields;
      extra.is_inside = true;
    }
    read_json(*at, value, version, extra);
    if (is_extra) extra.is_inside = false;
  }
};

template <class S>
void read_object(const Json& json, S& object, std::int16_t version, Extra& extra) {
  JsonReader reader{json, version, extra};
  object.fields(reader);
  CHECK_MESSAGE(reader.seen + 1 == json.size(), "Kafka's schema has a field that the list lacks");
  for (const Json& tag : json.at("unknown_tagged_fields")) {
    object.unknown_tagged_fields.add(
        {.tag = tag.at(0).get<std::uint32_t>(), .value = from_hex(tag.at(1).get<std::string>())});
  }
}

template <class M>
std::string encode_hex(const M& message, std::int16_t version) {
  if constexpr (is_in<M>(MetadataRecordTypes{})) {
    if (!encode(message, version)) return "-";  // framed, a refused one is a bug
    return to_hex(encode_metadata_record(message, version));
  } else {
    const auto frame = encode(message, version);
    return frame ? to_hex(frame->contiguous()) : "-";
  }
}

template <class M>
M decode_hex(const std::string& hex, std::int16_t version) {
  const env::Bytes bytes = from_hex(hex);
  if constexpr (is_in<M>(MetadataRecordTypes{})) {
    const auto result = decode_metadata_record(bytes);
    REQUIRE_MESSAGE(result.has_value(), (result ? "" : result.error().sentence));
    CHECK(result->version == version);
    REQUIRE(std::holds_alternative<M>(result->record));
    return std::get<M>(result->record);
  } else {
    const auto result = decode<M>(bytes, version);
    REQUIRE_MESSAGE(result.has_value(), (result ? "" : result.error().sentence));
    return *result;
  }
}

template <class M>
void check_vector(std::int16_t version, const std::string& kind, const Json& json,
                  const std::string& hex) {
  M message;
  Extra extra;
  read_object(json, message, version, extra);
  const bool is_dropped = kind.starts_with("dropped ");
  CHECK(extra.fields == (is_dropped || kind.starts_with("refused ") ? 1 : 0));
  CHECK(encode_hex(message, version) == hex);
  if (hex == "-") return;

  const M back = decode_hex<M>(hex, version);
  if (!is_dropped) CHECK(back == message);
  CHECK(encode_hex(back, version) == hex);
}

struct Checker {
  void (*check)(std::int16_t, const std::string&, const Json&, const std::string&);
  MessageInfo info;
  std::set<std::pair<std::int16_t, std::string>> seen;  // version, case
};

std::map<std::string, Checker> all_checkers() {
  std::map<std::string, Checker> result;
  for_each_message(
      [&]<class M>() { result[type_name<M>()] = {&check_vector<M>, info_of<M>(), {}}; });
  return result;
}

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> columns;
  std::size_t from = 0;
  while (true) {
    const std::size_t to = line.find('\t', from);
    columns.push_back(line.substr(from, to - from));
    if (to == std::string::npos) return columns;
    from = to + 1;
  }
}

void check_file(const std::string& file, std::map<std::string, Checker>& checkers) {
  std::ifstream in(kFolder + file);
  REQUIRE_MESSAGE(in.good(), file);
  for (std::string line; std::getline(in, line);) {
    const std::vector<std::string> columns = split(line);
    REQUIRE(columns.size() == 5);
    const auto version = static_cast<std::int16_t>(std::stoi(columns[1]));
    const auto checker = checkers.find(columns[0]);
    REQUIRE_MESSAGE(checker != checkers.end(), "no message type " << columns[0]);
    CAPTURE(columns[0]);
    CAPTURE(version);
    CAPTURE(columns[2]);
    checker->second.check(version, columns[2], Json::parse(columns[3]), columns[4]);
    checker->second.seen.insert({version, columns[2]});
  }
}

}  // namespace

TEST_CASE("every message in every version has the bytes of Kafka's own classes") {
  std::map<std::string, Checker> checkers = all_checkers();
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    const std::string file = entry.path().filename().string();
    if (file.ends_with(".txt") && file != "api_table.txt") check_file(file, checkers);
  }
  for (const auto& [name, checker] : checkers) {
    for (std::int16_t v = checker.info.lowest; v <= checker.info.highest; ++v) {
      std::vector<std::string> wanted{"default", "empty", "one",        "two",
                                      "long",    "null",  "null-leaves"};
      if (v >= checker.info.flexible_from) wanted.insert(wanted.end(), {"tags", "default-tags"});
      for (const std::string& kind : wanted) {
        CHECK_MESSAGE(checker.seen.contains({v, kind}),
                      name << " v" << v << " has no vector " << kind);
      }
    }
  }
}

TEST_CASE("keys, versions, listeners and header versions are those of Kafka's ApiMessageType") {
  std::ifstream in(kFolder + "api_table.txt");
  std::set<std::int16_t> seen;
  for (std::string line; std::getline(in, line);) {
    const std::vector<std::string> columns = split(line);
    REQUIRE(columns.size() > 5);
    CAPTURE(columns[1]);
    const OfferedApi* offer = find_api(static_cast<std::int16_t>(std::stoi(columns[0])));
    REQUIRE(offer != nullptr);
    const ApiInfo& api = offer->api;
    seen.insert(static_cast<std::int16_t>(api.key));
    CHECK(api.name == columns[1]);
    CHECK(std::to_string(api.lowest) == columns[2]);
    CHECK(std::to_string(api.highest) == columns[3]);
    if (offer->is_served()) {
      CHECK(offer->on_broker == columns[4].contains("BROKER"));
      CHECK(offer->on_controller == columns[4].contains("CONTROLLER"));
    }
    REQUIRE(columns.size() == 5u + static_cast<std::size_t>(api.highest - api.lowest + 1));
    for (std::int16_t v = api.lowest; v <= api.highest; ++v) {
      const std::string headers = std::to_string(request_header_version(api, v)) + "/" +
                                  std::to_string(response_header_version(api, v));
      CHECK(headers == columns[5u + static_cast<std::size_t>(v - api.lowest)]);
    }
  }
  for_each_type(RequestTypes{}, [&]<class M>() {
    CHECK_MESSAGE(seen.contains(static_cast<std::int16_t>(M::api.key)), M::api.name);
  });
}

}  // namespace kafka
