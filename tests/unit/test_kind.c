/*
 * test_kind.c - which memory pgas/kind.c chooses, in machines that are only described.
 *
 * The machines are hwloc's synthetic ones, with memory attributes set as firmware would tell
 * them. What is the best follows from the numbers in the description.
 */
#include "../../pgas/kind.h"

#include <CUnit/Basic.h>
#include <CUnit/CUnit.h>
#include <hwloc.h>
#include <hwloc/memattrs.h>
#include <numa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../pgas/memory.h"

/* Two packages; each has DRAM (NUMA nodes 0 and 2) and less, but faster memory (1 and 3). */
static const char *const two_packages =
    "Package:2 [NUMANode(memory=64GB)] [NUMANode(memory=16GB)] Core:2 PU:1";

static hwloc_topology_t describe(const char *machine)
{
    hwloc_topology_t topology;

    CU_ASSERT_FATAL(hwloc_topology_init(&topology) == 0);
    CU_ASSERT_FATAL(hwloc_topology_set_synthetic(topology, machine) == 0);
    CU_ASSERT_FATAL(hwloc_topology_load(topology) == 0);
    return topology;
}

static hwloc_obj_t numa_node(hwloc_topology_t topology, unsigned os_index)
{
    return hwloc_get_numanode_obj_by_os_index(topology, os_index);
}

/* What firmware tells: a value of a memory, seen from the CPUs beside it. */
static void tell(hwloc_topology_t topology, hwloc_memattr_id_t attribute, unsigned node,
                 hwloc_uint64_t value)
{
    struct hwloc_location from = {.type = HWLOC_LOCATION_TYPE_CPUSET};

    from.location.cpuset = numa_node(topology, node)->cpuset;
    CU_ASSERT_EQUAL(
        hwloc_memattr_set_value(topology, attribute, numa_node(topology, node), &from, 0, value),
        0);
}

static int choose(hwloc_topology_t topology, unsigned core, giga_memory kind)
{
    hwloc_obj_t place = hwloc_get_obj_by_type(topology, HWLOC_OBJ_CORE, core);

    return gi_kind_choose(topology, place->cpuset, kind);
}

static void nothing_is_the_fastest_where_no_speed_is_known(void)
{
    hwloc_topology_t topology = describe(two_packages);

    CU_ASSERT_EQUAL(choose(topology, 0, GIGA_MEMORY_BANDWIDTH), GI_KIND_NONE);
    CU_ASSERT_EQUAL(choose(topology, 0, GIGA_MEMORY_LATENCY), GI_KIND_NONE);
    hwloc_topology_destroy(topology);
}

static void capacity_is_the_largest_memory_beside_the_cpus(void)
{
    hwloc_topology_t topology = describe(two_packages);

    CU_ASSERT_EQUAL(choose(topology, 0, GIGA_MEMORY_CAPACITY), 0);
    CU_ASSERT_EQUAL(choose(topology, 3, GIGA_MEMORY_CAPACITY), 2);
    hwloc_topology_destroy(topology);
    topology = describe("[NUMANode(memory=1TB)] Package:2 [NUMANode(memory=64GB)] Core:2 PU:1");
    for (unsigned core = 0; core < 4; core += 3) { /* the memory of the whole machine */
        int node = choose(topology, core, GIGA_MEMORY_CAPACITY);
        CU_ASSERT_FATAL(node >= 0);
        CU_ASSERT(numa_node(topology, (unsigned)node)->attr->numanode.local_memory > 512000000000);
    }
    hwloc_topology_destroy(topology);
}

static void tell_all(hwloc_topology_t topology)
{
    static const hwloc_uint64_t bandwidth[] = {100000, 800000, 100000, 800000};
    static const hwloc_uint64_t latency[] = {90, 130, 90, 130};

    for (unsigned node = 0; node < 4; node++) {
        tell(topology, HWLOC_MEMATTR_ID_BANDWIDTH, node, bandwidth[node]);
        tell(topology, HWLOC_MEMATTR_ID_LATENCY, node, latency[node]);
    }
}

static void check_best(hwloc_topology_t topology)
{
    CU_ASSERT_EQUAL(choose(topology, 0, GIGA_MEMORY_BANDWIDTH), 1);
    CU_ASSERT_EQUAL(choose(topology, 3, GIGA_MEMORY_BANDWIDTH), 3);
    CU_ASSERT_EQUAL(choose(topology, 1, GIGA_MEMORY_LATENCY), 0);
    CU_ASSERT_EQUAL(choose(topology, 2, GIGA_MEMORY_LATENCY), 2);
}

static void the_best_is_what_the_attributes_say_from_where_the_cpus_are(void)
{
    hwloc_topology_t topology = describe(two_packages);

    tell_all(topology);
    check_best(topology);
    hwloc_topology_destroy(topology);
}

