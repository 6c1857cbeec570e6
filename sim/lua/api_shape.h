// What a word of the language takes and answers, for machines: the linter, the editor's stub, the
// manual. Read off the word's signature, which is what people read too; its `details` add types and
// meanings that the names alone do not tell.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/lua/api.h"
#include "sim/lua/mistakes.h"

namespace sim {

struct ApiSlot {  // a parameter, or an option
  std::string name;
  std::string_view type;  // see ApiOption; "any" when nobody says
  std::string_view doc;   // "" when the word's own doc says it
  std::string fallback;   // what absence means, as written in Lua: 3, "both"; "" for nothing
  bool is_optional = false;
};

struct ApiShape {
  std::vector<ApiSlot> parameters;  // without self and without the table of options
  std::vector<ApiSlot> options;
  int options_at = -1;        // which argument the table of options is; -1: takes none
  std::string_view keys_of;   // Kafka's keys among the options: "topic", "producer", ...; or ""
  bool is_open = false;       // takes what the signature does not spell out
  std::string answers;        // noun or plain type; "" for nothing
  bool answers_list = false;  // a list of it
  bool may_be_nil = false;
};

ApiShape shape_of(const ApiWord& word);

// The noun or word of a name; null for none.
const ApiNoun* noun_named(std::string_view name);
const ApiWord* word_named(const ApiNoun& noun, std::string_view name);

// Types whose values are names out of a fixed list, and where people find it.
struct NameList {
  std::string_view type;  // "metric"
  std::vector<std::string_view> (*names)();
  Mistake mistake;
  std::string_view where;  // "titorelli list metrics"
};
std::span<const NameList> name_lists();

}  // namespace sim
