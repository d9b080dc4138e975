// SPDX-License-Identifier: GPL-2.0-or-later
/* The plain log and systemd's journal; see audit.h. The library is loaded for it, as in distro/kernel_journal.c. */
#include "plan/audit.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "plan/kind.h"

/* Of RFC 5424: "notice" and "err". */
#define PRIORITY_DONE "PRIORITY=5"
#define PRIORITY_FAILED "PRIORITY=3"

struct audit {
	int log;       /* owned; -1: none */
	void *library; /* owned; NULL: none */
	int (*send)(const char *format, ...);
	char command[256], user[64];
};

static const char *const results[] = {
	[AUDIT_DONE] = "done",
	[AUDIT_FAILED] = "failed",
	[AUDIT_UNDONE] = "undone",
	[AUDIT_NOT_UNDONE] = "not-undone",
};

void audit_user(const struct sysroot *root, char *buf, size_t size)
{
	const char *sudo = getenv("SUDO_USER");
	struct passwd *entry;
	uint64_t uid = geteuid();

	if (sudo && text_is_name(sudo)) {
		text_copy(buf, size, sudo);
		return;
	}
	/* 2^32 - 1: nobody has logged in. */
	if (sysroot_read_u64(root, &uid, "proc/self/loginuid") < 0 || uid >= UINT32_MAX)
		uid = getuid();
	entry = getpwuid((uid_t)uid);
	if (entry && text_is_name(entry->pw_name))
		text_copy(buf, size, entry->pw_name);
	else
		snprintf(buf, size, "uid %u", (unsigned int)uid);
}

static int open_log(const struct sysroot *root)
{
	return openat(root->fd, "var/log/sluice.log",
		O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0640);
}

struct audit *audit_open(const struct sysroot *root, const char *command, const char *user)
{
	struct audit *audit = calloc(1, sizeof(*audit));

	if (!audit)
		return NULL;
	text_copy(audit->command, sizeof(audit->command), command);
	text_copy(audit->user, sizeof(audit->user), user);
	audit->log = open_log(root);
	/* The journal is this machine's. */
	if (!root->path[0] && sysroot_exists(root, "run/systemd/journal/socket"))
		audit->library = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
	if (audit->library)
		*(void **)&audit->send = dlsym(audit->library, "sd_journal_send");
	return audit;
}

void audit_close(struct audit *audit)
{
	if (!audit)
		return;
	close_fd(&audit->log);
	if (audit->library)
		dlclose(audit->library);
	free(audit);
}

/* One thing that changed. */
struct line {
	const char *kind, *target, *from, *to;
	enum audit_result result;
	const char *why; /* NULL: it did not fail */
};

/* A line stays one line, and a text inside its quotes, whatever a guest's process said of its end. */
static void clean(char *text)
{
	for (; *text && text[1]; text++)
		if ((unsigned char)*text < ' ' || *text == 127)
			*text = '?';
}

static char *quoted(const char *text)
{
	char *copy = strdup(text ? text : "");

	for (char *at = copy; at && *at; at++)
		if (*at == '"')
			*at = '\'';
	return copy;
}

static void write_line(const struct audit *audit, const struct line *line)
{
	time_t now = time(NULL);
	char when[24] = "?";
	cleanup_free char *text = NULL;
	cleanup_free char *why = quoted(line->why);
	struct tm utc;
	int length;

	if (!why)
		return;
	if (gmtime_r(&now, &utc))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &utc);
	length = asprintf(&text, "%s user=%s command=\"%s\" %s %s %s from=\"%s\" to=\"%s\"%s%s%s\n", when, audit->user,
		audit->command, results[line->result], line->kind, line->target, line->from, line->to,
		why[0] ? " error=\"" : "", why, why[0] ? "\"" : "");
	if (length < 0)
		return;
	clean(text);
	/* One write, so that lines of two programs do not mix; a full disk costs the line. */
	if (write(audit->log, text, (size_t)length) != length)
		return;
}

static void send_entry(const struct audit *audit, const struct line *line)
{
	bool is_good = line->result == AUDIT_DONE || line->result == AUDIT_UNDONE;

	audit->send("MESSAGE=%s %s: '%s' to '%s' %s%s%s", line->kind, line->target, line->from, line->to,
		results[line->result], line->why ? ": " : "", line->why ? line->why : "",
		is_good ? PRIORITY_DONE : PRIORITY_FAILED, "SYSLOG_IDENTIFIER=sluice", "SLUICE_USER=%s", audit->user,
		"SLUICE_COMMAND=%s", audit->command, "SLUICE_KIND=%s", line->kind, "SLUICE_TARGET=%s", line->target,
		"SLUICE_FROM=%s", line->from, "SLUICE_TO=%s", line->to, "SLUICE_RESULT=%s", results[line->result],
		NULL);
}

void audit_change(struct audit *audit, const char *kind, const char *target, const char *from, const char *to,
	enum audit_result result, const char *why)
{
	const struct line line = { kind, target, from, to, result, why };

	if (audit && audit->log >= 0)
		write_line(audit, &line);
	if (audit && audit->send)
		send_entry(audit, &line);
}

void audit_step(struct audit *audit, const struct step *step, enum audit_result result, const char *why)
{
	audit_change(audit, step->kind->name, step->target, step->from, step->to, result, why);
}
