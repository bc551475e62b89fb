# quern_target(<target>): language level, warnings and floating-point rules for a target of this project. Everything is
# private to the target: nothing here reaches a consumer's compile line.

find_program(QUERN_CCACHE_PROGRAM ccache)
mark_as_advanced(QUERN_CCACHE_PROGRAM)

# Bodies share one signature, whatever they use of it, so an unused parameter says nothing.
set(QUERN_WARNINGS
  -Wall -Wextra -Wpedantic -Wshadow -Wcast-qual -Wdouble-promotion -Wformat=2 -Wimplicit-fallthrough
  -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual -Wundef -Wno-unused-parameter)

# The same bits everywhere: no contraction of a * b + c, and no relaxed arithmetic even where the flags of a surrounding
# project ask for it. Options of a target come after those flags, so these win.
set(QUERN_FLOATING_POINT -fno-fast-math -ffp-contract=off)

# Integer lanes wrap around. To GCC the intrinsics of Arm are the signed arithmetic of C++, whose overflow it would take
# for impossible; those of x86 say what they mean, and there sanitizers watch the signed arithmetic that is ours.
if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(QUERN_INTEGERS -fwrapv)
endif()

if(QUERN_SANITIZE)
  add_compile_options(-fsanitize=${QUERN_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${QUERN_SANITIZE})
  if(QUERN_SANITIZE STREQUAL "undefined")
    add_compile_options(-fno-sanitize-recover=all)
    add_link_options(-fno-sanitize-recover=all)
  endif()
endif()

function(quern_target target)
  set_target_properties(${target} PROPERTIES
    CXX_STANDARD 20
    CXX_STANDARD_REQUIRED ON
    CXX_EXTENSIONS OFF
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON)
  target_compile_options(${target} PRIVATE ${QUERN_WARNINGS} ${QUERN_FLOATING_POINT} ${QUERN_INTEGERS})
  if(QUERN_WARNINGS_AS_ERRORS)
    target_compile_options(${target} PRIVATE -Werror)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      # What GCC infers across inlined code is too often wrong to stop a build.
      target_compile_options(${target} PRIVATE
        -Wno-error=array-bounds -Wno-error=maybe-uninitialized -Wno-error=restrict -Wno-error=stringop-overflow)
    endif()
  endif()
  if(QUERN_CCACHE AND QUERN_CCACHE_PROGRAM)
    set_target_properties(${target} PROPERTIES CXX_COMPILER_LAUNCHER "${QUERN_CCACHE_PROGRAM}")
  endif()
endfunction()
