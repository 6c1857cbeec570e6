// titorelli replay: the run of a bundle once more, whole or up to a moment at which its state is
// shown.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "reports/atomic_file.h"
#include "reports/extract.h"
#include "sim/cli/build.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/run_scenario.h"
#include "sim/cli/test_case.h"
#include "sim/cli/verbs.h"
#include "sim/core/quantities.h"
#include "sim/lab/describe.h"
#include "sim/lab/shell_word.h"

namespace sim {
namespace {

constexpr int kExitUsage = 2;
constexpr int kExitNondeterminism = 5;
constexpr int kExitCannotWrite = 74;

struct ReplayFlags {
  std::string bundle;
  std::string until;
  std::uint64_t until_event = 0;
  std::vector<std::string> show;
  std::string variant;
  std::string decisions;
  std::string draws;
  std::string save;
  std::string out;
  std::string trace = "off";
  bool check_every_event = false;
  bool verbose = false;

  bool stops() const { return !until.empty() || until_event != 0; }
};

int fail(int code, const std::string& sentence) {
  fmt::print(stderr, "titorelli replay: {}\n", sentence);
  return code;
}

std::string moment(env::Instant at) {
  return fmt::format("{:.9f}s", static_cast<double>(env::nanos(at)) * 1e-9);
}

// Prints the draws of streams whose name holds a text, as lines of a file of decisions.
class DrawPrinter final : public DrawWatch {
 public:
  explicit DrawPrinter(std::string part) : part_(std::move(part)) {}
  void set_world(const World& world) { world_ = &world; }  // before it: power-on
  bool watches(std::string_view stream) override {
    return stream.find(part_) != std::string_view::npos;
  }
  void on_draw(std::string_view stream, std::uint64_t index, std::uint64_t value) override {
    ++draws_;
    fmt::print("{}  # {:.6f}, event {} at {}\n", decision_line(stream, index, value),
               static_cast<double>(value) * 0x1p-64, world_ == nullptr ? 0 : world_->events(),
               moment(world_ == nullptr ? env::Instant{} : world_->now()));
  }
  bool was_told() const { return draws_ > 0; }

