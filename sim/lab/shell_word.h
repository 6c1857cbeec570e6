// Words of commands that people copy into a shell.
#pragma once

#include <string>
#include <string_view>

namespace sim {

// As one word: as it is where that is safe, else in single quotes.
std::string shell_word(std::string_view word);

}  // namespace sim
