#include "sim/explore/bundle.h"

#include <fmt/format.h>

#include <algorithm>

#include "broker-model/types/mutations.h"
#include "reports/bundle.pb.h"
#include "sim/core/hash.h"
#include "sim/lab/overrides.h"

namespace sim {
namespace {

namespace proto = titorelli::bundle;

constexpr std::string_view kMagic = "titorelli bundle";
constexpr std::uint32_t kSchemaVersion = 1;

proto::Checkpoint message_of(const Checkpoint& checkpoint) {
  proto::Checkpoint message;
  message.set_time_ns(env::nanos(checkpoint.at));
  message.set_events(checkpoint.events);
  message.set_digest(checkpoint.digest);
  return message;
}

proto::Run message_of(const BundledRun& run) {
  proto::Run message;
  message.set_variant(run.variant);
  message.set_outcome(run.outcome);
  message.set_events(run.events);
  message.set_digest(run.digest);
  for (const Checkpoint& checkpoint : run.checkpoints)
    *message.add_checkpoints() = message_of(checkpoint);
  return message;
}

std::optional<BundledRun> run_of(const proto::Run& message) {
  BundledRun run{.variant = message.variant(),
                 .outcome = message.outcome(),
                 .events = message.events(),
                 .digest = message.digest(),
                 .checkpoints = {}};
  for (const proto::Checkpoint& one : message.checkpoints()) {
    const Checkpoint checkpoint{.at = env::Instant(env::Duration(one.time_ns())),
                                .events = one.events(),
                                .digest = one.digest()};
    if (one.time_ns() < 0) return std::nullopt;
    if (!run.checkpoints.empty() && (checkpoint.at < run.checkpoints.back().at ||
                                     checkpoint.events < run.checkpoints.back().events))
      return std::nullopt;
    run.checkpoints.push_back(checkpoint);
  }
  return run;
}

std::expected<Bundle, std::string> bundle_of(const proto::Bundle& message) {
  Bundle bundle{.version = message.version(),
                .build = message.build(),
                .scenario = message.scenario(),
                .source = message.source(),
                .modules = {},
                .files = {},
                .seed = message.seed(),
                .parameters = {},
                .overrides = {message.overrides().begin(), message.overrides().end()},
                .planted = {message.planted().begin(), message.planted().end()},
                .check_every_event = message.check_every_event(),
                .variant = std::nullopt,
                .decisions = {},
                .runs = {}};
  for (const proto::Module& module : message.modules())
    bundle.modules[module.name()] = {.path = module.path(), .source = module.source()};
  for (const proto::Data& file : message.files()) bundle.files[file.path()] = file.content();
  for (const proto::Parameter& one : message.parameters())
    bundle.parameters[one.name()] = one.value();
  if (message.has_variant()) bundle.variant = message.variant();
  auto decisions = Decisions::parse(message.decisions());
  if (!decisions.has_value())
    return std::unexpected(fmt::format("its decisions are none: {}", decisions.error()));
  bundle.decisions = std::move(*decisions);
  for (const proto::Run& one : message.runs()) {
    auto run = run_of(one);
    if (!run.has_value()) return std::unexpected("its checkpoints are not in order");
    bundle.runs.push_back(std::move(*run));
  }
  if (bundle.seed > INT64_MAX) return std::unexpected("its seed is none");
  return bundle;
}

}  // namespace

std::string encode(const Bundle& bundle) {
  proto::Bundle message;
  message.set_version(bundle.version);
  message.set_build(bundle.build);
  message.set_scenario(bundle.scenario);
  message.set_source(bundle.source);
  for (const auto& [name, module] : bundle.modules) {
    proto::Module& out = *message.add_modules();
    out.set_name(name);
    out.set_path(module.path);
    out.set_source(module.source);
  }
  for (const auto& [path, content] : bundle.files) {
    proto::Data& out = *message.add_files();
    out.set_path(path);
    out.set_content(content);
  }
  message.set_seed(bundle.seed);
  for (const auto& [name, value] : bundle.parameters) {
    proto::Parameter& out = *message.add_parameters();
    out.set_name(name);
    out.set_value(value);
  }
  for (const std::string& assignment : bundle.overrides) message.add_overrides(assignment);
  for (const std::string& bug : bundle.planted) message.add_planted(bug);
  message.set_check_every_event(bundle.check_every_event);
  if (bundle.variant.has_value()) message.set_variant(*bundle.variant);
  message.set_decisions(bundle.decisions.text());
  for (const BundledRun& run : bundle.runs) *message.add_runs() = message_of(run);

  proto::File file;
  file.set_magic(std::string(kMagic));
  file.set_schema_version(kSchemaVersion);
  file.set_content(message.SerializeAsString());
  file.set_checksum(hash_text(file.content()));
  return file.SerializeAsString();
}

std::expected<Bundle, std::string> decode_bundle(std::string_view bytes) {
  proto::File file;
  const bool is_whole = bytes.size() <= INT32_MAX &&
                        file.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  if (file.magic() != kMagic) return std::unexpected("it is no bundle of Titorelli");
  if (file.schema_version() != kSchemaVersion) {
    return std::unexpected(
        fmt::format("it was written by another version of titorelli (schema {}, not {})",
                    file.schema_version(), kSchemaVersion));
  }
  if (!is_whole) return std::unexpected("it is cut short or damaged");
  proto::Bundle message;
  if (hash_text(file.content()) != file.checksum() || !message.ParseFromString(file.content()))
    return std::unexpected("it is cut short or damaged");
  return bundle_of(message);
}

std::expected<ScenarioOptions, std::string> scenario_options(std::shared_ptr<const Bundle> bundle) {
  Overrides probe;
  for (const std::string& assignment : bundle->overrides) {
    if (const auto added = probe.add(assignment); !added.has_value())
      return std::unexpected(added.error());
  }
  if (const auto mutations = kafka::mutations_of(bundle->planted); !mutations.has_value())
    return std::unexpected(mutations.error());
  ScenarioOptions options;
  options.path = bundle->scenario;
  options.source = bundle->source;
  options.seed = bundle->seed;
  options.parameters = bundle->parameters;
  options.overrides = bundle->overrides;
  options.planted = bundle->planted;
  options.check_every_event = bundle->check_every_event;
  options.decisions = bundle->decisions;
  options.read_module =
      [bundle](const std::string& name) -> std::expected<ModuleText, ModuleRefusal> {
    const auto found = bundle->modules.find(name);
    if (found != bundle->modules.end()) return found->second;
    ModuleRefusal refusal{.message = fmt::format("the bundle holds no module \"{}\"", name),
                          .known = {}};
    for (const auto& [known, text] : bundle->modules) refusal.known.push_back(known);
    return std::unexpected(std::move(refusal));
  };
  options.read_file = [bundle](const std::string& path) -> std::expected<std::string, std::string> {
    const auto found = bundle->files.find(path);
    if (found != bundle->files.end()) return found->second;
    return std::unexpected("the bundle does not hold it");
  };
  return options;
}

std::optional<Parting> parting(const BundledRun& bundled, const RunReport& report) {
  Parting parting;
  const auto at = [](const std::vector<Checkpoint>& list, std::size_t i) {
    return i < list.size() ? std::optional(list[i]) : std::nullopt;
  };
  const std::size_t most = std::max(bundled.checkpoints.size(), report.checkpoints.size());
  for (std::size_t i = 0; i < most; ++i) {
    parting.first = at(bundled.checkpoints, i);
    parting.second = at(report.checkpoints, i);
    if (parting.first != parting.second) return parting;
    parting.before = *parting.first;
  }
  if (bundled.digest == report.digest && bundled.events == report.events) return std::nullopt;
  const env::Instant end(report.virtual_time);
  parting.first = {.at = end, .events = bundled.events, .digest = bundled.digest};
  parting.second = {.at = end, .events = report.events, .digest = report.digest};
  return parting;
}

// --- sources -------------------------------------------------------------------------------------

void SourceKeeper::keep(ScenarioOptions& options) {
  path_ = options.path;
  source_ = options.source;
  if (options.read_module) {
    options.read_module = [this, read = std::move(options.read_module)](const std::string& name) {
      auto module = read(name);
      if (module.has_value()) modules_[name] = *module;
      return module;
    };
  }
  if (options.read_file) {
    options.read_file = [this, read = std::move(options.read_file)](const std::string& path) {
      auto content = read(path);
      if (content.has_value()) files_[path] = *content;
      return content;
    };
  }
}

void SourceKeeper::put_into(Bundle& bundle) const {
  bundle.scenario = path_;
  bundle.source = source_;
  bundle.modules.insert(modules_.begin(), modules_.end());
  bundle.files.insert(files_.begin(), files_.end());
}

}  // namespace sim
