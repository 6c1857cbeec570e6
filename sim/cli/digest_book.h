// The digests on record: a file digests.txt beside the scenarios of a folder, a line for each run
// of `titorelli test` there. A run whose digest is another one has drifted: the same scenario, seed
// and options do something else than they did.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <tuple>

namespace sim {

class DigestBook {
 public:
  static constexpr const char* kFile = "digests.txt";

  // Of that folder; empty when it has none. A sentence with file and line when a line is wrong.
  static std::expected<DigestBook, std::string> read(const std::string& folder);

  std::optional<std::uint64_t> find(const std::string& file, std::uint64_t seed,
                                    const std::string& variant) const;
  void record(const std::string& file, std::uint64_t seed, const std::string& variant,
              std::uint64_t digest);
  // Runs that a scenario no longer has, and scenarios that are no longer there.
  void forget(const std::string& file);
  void forget_absent();
  std::expected<void, std::string> write() const;  // nothing when nothing has changed

 private:
  std::string folder_;
  bool is_changed_ = false;
  // The scenario's file name, seed, variant ("" for none).
  std::map<std::tuple<std::string, std::uint64_t, std::string>, std::uint64_t> digests_;
};

}  // namespace sim
