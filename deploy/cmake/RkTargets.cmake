# RPC, in any of these: the files include gRPC's stubs, see RkPch.cmake.
# rk_library(NAME rk_x SRCS a.cc … DEPS what the headers include … PRIVATE_DEPS what only the .cc include …)
function(rk_library)
  cmake_parse_arguments(RK "RPC" "NAME" "SRCS;DEPS;PRIVATE_DEPS" ${ARGN})
  if(RK_SRCS)
    add_library(${RK_NAME} STATIC ${RK_SRCS})
    target_include_directories(${RK_NAME} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(${RK_NAME} PUBLIC ${RK_DEPS} PRIVATE rk_flags ${RK_PRIVATE_DEPS})
    rk_precompiled(${RK_NAME} rk_pch ${RK_RPC})
  else()
    add_library(${RK_NAME} INTERFACE)
    target_include_directories(${RK_NAME} INTERFACE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${RK_NAME} INTERFACE ${RK_DEPS})
  endif()
endfunction()

# rk_executable(NAME roomctl SRCS … DEPS …): ends up in build/bin.
function(rk_executable)
  cmake_parse_arguments(RK "" "NAME" "SRCS;DEPS" ${ARGN})
  add_executable(${RK_NAME} ${RK_SRCS})
  target_include_directories(${RK_NAME} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${RK_NAME} PRIVATE rk_flags ${RK_DEPS})
  rk_precompiled(${RK_NAME} rk_pch FALSE)
endfunction()

# rk_test_objects(NAME rk_store_suite SRCS … DEPS …): test cases compiled once for several tests, which name it in DEPS.
function(rk_test_objects)
  cmake_parse_arguments(RK "" "NAME" "SRCS;DEPS" ${ARGN})
  add_library(${RK_NAME} OBJECT ${RK_SRCS})
  target_include_directories(${RK_NAME} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${RK_NAME} PUBLIC ${RK_DEPS} Catch2::Catch2 PRIVATE rk_flags)
  target_compile_options(${RK_NAME} PRIVATE ${RK_TEST_OPTIONS})
  rk_precompiled(${RK_NAME} rk_pch_test FALSE)
endfunction()

# rk_test(NAME store_test SRCS … DEPS … LABELS unit): one Catch2 binary = one CTest test (starting a
# process for each TEST_CASE costs more than the cases). TIMEOUT guards against a hang, it asserts no speed.
# LABELS also pick what a sanitizer runs: ThreadSanitizer runs all of an RK_LIB_ONLY tree.
function(rk_test)
  cmake_parse_arguments(RK "RPC" "NAME;TIMEOUT" "SRCS;DEPS;LABELS;ENVIRONMENT" ${ARGN})
  if(NOT RK_TIMEOUT)
    set(RK_TIMEOUT 120)
  endif()
  add_executable(${RK_NAME} ${RK_SRCS})
  target_include_directories(${RK_NAME} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${RK_NAME} PRIVATE rk_flags ${RK_DEPS} Catch2::Catch2WithMain)
  target_compile_options(${RK_NAME} PRIVATE ${RK_TEST_OPTIONS})
  rk_precompiled(${RK_NAME} rk_pch_test ${RK_RPC})
  set_target_properties(${RK_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  add_test(NAME ${RK_NAME} COMMAND ${RK_NAME} --durations no WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${RK_NAME} PROPERTIES LABELS "${RK_LABELS}" TIMEOUT ${RK_TIMEOUT}
    ENVIRONMENT "${RK_ENVIRONMENT}")
endfunction()
