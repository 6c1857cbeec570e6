// The verbs of the command line, one file each (verb_<name>.cc). Each adds its sub-command to the
// parser and answers what to do when it was chosen. A new verb: its file, and a line in verbs.cc.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace sim {

// Answers the exit code.
using VerbAction = std::function<int()>;

struct Verb {
  const char* name;
  const char* doc;
  VerbAction (*add)(CLI::App& command);  // options of this sub-command
};

std::span<const Verb> verbs();

VerbAction add_run(CLI::App& command);
VerbAction add_test(CLI::App& command);
VerbAction add_sweep(CLI::App& command);
VerbAction add_score(CLI::App& command);
VerbAction add_merge(CLI::App& command);
VerbAction add_replay(CLI::App& command);
VerbAction add_diff(CLI::App& command);
VerbAction add_plot(CLI::App& command);
VerbAction add_export(CLI::App& command);
VerbAction add_check(CLI::App& command);
VerbAction add_new(CLI::App& command);
VerbAction add_explain(CLI::App& command);
VerbAction add_list(CLI::App& command);
VerbAction add_version(CLI::App& command);

// --plant NAME, for verbs that run scenarios. The names are checked by kafka::mutations_of().
void add_plant_option(CLI::App& command, std::vector<std::string>& planted);

// Parses and acts; the whole program. Exit codes: docs/guide.md.
int run_command_line(int argc, const char* const* argv);

// Whether stdout takes colours: a terminal, and NO_COLOR unset.
bool wants_colour();

}  // namespace sim
