/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the reference has and we do not, see elsewhere.h.
 */
#include <stdbool.h>
#include <string.h>

#include "ctltool/cmd.h"
#include "ctltool/elsewhere.h"

#define OF_THE_HOST	"phonetrust is one program among others on its host, " \
			"not its operating system"
#define LOGS		"logs are the system's: journalctl, or run/tftpd.log " \
			"in the state folder where no journal runs"
#define ALWAYS_ACTIVE	"a daemon that is installed is activated: " \
			"utils service start and stop are all there is"

static const struct elsewhere table[] = {
	{ "file delete activelog", LOGS "; what phones fetch is removed by "
	    "file delete tftp NAME" },
	{ "file dump activelog", LOGS },
	{ "file get activelog", LOGS },
	{ "file list activelog", LOGS },
	{ "file search activelog", LOGS },
	{ "file tail activelog", LOGS },
	{ "file view activelog", LOGS },
	{ "set cli session timeout", "the prompt holds no session: it ends "
	    "with the terminal, or by exit" },
	{ "set key regen authz", "there is no OAuth service here, and so no "
	    "key of it" },
	{ "set network", OF_THE_HOST ": its address and name are changed "
	    "there (hostnamectl, ip)" },
	{ "set tls client", "connections that phonetrust opens take TLS 1.2 "
	    "and above, always" },
	{ "show myself", "accounts are the operating system's: id" },
	{ "show network", OF_THE_HOST ": ip address, ip route; the node's "
	    "names are in show status" },
	{ "utils capf set keysize", "the key's size is a setting of each phone "
	    "and profile: utils capf install --key, or phone profile set "
	    "--rsa-key-size" },
	{ "utils fips", OF_THE_HOST ": FIPS mode is a matter of its OpenSSL" },
	{ "utils ipsec", "IPsec to gateways is the host's (strongSwan): "
	    "restart it there" },
	{ "utils ntp", OF_THE_HOST ": timedatectl timesync-status, or "
	    "chronyc tracking" },
	{ "utils os secure", OF_THE_HOST ": its mandatory access control is "
	    "set there" },
	{ "utils service activate", ALWAYS_ACTIVE },
	{ "utils service auto-restart", "a daemon's parent starts a process "
	    "that fails again, always; a daemon itself is the init system's" },
	{ "utils service deactivate", ALWAYS_ACTIVE },
	{ "utils system", OF_THE_HOST ": systemctl reboot or poweroff; the "
	    "daemons alone with utils service restart all" },
	{ NULL, NULL },
};

const struct elsewhere *
elsewhere_table(void)
{
	return table;
}

/* The tokens begin with all of words. */
static bool
begin_with(char *const *tok, size_t n, const char *words)
{
	size_t len;

	for (size_t i = 0; *words != '\0'; i++) {
		len = strcspn(words, " ");
		if (i == n || strlen(tok[i]) != len ||
		    memcmp(tok[i], words, len) != 0)
			return false;
		words += len + (words[len] == ' ');
	}
	return true;
}

const struct elsewhere *
elsewhere_find(char *const *tok, size_t n)
{
	for (const struct elsewhere *w = table; w->words != NULL; w++)
		if (begin_with(tok, n, w->words) ||
		    begin_with(tok, n, cmd_words_short(w->words)))
			return w;
	return NULL;
}
