# Every target of ours links rk_flags; nothing is set globally, so third-party code keeps its own flags.
add_library(rk_flags INTERFACE)
target_compile_features(rk_flags INTERFACE cxx_std_20)
target_compile_options(rk_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Werror)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(rk_flags INTERFACE -Wthread-safety)
else()
  # gcc 12 sees an overlap in any `std::string = "literal"` it inlines (gcc bug 105651).
  target_compile_options(rk_flags INTERFACE -Wno-restrict)
endif()

# address_undefined or thread; empty: none. A comma inside a generator expression breaks, hence if().
set(RK_SANITIZE "" CACHE STRING "address_undefined | thread | (empty)")
if(RK_SANITIZE STREQUAL "address_undefined")
  target_compile_options(rk_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(rk_flags INTERFACE -fsanitize=address,undefined)
elseif(RK_SANITIZE STREQUAL "thread")
  target_compile_options(rk_flags INTERFACE -fsanitize=thread -fno-omit-frame-pointer)
  target_link_options(rk_flags INTERFACE -fsanitize=thread)
elseif(NOT RK_SANITIZE STREQUAL "")
  message(FATAL_ERROR "RK_SANITIZE is '${RK_SANITIZE}'; allowed: address_undefined, thread, empty")
endif()

# For long runs of tests/fuzz: all of our code tells libFuzzer where an input went.
option(RK_FUZZ "Instrument our code for libFuzzer (with RK_SANITIZE=address_undefined)" OFF)
if(RK_FUZZ)
  target_compile_options(rk_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Test code is not what ships: optimising it would cost a tenth of a release build, more of an asan build, and find
# nothing. ThreadSanitizer is too slow without: workflow_test took 267 s instead of 95.
if(NOT RK_SANITIZE STREQUAL "thread")
  set(RK_TEST_OPTIONS -O0)
endif()
