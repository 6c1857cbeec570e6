#include "reports/extract.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>

namespace reports {
namespace {

double number(std::string_view text) {
  return text.empty() ? NAN : std::strtod(std::string(text).c_str(), nullptr);
}

std::vector<std::string> words(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::vector<std::string> result;
  for (std::string word; in >> word;) result.push_back(word);
  return result;
}

std::string windows_block(const RunData& run, const std::vector<std::string>& metrics) {
  std::map<double, std::vector<double>> rows;
  for (std::size_t i = 0; i < run.metrics.rows(); ++i) {
    const auto metric = std::find(metrics.begin(), metrics.end(), run.metrics.cell(i, "metric"));
    if (metric == metrics.end()) continue;
    std::vector<double>& row = rows[number(run.metrics.cell(i, "time_ms")) / 1000];
    row.resize(metrics.size(), NAN);
    row[static_cast<std::size_t>(metric - metrics.begin())] = number(run.metrics.cell(i, "value"));
  }
  std::string text = "# windows\n# time_s";
  for (const std::string& metric : metrics) text += " " + metric;
  text += "\n";
  for (const auto& [time, row] : rows) {
    text += fmt::format("{:g}", time);
    for (double value : row) text += std::isnan(value) ? " NaN" : fmt::format(" {:.3f}", value);
    text += "\n";
  }
  return text;
}

std::string spectrum_block(const RunData& run, std::string_view metric) {
  double total = 0;
  for (std::size_t i = 0; i < run.histograms.rows(); ++i) {
    if (run.histograms.cell(i, "metric") == metric)
      total += number(run.histograms.cell(i, "count"));
  }
  std::string text = fmt::format("# spectrum {}\n# 1/(1-p) latency_ms count_so_far\n", metric);
  double seen = 0;
  for (std::size_t i = 0; i < run.histograms.rows(); ++i) {
    if (run.histograms.cell(i, "metric") != metric) continue;
    const double before = seen;
    seen += number(run.histograms.cell(i, "count"));
    // The bucket holds every percentile up to seen/total; the last one is drawn at its own first
    // record.
    const double p = seen < total ? seen / total : (total - 0.5) / total;
    const double latency_ms = number(run.histograms.cell(i, "high_us")) / 1000;
    if (before == 0) text += fmt::format("1 {:.3f} 0\n", latency_ms);
    text += fmt::format("{:.6g} {:.3f} {:.0f}\n", 1 / (1 - p), latency_ms, seen);
  }
  return text;
}

std::string faults_block(const RunData& run) {
  std::string text = "# faults\n# from_s to_s name\n";
  for (const Fault& fault : run.faults) {
    text += fmt::format("{:.6g} {:.6g} \"{}\"\n", fault.from_s, fault.to_s, fault.name);
  }
  return text;
}

// One row of the picture for each (partition, broker), from each change of the partition.
std::string replicas_block(const RunData& run) {
  struct Change {
    double time;
    std::optional<int> leader;
    std::set<int> isr;
  };
  std::map<std::string, std::vector<Change>> changes;
  std::map<std::string, std::set<int>> brokers;
  for (std::size_t i = 0; i < run.events.rows(); ++i) {
    if (run.events.cell(i, "event") != "partition") continue;
    Change change{
        .time = number(run.events.cell(i, "time_ms")) / 1000, .leader = std::nullopt, .isr = {}};
    if (!run.events.cell(i, "leader").empty()) {
      change.leader = static_cast<int>(number(run.events.cell(i, "leader")));
    }
    for (const std::string& id : words(run.events.cell(i, "isr")))
      change.isr.insert(std::atoi(id.c_str()));
    const std::string partition(run.events.cell(i, "partition"));
    brokers[partition].insert(change.isr.begin(), change.isr.end());
    changes[partition].push_back(std::move(change));
  }
  std::string text = "# replicas\n# from_s to_s row state label\n";
  int row = 0;
  for (const auto& [partition, list] : changes) {
    for (int broker : brokers[partition]) {
      for (std::size_t i = 0; i < list.size(); ++i) {
        const double until = i + 1 < list.size() ? list[i + 1].time : run.end_s;
        const int state = list[i].leader == broker ? 2 : list[i].isr.contains(broker) ? 1 : 0;
        text += fmt::format("{:.6g} {:.6g} {} {} \"{} on {}\"\n", list[i].time, until, row, state,
                            partition, broker);
      }
      ++row;
    }
  }
  return text;
}

}  // namespace

std::expected<std::string, std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  if (!in) return std::unexpected(fmt::format("cannot read '{}'", path));
  return std::move(content).str();
}

namespace {

// RFC 4180, field by field. A line break inside quotes belongs to the field.
class CsvReader {
 public:
  CsvReader(std::string_view text, std::string_view file) : rest_(text), file_(file) {}

  bool is_at_end() const { return rest_.empty(); }
  std::size_t line() const { return line_; }

  // REQUIRES: not at the end.
  std::expected<std::vector<std::string>, std::string> row() {
    std::vector<std::string> cells;
    while (true) {
      auto cell = rest_.starts_with('"') ? quoted() : plain();
      if (!cell.has_value()) return std::unexpected(std::move(cell.error()));
      cells.push_back(std::move(*cell));
      if (rest_.starts_with(',')) {
        rest_.remove_prefix(1);
        continue;
      }
      end_line();
      return cells;
    }
  }
  std::unexpected<std::string> error(std::size_t line, std::string_view what) const {
    return std::unexpected(fmt::format("{}:{}: {}", file_, line, what));
  }

