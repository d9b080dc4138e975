// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The directory of a guest's keeper; see keeper.h. Speaks pidfd_open(2), pidfd_send_signal(2). What is read back is
 * checked: it is a file.
 */
#include "guest/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/utf8.h"
#include "os/run_dir.h"

enum {
	STATE_SIZE = 8192,
	REQUEST_SIZE = 512,
	LOCK_ATTEMPTS = 10,
	LOCK_STEP_MS = 20,
	STOP_SECONDS_MAX = 86400, /* as in the schema of the configuration */
};

static const char *const phases[KEEPER_PHASE_COUNT] = {
	[KEEPER_STARTING] = "starting",
	[KEEPER_RUNNING] = "running",
	[KEEPER_WAITING] = "waiting",
	[KEEPER_ENDED] = "ended",
};

static const struct {
	const char *name, *text;
} ends[KEEPER_END_COUNT] = {
	[KEEPER_END_NONE] = { "none", "it has not ended" },
	[KEEPER_END_POWEROFF] = { "powered-off", "it switched itself off" },
	[KEEPER_END_ASKED] = { "asked", "it switched itself off, as asked" },
	[KEEPER_END_FORCED] = { "forced", "it was ended by force" },
	[KEEPER_END_CRASHED] = { "crashed", "it crashed" },
	[KEEPER_END_NOT_STARTED] = { "not-started", "it could not be started" },
};

const char *keeper_phase_name(enum keeper_phase phase)
{
	return phases[phase];
}

const char *keeper_end_name(enum keeper_end end)
{
	return ends[end].name;
}

const char *keeper_end_text(enum keeper_end end)
{
	return ends[end].text;
}

static int open_dir(const struct sysroot *root, const char *name, bool create, int *ret_fd, struct error *err)
{
	char sub[64];

	if (!text_is_name(name))
		return fail_code(err, CODE_NO_SUCH_GUEST, ENOENT, "'%s' is no guest's name", name);
	snprintf(sub, sizeof(sub), "kept/%s", name);
	return run_dir_open(root, sub, create, ret_fd, err);
}

/* Field 22 of proc_pid_stat(5), counted from behind the name, which may hold anything. 0: not known. */
static uint64_t born_of(const struct sysroot *root, pid_t pid)
{
	char text[1024];
	const char *at;

	if (sysroot_read_text(root, text, sizeof(text), "proc/%d/stat", (int)pid) < 0)
		return 0;
	at = strrchr(text, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at + 1, NULL, 10) : 0;
}

/* Whoever forgets the last keeper has the lock too, for a moment: not refused at the first attempt. */
static bool take_lock(int fd, int attempts)
{
	const struct timespec step = { .tv_nsec = LOCK_STEP_MS * 1000000L };
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	while (fcntl(fd, F_OFD_SETLK, &lock)) {
		if (!--attempts)
			return false;
		nanosleep(&step, NULL);
	}
	return true;
}

