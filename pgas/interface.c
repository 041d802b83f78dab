/*
 * interface.c - see interface.h. Start-up only.
 */
#include "interface.h"

#include <dirent.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool usable(const struct ifaddrs *i)
{
    return i->ifa_addr && i->ifa_addr->sa_family == AF_INET && (i->ifa_flags & IFF_UP) &&
           !(i->ifa_flags & IFF_LOOPBACK);
}

static in_addr_t address_of(const struct sockaddr *address)
{
    struct sockaddr_in in;

    memcpy(&in, address, sizeof in);
    return in.sin_addr.s_addr;
}

static const char *of_host_name(const struct ifaddrs *all)
{
    char host[256];
    const char *name = NULL;
    struct addrinfo *found = NULL, hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};

    if (gethostname(host, sizeof host) != 0 || getaddrinfo(host, NULL, &hints, &found) != 0)
        return NULL;
    for (const struct addrinfo *a = found; a && !name; a = a->ai_next) {
        for (const struct ifaddrs *i = all; i && !name; i = i->ifa_next) {
            if (usable(i) && address_of(i->ifa_addr) == address_of(a->ai_addr))
                name = i->ifa_name;
        }
    }
    freeaddrinfo(found);
    return name;
}

static const char *of_default_route(const struct ifaddrs *all)
{
    char line[256], device[64];
    unsigned long destination;
    const char *name = NULL;
    FILE *file = fopen("/proc/net/route", "re");

    if (!file)
        return NULL;
    while (!name && fgets(line, sizeof line, file)) {
        if (sscanf(line, "%63s %lx", device, &destination) != 2 || destination != 0)
            continue;
        for (const struct ifaddrs *i = all; i && !name; i = i->ifa_next) {
            if (usable(i) && strcmp(i->ifa_name, device) == 0)
                name = i->ifa_name;
        }
    }
    fclose(file);
    return name;
}

static const char *first_usable(const struct ifaddrs *all)
{
    for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
        if (usable(i))
            return i->ifa_name;
    }
    return NULL;
}

giga_status gi_interface_pick(char *name_out, size_t name_bytes)
{
    struct ifaddrs *all = NULL;

    if (getifaddrs(&all) != 0)
        return giga_fail(GIGA_ERR_NET, "giga_init: cannot list the network interfaces");
    const char *name = of_host_name(all);
    if (!name)
        name = of_default_route(all);
    if (!name)
        name = first_usable(all);
    if (name)
        snprintf(name_out, name_bytes, "%s", name);
    freeifaddrs(all);
    return name ? GIGA_OK
                : giga_fail(GIGA_ERR_NET, "giga_init: no network interface is up but the loopback; "
                                          "the job spans several hosts (GIGA_NET_DEVICE)");
}

giga_status gi_interface_check(const char *name)
{
    char path[128];

    /* An RDMA device is named with its port, "mlx5_0:1". */
    snprintf(path, sizeof path, "/sys/class/infiniband/%.*s", (int)strcspn(name, ":"), name);
    if (if_nametoindex(name) != 0 || (name[0] != '\0' && access(path, F_OK) == 0))
        return GIGA_OK;
    return giga_fail(GIGA_ERR_NET, "giga_init: GIGA_NET_DEVICE=%s: this host has no such network "
                                   "interface", name);
}

void gi_interface_rdma(char *names_out, size_t names_bytes)
{
    size_t used = 0;
    DIR *devices = opendir("/sys/class/infiniband");

    names_out[0] = '\0';
    if (!devices)
        return;
    for (const struct dirent *d; (d = readdir(devices)) && used < names_bytes;) {
        if (d->d_name[0] == '.')
            continue;
        int wrote = snprintf(names_out + used, names_bytes - used, "%s%.40s:1", used ? "," : "",
                             d->d_name);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
    closedir(devices);
}
