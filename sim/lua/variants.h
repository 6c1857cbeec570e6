// Variants: one scenario, several ways to run it. variant(name, function) in the main chunk
// declares one; a run executes the function of exactly one and none of the others.
//
// Which there are is learnt by a pass over the declarations (read_declarations in scenario.h): the
// main chunk up to its first wait, the first variant's function up to its own. Then each variant is
// a whole run of its own, with the same seed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

struct DeclaredVariant {
  std::string name;
  std::string slug;                   // the name as a folder's
  std::optional<std::string> expect;  // over scenario{ expect = }, for `titorelli test`
};

// Which one this run executes, and which there are.
struct VariantChoice {
  std::string name;
  std::vector<std::string> all;
};

// "idempotence=true" -> "idempotence-true"; "" when nothing of the name is left.
std::string variant_slug(std::string_view name);

// Those of one run, as they are declared. Owned by a ScenarioRun.
class Variants {
 public:
  explicit Variants(std::optional<VariantChoice> choice) : choice_(std::move(choice)) {}

  const std::vector<DeclaredVariant>& declared() const { return declared_; }
  const DeclaredVariant* find(std::string_view name) const;
  const DeclaredVariant* find_slug(std::string_view slug) const;
  // Whether the pass over the declarations has not seen it: it was declared too late.
  bool is_news(std::string_view name) const;
  const std::optional<VariantChoice>& choice() const { return choice_; }

  // Answers whether its function is to run: it was chosen, or nothing was and it is the first.
  bool declare(DeclaredVariant variant);
  // Of the one that runs; "" before it is declared.
  const std::string& chosen() const { return chosen_; }

  bool is_inside() const { return is_inside_; }
  void enter() { is_inside_ = true; }
  void leave() { is_inside_ = false; }

 private:
  std::optional<VariantChoice> choice_;
  std::vector<DeclaredVariant> declared_;
  std::string chosen_;
  bool is_inside_ = false;  // of its function
};

}  // namespace sim
