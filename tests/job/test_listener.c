/*
 * test_listener.c - who can reach a job over the network.
 *
 * Runs at 2 ranks on one node and at 3 on nodes of one: no rank listens on TCP. Runs across
 * virtual hosts: what giga itself opens listens on the pinned interface only; what Open MPI
 * opens is printed. The kernel's lists of listening sockets are matched with this process's
 * own files.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <giga/mpi.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job.h"

enum { SOCKETS = 64 };

typedef struct listener {
    unsigned long inode;
    char address[64];
} listener;

static listener before[SOCKETS], after[SOCKETS];
static size_t before_count, after_count;
static bool one_host;

static bool is_mine(unsigned long inode)
{
    char wanted[64], path[300], target[64];
    bool found = false;
    DIR *files = opendir("/proc/self/fd");

    snprintf(wanted, sizeof wanted, "socket:[%lu]", inode);
    for (const struct dirent *d; files && (d = readdir(files));) {
        snprintf(path, sizeof path, "/proc/self/fd/%s", d->d_name);
        ssize_t length = readlink(path, target, sizeof target - 1);
        target[length > 0 ? length : 0] = '\0';
        found |= strcmp(target, wanted) == 0;
    }
    closedir(files);
    return found;
}

/* Addresses are words of four bytes in this machine's order: as inet_ntop wants them. */
static void parse_address(const char *hex, char *text, size_t text_bytes)
{
    uint32_t words[4];
    size_t count = strlen(hex) / 8;

    for (size_t i = 0; i < count && i < 4; i++)
        sscanf(hex + 8 * i, "%8x", &words[i]);
    inet_ntop(count == 1 ? AF_INET : AF_INET6, words, text, (socklen_t)text_bytes);
}

static size_t list(const char *path, listener *out, size_t count)
{
    char line[512], hex[40];
    unsigned port, state;
    unsigned long inode;
    FILE *file = fopen(path, "r");

    while (file && fgets(line, sizeof line, file)) {
        if (sscanf(line, " %*d: %39[0-9A-F]:%x %*s %x %*s %*s %*s %*s %*s %lu", hex, &port, &state,
                   &inode) != 4 || state != 10 /* TCP_LISTEN */ || !is_mine(inode))
            continue;
        if (count < SOCKETS) {
            out[count].inode = inode;
            parse_address(hex, out[count].address, sizeof out[count].address);
            count++;
        }
    }
    if (file)
        fclose(file);
    return count;
}

static size_t list_all(listener *out)
{
    return list("/proc/net/tcp6", out, list("/proc/net/tcp", out, 0));
}

static void every_rank_reaches_every_other(void)
{
    void *object;
    uint64_t word;

    JOB_OK(giga_alloc_blocks(8, NULL, &object));
    for (int32_t r = 0; r < giga_size(); r++)
        JOB_OK(giga_get(&word, (char *)object + (uint64_t)r * giga_stride(object), 8));
    JOB_OK(giga_free(object));
    after_count = list_all(after); /* of the tests that follow */
}

static void on_one_host_no_rank_listens(void)
{
    if (!one_host)
        return;
    for (size_t i = 0; i < after_count; i++)
        fprintf(stderr, "rank %d listens on %s\n", giga_rank(), after[i].address);
    CU_ASSERT_EQUAL(after_count, 0);
}

static bool was_there(unsigned long inode)
{
    for (size_t i = 0; i < before_count; i++) {
        if (before[i].inode == inode)
            return true;
    }
    return false;
}

static bool is_address_of(const char *device, const char *text)
{
    struct ifaddrs *all;
    struct sockaddr_in in;
    char own[64];
    bool found = false;

    if (getifaddrs(&all) != 0)
        return false;
    for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
        if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET || strcmp(i->ifa_name, device) != 0)
            continue;
        memcpy(&in, i->ifa_addr, sizeof in);
        inet_ntop(AF_INET, &in.sin_addr, own, sizeof own);
        found |= strcmp(own, text) == 0;
    }
    freeifaddrs(all);
    return found;
}

static void across_hosts_giga_listens_on_the_pinned_interface_only(void)
{
    giga_info_host host;

    if (one_host)
        return;
    JOB_OK(giga_info_get_host(&host));
    const char *device = getenv("VCLUSTER_DEVICE");
    CU_ASSERT(!device || strcmp(device, host.device) == 0);
    for (size_t i = 0; i < after_count; i++) {
        bool ours = !was_there(after[i].inode);
        fprintf(stderr, "rank %d: %s listens on %s\n", giga_rank(), ours ? "giga" : "Open MPI",
                after[i].address);
        CU_ASSERT(!ours || is_address_of(host.device, after[i].address));
    }
}

static const job_test tests[] = {
    {"every_rank_reaches_every_other", every_rank_reaches_every_other},
    {"on_one_host_no_rank_listens", on_one_host_no_rank_listens},
    {"across_hosts_giga_listens_on_the_pinned_interface_only",
     across_hosts_giga_listens_on_the_pinned_interface_only},
};

int main(void)
{
    const char *local = getenv("OMPI_COMM_WORLD_LOCAL_SIZE"), *all = getenv("OMPI_COMM_WORLD_SIZE");
    int provided, failed;

    one_host = local && all && strcmp(local, all) == 0;
    if (!one_host) { /* on one host giga starts MPI, because then it also chooses for it */
        MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided);
        MPI_Barrier(MPI_COMM_WORLD);
        before_count = list_all(before);
    }
    if (giga_init(NULL) != GIGA_OK) {
        fprintf(stderr, "giga_init: %s\n", giga_error());
        return 2;
    }
    int mine = job_run_bare("listener", giga_rank(), tests, sizeof tests / sizeof tests[0]);
    failed = (int)giga_allreduce_max((int32_t)mine);
    giga_fini();
    if (!one_host)
        MPI_Finalize();
    return failed;
}
