/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's devlink interface (Documentation/networking/devlink) as far as an embedded switch needs it: the eswitch
 * itself, ports and the functions behind them, transmit rates, parameters, resources. By generic netlink, without
 * libnl's own receiving (devlink_exchange.h).
 *
 * Every writing function reads back what it wrote and compares; a driver that accepts and does nothing is
 * CODE_ESWITCH_REFUSED, like one that refuses. Nothing is undone here: eswitch_change.h does that, which knows the
 * steps.
 */
#ifndef SRIOV_DEVLINK_H
#define SRIOV_DEVLINK_H

#include <stdint.h>

#include "base/text.h"
#include "os/sysroot.h"
#include "sriov/devlink_channel.h"

enum {
	DEVLINK_UNKNOWN = -1, /* of the int members below: the driver does not say, or has no such thing */
	DEVLINK_NAME_MAX = 64,
	DEVLINK_PORTS_MAX = 65536,
	DEVLINK_RATES_MAX = 65536,
};

/* Bus and device name, as in "pci/0000:01:00.0" and "netdevsim/netdevsim1". */
struct devlink_handle {
	char bus[32];
	char name[DEVLINK_NAME_MAX];
};

#define DEVLINK_HANDLE_TEXT_SIZE (32 + DEVLINK_NAME_MAX)

const char *devlink_handle_text(const struct devlink_handle *handle, char buf[static DEVLINK_HANDLE_TEXT_SIZE]);
bool devlink_handle_same(const struct devlink_handle *one, const struct devlink_handle *other);

struct devlink {
	struct devlink_channel channel;
	uint16_t family;
	uint32_t sequence;
	const struct sysroot *captured; /* of a host whose kernel cannot be asked: what it said (devlink_text.h) */
};

/*
 * CODE_ESWITCH_NONE where the kernel has no devlink, and for a captured host (root) of which it was not recorded. Of
 * another captured host the reading functions know what was recorded; all else is refused. root outlives it.
 */
int devlink_open(const struct sysroot *root, struct devlink *ret_devlink, struct error *err);

/* The same over a channel, which becomes ret_devlink's also when it fails. */
int devlink_open_on(struct devlink *ret_devlink, const struct devlink_channel *channel, struct error *err);
void devlink_close(struct devlink *devlink);

/* All devices that have devlink, in the kernel's order. The caller frees *ret_handles. */
int devlink_list_handles(
	struct devlink *devlink, struct devlink_handle **ret_handles, size_t *ret_count, struct error *err);

/* The eswitch ------------------------------------------------------------------------------------------------- */

enum eswitch_mode {
	ESWITCH_LEGACY,
	ESWITCH_SWITCHDEV,
	ESWITCH_SWITCHDEV_INACTIVE,
	ESWITCH_MODE_COUNT
};

struct devlink_eswitch {
	int mode;        /* enum eswitch_mode */
	int inline_mode; /* 0 none, 1 link, 2 network, 3 transport */
	int encap_mode;  /* 0 none, 1 basic */
};

/* Names of the values of a member, "?" for one that is not known. */
const char *eswitch_mode_name(int mode);
const char *eswitch_inline_name(int mode);
const char *eswitch_encap_name(int mode);

void devlink_eswitch_init(struct devlink_eswitch *eswitch);

/* "mode=switchdev", "inline_mode=transport", "encap_mode=basic": one KEY=VALUE. CODE_USAGE names the key's range. */
int devlink_eswitch_parse(struct devlink_eswitch *eswitch, const char *assignment, struct error *err);

/* CODE_ESWITCH_NONE for a device without one. */
int devlink_eswitch_read(struct devlink *devlink, const struct devlink_handle *handle,
	struct devlink_eswitch *ret_eswitch, struct error *err);

/* What differs from unknown is written, in one request for each, and read back. */
int devlink_eswitch_write(struct devlink *devlink, const struct devlink_handle *handle,
	const struct devlink_eswitch *eswitch, struct error *err);

/* Ports and functions ----------------------------------------------------------------------------------------- */

enum {
	DEVLINK_FLAVOUR_PHYSICAL = 0,
	DEVLINK_FLAVOUR_PCI_PF = 3,
	DEVLINK_FLAVOUR_PCI_VF = 4,
	DEVLINK_FLAVOUR_PCI_SF = 7,
};

/* What the eswitch's side knows of the function behind a port. */
struct devlink_function {
	bool has_hw_addr;
	struct mac_addr hw_addr;
	int state;      /* 0 inactive, 1 active */
	int opstate;    /* 0 detached, 1 attached; read only */
	int roce;       /* 0, 1 */
	int migratable; /* 0, 1 */
	int ipsec_crypto, ipsec_packet;
	int64_t max_io_eqs;
};

