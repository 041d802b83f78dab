# Tests of the graph library and its programs: included by tests/CMakeLists.txt.
set(GIGA_DATA ${PROJECT_SOURCE_DIR}/../shared/data CACHE PATH
    "Directory with graphs/p2p-31/; without it the tests against p2p-31 skip")
set(BIN ${PROJECT_BINARY_DIR}/bin)

giga_job_test(graph SOURCES job/test_graph.c
    LIBRARIES giga-graph MPI::MPI_C PkgConfig::ZSTD ZLIB::ZLIB m
    ONE 1 3 5 SPLIT 2 3 5 PAIRS 5 MESSAGE 3 HOSTS 2 3 4)
giga_job_test(formats SOURCES job/test_formats.c LIBRARIES giga-graph PkgConfig::ZSTD
    ONE 1 3 SPLIT 3 PAIRS 5)

giga_job_test(counters SOURCES job/test_counters.c LIBRARIES giga-graph ONE 1 3 SPLIT 2 PAIRS 5)
giga_job_test(pagerank SOURCES job/test_pagerank.c LIBRARIES giga-graph m
    ONE 1 3 SPLIT 2 PAIRS 5)
giga_job_test(account SOURCES job/test_account.c LIBRARIES giga-run m
    ONE 1 3 5 SPLIT 3 PAIRS 5 HOSTS 2)
giga_job_test(save SOURCES job/test_save.c LIBRARIES giga-graph m
    ONE 1 3 5 SPLIT 2 3 PAIRS 5 HOSTS 2)
giga_job_test(wcc SOURCES job/test_wcc.c LIBRARIES giga-graph ONE 1 3 SPLIT 3 PAIRS 5)
giga_job_test(cdlp SOURCES job/test_cdlp.c LIBRARIES giga-graph ONE 1 3 SPLIT 3 PAIRS 5)
giga_job_test(update SOURCES job/test_update.c LIBRARIES giga-graph m ONE 1 3 SPLIT 3 PAIRS 5)

giga_job_test(betweenness SOURCES job/test_betweenness.c LIBRARIES giga-graph MPI::MPI_C m
    ONE 1 3 SPLIT 3 PAIRS 5)

giga_job_test(triangles SOURCES job/test_triangles.c LIBRARIES giga-graph m
    ONE 1 3 SPLIT 3 PAIRS 5)

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

# The batch driver runs these (one file each in oracle/batch/) on each random graph; run_random's
# list has the same names.
set(GIGA_BATCH bfs pagerank pagerank_gap pagerank_personal wcc sssp cdlp lcc triangles kcore
    betweenness betweenness_normalised betweenness_gap)
set(ORACLE ${CMAKE_CURRENT_SOURCE_DIR}/oracle)
set(sources ${ORACLE}/batch/main.c ${ORACLE}/batch/spoil.c)
set(table "")
foreach(algorithm ${GIGA_BATCH})
    string(REGEX REPLACE "_.*" "" file ${algorithm}) # forms of an algorithm share its file
    list(APPEND sources ${ORACLE}/batch/${file}.c)
    string(APPEND table " X(${algorithm})")
endforeach()
list(REMOVE_DUPLICATES sources)
add_executable(batch ${sources})
target_link_libraries(batch PRIVATE giga-graph giga giga_flags m)
target_compile_definitions(batch PRIVATE "GIGA_BATCH=${table}")

set(P2P31 ${ORACLE}/p2p31 --bin ${BIN} --data ${GIGA_DATA}/graphs/p2p-31)
set(RANDOM ${Python3_EXECUTABLE} ${ORACLE}/run_random --bin ${BIN} --batch $<TARGET_FILE:batch>)
set(ON_HOSTS --launch "${VCLUSTER} -n {n}")
# GIGA_SPIN_US=0: two ranks fit the cores and would spin, but another test runs beside them.
# 500 graphs, each at one rank count, a part of them on each sort of nodes.
set(RANDOM_ONE 238)
set(RANDOM_SPLIT 119)
set(RANDOM_PAIRS 98)
set(RANDOM_HOSTS 45)
if(GIGA_SANITIZE)
    set(RANDOM_ONE 42)
    set(RANDOM_SPLIT 18)
    set(RANDOM_PAIRS 15)
    set(RANDOM_HOSTS 6)
