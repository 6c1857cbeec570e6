#include "sim/lua/scenario.h"

#include <fmt/format.h>

#include <algorithm>

#include "broker-model/types/probe.h"
#include "sim/lab/shell_word.h"
#include "sim/lua/diagnostic.h"
#include "sim/lua/parameters.h"

namespace sim {
namespace {

constexpr const char* kHeaderDone = "titorelli: the header has been read";

std::string seconds(env::Instant t) {
  return fmt::format("{:g}s", static_cast<double>(env::nanos(t)) / 1e9);
}

}  // namespace

std::unique_ptr<ScenarioRun> ScenarioRun::create(ScenarioOptions options) {
  return std::unique_ptr<ScenarioRun>(new ScenarioRun(std::move(options)));
}

ScenarioRun::ScenarioRun(ScenarioOptions options)
    : options_(std::move(options)),
      sandbox_(options_.limits),
      actors_(sandbox_, *this),
      in_hand_(sandbox_, actors_),
      modules_(options_.read_module, sources_),
      variants_(options_.variant) {
  sources_[options_.path] = options_.source;
  open_api(sandbox_.state(), *this);
}

ScenarioRun::~ScenarioRun() = default;

std::optional<ScenarioFailure> ScenarioRun::begin() {
  lua_State* L = sandbox_.state();
  if (auto failed = load(L); failed.has_value()) return failed;
  actors_.spawn(L);
  if (usage_error_.has_value()) return usage_error_;
  if (header_only_done_) return std::nullopt;
  if (error_.has_value()) return error_;
  if (lab_ == nullptr || !lab_->has_cluster()) {
    return failure({.file = options_.path,
                    .mistake = Mistake::kMissingOption,
                    .message = fmt::format(
                        "the scenario declares no {}",
                        lab_ == nullptr ? "scenario{ api = 1, name = ... }" : "cluster{ }")});
  }
  return std::nullopt;
}

ScenarioFailure ScenarioRun::failure(const Diagnosis& diagnosis) const {
  return {.text = render(diagnosis, sources_), .diagnosis = diagnosis};
}

// Pushes the main chunk.
std::optional<ScenarioFailure> ScenarioRun::load(lua_State* L) {
  const std::string chunk = "@" + options_.path;
  if (options_.source.starts_with('\x1b')) {
    return failure({.file = options_.path,
                    .mistake = Mistake::kSandbox,
                    .message = "compiled Lua is not read: a scenario is its text"});
  }
  const Sandbox::Running running(sandbox_);
  const int status =
      luaL_loadbufferx(L, options_.source.data(), options_.source.size(), chunk.c_str(), "t");
  if (status == LUA_OK) return std::nullopt;
  const bool is_too_large = sandbox_.exhausted() != BudgetKind::kNone;
  return failure(diagnose(is_too_large ? sentence(sandbox_.exhausted()) : lua_tostring(L, -1),
                          options_.path, sources_,
                          is_too_large ? Mistake::kBudget : Mistake::kSyntax));
}

void ScenarioRun::on_script_error(std::string message) {
  if (header_only_done_ || usage_error_.has_value()) return;  // our own way out of the chunk
  // What follows a variant that was left at its first wait may miss what that would have made.
  if (options_.declarations_only && has_left_variant_) return;
  error_ = failure(diagnose(message, options_.path, sources_));
  if (is_running_) {
    error_->text +=
        fmt::format("\nat virtual time {}, seed {}", seconds(lab_->world().now()), seed_);
  }
}

Lab& ScenarioRun::lab(lua_State* L) {
  if (lab_ == nullptr) {
    scenario_error(L, Mistake::kOutOfOrder, "scenario{ } comes first",
                   "begin the file with scenario{ api = 1, name = \"...\" }");
  }
  return *lab_;
}

void ScenarioRun::declare(lua_State* L, ScenarioHeader header) {
  if (is_declared()) scenario_error(L, Mistake::kOutOfOrder, "scenario{ } is called once");
  header_ = std::move(header);
  if (options_.header_only) {
    header_only_done_ = true;
    lua_pushstring(L, kHeaderDone);
    lua_error(L);
  }
  set_parameters(L);
  seed_ = options_.seed.value_or(header_.seed.value_or(1));
  const auto mutations = kafka::mutations_of(options_.planted);
  TIT_ASSERT(mutations.has_value(), "--plant was checked when the command line was read");
  LabOptions lab{.seed = seed_,
                 .overrides = {},
                 .check_every_event = options_.check_every_event,
                 .mutations = *mutations,
                 .draws_ties = header_.draws_ties,
                 .decisions = options_.decisions,
                 .draws = options_.draws};
  for (const std::string& assignment : options_.overrides) {
    const auto added = lab.overrides.add(assignment);
    TIT_ASSERT(added.has_value(), "--set was checked when the command line was read");
  }
  lab_ = std::make_unique<Lab>(std::move(lab));
  lab_->set_listener(this);
  lab_->interception().set_on_change([this] { state_changed(); });
  in_hand_.set_lab(lab_.get());
  kafka::probe_counts().fill(0);
  if (options_.counts_reached) {
    Interception& interception = lab_->interception();
    answer_errors_.emplace(interception.messages(), interception.hooks().reached());
  }
  lab_->world().set_verifier(options_.verifier);
  if (options_.make_trace) {
    if (TraceWriter* trace = options_.make_trace(seed_); trace != nullptr) lab_->set_trace(trace);
  }
  if (options_.entropy_leak != 0) {
    lab_->world().at(env::Instant(std::chrono::seconds(1)),
                     [this] { lab_->world().rolling_digest().add(options_.entropy_leak); });
  }
  actors_.set_world(&lab_->world());
  sandbox_.set_random(&lab_->world().streams().stream("lua"));
}

void ScenarioRun::set_parameters(lua_State* L) {
  const auto complaint = push_parameters(L, options_.parameters, options_.path);
  if (complaint.has_value()) {
    usage_error_ = {2, *complaint};
    luaL_error(L, "%s", complaint->c_str());
  }
  lua_pushglobaltable(L);
  lua_pushliteral(L, "param");
  lua_pushvalue(L, -3);
  lua_rawset(L, -3);
  lua_settop(L, 1);
}

std::expected<std::string, std::string> ScenarioRun::read_file(const std::string& path) const {
  const bool is_below = !path.empty() && path.front() != '/' && path.find('\0') == path.npos &&
                        ("/" + path + "/").find("/../") == path.npos;
  if (!is_below) return std::unexpected("it is not below the scenario's folder");
  if (!options_.read_file) return std::unexpected("the scenario has no folder");
  return options_.read_file(path);
}

// --- the pass over the declarations -------------------------------------------------------------

void ScenarioRun::before_wait(lua_State* L) {
  if (!options_.declarations_only || !variants_.is_inside()) return;
  has_left_variant_ = true;
  lua_pushliteral(L, "titorelli: the variant has been read");
  lua_error(L);
}

void ScenarioRun::read_variant(lua_State* L) {
  if (lua_pcall(L, 0, 0, 0) == LUA_OK) return;
  sandbox_.reraise(L);
  if (!has_left_variant_) lua_error(L);
  lua_pop(L, 1);
}

std::expected<Declarations, ScenarioFailure> read_declarations(ScenarioOptions options) {
  options.declarations_only = true;
  options.variant.reset();
  options.verifier = nullptr;
  options.make_trace = nullptr;
  const std::unique_ptr<ScenarioRun> run = ScenarioRun::create(std::move(options));
  if (auto failure = run->begin(); failure.has_value()) return std::unexpected(std::move(*failure));
  Declarations declarations{.header = run->header(),
                            .seed = run->seed(),
                            .variants = run->variants().declared(),
                            .comparisons = run->comparisons()};
  std::vector<std::string_view> names;
  for (const DeclaredVariant& variant : declarations.variants) names.push_back(variant.name);
  for (const Comparison& comparison : declarations.comparisons) {
    if (names.empty()) {
      return std::unexpected(run->failure(
          comparison.place() + coded(Mistake::kVariant,
                                     "compare() needs variants, and the scenario declares none "
                                     "before its first wait")));
    }
    for (std::string_view name : comparison.names()) {
      if (std::ranges::find(names, name) != names.end()) continue;
      return std::unexpected(run->failure(
          fmt::format("{}{}\nhelp: {}", comparison.place(),
                      coded(Mistake::kVariant, fmt::format("unknown variant \"{}\"", name)),
                      help_for_unknown(name, names))));
    }
  }
  return declarations;
}

int ScenarioRun::run_for(lua_State* L, env::Duration duration) {
  Lab& the_lab = lab(L);
  end_ = the_lab.world().now() + duration;
  has_run_for_ = true;
  return actors_.sleep(L, duration);
}

void ScenarioRun::add_named_check(lua_State* L, std::string_view check, const std::string& topic,
                                  bool allows_excused) {
  lab(L).add_check(check, topic, allows_excused);
}

void ScenarioRun::add_assertion(lua_State* L, std::string name,
                                std::optional<env::Duration> within) {
  std::string place = script_place(L);
  auto assertion = std::make_unique<Assertion>();
  assertion->name = std::move(name);
  assertion->place = std::move(place);
  assertion->within = within;
  assertion->function = luaL_ref(L, LUA_REGISTRYINDEX);  // pops it
  if (within.has_value()) {
    World& world = lab(L).world();
    Assertion* waiting = assertion.get();
    world.at(world.now(), [this] { poll_assertions(); });
    world.at(world.now() + *within, [this, waiting] {
      poll_assertions();
      waiting->has_failed = !waiting->came_true.has_value();
    });
  }
  assertions_.push_back(std::move(assertion));
}

bool ScenarioRun::is_true(const Assertion& assertion) {
  const std::string_view place(assertion.place);
  const std::expected<bool, std::string> answer =
      sandbox_.ask(assertion.function, place.substr(0, place.rfind(": ")));
  if (answer.has_value()) return *answer;
  on_script_error(answer.error());
  lab_->world().stop();
  return false;
}

void ScenarioRun::poll_assertions() {
  is_poll_due_ = false;
  for (const std::unique_ptr<Assertion>& assertion : assertions_) {
    if (!assertion->within.has_value() || assertion->came_true.has_value() || assertion->has_failed)
      continue;
    if (error_.has_value()) return;
    if (is_true(*assertion)) assertion->came_true = lab_->world().now();
  }
}

void ScenarioRun::on_observed(const Member&, const kafka::Observation& observation) {
  handles_.on_observation(observation);
  state_changed();
}

void ScenarioRun::state_changed() {
  actors_.touch();
  if (is_poll_due_) return;
  for (const std::unique_ptr<Assertion>& assertion : assertions_) {
    if (assertion->within.has_value() && !assertion->came_true.has_value() &&
        !assertion->has_failed) {
      is_poll_due_ = true;
      lab_->world().at(lab_->world().now(), [this] { poll_assertions(); });
      return;
    }
  }
}

std::optional<kafka::CheckResult> ScenarioRun::judge(Assertion& assertion) {
  if (assertion.within.has_value() && !assertion.came_true.has_value()) {
    liveness_.push_back(fmt::format(
        "{}check.eventually(\"{}\") {}", assertion.place, assertion.name,
        assertion.has_failed ? fmt::format("did not come true within {:g}s",
                                           static_cast<double>(assertion.within->count()) / 1e9)
                             : "had not come true when the run ended"));
    return std::nullopt;
  }
  kafka::CheckResult result;
  result.name = assertion.name;
  result.evaluated = 1;
  result.at = lab_->world().now();
  if (!assertion.within.has_value()) {
    const bool holds = is_true(assertion);
    result.verdict = holds ? kafka::Verdict::kOk : kafka::Verdict::kViolated;
    if (!holds)
      result.detail =
          fmt::format("{}the function answered false at the end of the run", assertion.place);
    return result;
  }
  result.verdict = kafka::Verdict::kOk;
  result.at = assertion.came_true;
  result.detail = fmt::format("came true at {}", seconds(*assertion.came_true));
  return result;
}

void ScenarioRun::judge_assertions(std::vector<kafka::CheckResult>& checks) {
  for (const std::unique_ptr<Assertion>& assertion : assertions_) {
    if (error_.has_value()) return;
    std::optional<kafka::CheckResult> result = judge(*assertion);
    if (result.has_value() && !error_.has_value()) checks.push_back(std::move(*result));
  }
}

// One error for all faults that touched nothing: surviving what did not happen proves nothing.
void ScenarioRun::judge_effects() {
  if (!header_.require_effect || error_.has_value()) return;
  std::string message;
  for (const FaultRecord& fault : lab_->faults().records()) {
    if (fault.affected > 0) continue;
    message += fmt::format("{}fault \"{}\" at {}", message.empty() ? "" : ", ", fault.name,
                           seconds(fault.at));
  }
  if (message.empty()) return;
  error_ = failure({.file = options_.path,
                    .mistake = Mistake::kNoEffect,
                    .message = message + " had no effect",
                    .help = "scenario{ require_effect = true } asks that each fault touches "
                            "something"});
}

// In slices of a virtual second, for checkpoints and a look at interrupts; run_for may move the end
// while it runs.
void ScenarioRun::run_world(env::Instant until, std::uint64_t last_event) {
  constexpr env::Duration kSlice = std::chrono::seconds(1);
  is_running_ = true;
  World& world = lab_->world();
  while (!error_.has_value()) {
    const env::Instant slice(kSlice * (world.now().time_since_epoch() / kSlice + 1));
    const env::Instant limit = std::min({slice, end_, until});
    if (world.run_until(limit, last_event) == RunResult::kStopped) return;
    if (world.events() >= last_event) return;
    const bool is_new = checkpoints_.empty() || checkpoints_.back().at < world.now();
    if (is_new && (limit == slice || limit == end_)) {
      checkpoints_.push_back(
          {.at = world.now(), .events = world.events(), .digest = world.digest()});
    }
    if (options_.is_interrupted != nullptr && options_.is_interrupted()) return;
    if (limit == end_ || limit == until) return;
  }
}

bool ScenarioRun::advance(env::Instant until, std::uint64_t last_event) {
  run_world(until, last_event);
  const World& world = lab_->world();
  return !error_.has_value() && (world.events() >= last_event || world.now() >= until);
}

std::map<std::string, std::uint64_t, std::less<>> ScenarioRun::all_reached() const {
  Reached all = lab_->interception().hooks().reached();
  for (const kafka::ProbeInfo& probe : kafka::probes()) {
    const std::uint64_t times = kafka::probe_counts()[static_cast<std::size_t>(probe.probe)];
    if (times > 0) all.add(fmt::format("{} {}", probe.kind, probe.name), times);
  }
  for (const FaultRecord& fault : lab_->faults().records()) {
    if (fault.affected > 0)
      all.add(fmt::format("effect {}", fault.name.substr(0, fault.name.find(' '))));
  }
  return all.counts();
}

std::string ScenarioRun::describe() const {
  return lab_ == nullptr ? "while reading " + options_.path : "  rerun: " + rerun_command();
}

RunReport ScenarioRun::finish() {
  World& world = lab_->world();
  run_world(Scheduler::kNever, UINT64_MAX);
  lab_->finish();
  if (!error_.has_value()) actors_.finish();

  RunReport report;
  report.scenario = options_.path;
  report.title = header_.name;
  report.seed = seed_;
  report.checks = lab_->recorder().check_results();
  judge_assertions(report.checks);
  judge_effects();
  for (const Threshold& threshold : thresholds_) {
    report.thresholds.push_back(threshold.judge(lab_->recorder().metrics()));
  }
  for (const std::string& failure : lab_->topic_failures()) liveness_.push_back(failure);
  for (const std::string& demand : lab_->unmet_demands()) liveness_.push_back(demand);
  report.digest = world.digest();
  report.virtual_time = world.now().time_since_epoch();
  report.events = world.events();
  report.messages = lab_->messages();
  report.faults = lab_->faults().records();
  report.liveness = liveness_;
  report.notes = notes_;
  if (error_.has_value()) report.error = error_->text;
  report.allowed_unknown = header_.allow_unknown;
  const Reached& reached = lab_->interception().hooks().reached();
  for (const std::string& place : header_.reaches) {
    if (reached.count_of(place) == 0) report.not_reached.push_back(place);
  }
  if (options_.counts_reached) report.reached = all_reached();
  report.rerun = rerun_command();
  report.variant = variants_.chosen();
  report.plots = plots_;
  report.metrics = lab_->recorder().metrics();
  report.event_rows = lab_->recorder().rows();
  report.captures = in_hand_.files();
  report.checkpoints = std::move(checkpoints_);
  report.scene = lab_->scene();
  report.unused_decisions = world.streams().unused_decisions();
  if (options_.verifier != nullptr) options_.verifier->finish();
  return report;
}

std::string ScenarioRun::rerun_command() const {
  if (!options_.rerun.empty()) return options_.rerun;
  std::string command = fmt::format("titorelli run {} --seed {}", shell_word(options_.path), seed_);
  for (const auto& [name, value] : options_.parameters)
    command += " -D " + shell_word(name + "=" + value);
  for (const std::string& assignment : options_.overrides)
    command += " --set " + shell_word(assignment);
  for (const std::string& bug : options_.planted) command += " --plant " + shell_word(bug);
  if (!variants_.chosen().empty()) command += " --variant " + shell_word(variants_.chosen());
  if (options_.check_every_event) command += " --check-every-event";
  return command;
}

}  // namespace sim
