// Yearly means and anomalies of the Mauna Loa CO2 record, through the C++ interface.
//
// usage: co2 DATA_FOLDER OUTPUT_FOLDER
// Reads co2_ppm.npy (weekly concentrations, NaN where there is no measurement) and co2_year.npy;
// writes co2_years.npy, co2_yearly_means.npy and co2_anomalies.npy: the mean of the measured weeks of
// each year, and each week's distance from the mean of its year.
#include <quern/quern.hpp>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <vector>

namespace {

using quern::Array;
using quern::Index;

// Positions at which a sorted array takes a new value, the first included.
std::vector<Index> Starts(const Array& sorted) {
  const Array before = sorted(quern::Slice{.stop = -1});
  const Array after = sorted(quern::Slice{.start = 1});
  const Array changes = quern::not_equal(before, after);
  std::vector<Index> starts{0};
  const auto changed = changes.view<bool>();
  for (Index i = 0; i < changed.size(); ++i) {
    if (changed(i)) starts.push_back(i + 1);
  }
  return starts;
}

// Each value repeated over its range of positions.
Array Spread(const Array& values, const std::vector<Index>& starts, Index size) {
  Array spread = quern::empty({size}, values.dtype());
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const Index stop = i + 1 < starts.size() ? starts[i + 1] : size;
    spread(quern::Slice{starts[i], stop}).assign(values(i));
  }
  return spread;
}

void Run(const std::filesystem::path& data, const std::filesystem::path& output) {
  const Array ppm = quern::load(data / "co2_ppm.npy");
  const Array year = quern::load(data / "co2_year.npy");
  const std::vector<Index> starts = Starts(year);

  // Weeks without a measurement count as 0 in the sum and not at all in the number of weeks.
  const Array measured = quern::isfinite(ppm);
  Array filled = quern::zeros(ppm.shape());
  quern::add(filled, ppm, {.out = &filled, .where = &measured});
  const Array sums = quern::ufuncs::add().reduceat(filled, starts);
  const Array weeks = quern::ufuncs::add().reduceat(measured, starts);
  const Array means = quern::divide(sums, weeks);
  const Array anomalies = ppm - Spread(means, starts, ppm.size());

  const Array years = quern::ufuncs::maximum().reduceat(year, starts);
  quern::save(output / "co2_years.npy", years);
  quern::save(output / "co2_yearly_means.npy", means);
  quern::save(output / "co2_anomalies.npy", anomalies);

  const Array first = years(0), last = years(-1);
  std::cout << "CO2 at Mauna Loa, " << quern::sum(measured) << " weeks measured: " << means(0)
            << " ppm in " << first << ", " << means(-1) << " ppm in " << last << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: co2 DATA_FOLDER OUTPUT_FOLDER\n";
    return 2;
  }
  try {
    Run(argv[1], argv[2]);
  } catch (const quern::Error& error) {
    std::cerr << "co2: " << error.what() << "\n";
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