int keeper_open(const struct sysroot *root, const char *name, struct keeper *ret_keeper, struct error *err)
{
	cleanup_close int dir = -1;
	cleanup_close int lock_fd = -1;
	int ret = open_dir(root, name, true, &dir, err);

	if (ret < 0)
		return ret;
	lock_fd = openat(dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (lock_fd < 0)
		return fail(err, errno, "open /run/sluice/kept/%s/lock", name);
	if (!take_lock(lock_fd, LOCK_ATTEMPTS)) {
		fail_code(err, CODE_GUEST_EXISTS, EEXIST, "guest '%s' is looked after already", name);
		return fail_hint(err, "'sluice ps' shows it, 'sluice down %s' ends it", name);
	}
	*ret_keeper =
		(struct keeper){ .state = { .pid = getpid(), .born = born_of(root, getpid()), .since = time(NULL) } };
	text_copy(ret_keeper->name, sizeof(ret_keeper->name), name);
	ret_keeper->dir_fd = take_fd(&dir);
	ret_keeper->lock_fd = take_fd(&lock_fd);
	/* At once, so that nobody takes what the last one wrote, its process too, for this one's. */
	keeper_write(ret_keeper);
	return 0;
}

void keeper_close(struct keeper *keeper)
{
	close_fd(&keeper->lock_fd);
	close_fd(&keeper->dir_fd);
}

/*
 * What a guest's process said of its end is in there, and a message may be cut within a character. What is not UTF-8
 * would leave no JSON at all, and what has to be escaped more than there is room for when it is read.
 */
static json_t *error_json(const struct error *error)
{
	char message[sizeof(error->msg)], hint[sizeof(error->hint)];
	json_t *excerpt;

	if (!error->errnum)
		return json_null();
	excerpt = json_string(error->excerpt);
	return json_pack("{s:s, s:s, s:s, s:o}", "code", code_info(error->code)->name, "message",
		utf8_clean(error->msg, message, sizeof(message)), "hint", utf8_clean(error->hint, hint, sizeof(hint)),
		"excerpt", excerpt ? excerpt : json_string(""));
}

void keeper_write(struct keeper *keeper)
{
	const struct keeper_state *state = &keeper->state;
	cleanup_free char *text = NULL;
	json_t *object = json_pack("{s:I, s:I, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:s, s:o}", "pid",
		(json_int_t)state->pid, "born", (json_int_t)state->born, "phase", phases[state->phase], "since",
		(json_int_t)state->since, "until", (json_int_t)state->until, "restarts",
		(json_int_t)state->restarts.total, "restarts_in_a_row", (json_int_t)state->restarts.in_a_row, "rule",
		(json_int_t)state->rule, "stop_seconds", (json_int_t)state->stop_seconds, "unit", state->is_unit, "end",
		ends[state->end].name, "error", error_json(&state->error));

	text = object ? json_dumps(object, JSON_INDENT(1)) : NULL;
	json_decref(object);
	if (text)
		run_dir_write(keeper->dir_fd, "state.json", text, NULL);
}

/* 0 for what is missing or out of range: a state is advice, and its lock the truth. */
static int64_t number_of(const json_t *object, const char *key, int64_t max)
{
	const json_t *value = json_object_get(object, key);
	json_int_t number = json_is_integer(value) ? json_integer_value(value) : 0;

	return number < 0 || number > max ? 0 : number;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static void read_error(const json_t *object, struct error *ret_error)
{
	if (!json_is_object(object))
		return;
	ret_error->errnum = EIO;
	ret_error->code = code_find(text_of(object, "code"));
	if (ret_error->code == CODE_NONE)
		ret_error->code = CODE_FAILED;
	text_copy(ret_error->msg, sizeof(ret_error->msg), text_of(object, "message"));
	text_copy(ret_error->hint, sizeof(ret_error->hint), text_of(object, "hint"));
	text_copy(ret_error->excerpt, sizeof(ret_error->excerpt), text_of(object, "excerpt"));
}

static void state_from_json(const json_t *object, struct keeper_state *ret_state)
{
	*ret_state = (struct keeper_state){
		.pid = (pid_t)number_of(object, "pid", INT32_MAX),
		.born = (uint64_t)number_of(object, "born", INT64_MAX),
		.phase = KEEPER_ENDED,
		.since = number_of(object, "since", INT64_MAX),
		.until = number_of(object, "until", INT64_MAX),
		.restarts = { (uint32_t)number_of(object, "restarts_in_a_row", UINT32_MAX),
			(uint32_t)number_of(object, "restarts", UINT32_MAX) },
		.rule = (enum restart_when)number_of(object, "rule", RESTART_ALWAYS),
		.stop_seconds = (uint32_t)number_of(object, "stop_seconds", STOP_SECONDS_MAX),
		.is_unit = json_is_true(json_object_get(object, "unit")),
	};
	for (int i = 0; i < KEEPER_PHASE_COUNT; i++)
		if (!strcmp(phases[i], text_of(object, "phase")))
			ret_state->phase = (enum keeper_phase)i;
	for (int i = 0; i < KEEPER_END_COUNT; i++)
		if (!strcmp(ends[i].name, text_of(object, "end")))
			ret_state->end = (enum keeper_end)i;
	read_error(json_object_get(object, "error"), &ret_state->error);
}

int keeper_read(const struct sysroot *root, const char *name, struct keeper_state *ret_state, bool *ret_alive)
{
	char text[STATE_SIZE];
	cleanup_close int dir = -1;
	json_t *object = NULL;

	if (open_dir(root, name, false, &dir, NULL) < 0)
		return 0;
	*ret_alive = guest_dir_is_locked(root, dir);
	*ret_state = (struct keeper_state){ .phase = KEEPER_STARTING };
	if (run_dir_read(dir, "state.json", text, sizeof(text)) >= 0)
		object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	if (!object)
		return *ret_alive;
	state_from_json(object, ret_state);
	json_decref(object);
	return 1;
}

bool keeper_is_alive(const struct sysroot *root, const char *name)
{
	cleanup_close int dir = -1;

	return !open_dir(root, name, false, &dir, NULL) && guest_dir_is_locked(root, dir);
}

/* With the lock, so that no keeper writes its first words just before they are removed. */
void keeper_forget(const struct sysroot *root, const char *name)
{
	cleanup_close int dir = -1;
	cleanup_close int lock_fd = -1;

	if (open_dir(root, name, false, &dir, NULL) < 0)
		return;
	lock_fd = openat(dir, "lock", O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (lock_fd >= 0 && take_lock(lock_fd, 1))
		run_dir_remove(dir, "state.json", NULL);
}

/*
 * The descriptor first, then the questions: the number is another process's only after this one is gone. Between its
 * lock and its first word a keeper has the state of the one before, which may have been killed long ago: whose number
 * that is now, tells when the process was started.
 */
int keeper_process(const struct sysroot *root, const char *name, int *ret_pidfd, struct error *err)
{
	struct keeper_state before, now;
	cleanup_close int fd = -1;
	bool alive = false;

	if (keeper_read(root, name, &before, &alive) && alive && before.phase != KEEPER_ENDED && before.pid > 0)
		fd = (int)syscall(SYS_pidfd_open, before.pid, 0);
	if (fd < 0 || !keeper_read(root, name, &now, &alive) || !alive || now.pid != before.pid ||
		(now.born && now.born != born_of(root, now.pid)))
		return fail_code(err, CODE_NO_SUCH_GUEST, ESRCH, "nobody looks after guest '%s'", name);
	*ret_pidfd = take_fd(&fd);
	return 0;
}

int keeper_stop(const struct sysroot *root, const char *name, unsigned int seconds, struct error *err)
{
	struct pollfd polled = { .events = POLLIN };
	cleanup_close int process = -1;
	int ret = keeper_process(root, name, &process, err);

	if (ret < 0)
		return ret;
	polled.fd = process;
	if (syscall(SYS_pidfd_send_signal, process, SIGTERM, NULL, 0) && errno != ESRCH)
		return fail(err, errno, "end the process that looks after guest '%s'", name);
	if (poll(&polled, 1, (int)seconds * 1000) > 0)
		return 0;
	fail_code(err, CODE_GUEST_DEAF, ETIMEDOUT, "guest '%s' was to be started, and is not given up yet", name);
	return fail_hint(err, "'sluice ps' shows whether it runs by now; then again");
}

void keeper_request(const struct sysroot *root, const char *name, const char *user, const char *command)
{
	char text[REQUEST_SIZE];
	cleanup_close int dir = -1;

	snprintf(text, sizeof(text), "%s\n%s\n", user, command);
	if (!open_dir(root, name, true, &dir, NULL))
		run_dir_write(dir, "request", text, NULL);
}

bool keeper_take_request(const struct keeper *keeper, char *user, size_t user_size, char *command, size_t command_size)
{
	char text[REQUEST_SIZE], *rest = text, *first, *second;

	if (run_dir_read(keeper->dir_fd, "request", text, sizeof(text)) < 0)
		return false;
	run_dir_remove(keeper->dir_fd, "request", NULL);
	first = strsep(&rest, "\n");
	second = strsep(&rest, "\n");
	if (!second)
		return false;
	text_copy(user, user_size, first);
	text_copy(command, command_size, second);
	return true;
}

static int compare_names(const void *one, const void *other)
{
	return strcmp(one, other);
}

int keeper_list(const struct sysroot *root, char (**ret_names)[GUEST_NAME_SIZE], size_t *ret_count, struct error *err)
{
	cleanup_close int fd = -1;
	cleanup_dir DIR *list = NULL;
	cleanup_free char(*names)[GUEST_NAME_SIZE] = NULL;
	struct dirent *entry;
	size_t count = 0;
	int ret = run_dir_open(root, "kept", false, &fd, err);

	if (ret < 0 && ret != -ENOENT)
		return ret;
	if (!ret && !(list = run_dir_list(fd)))
		return fail(err, errno, "list /run/sluice/kept");
	while (list && (entry = readdir(list))) {
		char(*grown)[GUEST_NAME_SIZE] =
			text_is_name(entry->d_name) ? realloc(names, (count + 1) * sizeof(*names)) : names;

		if (!text_is_name(entry->d_name))
			continue;
		if (!grown)
			return fail(err, ENOMEM, "list guests");
		names = grown;
		text_copy(names[count++], sizeof(names[0]), entry->d_name);
	}
	if (count)
		qsort(names, count, sizeof(*names), compare_names);
	*ret_names = take_ptr(names);
	*ret_count = count;
	return 0;
}
