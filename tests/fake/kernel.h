/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of the fake kernel: functions, drivers, what is being done and by whom, what was logged. The files of its
 * fake room share it; nobody else includes this.
 */
#ifndef KERNEL_H
#define KERNEL_H

#include <linux/if_ether.h>

#include "tests/fake/fault.h"
#include "tests/fake/tree.h"

enum {
	NAME_SIZE = 32,
	DRIVER_IDS = 32,
	FAULTS_MAX = 64,
	GROUP_OWN = -2, /* one that is not chosen yet */
};

/* What a network card's PF keeps of each VF; the rest of struct ifla_vf_* follows from it. */
struct vf_attributes {
	uint8_t mac[ETH_ALEN];
	uint32_t vlan, qos;
	uint16_t vlan_proto;
	uint32_t min_rate, max_rate, spoofchk, trust, link_state, query_rss;
	uint64_t node_guid, port_guid;
};

struct netdev {
	char name[NAME_SIZE];
	unsigned int index; /* 0: none */
	uint8_t mac[ETH_ALEN];
	bool up;
};

struct driver {
	struct driver *next;
	char name[NAME_SIZE];
	struct node *dir;
	struct {
		unsigned int vendor, device;
	} id[DRIVER_IDS];
	size_t id_count, id_count_first; /* as described, without new_id */
	bool any;                        /* takes what driver_override gives it only: vfio-pci */
	bool splits;                     /* has sriov_configure */
	bool refuses;                    /* its probe fails */
	char net[NAME_SIZE];             /* prefix of the network devices it makes; "": none */
	unsigned int max_vfs;            /* 0: as many as the device says */
	unsigned int lacks;              /* bits of enum vf_attribute that it does not know */
	unsigned int max_rate;           /* Mbit/s: more is refused; 0: no limit */
	bool no_min_rate, no_8021ad;     /* refuses these values */
};

struct function {
	struct function *next;
	char name[16];
	struct node *dir;    /* NULL: removed */
	struct node *parent; /* where its directory is */
	unsigned int vendor, device, sub_vendor, sub_device, class;
	struct function *pf; /* NULL: is none's VF */
	unsigned int index;
	struct driver *driver, *first_driver;
	char override[64];
	int group; /* -1: none, or GROUP_OWN */
	bool lasting;
	struct netdev net, first_net;

	/* A physical function's. */
	unsigned int total, count, offset, stride, vf_device, vf_class;
	bool autoprobe, groups_with_pf;
	unsigned int make_ms, remove_ms, late_ms, first_late_ms;
	struct function **vf; /* count of them */
	struct vf_attributes *attributes;

	/* The device's lock. */
	struct operation *busy, *waiting;
};

/* One request of a client that is not answered yet. */
struct operation {
	struct operation *next;
	struct function *locked; /* whose lock it holds, or waits for; NULL: none */
	struct node *node;
	const struct attribute *attribute;
	char name[128]; /* of its file, as in the log */
	char *text;     /* of a write; NULL: a read */
	pid_t pid;
	int answer; /* 0 or -errno */
	struct fault_effect effect;
	void *request; /* the client's; answered by kernel->reply */
};

struct timer {
	struct timer *next;
	uint64_t at; /* milliseconds, CLOCK_MONOTONIC */
	void (*run)(struct kernel *kernel, void *object);
	void *object;
};

struct kernel {
	struct tree *tree;
	struct function *functions;
	struct driver *drivers;
	struct timer *timers; /* in order */
	struct operation *hanging;
	struct fault faults[FAULTS_MAX];
	size_t fault_count;
	struct node *log, *kmsg; /* what was written to the host, what it said */
	unsigned int next_index; /* of network devices */
	int group_hint;          /* no number below it is free */
	unsigned int vfio_hint;
	uint64_t records; /* of kmsg */
	void (*reply)(struct kernel *kernel, struct operation *operation);
};

/* main.c */
uint64_t now_ms(void);
void timer_add(struct kernel *kernel, unsigned int ms, void (*run)(struct kernel *kernel, void *object), void *object);

/* log.c: a line of the log of writes; a record of the kernel's log. */
void log_line(struct kernel *kernel, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void kmsg_line(struct kernel *kernel, int priority, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* function.c: PCI functions, and where they are shown. */
struct function *function_find(const struct kernel *kernel, const char *name);
void function_take_over(struct kernel *kernel);
struct function *function_new_vf(struct kernel *kernel, struct function *pf, unsigned int index);
void function_show(struct kernel *kernel, struct function *function);
void function_hide(struct kernel *kernel, struct function *function);
void function_free(struct kernel *kernel, struct function *function);
void function_show_driver(struct kernel *kernel, struct function *function);
void function_show_number(struct kernel *kernel, struct function *function, const char *attribute, unsigned int number);

/* driver.c: who drives a function. */
struct driver *driver_find(const struct kernel *kernel, const char *name);
struct driver *driver_new(struct kernel *kernel, const char *name);
int driver_bind(struct kernel *kernel, struct driver *driver, struct function *function);
void driver_unbind(struct kernel *kernel, struct function *function);
int driver_probe(struct kernel *kernel, struct function *function);
int driver_attach(struct kernel *kernel, struct driver *driver, struct function *function);

/* netdev.c: network devices of functions. */
void netdev_show(struct kernel *kernel, struct function *function);
void netdev_hide(struct kernel *kernel, struct function *function);

/* sriov.c: how many VFs. done() is called when the number is set, or cannot be: 0 or -errno. */
int sriov_check(struct kernel *kernel, const struct function *pf, const char *text, unsigned int *ret_count);
void sriov_make(struct kernel *kernel, struct function *pf, unsigned int count);
void sriov_remove(struct kernel *kernel, struct function *pf);

/* attribute.c: files that do something when they are written. */
void attribute_add_files(struct kernel *kernel, struct node *dir);
void attribute_write(struct kernel *kernel, struct operation *operation);
void attribute_read(struct kernel *kernel, struct operation *operation);
void attribute_forget(struct kernel *kernel, struct function *function);
void attribute_unhang(struct kernel *kernel);

/* describe.c: lines of a description, and of the control file. 0 or -EINVAL. */
int describe_line(struct kernel *kernel, const char *line);
int describe_file(struct kernel *kernel, const char *name);

/* reset.c: as it was at the beginning. */
void kernel_remember(struct kernel *kernel);
void kernel_reset(struct kernel *kernel);

#endif
