// Reads a run directory and cuts from it the named blocks that plots are drawn from.
//
// A plot's template says which blocks it wants ("# data: windows produce.latency.p99_us");
// extract() answers the text of its .dat file. Blocks are separated by two blank lines and named by
// the comment above them, as gnuplot's `index "name"` expects. A plot needs no code unless it needs
// a new kind of block.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace reports {

// A CSV file (RFC 4180) with a header; cells by column name. Errors name file and line.
class Table {
 public:
  static std::expected<Table, std::string> parse(std::string_view csv, std::string_view file_name);
  const std::vector<std::string>& columns() const { return columns_; }
  std::size_t rows() const { return rows_.size(); }
  const std::vector<std::string>& row(std::size_t index) const { return rows_[index]; }
  std::string_view cell(std::size_t row,
                        std::string_view column) const;  // "" when there is no such column

 private:
  std::vector<std::string> columns_;
  std::vector<std::vector<std::string>> rows_;
};

struct Fault {
  std::string name;
  double from_s = 0;
  double to_s = 0;
};

struct RunData {
  std::string scenario;
  std::string title;
  std::uint64_t seed = 0;
  std::string verdict;
  double end_s = 0;
  std::vector<Fault> faults;
  Table metrics;
  Table histograms;
  Table events;

  static std::expected<RunData, std::string> read(const std::string& run_directory);
};

// One block by its directive:
//   windows METRIC...     time_s, then a column per metric (NaN where there is none)
//   spectrum METRIC       1/(1-p), latency_ms, count: the percentile spectrum of a histogram
//   faults                from_s, to_s, "name"
//   replicas              from_s, to_s, row, state (0 out of the ISR, 1 in it, 2 leader), "label"
// An unknown directive is an error.
std::expected<std::string, std::string> extract(const RunData& run, std::string_view directive);

std::expected<std::string, std::string> read_file(const std::string& path);

}  // namespace reports
