// The command `quern`: reads the arguments and runs one job of commands.h.
//
// Exit codes: 0 done, 1 the job failed, 2 the arguments were not understood.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/syntax.h"
#include "core/nearest.h"
#include "quern/runtime.hpp"

namespace quern::cli {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;

// The subcommand that was chosen, ready to run.
using Job = std::function<void(std::ostream&)>;

// Makes `run` the job if the subcommand is used.
template <class Options>
void OnUse(CLI::App* command, std::shared_ptr<Options> options,
           void (*run)(const Options&, std::ostream&), Job& job) {
  command->callback([=, &job] {
    job = [=](std::ostream& out) {
      run(*options, out);
    };
  });
}

void AddInfo(CLI::App& app, Job& job) {
  auto options = std::make_shared<InfoOptions>();
  CLI::App* command = app.add_subcommand("info", "Show version, targets and threads");
  command->add_flag("--json", options->json, "Print JSON");
  OnUse(command, options, &Info, job);
}

void AddExplain(CLI::App& app, Job& job) {
  auto options = std::make_shared<ExplainOptions>();
  CLI::App* command = app.add_subcommand(
      "explain", "Say what a ufunc is or, given dtypes, which loop runs for them and why");
  command->add_option("ufunc", options->ufunc, "Name of a ufunc: add")->required();
  command->add_option("dtypes", options->dtypes, "Dtype of each input, or one for all: int32 f8");
  command->add_flag("--reduce", options->reduce, "Explain the reduction of one dtype instead");
  command->add_flag("--json", options->json, "Print JSON");
  OnUse(command, options, &Explain, job);
}

void AddKernels(CLI::App& app, Job& job) {
  auto options = std::make_shared<KernelsOptions>();
  CLI::App* command =
      app.add_subcommand("kernels", "List the loops, their kernels' targets and their spec lines");
  command->add_option("ufuncs", options->ufuncs, "Only these ufuncs");
  command->add_option("--target", options->target, "Only loops with a kernel for this target");
  command->add_flag("--json", options->json, "Print JSON");
  OnUse(command, options, &Kernels, job);
}

void AddEval(CLI::App& app, Job& job) {
  auto options = std::make_shared<EvalOptions>();
  CLI::App* command = app.add_subcommand("eval", "Compute an expression of .npy files");
  command->add_option("expression", options->expression, "For example \"exp(a) + b[:, 0]\"")
      ->required();
  command->add_option("bindings", options->bindings, "name=file.npy or name=number");
  command->add_option("-o,--output", options->output, "Write this .npy file instead of printing");
  command->add_flag("--mmap", options->mmap, "Map input files instead of reading them");
  command->footer(
      "Expressions are Python's arithmetic: + - * / // % **, & | ^ ~ << >>, == != < <= > >=,\n"
      "a[1:3, ::2, ..., None], numbers, and calls: exp(a), sum(a, axis=0, keepdims=True),\n"
      "mean(a), astype(a, float32), add(a, b, where=a > 0). `quern kernels` lists the ufuncs.");
  OnUse(command, options, &Eval, job);
}

void AddReport(CLI::App& app, Job& job) {
  auto options = std::make_shared<ReportOptions>();
  options->file = "build/report/report.json";
  CLI::App* command = app.add_subcommand("report", "Summarise a conformance report");
  command->add_option("--file", options->file, "The report")->capture_default_str();
  command->add_option("--ufunc", options->ufunc, "Only rows of this ufunc");
  command->add_option("--dtype", options->dtype, "Only rows with this dtype");
  command->add_option("--target", options->target, "Only rows of this target");
  command->add_flag("--json", options->json, "Print JSON");
  OnUse(command, options, &Report, job);
}

void AddBench(CLI::App& app, Job& job) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* command = app.add_subcommand("bench", "Time a ufunc on each target of this CPU");
  command->add_option("ufunc", options->ufunc, "Name of a ufunc: add")->required();
  command->add_option("dtypes", options->dtypes, "Dtype of each input, or one for all");
  command->add_option("--size", options->sizes, "Numbers of elements")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 30))
      ->expected(1, -1)
      ->capture_default_str();
  command->add_option("--seconds", options->seconds, "Time spent on each figure")
      ->check(CLI::Range(0.001, 60.0))
      ->capture_default_str();
  command->add_option("--threads", options->threads, "The most threads a call may use")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command->add_flag("--json", options->json, "Print JSON");
  OnUse(command, options, &Bench, job);
}

// An expression such as "-a + b" begins like an option. It is told from one by its single dash and
// by what the options are; a space in front means nothing to an expression and hides the dash.
std::vector<std::string> Arguments(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty() || arguments[0] != "eval") return arguments;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    std::string& argument = arguments[i];
    const bool is_option = argument == "-o" || argument == "-h" || argument.starts_with("--");
    if (!is_option && argument.starts_with("-")) argument.insert(0, " ");
    if (!is_option) break;
    if (argument == "-o" || argument == "--output") ++i;
  }
  return arguments;
}

// "quern eval", or "quern" where no subcommand was recognised.
std::string Understood(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? "quern" : "quern " + chosen.front()->get_name();
}

std::vector<std::string> CommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> OptionNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string Unknown(const std::string& kind, const std::string& name,
                    const std::vector<std::string>& known) {
  const std::vector<std::string_view> names(known.begin(), known.end());
  return "there is no " + kind + " '" + name + "'" + DidYouMean(name, names);
}

// What CLI11 says, or where a name was not known, the nearest one.
std::string Explanation(const CLI::App& app, const CLI::ParseError& error,
                        const std::vector<std::string>& arguments) {
  const auto chosen = app.get_subcommands();
  if (chosen.empty() && !arguments[0].starts_with("-")) {
    return Unknown("command", arguments[0], CommandNames(app));
  }
  const std::vector<std::string> options = OptionNames(chosen.empty() ? app : *chosen.front());
  for (const std::string& argument : arguments) {
    const std::string name = argument.substr(0, argument.find('='));
    const bool is_option = name.starts_with("--") && name != "--";
    if (is_option && std::ranges::find(options, name) == options.end()) {
      return Unknown("option", name, options);
    }
  }
  return error.what();
}

// `program` is the part of the command line that was understood: "quern eval".
int Usage(const std::string& program, const std::string& message) {
  std::cerr << program << ": " << message << "\nRun '" << program
            << " --help' for what it takes.\n";
  return kUsage;
}

int RunJob(const Job& job, const std::string& program) {
  try {
    job(std::cout);
    std::cout.flush();
    if (std::cout) return kDone;
    std::cerr << program << ": standard output cannot be written\n";
  } catch (const UsageError& error) {
    return Usage(program, error.what());
  } catch (const std::exception& error) {
    std::cerr << program << ": " << error.what() << '\n';
  }
  return kFailed;
}

int Main(int argc, char** argv) {
  CLI::App app("Array kernels with NumPy's semantics", "quern");
  app.set_version_flag("--version", std::string(version()));
  app.require_subcommand(1);
  Job job;
  for (const auto add : {AddInfo, AddExplain, AddKernels, AddEval, AddReport, AddBench}) {
    add(app, job);
  }
  const std::vector<std::string> arguments = Arguments(argc, argv);
  if (arguments.empty()) {
    std::cerr << app.help();
    return kUsage;
  }
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    return Usage(Understood(app), Explanation(app, error, arguments));
  }
  return RunJob(job, Understood(app));
}

}  // namespace
}  // namespace quern::cli

int main(int argc, char** argv) { return quern::cli::Main(argc, argv); }
