#include "sim/lua/variants.h"

#include <algorithm>

namespace sim {

std::string variant_slug(std::string_view name) {
  std::string slug;
  for (char c : name) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (is_plain || lower != c) {
      slug += lower;
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
  }
  while (!slug.empty() && (slug.back() == '-' || slug.back() == '.')) slug.pop_back();
  slug.erase(0, std::min(slug.find_first_not_of(".-"), slug.size()));
  return slug;
}

const DeclaredVariant* Variants::find(std::string_view name) const {
  const auto found = std::ranges::find(declared_, name, &DeclaredVariant::name);
  return found != declared_.end() ? &*found : nullptr;
}

const DeclaredVariant* Variants::find_slug(std::string_view slug) const {
  const auto found = std::ranges::find(declared_, slug, &DeclaredVariant::slug);
  return found != declared_.end() ? &*found : nullptr;
}

bool Variants::is_news(std::string_view name) const {
  return choice_.has_value() && std::ranges::find(choice_->all, name) == choice_->all.end();
}

bool Variants::declare(DeclaredVariant variant) {
  const bool runs = choice_.has_value() ? variant.name == choice_->name : declared_.empty();
  if (runs) chosen_ = variant.name;
  declared_.push_back(std::move(variant));
  return runs;
}

}  // namespace sim