 private:
  std::string part_;
  const World* world_ = nullptr;
  std::uint64_t draws_ = 0;
};

// The bundle as it lies there, with the decisions that the command line gives it.
std::expected<std::shared_ptr<const Bundle>, std::string> read_bundle(const ReplayFlags& flags) {
  const auto bytes = reports::read_file(flags.bundle);
  if (!bytes.has_value()) return std::unexpected(bytes.error());
  auto bundle = decode_bundle(*bytes);
  if (!bundle.has_value())
    return std::unexpected(fmt::format("'{}' cannot be used: {}", flags.bundle, bundle.error()));
  if (!flags.decisions.empty()) {
    const auto text = reports::read_file(flags.decisions);
    if (!text.has_value()) return std::unexpected(text.error());
    auto decisions = Decisions::parse(*text);
    if (!decisions.has_value())
      return std::unexpected(fmt::format("'{}', {}", flags.decisions, decisions.error()));
    bundle->decisions = std::move(*decisions);
  }
  auto shared = std::make_shared<const Bundle>(std::move(*bundle));
  if (const auto options = scenario_options(shared); !options.has_value())
    return std::unexpected(fmt::format("'{}' cannot be used: {}", flags.bundle, options.error()));
  return shared;
}

std::string rerun_command(const ReplayFlags& flags) {
  std::string command = "titorelli replay " + shell_word(flags.bundle);
  if (!flags.decisions.empty()) command += " --decisions " + shell_word(flags.decisions);
  if (!flags.variant.empty()) command += " --variant " + shell_word(flags.variant);
  if (flags.check_every_event) command += " --check-every-event";
  return command;
}

// --- stopping in it ------------------------------------------------------------------------------

// The variant to look at: the one that was asked for, else the first that fails, else the first.
std::optional<std::string> variant_of(const Bundle& bundle, const ReplayFlags& flags) {
  if (!flags.variant.empty()) return flags.variant;
  if (bundle.variant.has_value()) return bundle.variant;
  for (const BundledRun& run : bundle.runs) {
    if (run.outcome != "passed" && !run.variant.empty()) return run.variant;
  }
  if (bundle.runs.empty() || bundle.runs.front().variant.empty()) return std::nullopt;
  return bundle.runs.front().variant;
}

// The bundle's scenario ready to run, or how it could not begin.
struct Prepared {
  std::unique_ptr<ScenarioRun> run;
  ScenarioFailure failure;
};
Prepared prepare(std::shared_ptr<const Bundle> bundle, const ReplayFlags& flags, DrawWatch* draws) {
  ScenarioOptions options = *scenario_options(bundle);
  const auto declarations = read_declarations(*scenario_options(bundle));
  if (!declarations.has_value()) return {.run = nullptr, .failure = declarations.error()};
  if (const auto variant = variant_of(*bundle, flags); variant.has_value()) {
    VariantChoice choice{.name = *variant, .all = {}};
    for (const DeclaredVariant& one : declarations->variants) choice.all.push_back(one.name);
    if (std::ranges::find(choice.all, *variant) == choice.all.end())
      return {.run = nullptr,
              .failure = {.exit_code = kExitUsage,
                          .text = fmt::format("the bundle has no variant \"{}\"", *variant)}};
    options.variant = std::move(choice);
  }
  options.check_every_event = options.check_every_event || flags.check_every_event;
  options.rerun = rerun_command(flags);
  options.draws = draws;
  options.is_interrupted = [] { return interrupted() != 0; };
  Prepared prepared{.run = ScenarioRun::create(std::move(options)), .failure = {}};
  if (auto failure = prepared.run->begin(); failure.has_value())
    return {.run = nullptr, .failure = std::move(*failure)};
  return prepared;
}

// "lane-done of broker-1 (incarnation 1)".
std::string last_event(World& world) {
  const EventRecord& record = world.last_record();
  if (record.host == HostId{}) return std::string(name(record.kind));
  return fmt::format("{} of {} (incarnation {})", name(record.kind), world.host(record.host).name(),
                     record.incarnation);
}

int show(const ReplayFlags& flags, Lab& lab) {
  std::string text;
  for (const std::string& thing : flags.show) {
    const auto described = describe(lab, thing);
    if (!described.has_value()) {
      std::string sentence = fmt::format("--show {}: {}", thing, described.error().message);
      if (!described.error().nearest.empty())
        sentence += fmt::format("; did you mean {}?", described.error().nearest.front());
      return fail(kExitUsage, sentence);
    }
    text += *described;
  }
  World& world = lab.world();
  fmt::print("after event {} at {}, {}\n{}", world.events(), moment(world.now()), last_event(world),
             flags.show.empty() ? describe_all(lab) : text);
  return 0;
}

int stop_and_show(std::shared_ptr<const Bundle> bundle, const ReplayFlags& flags) {
  env::Instant until = Scheduler::kNever;
  if (!flags.until.empty()) {
    const auto duration = parse_duration(flags.until);
    if (!duration.has_value() || *duration < 0)
      return fail(kExitUsage,
                  fmt::format("--until expects a virtual time with a unit, \"12.5s\", got \"{}\"",
                              flags.until));
    until = env::Instant(env::Duration(*duration));
  }
  Prepared prepared = prepare(std::move(bundle), flags, nullptr);
  if (prepared.run == nullptr) {
    fmt::print(stderr, "{}\n", prepared.failure.text);
    return prepared.failure.exit_code;
  }
  const bool is_there =
      prepared.run->advance(until, flags.until_event == 0 ? UINT64_MAX : flags.until_event);
  if (interrupted() != 0) return interrupted();
  Lab& lab = prepared.run->lab();
  if (!is_there) {
    const RunReport report = prepared.run->finish();
    if (report.error.has_value()) fmt::print(stderr, "{}\n", *report.error);
    return fail(kExitUsage, fmt::format("the run ends before that, with event {} at {}",
                                        report.events, moment(lab.world().now())));
  }
  return show(flags, lab);
}

int print_draws(std::shared_ptr<const Bundle> bundle, const ReplayFlags& flags) {
  DrawPrinter printer(flags.draws);
  Prepared prepared = prepare(std::move(bundle), flags, &printer);
  if (prepared.run == nullptr) {
    fmt::print(stderr, "{}\n", prepared.failure.text);
    return prepared.failure.exit_code;
  }
  World& world = prepared.run->lab().world();
  printer.set_world(world);
  prepared.run->finish();
  if (interrupted() != 0) return interrupted();
  if (printer.was_told()) return 0;
  std::string names;
  world.streams().for_each([&names](std::string_view name, std::uint64_t draws) {
    if (draws > 0) names += fmt::format("\n  {}", name);
  });
  return fail(kExitUsage,
              fmt::format("no stream with \"{}\" in its name was drawn from; these were:{}",
                          flags.draws, names));
}

// --- the whole run -------------------------------------------------------------------------------

std::string describe(const Parting& parting) {
  const auto side = [](const std::optional<Checkpoint>& checkpoint) -> std::string {
    if (!checkpoint.has_value()) return "it had ended";
    return fmt::format("event {}, digest {:016x}, at {}", checkpoint->events, checkpoint->digest,
                       moment(checkpoint->at));
  };
  return fmt::format("they part after event {} at {}:\n  bundle: {}\n  here:   {}",
                     parting.before.events, moment(parting.before.at), side(parting.first),
                     side(parting.second));
}

// Holds what came of the replay against the bundle. The exit code that is due to it.
int compare(const Bundle& bundle, const ScenarioOutcome& outcome, const ReplayFlags& flags) {
  if (bundle.runs.empty()) {
    fmt::print(stderr, "not reproduced: the bundle's run never came to an end, this one did\n");
    return kExitNondeterminism;
  }
  int exit_code = 0;
  for (const RunOutcome& run : outcome.runs) {
    const auto bundled = std::ranges::find(bundle.runs, run.report->variant, &BundledRun::variant);
    if (bundled == bundle.runs.end()) continue;
    const auto differs = parting(*bundled, *run.report);
    if (!differs.has_value() && bundled->outcome == outcome_words(*run.report)) {
      fmt::print("reproduced, digest {:016x}: {}\n", run.report->digest, bundled->outcome);
      continue;
    }
    fmt::print("not reproduced: the bundle says \"{}\", this run \"{}\"\n", bundled->outcome,
               outcome_words(*run.report));
    if (differs.has_value()) fmt::print("{}\n", describe(*differs));
    if (!flags.decisions.empty()) {
      fmt::print("that is no failure: other decisions make another run\n");
      continue;
    }
    if (bundle.build != build_hash())
      fmt::print("the bundle was written by another build of titorelli, {}\n", bundle.version);
    exit_code = kExitNondeterminism;
  }
  return exit_code;
}

void print_scene(const RunReport& report, const ReplayFlags& flags) {
  for (const std::string& unused : report.unused_decisions)
    fmt::print(stderr, "warning: a decision came to nothing: {}\n", unused);
  if (!report.scene.has_value()) return;
  fmt::print("first violated in event {} at {}: {}\nstates before it: {} --until-event {}\n",
             report.scene->event, moment(report.scene->at), report.scene->state,
             rerun_command(flags), report.scene->event - 1);
}

int replay(const ReplayFlags& flags) {
  const auto bundle = read_bundle(flags);
  if (!bundle.has_value()) return fail(kExitUsage, bundle.error());
  if (!flags.show.empty() && !flags.stops())
    return fail(kExitUsage, "--show needs a moment: --until or --until-event");
  if (!flags.draws.empty()) return print_draws(*bundle, flags);
  if (flags.stops()) return stop_and_show(*bundle, flags);

  RunRequest request = request_of(*bundle);
  if (!flags.variant.empty()) request.variant = flags.variant;
  request.check_every_event = request.check_every_event || flags.check_every_event;
  request.rerun = rerun_command(flags);
  request.keeps_bundle = !flags.save.empty();
  request.assertion_bundle = flags.save;
  request.trace = flags.trace == "all" ? TraceMode::kAll : TraceMode::kOff;
  if (!flags.out.empty()) {
    request.writes_files = true;
    request.out_directory = flags.out;
  } else if (request.trace == TraceMode::kAll) {
    return fail(kExitUsage, "--trace all needs a folder for it: -o DIR");
  }
  const ScenarioOutcome outcome = run_scenario(request);
  if (outcome.runs.empty()) {
    fmt::print(stderr, "{}\n", outcome.complaint);
    return outcome.exit_code;
  }
  for (const RunOutcome& run : outcome.runs) {
    fmt::print("{}", render_summary(run, flags.verbose, wants_colour()));
    if (run.report->error.has_value()) fmt::print(stderr, "{}\n", *run.report->error);
    print_scene(*run.report, flags);
  }
  fmt::print("{}", render_comparisons(outcome, wants_colour()));
  const int exit_code = compare(**bundle, outcome, flags);
  if (!flags.save.empty()) {
    if (const auto written = reports::write_file_atomically(flags.save, encode(*outcome.bundle));
        !written.has_value())
      return fail(kExitCannotWrite, written.error());
  }
  return exit_code != 0 ? exit_code : outcome.exit_code;
}

}  // namespace

VerbAction add_replay(CLI::App& command) {
  auto flags = std::make_shared<ReplayFlags>();
  command.add_option("bundle", flags->bundle, "The bundle's file")->required();
  CLI::Option* until = command.add_option(
      "--until", flags->until, "Stop at that virtual time, \"12.5s\", and print the state");
  CLI::Option* until_event =
      command
          .add_option("--until-event", flags->until_event,
                      "Stop when the event of that number has been handled, and print the state")
          ->check(CLI::PositiveNumber);
  command
      .add_option("--show", flags->show,
                  "What to print then: broker/2, controller, producer-1, orders-0, orders; "
                  "default: a line of everything")
      ->allow_extra_args(false);
  command.add_option("--variant", flags->variant, "One variant; default: those of the bundle");
  command.add_option("--decisions", flags->decisions,
                     "A file of decisions instead of the bundle's: a line for each draw that is "
                     "not left to the seed");
  CLI::Option* draws =
      command.add_option("--draws", flags->draws,
                         "Print each draw of the streams with that in their name, as such lines");
  CLI::Option* save =
      command.add_option("--save", flags->save, "Write what was run as a bundle of its own");
  CLI::Option* out = command.add_option("-o,--out", flags->out, "Write a run directory there");
  CLI::Option* trace = command.add_option("--trace", flags->trace, "off or all (with -o)")
                           ->check(CLI::IsMember({"off", "all"}))
                           ->capture_default_str();
  // A look at a moment or at draws writes nothing; one of them at a time.
  for (CLI::Option* look : {until, until_event, draws}) {
    for (CLI::Option* file : {save, out, trace}) look->excludes(file);
  }
  draws->excludes(until);
  draws->excludes(until_event);
  command.add_flag("--check-every-event", flags->check_every_event,
                   "Check every node's invariants after each event");
  command.add_flag("-v,--verbose", flags->verbose, "Print every event of the time line");
  command.footer(
      "The exit code is that of the run, as for `titorelli run`; 5 when it is not the bundle's "
      "run.\n\nExamples:\n"
      "  titorelli replay out/acks-one-1/run.bundle\n"
      "  titorelli replay out/acks-one-1/run.bundle --until 12.5s --show orders-0 --show broker/2\n"
      "  titorelli replay out/acks-one-1/run.bundle --draws net/broker-1 > net.txt\n"
      "  titorelli replay out/acks-one-1/run.bundle --decisions edited.txt --save edited.bundle");
  return [flags] { return replay(*flags); };
}

}  // namespace sim
