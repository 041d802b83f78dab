# Tests of the graph library and its programs: included by tests/CMakeLists.txt.
set(GIGA_DATA ${PROJECT_SOURCE_DIR}/../shared/data CACHE PATH
    "Directory with graphs/p2p-31/; without it the tests against p2p-31 skip")
set(BIN ${PROJECT_BINARY_DIR}/bin)

giga_job_test(graph SOURCES job/test_graph.c
    LIBRARIES giga-graph MPI::MPI_C PkgConfig::ZSTD ZLIB::ZLIB m
    ONE 1 3 5 SPLIT 2 3 5 PAIRS 5 MESSAGE 3 HOSTS 2 3 4)

giga_job_test(wcc SOURCES job/test_wcc.c LIBRARIES giga-graph ONE 1 3 SPLIT 3 PAIRS 5)
giga_job_test(cdlp SOURCES job/test_cdlp.c LIBRARIES giga-graph ONE 1 3 SPLIT 3 PAIRS 5)
giga_job_test(update SOURCES job/test_update.c LIBRARIES giga-graph m ONE 1 3 SPLIT 3 PAIRS 5)

# Bad input to the programs, and death: fault/programs knows the cases and where they run.
set(PROGRAMS ${CMAKE_CURRENT_SOURCE_DIR}/fault/programs)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROGRAMS})
execute_process(COMMAND ${Python3_EXECUTABLE} ${PROGRAMS} --list OUTPUT_VARIABLE runs
    OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\n" ";" runs "${runs}")
foreach(run ${runs})
    string(REPLACE " " ";" run "${run}")
    list(GET run 0 case)
    list(GET run 1 ranks)
    list(GET run 2 nodes)
    set(name fault.programs.${case}.np${ranks}.${nodes})
    add_test(NAME ${name}
        COMMAND ${Python3_EXECUTABLE} ${PROGRAMS} ${BIN} ${case} ${ranks} ${nodes})
    set_tests_properties(${name} PROPERTIES ENVIRONMENT "${TEST_ENVIRONMENT}" PROCESSORS 2
        LABELS "ranks=${ranks};nodes=${nodes};fault" TIMEOUT ${LAST_SECONDS} SKIP_RETURN_CODE 77)
endforeach()

# Results against the published ones, the oracle's, and each other's at other rank counts.
function(giga_oracle_test NAME RANKS SECONDS)
    add_test(NAME oracle.${NAME} COMMAND ${ARGN})
    set_tests_properties(oracle.${NAME} PROPERTIES ENVIRONMENT "${TEST_ENVIRONMENT}" PROCESSORS 2
        LABELS "oracle;ranks=${RANKS}" TIMEOUT ${SECONDS} SKIP_RETURN_CODE 77
        FAIL_REGULAR_EXPRESSION "${COMPLAINTS}")
endfunction()

set(ORACLE ${CMAKE_CURRENT_SOURCE_DIR}/oracle)
set(P2P31 ${ORACLE}/p2p31 --bin ${BIN} --data ${GIGA_DATA}/graphs/p2p-31)
set(RANDOM ${Python3_EXECUTABLE} ${ORACLE}/run_random --bin ${BIN})
set(ON_HOSTS --launch "${VCLUSTER} -n {n}")
if(GIGA_SANITIZE)
    set(RANDOM_ONE 63)
    set(RANDOM_SPLIT 21)
else()
    set(RANDOM_ONE 210)
    set(RANDOM_SPLIT 84)
endif()

giga_oracle_test(p2p31.one "1 2 3 5 8" 300 ${P2P31} --ranks "1 2 3 5 8")
giga_oracle_test(p2p31.split "1 2 3 5 8" 300 ${P2P31} --ranks "1 2 3 5 8"
    --env GIGA_RANKS_PER_NODE=1)
giga_oracle_test(p2p31.hosts "1 2 3 5 8" 300 ${P2P31} --ranks "1 2 3 5 8" ${ON_HOSTS})
giga_oracle_test(random.one "1 2 3 4 5 6" 600 ${RANDOM} --count ${RANDOM_ONE})
giga_oracle_test(random.split "1 2 3 4 5 6" 600 ${RANDOM} --count ${RANDOM_SPLIT}
    --env GIGA_RANKS_PER_NODE=1)
giga_oracle_test(random.hosts "2 3 4" 600 ${RANDOM} --count 21 --ranks "2 3 4" ${ON_HOSTS})
giga_oracle_test(same_bytes "1 2 3 5" 300 ${Python3_EXECUTABLE} ${ORACLE}/same_bytes ${BIN}
    ${GIGA_DATA}/graphs/p2p-31)

giga_unit_test(man ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/unit/man ${BIN}
    ${PROJECT_SOURCE_DIR}/apps/man)
