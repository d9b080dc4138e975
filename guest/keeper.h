/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who keeps a guest of the configuration: a process that starts it, looks after it and starts it again (keep.h). It has
 * a directory, /run/sluice/kept/NAME, which stays after it and says how it ended:
 *
 *	lock		locked by that process for as long as it lives, as in a guest's own directory
 *	state.json	struct keeper_state
 *	request		for whom the next change of it is done; gone once it is read
 *
 * A guest may run without a keeper (`sluice run`), and a keeper be without a guest, while it waits to start it again.
 */
#ifndef GUEST_KEEPER_H
#define GUEST_KEEPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "assign/guest_dir.h"
#include "guest/restart.h"

enum keeper_phase {
	KEEPER_STARTING,
	KEEPER_RUNNING,
	KEEPER_WAITING, /* to start it again */
	KEEPER_ENDED,
	KEEPER_PHASE_COUNT,
};

/* How the guest ended last. */
enum keeper_end {
	KEEPER_END_NONE,     /* not yet */
	KEEPER_END_POWEROFF, /* of itself */
	KEEPER_END_ASKED,    /* at its power button */
	KEEPER_END_FORCED,   /* it was asked, and did not end in time */
	KEEPER_END_CRASHED,
	KEEPER_END_NOT_STARTED,
	KEEPER_END_COUNT,
};

struct keeper_state {
	pid_t pid;     /* of the keeper */
	uint64_t born; /* when that process was started, as proc_pid_stat(5) has it; 0: not known */
	enum keeper_phase phase;
	int64_t since, until; /* seconds since the epoch: of the phase; WAITING: until then */
	struct restart_count restarts;
	enum restart_when rule;
	uint32_t stop_seconds; /* what it has between its power button and force */
	bool is_unit;          /* systemd started it */
	enum keeper_end end;
	struct error error; /* of that end; errnum 0: none */
};

/* A keeper's own side. */
struct keeper {
	char name[GUEST_NAME_SIZE];
	int dir_fd, lock_fd; /* owned; -1 */
	struct keeper_state state;
};

/* "running"; "powered-off"; for files and output. */
const char *keeper_phase_name(enum keeper_phase phase);
const char *keeper_end_name(enum keeper_end end);

/* "it switched itself off", "it was ended by force". */
const char *keeper_end_text(enum keeper_end end);

/* This process is the keeper of that guest now: CODE_GUEST_EXISTS when another is. *ret_keeper may not be copied. */
int keeper_open(const struct sysroot *root, const char *name, struct keeper *ret_keeper, struct error *err);
void keeper_close(struct keeper *keeper);

/* Write the state down; what cannot be written is of no consequence to the guest. */
void keeper_write(struct keeper *keeper);

/* The state of a guest's keeper, or of its last one. 1, with *ret_alive, or 0 when there was none. */
int keeper_read(const struct sysroot *root, const char *name, struct keeper_state *ret_state, bool *ret_alive);

/* Does somebody keep it? */
bool keeper_is_alive(const struct sysroot *root, const char *name);

/* Forget how it ended last; a living keeper's state stays. */
void keeper_forget(const struct sysroot *root, const char *name);

/*
 * A descriptor of the living keeper's very process (pidfd), to signal and to wait for; -ESRCH when there is none. The
 * caller owns it.
 */
int keeper_process(const struct sysroot *root, const char *name, int *ret_pidfd, struct error *err);

/*
 * A guest that does not run, and is to be started again: it is not, and its keeper goes. Waits for that up to seconds,
 * below a day. CODE_NO_SUCH_GUEST; CODE_GUEST_DEAF when it is still there.
 */
int keeper_stop(const struct sysroot *root, const char *name, unsigned int seconds, struct error *err);

/* Who wants the next change, for the keeper to write into the log: "alice", "up web1". */
void keeper_request(const struct sysroot *root, const char *name, const char *user, const char *command);

/* Take that; false, with buffers untouched, when nobody said anything. */
bool keeper_take_request(const struct keeper *keeper, char *user, size_t user_size, char *command, size_t command_size);

/* Names of all that have or had a keeper, sorted; the caller frees *ret_names. */
int keeper_list(const struct sysroot *root, char (**ret_names)[GUEST_NAME_SIZE], size_t *ret_count, struct error *err);

#endif
