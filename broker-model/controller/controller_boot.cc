#include "broker-model/controller/controller_boot.h"

#include <algorithm>
#include <utility>

#include "broker-model/raft/election_state.h"
#include "broker-model/types/random_uuid.h"

namespace kafka {
namespace {

constexpr std::string_view kMetaProperties = "meta.properties";

}  // namespace

ControllerBoot::ControllerBoot(ControllerBootOptions options, env::Env& env)
    : options_(std::move(options)), meta_(std::string(kMetaProperties)) {
  const std::vector<env::FileInfo> files = env.list();
  const auto found = std::ranges::find(files, kMetaProperties, &env::FileInfo::name);
  if (found == files.end()) {
    format(env);
    return;
  }
  read_ = env.read(env.open(found->name), 0, static_cast<std::size_t>(found->size));
}

void ControllerBoot::format(env::Env& env) {
  const auto own = options_.initial_voters.voters().find(options_.id);
  if (own == options_.initial_voters.voters().end()) {
    drawn_ = random_uuid(env.rng());
    return write_meta(env);
  }
  drawn_ = directory_of(own->second.key);
  const SnapshotHead head{.id = kBootstrapSnapshotId,
                          .kraft_version = options_.kraft_version,
                          .voters = options_.initial_voters};
  bootstrap_.emplace(env, kBootstrapSnapshotId);
  bootstrap_->append(env, write_snapshot(head, {}, env.wall_clock()));
  bootstrap_->freeze(env);
}

// Last, so that a disk with this file is formatted.
void ControllerBoot::write_meta(env::Env& env) {
  meta_.write(env, format_properties({{"version", "1"},
                                      {"cluster.id", options_.cluster_id},
                                      {"node.id", std::to_string(options_.id.value())},
                                      {"directory.id", to_string(drawn_)}}));
  directory_ = drawn_;
}

bool ControllerBoot::on_disk(env::Env& env, env::DiskOpId op, const env::DiskResult& result) {
  if (read_ == op) {
    read_.reset();
    const Properties meta = parse_properties(result.data.contiguous().text());
    const auto id = meta.find("directory.id");
    if (result.error == env::DiskError::kNone && id != meta.end())
      directory_ = uuid_from_string(id->second);
    has_failed_ = !directory_;  // Kafka does not start without
    return true;
  }
  if (bootstrap_ && bootstrap_->on_disk(env, op, result)) {
    has_failed_ = bootstrap_->has_failed();
    if (!bootstrap_->is_done()) return true;
    bootstrap_.reset();
    write_meta(env);
    return true;
  }
  if (!meta_.on_disk(env, op, result)) return false;
  has_failed_ = meta_.has_failed();
  return true;
}

}  // namespace kafka
