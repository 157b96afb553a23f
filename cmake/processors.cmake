# Finds processors and generates the table of their descriptors.

# millrace_find_processors(OUT_SOURCES OUT_STEMS [FOLDER ...])
# Every .cpp file in the folders (default: each family of processors/), and the stems of those that
# declare a processor (MR_PROCESSOR(stem), which must be the name of the file).
function(millrace_find_processors outSources outStems)
  set(folders ${ARGN})
  if(NOT folders)
    set(folders "${CMAKE_SOURCE_DIR}/processors/*")
  endif()
  set(sources "")
  set(stems "")
  foreach(folder IN LISTS folders)
    file(GLOB found CONFIGURE_DEPENDS "${folder}/*.cpp")
    list(APPEND sources ${found})
  endforeach()
  list(SORT sources)
  foreach(source IN LISTS sources)
    file(STRINGS "${source}" declared REGEX "^MR_PROCESSOR\\(" ENCODING UTF-8)
    if(declared)
      # A processor that comes or goes in a known file changes the registry too.
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${source}")
      get_filename_component(stem "${source}" NAME_WE)
      if(NOT declared MATCHES "^MR_PROCESSOR\\(${stem}\\)")
        message(FATAL_ERROR "${source} must declare MR_PROCESSOR(${stem}), after its own name")
      endif()
      list(APPEND stems ${stem})
    endif()
  endforeach()
  set(${outSources} "${sources}" PARENT_SCOPE)
  set(${outStems} "${stems}" PARENT_SCOPE)
endfunction()

# millrace_generate_registry(FILE STEM ...)
# Writes the definition of builtinProcessors() (processors/registry.h) with these processors, in the
# order of their file names. A program that wants fewer gives a shorter list; the linker leaves the
# others out.
function(millrace_generate_registry file)
  set(stems ${ARGN})
  list(SORT stems)
  set(declarations "")
  set(rows "")
  foreach(stem IN LISTS stems)
    string(APPEND declarations "extern const ProcessorDescriptor processorIn_${stem};\n")
    string(APPEND rows "    &processors::processorIn_${stem},\n")
  endforeach()
  list(LENGTH stems count)
  file(CONFIGURE OUTPUT "${file}" @ONLY CONTENT [[// Generated from the processors that the build found; see cmake/processors.cmake.
#include "processors/registry.h"

#include <array>

namespace millrace {
namespace processors {
@declarations@}  // namespace processors

namespace {
constinit const std::array<const ProcessorDescriptor*, @count@> kProcessors{{
@rows@}};
}  // namespace

std::span<const ProcessorDescriptor* const> builtinProcessors() { return kProcessors; }

}  // namespace millrace
]])
endfunction()

# millrace_find_services(OUT_STEMS)
# The stems of the files in processors/services/ that declare a service: MR_SERVICE(stem).
function(millrace_find_services outStems)
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/processors/services/*.cpp")
  set(stems "")
  foreach(source IN LISTS sources)
    file(STRINGS "${source}" declared REGEX "^MR_SERVICE\\(" ENCODING UTF-8)
    if(declared)
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${source}")
      get_filename_component(stem "${source}" NAME_WE)
      if(NOT declared MATCHES "^MR_SERVICE\\(${stem}\\)")
        message(FATAL_ERROR "${source} must declare MR_SERVICE(${stem}), after its own name")
      endif()
      list(APPEND stems ${stem})
    endif()
  endforeach()
  set(${outStems} "${stems}" PARENT_SCOPE)
endfunction()

# millrace_generate_service_registry(FILE STEM ...)
# Writes the definition of builtinServices() (processors/registry.h) with these services.
function(millrace_generate_service_registry file)
  set(stems ${ARGN})
  list(SORT stems)
  set(declarations "")
  set(rows "")
  foreach(stem IN LISTS stems)
    string(APPEND declarations "extern const ServiceDescriptor serviceIn_${stem};\n")
    string(APPEND rows "    &processors::serviceIn_${stem},\n")
  endforeach()
  list(LENGTH stems count)
  file(CONFIGURE OUTPUT "${file}" @ONLY CONTENT [[// Generated from the services that the build found; see cmake/processors.cmake.
#include "processors/registry.h"

#include <array>

namespace millrace {
namespace processors {
@declarations@}  // namespace processors

namespace {
constinit const std::array<const ServiceDescriptor*, @count@> kServices{{
@rows@}};
}  // namespace

std::span<const ServiceDescriptor* const> builtinServices() { return kServices; }

}  // namespace millrace
]])
endfunction()
