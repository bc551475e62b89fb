# BLIS, the dense linear algebra library: the imported target BLIS::BLIS. Debian keeps each of its builds in a folder of
# its own; the OpenMP build comes first, any other serves as well.
find_path(BLIS_INCLUDE_DIR blis.h PATH_SUFFIXES blis-openmp blis)
find_library(BLIS_LIBRARY NAMES blis PATH_SUFFIXES blis-openmp)

if(BLIS_INCLUDE_DIR AND EXISTS "${BLIS_INCLUDE_DIR}/blis.h")
  file(STRINGS "${BLIS_INCLUDE_DIR}/blis.h" blis_version REGEX "^#define BLIS_VERSION_STRING +\"")
  string(REGEX MATCH "[0-9]+(\\.[0-9]+)+" BLIS_VERSION "${blis_version}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(BLIS
  REQUIRED_VARS BLIS_LIBRARY BLIS_INCLUDE_DIR
  VERSION_VAR BLIS_VERSION)

if(BLIS_FOUND AND NOT TARGET BLIS::BLIS)
  add_library(BLIS::BLIS UNKNOWN IMPORTED)
  set_target_properties(BLIS::BLIS PROPERTIES
    IMPORTED_LOCATION "${BLIS_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${BLIS_INCLUDE_DIR}")
endif()
mark_as_advanced(BLIS_INCLUDE_DIR BLIS_LIBRARY)
