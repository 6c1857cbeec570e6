// summary.json of two runs beside each other.
#pragma once

#include <expected>
#include <memory>
#include <string>

namespace reports {

class RunSummary {
 public:
  // RUN/summary.json; a sentence when it is not there, none of ours, or of another version.
  static std::expected<RunSummary, std::string> read(const std::string& run_directory);

  bool has(const char* key) const;
  std::string text(const char* key) const;  // "" when it is not there

 private:
  friend std::string diff_summaries(const RunSummary& left, const RunSummary& right);
  struct Content;
  std::shared_ptr<const Content> content_;
};

// What differs but for wall time, paths and seeds; "" when nothing does.
std::string diff_summaries(const RunSummary& left, const RunSummary& right);

}  // namespace reports
