# Install rules. Components: runtime (the shared library), development (headers, archive, CMake package, pkg-config file),
# tools (the command line), kernels (what quern_add_kernels expands and compiles: generator, spec, kernel headers).
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/quern")

install(TARGETS quern EXPORT quernTargets
  RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT runtime
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT runtime NAMELINK_COMPONENT development
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development)
install(EXPORT quernTargets NAMESPACE quern:: DESTINATION "${package_dir}" COMPONENT development)
install(
  DIRECTORY
    "${PROJECT_SOURCE_DIR}/runtime/include/"
    "${PROJECT_SOURCE_DIR}/generated/include/"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  COMPONENT development
  FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h")

if(TARGET quern_cli)
  file(RELATIVE_PATH lib_from_bin "${CMAKE_INSTALL_FULL_BINDIR}" "${CMAKE_INSTALL_FULL_LIBDIR}")
  set_target_properties(quern_cli PROPERTIES INSTALL_RPATH "$ORIGIN/${lib_from_bin}")
  install(TARGETS quern_cli EXPORT quernToolsTargets
    RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT tools)
  install(EXPORT quernToolsTargets NAMESPACE quern:: DESTINATION "${package_dir}" COMPONENT tools)
endif()

configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/quernConfig.cmake.in" "${PROJECT_BINARY_DIR}/quernConfig.cmake"
  INSTALL_DESTINATION "${package_dir}")
# Before 1.0 a minor version may break its users; from 1.0 on only a major one may.
if(PROJECT_VERSION_MAJOR EQUAL 0)
  set(compatibility SameMinorVersion)
else()
  set(compatibility SameMajorVersion)
endif()
write_basic_package_version_file("${PROJECT_BINARY_DIR}/quernConfigVersion.cmake" COMPATIBILITY ${compatibility})
install(
  FILES
    "${PROJECT_BINARY_DIR}/quernConfig.cmake" "${PROJECT_BINARY_DIR}/quernConfigVersion.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/FindBLIS.cmake"
  DESTINATION "${package_dir}"
  COMPONENT development)

# quern_add_kernels looks for these beside the package; a consumer that does not call it needs none of them.
set(kernels_dir "${CMAKE_INSTALL_DATADIR}/quern")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/spec" DESTINATION "${kernels_dir}" COMPONENT kernels)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/generator" DESTINATION "${kernels_dir}" COMPONENT kernels
  FILES_MATCHING PATTERN "*.py" PATTERN "*.j2" PATTERN "__pycache__" EXCLUDE)
install(
  DIRECTORY "${PROJECT_SOURCE_DIR}/runtime/core" "${PROJECT_SOURCE_DIR}/runtime/linalg" "${PROJECT_SOURCE_DIR}/runtime/simd"
  DESTINATION "${kernels_dir}/runtime"
  COMPONENT kernels
  FILES_MATCHING PATTERN "*.h")
install(FILES "${PROJECT_SOURCE_DIR}/cmake/QuernAddKernels.cmake" DESTINATION "${package_dir}" COMPONENT kernels)

# pkg-config: found from the place of the file itself, so that the tree can be moved. Only an archive names what it was
# built on, and only as libraries: no include path or define of theirs reaches a consumer.
set(pc_dir "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig")
file(RELATIVE_PATH QUERN_PC_PREFIX "${pc_dir}" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" QUERN_PC_PREFIX "${QUERN_PC_PREFIX}")
foreach(dir IN ITEMS LIBDIR INCLUDEDIR)
  if(IS_ABSOLUTE "${CMAKE_INSTALL_${dir}}")
    set(QUERN_PC_${dir} "${CMAKE_INSTALL_${dir}}")
  else()
    set(QUERN_PC_${dir} "\${prefix}/${CMAKE_INSTALL_${dir}}")
  endif()
endforeach()
set(QUERN_PC_ARCHIVE_LIBS "")
if(NOT BUILD_SHARED_LIBS)
  list(TRANSFORM OpenMP_CXX_LIB_NAMES PREPEND "-l" OUTPUT_VARIABLE openmp_libs)
  list(JOIN openmp_libs " " openmp_libs)
  foreach(library IN ITEMS hwy::hwy BLIS::BLIS)
    get_target_property(file ${library} LOCATION)
    cmake_path(GET file PARENT_PATH folder)
    if(NOT folder IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES)
      string(APPEND QUERN_PC_ARCHIVE_LIBS " -L${folder}")
    endif()
  endforeach()
  string(APPEND QUERN_PC_ARCHIVE_LIBS " -lhwy -lblis ${openmp_libs}")
endif()
configure_file("${PROJECT_SOURCE_DIR}/cmake/quern.pc.in" "${PROJECT_BINARY_DIR}/quern.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/quern.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig"
  COMPONENT development)
