# Tests of the one-sided layer that were written against it: laws of lists and boxes.
giga_job_test(vector SOURCES job/test_vector.c
    ONE 1 3 SPLIT 2 5 PAIRS 5 MESSAGE 3 HOSTS 2)

# Every operation at once: stress/run chooses ranks, threads and nodes for each seed.
add_executable(test_stress stress/main.c stress/plan.c stress/issue.c stress/shared.c job/job.c)
target_link_libraries(test_stress PRIVATE giga giga_flags PkgConfig::CUNIT Threads::Threads)
if(GIGA_SANITIZE)
    set(STRESS_SEEDS 12)
    set(STRESS_HOST_SEEDS 3)
else()
    set(STRESS_SEEDS 50)
    set(STRESS_HOST_SEEDS 6)
endif()
set(STRESS ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/stress/run $<TARGET_FILE:test_stress>)
add_test(NAME stress.mixed COMMAND ${STRESS} --seeds ${STRESS_SEEDS})
add_test(NAME stress.hosts COMMAND ${STRESS} --seeds ${STRESS_HOST_SEEDS} --nodes hosts)
set_tests_properties(stress.mixed stress.hosts PROPERTIES ENVIRONMENT "${TEST_ENVIRONMENT}"
    LABELS stress PROCESSORS 2 TIMEOUT 600 SKIP_RETURN_CODE 77)
giga_job_test(batch SOURCES job/test_batch.c
    ONE 1 3 SPLIT 2 3 PAIRS 5 MESSAGE 2 HOSTS 2)
foreach(bytes 64K 1M) # where calls must wait for memory
    set(name job.batch.${bytes}.np3.split)
    add_test(NAME ${name} COMMAND timeout --kill-after=15 ${SECONDS} ${LAUNCH} 3
        $<TARGET_FILE:test_batch>)
    set_tests_properties(${name} PROPERTIES TIMEOUT ${LAST_SECONDS} PROCESSORS 2
        ENVIRONMENT "${TEST_ENVIRONMENT};GIGA_RANKS_PER_NODE=1;GIGA_AGGREGATE=${bytes}"
        LABELS "ranks=3;nodes=split" FAIL_REGULAR_EXPRESSION "${COMPLAINTS}")
endforeach()
giga_job_test(handle SOURCES job/test_handle.c
    ONE 1 3 SPLIT 2 3 PAIRS 5 MESSAGE 3 HOSTS 2)
giga_job_test(notify SOURCES job/test_notify.c
    ONE 1 3 5 SPLIT 2 3 PAIRS 5 MESSAGE 3 HOSTS 2 3)
giga_job_test(misuse SOURCES job/test_misuse.c ONE 1 3 SPLIT 3 PAIRS 5 HOSTS 2)
target_link_options(test_misuse PRIVATE -Wl,--wrap=giga_abort)
giga_unit_test(misuse_cases ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/unit/misuse_cases
    ${PROJECT_SOURCE_DIR})
if(GIGA_SANITIZE STREQUAL "thread")
    add_test(NAME tsan COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/tsan
        ${CMAKE_CURRENT_BINARY_DIR})
    set_tests_properties(tsan PROPERTIES LABELS tsan PROCESSORS 2 TIMEOUT 900)
endif()
