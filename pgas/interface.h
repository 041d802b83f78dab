/*
 * interface.h - which network interface to use between nodes.
 */
#ifndef PGAS_INTERFACE_H
#define PGAS_INTERFACE_H

#include <giga/types.h>

/* The name of the interface whose address the host name resolves to; else of the default
 * route; else the first that is up. Never the loopback. */
giga_status gi_interface_pick(char *name_out, size_t name_bytes);

/* GIGA_ERR_NET unless this host has a network interface or RDMA device of that name. */
giga_status gi_interface_check(const char *name);

/* RDMA devices of this host as UCX names them ("mlx5_0:1,..."); empty when none. */
void gi_interface_rdma(char *names_out, size_t names_bytes);

#endif
