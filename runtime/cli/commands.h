// The jobs of the command line, one per subcommand; main.cpp reads the arguments.
//
// Each writes its result to `out` and returns normally when it is done. UsageError is thrown for
// names and values that the user mistyped, any other exception for a job that failed. JSON is one
// object or array with keys in a fixed order.
#ifndef QUERN_CLI_COMMANDS_H_
#define QUERN_CLI_COMMANDS_H_

#include <cstddef>
#include <iosfwd>
#include <stdexcept>
#include <string>
#include <vector>

namespace quern::cli {

class UsageError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A job that could not be done, or whose answer is "no".
class JobFailed : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Version, compiler, targets, threads.
struct InfoOptions {
  bool json = false;
};
void Info(const InfoOptions& options, std::ostream& out);

// What a ufunc is or, given dtypes, which loop runs for them and why.
struct ExplainOptions {
  std::string ufunc;
  std::vector<std::string> dtypes;  // of the inputs
  bool reduce = false;              // of a reduction of one dtype
  bool json = false;
};
void Explain(const ExplainOptions& options, std::ostream& out);

// Every loop with the targets of this CPU that it has kernels of its own for.
struct KernelsOptions {
  std::vector<std::string> ufuncs;  // all if empty
  std::string target;               // only loops with a kernel for it, if not empty
  bool json = false;
};
void Kernels(const KernelsOptions& options, std::ostream& out);

// The value of an expression: written to a file, or printed.
struct EvalOptions {
  std::string expression;
  std::vector<std::string> bindings;  // "name=file.npy" or "name=number"
  std::string output;                 // printed if empty
  bool mmap = false;                  // map input files instead of reading them
};
void Eval(const EvalOptions& options, std::ostream& out);

// The summary and the rows of a conformance report. JobFailed if cases failed.
struct ReportOptions {
  std::string file;
  std::string ufunc;  // these three choose rows; empty chooses all
  std::string dtype;
  std::string target;
  bool json = false;
};
void Report(const ReportOptions& options, std::ostream& out);

// Time per element of a ufunc on each target of this CPU.
struct BenchOptions {
  std::string ufunc;
  std::vector<std::string> dtypes;  // of the inputs, or one for all; every loop if empty
  std::vector<std::size_t> sizes = {1000, 100000};
  double seconds = 0.05;  // spent on each figure
  int threads = 1;
  bool json = false;
};
void Bench(const BenchOptions& options, std::ostream& out);

}  // namespace quern::cli

#endif  // QUERN_CLI_COMMANDS_H_
