// The repository as text, for the tests of its layout. Read anew by each test: small enough.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidy {

struct SourceFile {
  std::string path;               // below the root, with '/'
  std::string text;               // as it is
  std::vector<std::string> code;  // lines without comments and without the insides of literals
};

// Files below one of `folders` ("" for the root's own files, not its folders) whose names end in
// one of `endings`, by path. `code` is filled for .h and .cc.
std::vector<SourceFile> files_below(const std::vector<std::string>& folders,
                                    const std::vector<std::string>& endings);

std::vector<std::string> lines_of(std::string_view text);
// C++ without comments; literals keep their quotes and lose their content.
std::string strip(std::string_view text);

// A .cc or .h of the product, not of the tests.
std::vector<SourceFile> product_sources();

// No letter, digit or _ stands around it; a word that ends in _ may go on.
bool has_word(std::string_view line, std::string_view word);

}  // namespace tidy
