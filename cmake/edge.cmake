# How the agent is made small (MR_EDGE): sections that nobody uses are left out, the whole program is optimised at
# once, and what is no part of every system is linked statically, so that the agent needs libc and libm only.

add_compile_options(-ffunction-sections -fdata-sections -fomit-frame-pointer)
# Checks of the C++ library without their texts, which are a seventh of a megabyte.
if(NOT MR_PRECOMPILED)  # it is the first of those headers then
  add_compile_options(-include ${CMAKE_SOURCE_DIR}/engine/base/standard_checks.h)
endif()
add_link_options(-static-libstdc++ -static-libgcc LINKER:--gc-sections LINKER:--as-needed LINKER:-O1
                 LINKER:-z,pack-relative-relocs LINKER:-z,now)
set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
option(MR_STATIC "with MR_EDGE: needs no library at all, and has no TLS" OFF)
if(MR_STATIC)
  # glibc looks names up in files and by DNS then; the linker warns that other ways would need its libraries.
  add_link_options(-static)
endif()

# millrace_edge_libraries(OUT LIBRARY ...)
# What stands for these libraries in the agent: their archives; nothing for OpenSSL, which it opens itself when a flow
# first uses it (engine/base/openssl_loaded.cpp), and for what only processors use that it has not.
function(millrace_edge_libraries out)
  set(result "")
  foreach(library IN LISTS ARGN)
    if(library STREQUAL "fmt::fmt")
      list(APPEND result fmt::fmt-header-only)
    elseif(library STREQUAL "nlohmann_json::nlohmann_json")
      list(APPEND result ${library})
    elseif(library MATCHES "^(OpenSSL::.*|sqlite3|archive|jq|magic|sodium|PkgConfig::PUGIXML)$")
      continue()
    else()
      set(archive ${library})
      if(library STREQUAL "PkgConfig::PCRE2")
        set(archive pcre2-8)
      elseif(library STREQUAL "ZLIB::ZLIB")
        set(archive z)
      endif()
      find_library(MR_ARCHIVE_${archive} NAMES lib${archive}.a REQUIRED)
      list(APPEND result ${MR_ARCHIVE_${archive}})
    endif()
  endforeach()
  set(${out} "${result}" PARENT_SCOPE)
endfunction()
