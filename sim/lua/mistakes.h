// What can be wrong with a scenario: each kind of mistake has a code that is printed with it
// (error[E0107]), never changes its meaning, and is explained by `titorelli explain E0107`.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sim {

enum class Mistake : std::uint16_t {
  kOther = 100,            // everything that has no better code
  kSyntax = 101,           // Lua cannot read the file
  kUnknownName = 102,      // a global that nobody set
  kUnknownFunction = 103,  // node:kil()
  kUnknownOption = 104,    // cluster{ broker = 3 }
  kMissingOption = 105,
  kWrongType = 106,
  kUnknownConfig = 107,  // no such key of Kafka's
  kBadConfig = 108,      // a key of Kafka's with a value that it does not take
  kNoUnit = 109,         // a duration or rate without its unit, or with a wrong one
  kOutOfRange = 110,
  kUnknownNode = 111,  // a node, rack, topic or partition that the cluster does not have
  kUnknownFault = 112,
  kBadTargets = 113,  // contradictory, empty or the same on both sides
  kWrongState = 114,  // healing twice, starting what runs
  kOutOfOrder = 115,  // cluster{ } before scenario{ }, a second scenario{ }
  kPast = 116,        // a time that has passed
  kNotAWait = 117,    // waiting where nothing can wait
  kNoCapture = 118,   // replaying what was never captured
  kUnknownEvent = 119,
  kModule = 120,    // require outside scenarios/lib, or of what is not there
  kFile = 121,      // a GraphML, CSV or capture file that cannot be read or is wrong
  kMetric = 122,    // a metric or an expression over it
  kSandbox = 123,   // what a scenario may not do: os, io, bytecode
  kBudget = 124,    // instructions, memory, pattern steps, depth
  kRuntime = 125,   // Lua's own: arithmetic on nil and its like
  kNoEffect = 126,  // a fault that did nothing, under require_effect
  kVariant = 127,   // a variant's name that is bad, repeated or unknown
};

struct MistakeInfo {
  Mistake mistake;
  std::string_view title;        // "unknown configuration key"
  std::string_view explanation;  // a paragraph or two, with an example
};

std::span<const MistakeInfo> mistakes();  // by code
std::string code_of(Mistake mistake);     // "E0107"
// Of "E0107", also "e107" and "107"; nothing when there is no such code.
std::optional<Mistake> mistake_of(std::string_view code);

}  // namespace sim
