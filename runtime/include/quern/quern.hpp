// Everything: arrays, ufuncs by name, reductions, files, error state, targets, threads.
#ifndef QUERN_QUERN_HPP_
#define QUERN_QUERN_HPP_

#include "quern/array.hpp"
#include "quern/dtype.hpp"
#include "quern/dtype_queries.hpp"
#include "quern/error_state.hpp"
#include "quern/errors.hpp"
#include "quern/io.hpp"
#include "quern/runtime.hpp"
#include "quern/statistics.hpp"
#include "quern/ufunc.hpp"
#include "quern/ufuncs.hpp"

#endif  // QUERN_QUERN_HPP_
