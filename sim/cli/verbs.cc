#include "sim/cli/verbs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <vector>

#include "broker-model/types/config.h"
#include "sim/cli/interrupt.h"

namespace sim {
namespace {

constexpr int kExitUsage = 2;

constexpr Verb kVerbs[] = {
    {"run", "Run one scenario with one seed, and leave a run directory with its plots", &add_run},
    {"test", "Run every scenario below the paths and hold it against what it expects", &add_test},
    {"sweep", "Run many seeds of one scenario, and list each way to fail once", &add_sweep},
    {"score", "Sweep each planted bug until a check catches it", &add_score},
    {"merge", "Put the results of sweeps together", &add_merge},
    {"replay", "Repeat the run of a bundle, bit for bit, or stop in it and look", &add_replay},
    {"check", "Find the mistakes of scenarios without running them", &add_check},
    {"new", "Write a scenario to start from, and the files that an editor needs", &add_new},
    {"explain", "Say more about the code of a mistake", &add_explain},
    {"diff", "Compare two runs: the first differing event, then checks and metrics", &add_diff},
    {"plot", "Draw plots of a run again", &add_plot},
    {"export", "Convert a run's trace for other programs", &add_export},
    {"list", "List what there is: checks, configs, faults, logic, plots", &add_list},
    {"version", "Print the version", &add_version},
};

std::string did_you_mean(std::string_view name, const std::vector<std::string>& known) {
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  const std::vector<std::string> nearest = kafka::nearest_names(name, candidates);
  return nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest.front());
}

// What CLI11 could not use: the verb, or a flag of the verb that was chosen.
std::string explain_extras(const CLI::App& app, const CLI::ExtrasError&,
                           const std::vector<std::string>& words) {
  const CLI::App* command = nullptr;
  for (const CLI::App* candidate : app.get_subcommands()) command = candidate;
  if (command == nullptr) {
    std::vector<std::string> names;
    for (const Verb& verb : kVerbs) names.emplace_back(verb.name);
    const std::string word = words.empty() ? "" : words.front();
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
    const std::string nearest = did_you_mean(word, names);
    return fmt::format("unknown verb \"{}\"{}", word,
                       nearest.empty() ? fmt::format("; there are: {}", list) : nearest);
  }
  std::vector<std::string> flags;
  for (const CLI::Option* option : command->get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  }
  const std::vector<std::string> left = app.remaining(true);
  const std::string word = left.empty() ? "" : left.front();
  if (!word.starts_with("-"))
    return fmt::format("{}: unexpected argument \"{}\"", command->get_name(), word);
  return fmt::format("{}: unknown flag {}{}", command->get_name(), word,
                     did_you_mean(word.substr(0, word.find('=')), flags));
}

}  // namespace

std::span<const Verb> verbs() { return kVerbs; }

bool wants_colour() {
  const char* no_colour = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) != 0 && (no_colour == nullptr || *no_colour == '\0');
}

void add_plant_option(CLI::App& command, std::vector<std::string>& planted) {
  command
      .add_option("--plant", planted,
                  "A bug that is planted in the model (`titorelli list logic`); may be repeated")
      ->allow_extra_args(false);
}

int run_command_line(int argc, const char* const* argv) {
  catch_interrupts();
  CLI::App app{"Titorelli: a deterministic simulator of Kafka-style clusters.", "titorelli"};
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  titorelli run scenarios/tour/leader-crash.lua\n"
      "  titorelli run scenarios/tour/acks-one.lua --seed 7 --trace all -o /tmp/lost\n"
      "  titorelli test scenarios\n"
      "  titorelli new first-steps && titorelli check scenarios/first-steps.lua\n"
      "Results go to stdout, chatter to stderr. `titorelli VERB --help` says more.");
  std::vector<std::pair<CLI::App*, VerbAction>> actions;
  for (const Verb& verb : kVerbs) {
    CLI::App* command = app.add_subcommand(verb.name, verb.doc);
    actions.emplace_back(command, verb.add(*command));
  }
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) words.emplace_back(argv[i]);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForAllHelp& help) {
    return app.exit(help);
  } catch (const CLI::ExtrasError& error) {
    fmt::print(stderr, "titorelli: {}\n", explain_extras(app, error, words));
    return kExitUsage;
  } catch (const CLI::RequiredError& error) {
    const bool no_verb = app.get_subcommands().empty();
    if (no_verb && words.empty()) {
      fmt::print(stderr, "{}", app.help());
    } else if (no_verb) {
      fmt::print(stderr, "titorelli: {}\n", explain_extras(app, CLI::ExtrasError({}), words));
    } else {
      fmt::print(stderr, "titorelli: {}\n", error.what());
    }
    return kExitUsage;
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "titorelli: {}\n", error.what());
    return kExitUsage;
  }
  for (const auto& [command, action] : actions) {
    if (command->parsed()) return action();
  }
  return kExitUsage;
}

}  // namespace sim
