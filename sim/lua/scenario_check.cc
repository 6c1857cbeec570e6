#include "sim/lua/scenario_check.h"

#include <algorithm>

namespace sim {
namespace {

// The declarations, with each variant in turn: the first mistake.
std::optional<Diagnosis> execute(const ScenarioOptions& options) {
  const auto declarations = read_declarations(options);
  if (!declarations.has_value()) return declarations.error().diagnosis;
  VariantChoice choice;
  for (const DeclaredVariant& variant : declarations->variants) choice.all.push_back(variant.name);
  for (std::size_t i = 1; i < choice.all.size(); ++i) {  // the first one has been read
    ScenarioOptions one = options;
    choice.name = choice.all[i];
    one.variant = choice;
    const std::optional<ScenarioFailure> failure = ScenarioRun::create(std::move(one))->begin();
    if (failure.has_value()) return failure->diagnosis;
  }
  return std::nullopt;
}

}  // namespace

std::vector<Diagnosis> check_scenario(const ScenarioOptions& options, const LintWorld& world,
                                      bool is_module) {
  std::vector<Diagnosis> mistakes = lint(options.path, options.source, world);
  if (is_module) return mistakes;
  const std::optional<Diagnosis> failure = execute(options);
  if (!failure.has_value()) return mistakes;
  // Lua's own word on syntax is the better one; else what reading has found needs no second
  // telling.
  const Diagnosis& told = *failure;
  const bool is_unread = told.mistake == Mistake::kSyntax || told.line == 0;
  std::erase_if(mistakes, [&](const Diagnosis& found) {
    return is_unread && found.mistake == Mistake::kSyntax;
  });
  const bool is_known = std::ranges::any_of(mistakes, [&](const Diagnosis& found) {
    return found.file == told.file && found.line == told.line && found.mistake == told.mistake;
  });
  if (!is_known) mistakes.push_back(told);
  std::ranges::sort(mistakes, {}, &place_of);
  return mistakes;
}

}  // namespace sim