struct devlink_port {
	struct devlink_handle handle;
	uint32_t index;
	int type;       /* enum devlink_port_type */
	int flavour;    /* enum devlink_port_flavour */
	int controller; /* of a card in several hosts */
	int external;   /* 1: behind the port is another host's function */
	int pf, vf, sf; /* numbers of the function behind it */
	int number;     /* of a physical port */
	uint32_t ifindex;
	char netdev[16]; /* the representor; "" for none */
	bool has_function;
	struct devlink_function function;
};

void devlink_function_init(struct devlink_function *function);
const char *devlink_flavour_name(int flavour);
const char *devlink_port_type_name(int type);

/* All ports of the device. The caller frees *ret_ports. A device that has none is no error. */
int devlink_ports_read(struct devlink *devlink, const struct devlink_handle *handle, struct devlink_port **ret_ports,
	size_t *ret_count, struct error *err);

/* "hw_addr=02:…", "state=active", "roce=on", "max_io_eqs=8": one KEY=VALUE. CODE_USAGE names the key and its range. */
int devlink_function_parse(struct devlink_function *function, const char *assignment, struct error *err);

/*
 * What is set is written and read back. When that fails, what had been set is put back; CODE_HALF_DONE when that failed
 * too.
 */
int devlink_function_write(struct devlink *devlink, const struct devlink_port *port,
	const struct devlink_function *function, struct error *err);

/* Rates ------------------------------------------------------------------------------------------------------- */

/* A leaf is a port's function, a node a group of leafs and nodes. */
struct devlink_rate {
	struct devlink_handle handle;
	bool is_node;
	uint32_t port;                  /* of a leaf: index */
	char node[DEVLINK_NAME_MAX];    /* of a node */
	char parent[DEVLINK_NAME_MAX];  /* "" for none; meant only with has_parent */
	bool has_parent;                /* in a write: change the parent */
	int64_t tx_share, tx_max;       /* bytes a second, 0: none, no limit */
	int64_t tx_priority, tx_weight; /* kernels from 6.3 on */
};

void devlink_rate_init(struct devlink_rate *rate);

/* All rates of the device: none where the driver has none. The caller frees *ret_rates. */
int devlink_rates_read(struct devlink *devlink, const struct devlink_handle *handle, struct devlink_rate **ret_rates,
	size_t *ret_count, struct error *err);

/* "tx_share=100" and "tx_max=1000" (Mbit/s), "tx_priority=1", "tx_weight=5", "parent=NODE" or "parent=". CODE_USAGE. */
int devlink_rate_parse(struct devlink_rate *rate, const char *assignment, struct error *err);

/* 0 for a name that a node may have; CODE_USAGE. */
int devlink_rate_check_name(const char *name, struct error *err);

/* Writes what is set and reads it back; what had been set is put back on failure. A node must exist. */
int devlink_rate_write(struct devlink *devlink, const struct devlink_rate *rate, struct error *err);

/* A new node, and what is set of it; or away with it: the kernel refuses one with children. */
int devlink_rate_add(struct devlink *devlink, const struct devlink_rate *node, struct error *err);
int devlink_rate_remove(struct devlink *devlink, const struct devlink_rate *node, struct error *err);

/* Parameters and resources ------------------------------------------------------------------------------------ */

enum devlink_param_mode {
	DEVLINK_PARAM_RUNTIME,
	DEVLINK_PARAM_DRIVERINIT, /* at the next reload of the driver */
	DEVLINK_PARAM_PERMANENT,  /* at the next reset of the card */
	DEVLINK_PARAM_MODE_COUNT
};

struct devlink_param {
	struct devlink_handle handle;
	char name[DEVLINK_NAME_MAX];
	int type;                                 /* NLA_U8, NLA_U16, NLA_U32, NLA_STRING, NLA_FLAG */
	bool has[DEVLINK_PARAM_MODE_COUNT];       /* a value in this mode */
	char value[DEVLINK_PARAM_MODE_COUNT][64]; /* as text: "true", "128", "smfs" */
};

int devlink_params_read(struct devlink *devlink, const struct devlink_handle *handle, struct devlink_param **ret_params,
	size_t *ret_count, struct error *err);

/* One of them by name; CODE_ESWITCH_NONE for one that the driver has not. */
int devlink_param_read(struct devlink *devlink, const struct devlink_handle *handle, const char *name,
	struct devlink_param *ret_param, struct error *err);

/* The value in one mode, by name; what is read back is compared. CODE_USAGE for a value that the type cannot have. */
int devlink_param_write(struct devlink *devlink, const struct devlink_handle *handle, const char *name,
	enum devlink_param_mode mode, const char *value, struct error *err);

struct devlink_resource {
	char name[DEVLINK_NAME_MAX]; /* with those above it: "IPv4/fib" */
	int64_t size, occupied;      /* occupied: DEVLINK_UNKNOWN where the driver does not count */
};

/* Sizes of the device's tables: none where the driver has none. The caller frees *ret_resources. */
int devlink_resources_read(struct devlink *devlink, const struct devlink_handle *handle,
	struct devlink_resource **ret_resources, size_t *ret_count, struct error *err);

#endif