 private:
  std::expected<std::string, std::string> plain() {
    const std::size_t end = std::min(rest_.find_first_of(",\n"), rest_.size());
    std::string_view cell = rest_.substr(0, end);
    rest_.remove_prefix(end);
    if (!rest_.starts_with(',') && cell.ends_with('\r')) cell.remove_suffix(1);
    if (cell.find('"') != std::string_view::npos)
      return error(line_, "a quote inside a field that is not quoted");
    return std::string(cell);
  }
  std::expected<std::string, std::string> quoted() {
    const std::size_t first_line = line_;
    std::string cell;
    rest_.remove_prefix(1);
    while (true) {
      const std::size_t quote = rest_.find('"');
      if (quote == std::string_view::npos) return error(first_line, "a quoted field does not end");
      line_ += static_cast<std::size_t>(
          std::count(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(quote), '\n'));
      cell += rest_.substr(0, quote);
      rest_.remove_prefix(quote + 1);
      if (!rest_.starts_with('"')) break;
      cell += '"';
      rest_.remove_prefix(1);
    }
    if (rest_.empty() || rest_.starts_with(',') || rest_.starts_with('\n') ||
        rest_.starts_with("\r\n"))
      return cell;
    return error(line_, "text behind a quoted field");
  }
  void end_line() {
    if (rest_.starts_with('\r')) rest_.remove_prefix(1);
    if (rest_.empty()) return;
    rest_.remove_prefix(1);
    ++line_;
  }

  std::string_view rest_;
  std::string_view file_;
  std::size_t line_ = 1;
};

}  // namespace

std::expected<Table, std::string> Table::parse(std::string_view csv, std::string_view file_name) {
  CsvReader reader(csv, file_name);
  if (reader.is_at_end()) return reader.error(1, "empty; expected a line of column names");
  Table table;
  auto columns = reader.row();
  if (!columns.has_value()) return std::unexpected(columns.error());
  table.columns_ = std::move(*columns);
  while (!reader.is_at_end()) {
    const std::size_t line = reader.line();
    auto row = reader.row();
    if (!row.has_value()) return std::unexpected(row.error());
    if (row->size() != table.columns_.size()) {
      return reader.error(
          line, fmt::format("{} fields, expected {}", row->size(), table.columns_.size()));
    }
    table.rows_.push_back(std::move(*row));
  }
  return table;
}

std::string_view Table::cell(std::size_t row, std::string_view column) const {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i] == column) return rows_[row][i];
  }
  return {};
}

std::expected<RunData, std::string> RunData::read(const std::string& run_directory) {
  RunData run;
  const auto summary_text = read_file(run_directory + "/summary.json");
  if (!summary_text.has_value()) {
    return std::unexpected(
        fmt::format("'{}' is not a run directory: it has no summary.json", run_directory));
  }
  const auto summary = nlohmann::json::parse(*summary_text, nullptr, false);
  if (!summary.is_object() || !summary.contains("schema_version")) {
    return std::unexpected(
        fmt::format("'{}/summary.json' is not a summary of ours", run_directory));
  }
  try {
    run.scenario = summary.at("scenario").get<std::string>();
    run.seed = summary.at("seed").get<std::uint64_t>();
    run.verdict = summary.at("verdict").get<std::string>();
    run.end_s = static_cast<double>(summary.at("virtual_ms").get<std::int64_t>()) / 1000;
    for (const auto& fault : summary.at("faults")) {
      const auto& until = fault.at("until_ms");
      run.faults.push_back({.name = fault.at("name").get<std::string>(),
                            .from_s = fault.at("at_ms").get<double>() / 1000,
                            .to_s = until.is_null() ? run.end_s : until.get<double>() / 1000});
    }
  } catch (const nlohmann::json::exception& e) {
    return std::unexpected(fmt::format("'{}/summary.json': {}", run_directory, e.what()));
  }
  struct Part {
    const char* file;
    Table* table;
  };
  for (const Part part :
       {Part{"metrics.csv", &run.metrics}, Part{"histograms.csv", &run.histograms},
        Part{"events.csv", &run.events}}) {
    const auto text = read_file(run_directory + "/" + part.file);
    if (!text.has_value()) return std::unexpected(text.error());
    auto table = Table::parse(*text, part.file);
    if (!table.has_value()) return std::unexpected(table.error());
    *part.table = std::move(*table);
  }
  return run;
}

std::expected<std::string, std::string> extract(const RunData& run, std::string_view directive) {
  std::vector<std::string> parts = words(directive);
  if (parts.empty()) return std::unexpected(std::string("an empty data directive"));
  const std::string kind = parts.front();
  parts.erase(parts.begin());
  if (kind == "windows" && !parts.empty()) return windows_block(run, parts);
  if (kind == "spectrum" && parts.size() == 1) return spectrum_block(run, parts[0]);
  if (kind == "faults" && parts.empty()) return faults_block(run);
  if (kind == "replicas" && parts.empty()) return replicas_block(run);
  return std::unexpected(
      fmt::format("unknown data directive \"{}\"; expected windows METRIC..., spectrum METRIC, "
                  "faults or replicas",
                  directive));
}

}  // namespace reports
