# quern_add_kernels(TARGET <target> SPEC <folder> [PACKAGE <name>])
#
# Expands a package of ufuncs and dtypes of your own and compiles it into <target>. <folder> is laid out as quern's own
# spec: ufuncs/<name>.yaml, dtypes/<name>.yaml and, for new words, vocabulary.yaml. Headers of new dtypes and
# simd/<family>-inl.h of new bodies are looked for in <folder>. The package registers itself when the program or library
# that holds it is loaded; <package>/ufuncs.hpp declares its functions in namespace <package>. PACKAGE, a C++ identifier,
# is the target's name by default.
#
# The generator runs when the project is configured, and again when a spec changes. It needs Python 3.11 with PyYAML and
# Jinja2: QUERN_PYTHON, else the Python3 that CMake finds. Highway (hwy) is needed to compile kernels.

function(quern_add_kernels)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "TARGET;SPEC;PACKAGE" "")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "quern_add_kernels: unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT TARGET "${arg_TARGET}")
    message(FATAL_ERROR "quern_add_kernels: TARGET '${arg_TARGET}' is no target")
  endif()
  cmake_path(ABSOLUTE_PATH arg_SPEC BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
  if(NOT IS_DIRECTORY "${arg_SPEC}")
    message(FATAL_ERROR "quern_add_kernels: SPEC '${arg_SPEC}' is no folder")
  endif()
  if(NOT arg_PACKAGE)
    set(arg_PACKAGE "${arg_TARGET}")
  endif()
  if(NOT arg_PACKAGE MATCHES "^[a-z][a-z0-9_]*$" OR arg_PACKAGE STREQUAL "quern")
    message(FATAL_ERROR "quern_add_kernels: PACKAGE '${arg_PACKAGE}' must be a lower-case C++ identifier, not 'quern'")
  endif()

  quern_kernel_tools(root python)
  set(output "${CMAKE_CURRENT_BINARY_DIR}/quern_kernels/${arg_PACKAGE}")
  quern_generate_kernels("${root}" "${python}" "${arg_SPEC}" "${arg_PACKAGE}" "${output}")

  include("${output}/sources.cmake")
  list(TRANSFORM QUERN_GENERATED_SOURCES PREPEND "${output}/")
  if(NOT TARGET hwy::hwy)
    find_package(hwy 1.2 CONFIG REQUIRED)
  endif()
  target_sources(${arg_TARGET} PRIVATE ${QUERN_GENERATED_SOURCES})
  target_include_directories(${arg_TARGET}
    PUBLIC "$<BUILD_INTERFACE:${output}/include>"
    PRIVATE "${output}/src" "${root}/runtime" "${arg_SPEC}")
  target_compile_features(${arg_TARGET} PUBLIC cxx_std_20)
  target_link_libraries(${arg_TARGET} PRIVATE quern::quern hwy::hwy)
  # The same bits on every target: no contraction of a * b + c, no relaxed arithmetic.
  set_source_files_properties(${QUERN_GENERATED_SOURCES} PROPERTIES
    COMPILE_OPTIONS "-fno-fast-math;-ffp-contract=off")
endfunction()

# Where generator/, spec/ and runtime/ of quern lie (its source tree, or share/quern beside this file's lib/cmake/quern),
# and the Python to run the generator with.
function(quern_kernel_tools root_variable python_variable)
  set(candidates
    "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/.."
    "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../../../share/quern"
    "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../../../../share/quern")
  unset(root)
  foreach(candidate IN LISTS QUERN_KERNEL_ROOT candidates)
    cmake_path(NORMAL_PATH candidate)
    if(EXISTS "${candidate}/generator/quern_generator" AND EXISTS "${candidate}/spec")
      set(root "${candidate}")
      break()
    endif()
  endforeach()
  if(NOT DEFINED root)
    message(FATAL_ERROR "quern_add_kernels: quern's generator is not installed; set QUERN_KERNEL_ROOT to the folder "
      "that holds its generator/, spec/ and runtime/")
  endif()
  set(python "${QUERN_PYTHON}")
  if(NOT python)
    find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)
    set(python "${Python3_EXECUTABLE}")
  endif()
  set(${root_variable} "${root}" PARENT_SCOPE)
  set(${python_variable} "${python}" PARENT_SCOPE)
endfunction()

# Runs the generator; a fault of the spec stops the configuration with the generator's message.
function(quern_generate_kernels root python spec package output)
  execute_process(
    COMMAND "${CMAKE_COMMAND}" -E env "PYTHONPATH=${root}/generator" PYTHONDONTWRITEBYTECODE=1
      "${python}" -m quern_generator --spec "${spec}" --base "${root}/spec" --package "${package}" --output "${output}"
    RESULT_VARIABLE result
    OUTPUT_VARIABLE messages
    ERROR_VARIABLE messages)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "quern_add_kernels: the specs in ${spec} were not accepted:\n${messages}")
  endif()
  file(GLOB_RECURSE inputs CONFIGURE_DEPENDS "${spec}/*.yaml")
  file(GLOB_RECURSE base "${root}/spec/*.yaml" "${root}/generator/*.py" "${root}/generator/*.j2")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${inputs} ${base})
endfunction()