static void a_machine_read_from_a_file_gives_the_same_choice(void)
{
    hwloc_topology_t topology = describe(two_packages), again;
    char *xml;
    int length;

    tell_all(topology);
    CU_ASSERT_FATAL(hwloc_topology_export_xmlbuffer(topology, &xml, &length, 0) == 0);
    CU_ASSERT_FATAL(hwloc_topology_init(&again) == 0);
    CU_ASSERT_FATAL(hwloc_topology_set_xmlbuffer(again, xml, length) == 0);
    CU_ASSERT_FATAL(hwloc_topology_load(again) == 0);
    check_best(again);
    hwloc_topology_destroy(again);
    hwloc_free_xmlbuffer(topology, xml);
    hwloc_topology_destroy(topology);
}

static void *shared_pages(size_t bytes)
{
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    CU_ASSERT_FATAL(at != MAP_FAILED);
    return at;
}

static void memory_of_another_machine_is_refused_or_fallen_back_from_never_bound(void)
{
    static gi_job job;
    giga_alloc_opts opts = GIGA_ALLOC_OPTS_INIT;
    gi_kind_got got = {GIGA_MEMORY_LATENCY, true};
    giga_memory_info info = {0};
    const size_t bytes = (size_t)gi_memory_page() * 4;
    void *at = shared_pages(bytes);

    job = (gi_job){0};
    setenv("HWLOC_SYNTHETIC", two_packages, 1);
    opts.memory = GIGA_MEMORY_CAPACITY;
    CU_ASSERT_EQUAL(gi_kind_place(&job, "test", at, bytes, &opts, &got), GIGA_OK);
    CU_ASSERT_EQUAL(got.memory, GIGA_MEMORY_DEFAULT);
    opts.memory_required = true;
    CU_ASSERT_EQUAL(gi_kind_place(&job, "test", at, bytes, &opts, &got), GIGA_ERR_UNSUPPORTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "not this machine's"));
    opts.memory = GIGA_MEMORY_BANDWIDTH;
    CU_ASSERT_EQUAL(gi_kind_place(&job, "test", at, bytes, &opts, &got), GIGA_ERR_UNSUPPORTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "does not say which"));
    unsetenv("HWLOC_SYNTHETIC");
    gi_memory_look(at, &info);
    CU_ASSERT(gi_memory_numa_nodes() > 1 || info.numa_mask[0] == 0);
    munmap(at, bytes);
}

static void memory_of_this_machine_is_bound_told_of_and_taken_back(void)
{
    static gi_job job;
    giga_alloc_opts opts = GIGA_ALLOC_OPTS_INIT;
    gi_kind_got got = {0};
    giga_memory_info info = {0};
    const size_t bytes = (size_t)gi_memory_page() * 4;
    void *at = shared_pages(bytes);

    job = (gi_job){0};
    opts.memory = GIGA_MEMORY_CAPACITY;
    opts.memory_required = true;
    giga_status status = gi_kind_place(&job, "test", at, bytes, &opts, &got);
    if (status != GIGA_OK && (numa_available() < 0 || getuid() != 0)) {
        printf("this kernel binds no memory: %s ", giga_error());
        return;
    }
    CU_ASSERT_EQUAL(status, GIGA_OK);
    CU_ASSERT_EQUAL(got.memory, GIGA_MEMORY_CAPACITY);
    CU_ASSERT(got.policy);
    memset(at, 1, bytes);
    gi_memory_look(at, &info);
    uint64_t bits = 0;
    for (int i = 0; i < 16; i++)
        bits += (uint64_t)__builtin_popcountll(info.numa_mask[i]);
    CU_ASSERT_EQUAL(bits, 1);
    CU_ASSERT(info.numa_node >= 0 &&
              info.numa_mask[info.numa_node / 64] >> info.numa_node % 64 & 1);
    gi_memory_place_like(at, bytes, NULL);
    info = (giga_memory_info){0};
    gi_memory_look(at, &info);
    CU_ASSERT_EQUAL(info.numa_mask[0], 0);
    CU_ASSERT_EQUAL(info.placement,
                    gi_memory_numa_nodes() > 1 ? GIGA_PLACE_FIRST_TOUCH : GIGA_PLACE_HOME);
    munmap(at, bytes);
}

static void the_list_names_each_memory_and_each_kind(void)
{
    char text[4096], few[20];

    setenv("HWLOC_SYNTHETIC", two_packages, 1);
    gi_kind_list(text, sizeof text);
    gi_kind_list(few, sizeof few); /* cut, not overrun */
    unsetenv("HWLOC_SYNTHETIC");
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "NUMA node 3: DRAM, 14.9 GiB\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "highest bandwidth: not known\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "largest capacity: NUMA node"));
    CU_ASSERT(strlen(few) < sizeof few);
}

int main(void)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 2;
    CU_pSuite suite = CU_add_suite("kind", NULL, NULL);
#define ADD(law) CU_add_test(suite, #law, law)
    ADD(nothing_is_the_fastest_where_no_speed_is_known);
    ADD(capacity_is_the_largest_memory_beside_the_cpus);
    ADD(the_best_is_what_the_attributes_say_from_where_the_cpus_are);
    ADD(a_machine_read_from_a_file_gives_the_same_choice);
    ADD(memory_of_another_machine_is_refused_or_fallen_back_from_never_bound);
    ADD(memory_of_this_machine_is_bound_told_of_and_taken_back);
    ADD(the_list_names_each_memory_and_each_kind);
#undef ADD
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures != 0;
}