endif()

giga_oracle_test(p2p31.one "1 2 3 5 7" 600 ${P2P31} --ranks "1 2 3 5 7")
giga_oracle_test(p2p31.split "2 3 7" 600 ${P2P31} --ranks "2 3 7"
    --env GIGA_RANKS_PER_NODE=1)
giga_oracle_test(p2p31.pairs "3 6" 600 ${P2P31} --ranks "3 6"
    --env GIGA_RANKS_PER_NODE=2)
giga_oracle_test(p2p31.hosts "2 3" 600 ${P2P31} --ranks "2 3" ${ON_HOSTS})
giga_oracle_test(random.one "1 2 3 4 5 6 7" 900 ${RANDOM} --count ${RANDOM_ONE})
giga_oracle_test(random.split "2 3 4 5 6 7" 900 ${RANDOM} --count ${RANDOM_SPLIT}
    --seed 2 --ranks "2 3 4 5 6 7" --programs 1 --exact 60 --env GIGA_RANKS_PER_NODE=1
    --env GIGA_SPIN_US=0)
giga_oracle_test(random.pairs "3 4 5 6 7" 900 ${RANDOM} --count ${RANDOM_PAIRS}
    --seed 3 --ranks "3 4 5 6 7" --programs 1 --exact 60 --env GIGA_RANKS_PER_NODE=2)
giga_oracle_test(random.hosts "2 3 4" 600 ${RANDOM} --count ${RANDOM_HOSTS} --plain
    --seed 4 --ranks "2 3 4" --programs 1 --exact 12 ${ON_HOSTS}
    --env GIGA_SPIN_US=0)
giga_oracle_test(same_bytes "1 2 3 5 7" 600 ${Python3_EXECUTABLE} ${ORACLE}/same_bytes
    ${BIN} $<TARGET_FILE:batch> ${GIGA_DATA}/graphs/p2p-31)

giga_unit_test(man ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/unit/man ${BIN}
    ${PROJECT_SOURCE_DIR}/apps/man)
giga_unit_test(compare ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/unit/compare ${BIN})

giga_job_test(sssp SOURCES job/test_sssp.c LIBRARIES giga-graph m
    ONE 1 3 5 SPLIT 2 3 PAIRS 5 MESSAGE 3)

# The statistics of giga-graph500, and a small run of all of it.
add_executable(test_spread unit/test_spread.c ${PROJECT_SOURCE_DIR}/apps/spread.c)
target_link_libraries(test_spread PRIVATE giga_flags PkgConfig::CUNIT m)
giga_unit_test(spread $<TARGET_FILE:test_spread>)
foreach(where "2;one" "3;split")
    list(POP_FRONT where ranks nodes)
    set(name job.graph500.np${ranks}.${nodes})
    add_test(NAME ${name} COMMAND timeout --kill-after=15 ${SECONDS} ${LAUNCH} ${ranks}
        ${BIN}/giga-graph500 --scale 10 --roots 8)
    set(environment ${TEST_ENVIRONMENT})
    if(nodes STREQUAL split)
        list(APPEND environment GIGA_RANKS_PER_NODE=1)
    endif()
    set_tests_properties(${name} PROPERTIES ENVIRONMENT "${environment}" PROCESSORS 2
        LABELS "ranks=${ranks};nodes=${nodes}" TIMEOUT ${LAST_SECONDS}
        PASS_REGULAR_EXPRESSION "sssp harmonic_mean_TEPS:     !"
        FAIL_REGULAR_EXPRESSION "${COMPLAINTS}")
endforeach()
