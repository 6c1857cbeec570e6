#include "broker-model/log/checkpoint_file.h"

#include <charconv>

namespace kafka {
namespace {

// The next line without its newline; `rest` moves behind it. Nothing at the end.
std::optional<std::string_view> next_line(std::string_view& rest) {
  if (rest.empty()) return std::nullopt;
  const std::size_t end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

template <class Number>
bool parse_number(std::string_view text, Number& out) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && stop == text.data() + text.size();
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

void CheckpointWriter::write(env::Env& env, std::string content) {
  if (step_ != Step::kIdle) {
    waiting_ = std::move(content);
    return;
  }
  content_ = std::move(content);
  begin(env);
}

void CheckpointWriter::begin(env::Env& env) {
  file_ = env.open(name_ + ".tmp");
  step_ = Step::kTruncating;  // a crash may have left an older, longer one
  op_ = env.truncate(file_, 0);
}

bool CheckpointWriter::on_disk(env::Env& env, env::DiskOpId op, const env::DiskResult& result) {
  if (step_ == Step::kIdle || op != op_) return false;
  if (result.error != env::DiskError::kNone) {
    failed_ = true;
    step_ = Step::kIdle;
  } else {
    switch (step_) {
      case Step::kIdle: break;
      case Step::kTruncating:
        step_ = Step::kWriting;
        op_ = env.write(file_, 0, env::Bytes::copy_of(content_));
        break;
      case Step::kWriting:
        step_ = Step::kSyncing;
        op_ = env.sync(file_);
        break;
      case Step::kSyncing:
        env.rename(name_ + ".tmp", name_);
        step_ = Step::kSyncingDir;
        op_ = env.sync_dir();
        break;
      case Step::kSyncingDir:
        step_ = Step::kIdle;
        failed_ = false;
        ++writes_done_;
        break;
    }
  }
  if (step_ == Step::kIdle && waiting_) {
    content_ = std::move(*waiting_);
    waiting_.reset();
    begin(env);
  }
  return true;
}

std::string format_checkpoint(std::int32_t version, const std::vector<std::string>& lines) {
  std::string text = std::to_string(version) + "\n" + std::to_string(lines.size()) + "\n";
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

std::expected<std::vector<std::string>, std::string> parse_checkpoint(std::int32_t version,
                                                                      std::string_view text) {
  const std::optional<std::string_view> version_line = next_line(text);
  if (!version_line) return std::vector<std::string>{};  // an empty file holds nothing, as in Kafka
  std::int32_t found = 0;
  if (!parse_number(*version_line, found)) {
    return std::unexpected("malformed version line: \"" + std::string(*version_line) + "\"");
  }
  if (found != version) {
    return std::unexpected("unknown checkpoint version " + std::to_string(found) + ", expected " +
                           std::to_string(version));
  }
  const std::optional<std::string_view> count_line = next_line(text);
  if (!count_line) return std::vector<std::string>{};
  std::int32_t count = 0;
  if (!parse_number(*count_line, count) || count < 0) {
    return std::unexpected("malformed count line: \"" + std::string(*count_line) + "\"");
  }
  std::vector<std::string> lines;
  while (const std::optional<std::string_view> line = next_line(text)) lines.emplace_back(*line);
  if (lines.size() != static_cast<std::size_t>(count)) {
    return std::unexpected("expected " + std::to_string(count) + " entries, found " +
                           std::to_string(lines.size()));
  }
  return lines;
}

std::string format_offset_checkpoint(const OffsetCheckpoint& offsets) {
  std::vector<std::string> lines;
  for (const auto& [partition, offset] : offsets) {
    lines.push_back(partition.topic + " " + std::to_string(partition.partition) + " " +
                    std::to_string(offset));
  }
  return format_checkpoint(0, lines);
}

std::expected<OffsetCheckpoint, std::string> parse_offset_checkpoint(std::string_view text) {
  const auto lines = parse_checkpoint(0, text);
  if (!lines) return std::unexpected(lines.error());
  OffsetCheckpoint offsets;
  for (const std::string& line : *lines) {
    const std::size_t first = line.find(' ');
    const std::size_t second = first == std::string::npos ? first : line.find(' ', first + 1);
    TopicPartition partition;
    Offset offset = 0;
    const std::string_view view(line);
    if (second == std::string::npos ||
        !parse_number(view.substr(first + 1, second - first - 1), partition.partition) ||
        !parse_number(view.substr(second + 1), offset)) {
      return std::unexpected("malformed line in an offset checkpoint: \"" + line + "\"");
    }
    partition.topic = line.substr(0, first);
    offsets[partition] = offset;
  }
  return offsets;
}

std::string format_properties(const Properties& properties) {
  std::string text;
  for (const auto& [key, value] : properties) text += key + "=" + value + "\n";
  return text;
}

Properties parse_properties(std::string_view text) {
  Properties properties;
  while (std::optional<std::string_view> line = next_line(text)) {
    line = trimmed(*line);
    if (line->empty() || line->front() == '#' || line->front() == '!') continue;
    const std::size_t separator = line->find_first_of("=:");
    const std::string_view key = trimmed(line->substr(0, separator));
    const std::string_view value = separator == std::string_view::npos
                                       ? std::string_view{}
                                       : trimmed(line->substr(separator + 1));
    properties[std::string(key)] = std::string(value);
  }
  return properties;
}

}  // namespace kafka
