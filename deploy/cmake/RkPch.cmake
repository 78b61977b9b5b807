# The release and asan trees parse the standard library, Abseil, Catch2 and gRPC's stubs once instead of once for each
# file (ADR 0012). The dev and tsan trees take no precompiled header: there each file proves that it includes what it
# uses. Third-party and generated headers only: a change of ours must not rebuild everything.
option(RK_PCH "Precompile headers that are not ours" OFF)

# Cheap to load matters as much as cheap to parse: every file instantiates what its precompiled header left
# pending. That is why nlohmann/json.hpp is not here and the stubs are apart.
set(RK_PCH_HEADERS <algorithm> <array> <atomic> <chrono> <condition_variable> <cstdint> <cstring> <deque>
  <fstream> <functional> <map> <memory> <mutex> <optional> <set> <sstream> <string> <thread> <utility> <variant> <vector>
  <absl/status/status.h> <absl/status/statusor.h> <absl/strings/ascii.h> <absl/strings/escaping.h>
  <absl/strings/match.h> <absl/strings/numbers.h> <absl/strings/str_cat.h> <absl/strings/str_format.h>
  <absl/strings/str_join.h> <absl/strings/str_replace.h> <absl/strings/str_split.h>
  <absl/strings/string_view.h> <absl/strings/strip.h> <absl/time/time.h>)

# rk_pch_target(NAME OPTIONS … HEADERS … DEPS …): what rk_precompiled reuses; its flags must be those of the users.
function(rk_pch_target name)
  cmake_parse_arguments(RK "" "" "OPTIONS;HEADERS;DEPS" ${ARGN})
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/${name}.cc CONTENT "")
  add_library(${name} OBJECT ${PROJECT_BINARY_DIR}/${name}.cc)
  target_link_libraries(${name} PRIVATE rk_flags ${RK_DEPS})
  target_compile_options(${name} PRIVATE ${RK_OPTIONS})
  target_precompile_headers(${name} PRIVATE ${RK_PCH_HEADERS} ${RK_HEADERS})
endfunction()

# rk_precompiled(TARGET rk_pch|rk_pch_test RPC): RPC is true where the target's files include gRPC's stubs.
function(rk_precompiled target pch rpc)
  if(NOT RK_PCH)
    return()
  endif()
  if(rpc)
    string(APPEND pch _rpc)
  endif()
  target_precompile_headers(${target} REUSE_FROM ${pch})
endfunction()

if(RK_PCH)
  # A precompiled header of other macros is refused, and gRPC's targets bring -pthread. The other option is for ccache.
  target_compile_options(rk_flags INTERFACE -pthread)
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    target_compile_options(rk_flags INTERFACE "SHELL:-Xclang -fno-pch-timestamp")
  else()
    target_compile_options(rk_flags INTERFACE -fpch-preprocess)
  endif()
  set(RK_STUBS)
  foreach(service audit brand clean_room job operations package server)
    list(APPEND RK_STUBS <roomkeeper/v1/${service}.grpc.pb.h>)
  endforeach()
  rk_pch_target(rk_pch)
  rk_pch_target(rk_pch_rpc HEADERS ${RK_STUBS} DEPS rk_proto)
  if(RK_TESTS)
    rk_pch_target(rk_pch_test OPTIONS ${RK_TEST_OPTIONS} HEADERS <catch2/catch.hpp>)
    rk_pch_target(rk_pch_test_rpc OPTIONS ${RK_TEST_OPTIONS} HEADERS <catch2/catch.hpp> ${RK_STUBS}
      DEPS rk_proto)
  endif()
endif()
