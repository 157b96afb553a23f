# What goes into the packages (packaging/README.md). Each package is a component of the installation; paths are those of
# the system, so the prefix is its root.

function(millrace_package component package)
  install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION usr/share/doc/${package} RENAME copyright COMPONENT ${component})
  string(TOUPPER ${component} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${package} PARENT_SCOPE)
  set(scripts ${CMAKE_SOURCE_DIR}/packaging/debian/${package})
  if(EXISTS ${scripts})
    set(CPACK_DEBIAN_${upper}_PACKAGE_CONTROL_EXTRA
      "${scripts}/postinst;${scripts}/prerm;${scripts}/postrm;${scripts}/conffiles" PARENT_SCOPE)
    install(FILES ${CMAKE_SOURCE_DIR}/packaging/${package}.service DESTINATION usr/lib/systemd/system COMPONENT ${component})
  endif()
endfunction()

set(CPACK_COMPONENTS_ALL "")
if(MR_EDGE)
  list(APPEND CPACK_COMPONENTS_ALL agent)
  install(TARGETS millrace-agent DESTINATION usr/bin COMPONENT agent)
  install(FILES packaging/agent-flow.yaml DESTINATION etc/millrace-agent RENAME flow.yaml COMPONENT agent)
  install(FILES packaging/agent-environment DESTINATION etc/default RENAME millrace-agent COMPONENT agent
    PERMISSIONS OWNER_READ OWNER_WRITE)
  install(FILES docs/agent.md DESTINATION usr/share/doc/millrace-agent COMPONENT agent)
  millrace_package(agent millrace-agent)
  set(CPACK_COMPONENT_AGENT_DESCRIPTION "agent of Millrace for small machines
Collects data where it is born, keeps it safe on disk while the network is
away, and hands it on to Millrace or NiFi. Runs configs of MiNiFi as they are.")
  set(CPACK_DEBIAN_AGENT_PACKAGE_DEPENDS "passwd")
  # Opened when a flow first uses TLS.
  set(CPACK_DEBIAN_AGENT_PACKAGE_RECOMMENDS "libssl3")
else()
  list(APPEND CPACK_COMPONENTS_ALL server)
  install(TARGETS millrace DESTINATION usr/bin COMPONENT server)
  install(FILES packaging/server.yaml DESTINATION etc/millrace COMPONENT server)
  install(FILES docs/operations.md DESTINATION usr/share/doc/millrace COMPONENT server)
  millrace_package(server millrace)
  set(CPACK_COMPONENT_SERVER_DESCRIPTION "native dataflow engine with a log for clients of Kafka
Runs flows of processors and queues that are described in YAML, keeps every
piece of data safe on disk while it is on its way, and serves an interface
over HTTP and topics to clients of Kafka.")
  set(CPACK_DEBIAN_SERVER_PACKAGE_DEPENDS "passwd, tzdata")
  set(CPACK_DEBIAN_SERVER_PACKAGE_RECOMMENDS "graphviz")
  if(MR_GUI)
    list(APPEND CPACK_COMPONENTS_ALL studio)
    install(TARGETS millrace-studio DESTINATION usr/bin COMPONENT studio)
    install(FILES packaging/millrace-studio.desktop DESTINATION usr/share/applications COMPONENT studio)
    install(FILES packaging/millrace-studio.svg DESTINATION usr/share/icons/hicolor/scalable/apps COMPONENT studio)
    install(FILES packaging/millrace-studio.xml DESTINATION usr/share/mime/packages COMPONENT studio)
    millrace_package(studio millrace-studio)
    set(CPACK_COMPONENT_STUDIO_DESCRIPTION "desktop editor of Millrace's flows
Draws, runs and watches flows on a canvas; opens files and running servers.")
    # It starts the server of the same version for flows that are files.
    set(CPACK_DEBIAN_STUDIO_PACKAGE_DEPENDS "millrace (= ${PROJECT_VERSION}), libqt6svg6")
  endif()
endif()

set(CPACK_PACKAGE_NAME millrace)
set(CPACK_PACKAGE_VENDOR Millrace)
set(CPACK_PACKAGE_CONTACT "Millrace <millrace@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
include(CPack)
