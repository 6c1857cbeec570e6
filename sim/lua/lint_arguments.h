// What a call hands to a word of the language, as far as the text shows it: literals.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "sim/lua/api_shape.h"
#include "sim/lua/syntax.h"

namespace sim {

using LintReport =
    std::function<void(const Token& at, Mistake, std::string message, std::string help)>;

// `answers`: of each argument, the noun that it is known to be ("" when it is not).
void check_arguments(const SyntaxTree& tree, std::string_view call, const ApiWord& word,
                     std::span<const NodeId> arguments, std::span<const std::string> answers,
                     const LintReport& report);

}  // namespace sim
