// ScenarioRun: one run of a scenario file with one seed, from the first line of Lua to a RunReport.
//
//   auto run = ScenarioRun::create(options);  // reads nothing, runs nothing
//   if (auto failed = run->begin()) ...       // main chunk up to its first wait; errors: no run
//   RunReport report = run->finish();         // virtual time
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/lab/answer_errors.h"
#include "sim/lab/lab.h"
#include "sim/lab/results.h"
#include "sim/lua/actors.h"
#include "sim/lua/api.h"
#include "sim/lua/comparison.h"
#include "sim/lua/diagnostic.h"
#include "sim/lua/handles.h"
#include "sim/lua/in_hand.h"
#include "sim/lua/modules.h"
#include "sim/lua/sandbox.h"
#include "sim/lua/threshold.h"
#include "sim/lua/variants.h"

namespace sim {

// What scenario{ } says of a file.
struct ScenarioHeader {
  std::string name;
  std::optional<std::uint64_t> seed;
  std::vector<std::pair<std::uint64_t, std::uint64_t>>
      seeds;                      // ranges, both ends included; of `titorelli test`
  std::string expect = "passed";  // or "violated: no_lost_acks"
  std::vector<std::string> allow_unknown;
  bool draws_ties = false;           // the order of events of one time
  bool require_effect = false;       // a fault that touched nothing is an error
  std::vector<std::string> reaches;  // "election", "timeout Produce": else it shows nothing
};

struct ScenarioOptions {
  std::string path;                               // as it is printed
  std::string source;                             // its text
  std::optional<std::uint64_t> seed;              // over the scenario's own
  std::map<std::string, std::string> parameters;  // -D
  std::vector<std::string> overrides;             // --set, as given; checked before
  bool check_every_event = false;
  bool counts_reached = false;  // fills RunReport::reached
  bool header_only = false;
  bool declarations_only = false;        // see read_declarations()
  std::optional<VariantChoice> variant;  // none: the first that is declared
  ModuleReader read_module;              // none: there are no modules
  std::vector<std::string> planted;      // --plant, names of bugs; checked before
  SandboxLimits limits;
  Verifier* verifier = nullptr;
  // Called once the seed is known; may answer a trace writer, which outlives the run.
  std::function<TraceWriter*(std::uint64_t seed)> make_trace;
  // Asked now and then while the run goes on; true ends it there. For signals.
  bool (*is_interrupted)() = nullptr;
  // Reads a file of the scenario's folder, by its path from there; answers a sentence when it
  // cannot. Null: there is no such folder.
  std::function<std::expected<std::string, std::string>(const std::string& path)> read_file;
  Decisions decisions;         // draws that are not left to the seed
  DrawWatch* draws = nullptr;  // told of draws; outlives the run
  std::string rerun;           // the command that repeats this run; "": `titorelli run` does
  // A planted entropy leak for the tests of --verify: folded into the digest at 1 s.
  std::uint64_t entropy_leak = 0;
};

// Exit code 2 (what was asked for: a -D that the scenario does not have) or 3 (what the scenario
// says).
struct ScenarioFailure {
  int exit_code = 3;
  std::string text;                         // ready to print
  std::optional<Diagnosis> diagnosis = {};  // what it prints; none for a usage error
};

// What a scenario declares before the first wait of its main chunk, learnt without virtual time.
struct Declarations {
  ScenarioHeader header;
  std::uint64_t seed = 1;
  std::vector<DeclaredVariant> variants;
  std::vector<Comparison> comparisons;
};
std::expected<Declarations, ScenarioFailure> read_declarations(ScenarioOptions options);

class ScenarioRun final : private ActorSink,
                          private RecorderListener,
                          private env::AssertionContext {
 public:
  static std::unique_ptr<ScenarioRun> create(ScenarioOptions options);
  ~ScenarioRun() override;

  // Nothing: so far so good.
  std::optional<ScenarioFailure> begin();
  // For a look at what is going on: to that time, or until the event of that number has been
  // handled, whichever comes first. False: the run is over before. REQUIRES: as for finish().
  bool advance(env::Instant until, std::uint64_t last_event);
  // To the end. REQUIRES: begin() answered nothing, not header_only. Once.
  RunReport finish();
  Lab& lab() { return *lab_; }  // REQUIRES: the same

  const ScenarioHeader& header() const { return header_; }
  std::uint64_t seed() const { return seed_; }

  // --- for the API
  Lab& lab(lua_State* L);  // raises before scenario{ }
  Actors& actors() { return actors_; }
  Sandbox& sandbox() { return sandbox_; }
  InHand& in_hand() { return in_hand_; }
  // Of the scenario's folder or below; a sentence for anything else.
  std::expected<std::string, std::string> read_file(const std::string& path) const;
  void declare(lua_State* L,
               ScenarioHeader header);  // scenario{ }: makes the lab; params at stack index 1
  bool is_declared() const { return lab_ != nullptr || header_only_done_; }
  int run_for(lua_State* L, env::Duration duration);
  void add_threshold(Threshold threshold) { thresholds_.push_back(std::move(threshold)); }
  void add_note(std::string text) { notes_.push_back(std::move(text)); }
  void add_plot(std::string kind) { plots_.push_back(std::move(kind)); }
  void add_comparison(Comparison comparison) { comparisons_.push_back(std::move(comparison)); }
  const std::vector<Comparison>& comparisons() const { return comparisons_; }
  Modules& modules() { return modules_; }
  Variants& variants() { return variants_; }
  Handles& handles() { return handles_; }
  // A complaint as diagnose() reads it, ready to print.
  ScenarioFailure failure(std::string_view complaint) const {
    return failure(diagnose(complaint, options_.path, sources_));
  }
  bool is_reading_declarations() const { return options_.declarations_only; }
  // A variant's function, on top of the stack, up to its first wait; pops it.
  void read_variant(lua_State* L);
  // check.that: a function judged at the end. check.eventually: one that must come true within a
  // time.
  void add_assertion(lua_State* L, std::string name, std::optional<env::Duration> within);
  void add_named_check(lua_State* L, std::string_view check, const std::string& topic,
                       bool allows_excused);
  std::vector<std::string>& topic_names() { return topic_names_; }  // by number, for objects

 private:
  struct Assertion {
    std::string name;
    std::string place;
    int function = LUA_NOREF;
    std::optional<env::Duration> within;
    std::optional<env::Instant> came_true;
    bool has_failed = false;
  };

  explicit ScenarioRun(ScenarioOptions options);
  void on_script_error(std::string message) override;
  void on_not_reached(std::string sentence) override { liveness_.push_back(std::move(sentence)); }
  void before_wait(lua_State* L) override;
  void on_observed(const Member& source, const kafka::Observation& observation) override;
  ScenarioFailure failure(const Diagnosis& diagnosis) const;
  std::optional<ScenarioFailure> load(lua_State* L);
  void state_changed();               // conditions that somebody waits for may have come true
  void set_parameters(lua_State* L);  // the global param; params at stack index 1
  bool is_true(const Assertion& assertion);
  void poll_assertions();
  std::string describe() const override;  // the rerun command, for a failed assertion
  void run_world(env::Instant until, std::uint64_t last_event);
  void judge_assertions(std::vector<kafka::CheckResult>& checks);
  void judge_effects();  // require_effect
  // What the run came to, with the probes and what its faults touched.
  std::map<std::string, std::uint64_t, std::less<>> all_reached() const;
  // Nothing for an eventuality that was not reached: that is a failure of liveness, noted as such.
  std::optional<kafka::CheckResult> judge(Assertion& assertion);
  std::string rerun_command() const;

  ScenarioOptions options_;
  Sandbox sandbox_;
  Actors actors_;
  InHand in_hand_;
  ScenarioHeader header_;
  std::uint64_t seed_ = 1;
  std::unique_ptr<Lab> lab_;
  std::optional<AnswerErrors> answer_errors_;  // watches the lab's messages
  bool header_only_done_ = false;
  bool is_running_ = false;  // past begin(): errors have a virtual time
  std::vector<Checkpoint> checkpoints_;
  env::Instant end_{std::chrono::seconds(60)};
  bool has_run_for_ = false;
  std::vector<Threshold> thresholds_;
  std::vector<std::unique_ptr<Assertion>> assertions_;
  std::vector<std::string> notes_;
  std::vector<std::string> liveness_;
  Sources sources_;  // the scenario's own text, and those of its modules
  std::optional<ScenarioFailure> error_;
  std::optional<ScenarioFailure> usage_error_;
  std::vector<std::string> topic_names_;
  bool is_poll_due_ = false;
  Modules modules_;
  Variants variants_;
  Handles handles_;
  std::vector<Comparison> comparisons_;
  std::vector<std::string> plots_;
  bool has_left_variant_ = false;  // at its first wait, in the pass over the declarations
};

}  // namespace sim
