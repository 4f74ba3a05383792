/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The table of parameters.  See params.h.  Where the reference has a name for
 * one, its help begins with it (spec/security-settings.md sections 5 to 7).
 */
#include "db/params.h"

#define NEW_LIST	"at once: a new list is made and signed when the " \
			"content differs"
#define NEW_TRANSFERS	"at once, for transfers that start after it"
#define NEW_COMMANDS	"at once, for the next command of ctltool"
#define NEW_CONNECTIONS	"at once, for connections that open after it"
#define KEPT		"kept now; nothing reads it before "
#define KEPT_CERT	KEPT "certificates are managed"
#define NEW_CERTIFICATES "at once, for certificates and requests made after it"
#define KEPT_LISTS	KEPT "phones are moved between clusters"
#define KEPT_LINE	KEPT "SIP phones register here"
#define KEPT_TLS	KEPT "SIP over TLS is spoken here"
#define KEPT_TRUNK	KEPT "SIP trunks are run here"
#define NEW_PHONE_FILES	"at once, for the next file asked for; phones that " \
			"have theirs read it at their next restart"
#define NEW_ALARMS	"at once, for alarms raised or sent after it"
#define AUTOREG		"at once, for phones that nobody added"
#define NEW_SOCKETS	"within a second; transfers under way go on, and " \
			"when the new one cannot be had the old one stays"
#define OWN_PORT	"; 0 is the node's own, "
#define NEW_PORT	"at once in the files of phones, which read them at " \
			"their next restart"
#define NEW_SESSIONS	"with the next session of a phone with CAPF"
#define NEW_REQUESTS	"with the next request to that CA"
#define NEW_ANSWERS	"with the next question of a phone"
#define BRIDGE		KEPT "calls are run here; checked against profiles"

static const struct param_def params[PARAM_N] = {
	{ PARAM_ITL_DIGEST, "itl.digest", PARAM_ENUM, PARAM_CLUSTER, 0, 0,
	    "sha1|sha512", "sha1", "", NEW_LIST,
	    "Digest of the signature of trust lists; old phones know SHA-1 "
	    "only." },
	{ PARAM_ITL_SIGNER_VERSION, "itl.signer_version", PARAM_ENUM,
	    PARAM_CLUSTER, 0, 0, "1.0|1.1", "1.0", "", NEW_LIST,
	    "Version in trust lists; 1.1 adds the CallManager-ECDSA record, and "
	    "phones are asked for EC keys (Key Order) only with it." },
	{ PARAM_ITL_TFTP_ROLE, "itl.tftp_role", PARAM_ENUM, PARAM_CLUSTER, 0,
	    0, "ccm+tftp|tftp", "ccm+tftp", "", NEW_LIST,
	    "Role of the CallManager certificate that signs phone files." },
	{ PARAM_FILE_DIGEST, "file.digest", PARAM_ENUM, PARAM_CLUSTER, 0, 0,
	    "sha1|sha512", "sha1", "", "at once, for the next file asked for",
	    "TFTP File Signature Algorithm: digest of the signature of phone "
	    "files (.sgn); old phones know SHA-1 only." },
	{ PARAM_FILES_SYMMETRIC, "files.symmetric_encryption", PARAM_ENUM,
	    PARAM_CLUSTER, 0, 0, "no|yes", "no", "",
	    "at once, for the next file asked for",
	    "EXPERIMENTAL: encrypt files of phones without a certificate for "
	    "the Symmetric Key typed into them (AES-128, 32 hexadecimal "
	    "digits). The layout that phones expect is not known for sure." },
	{ PARAM_TFTP_ROOT, "tftp.root", PARAM_TEXT, PARAM_NODE, 0, 4096, NULL,
	    "", "", "at once, for the next file asked for",
	    "Alternate File Locations: further folders of static files, "
	    "absolute, separated by ':'." },
	{ PARAM_TFTP_CACHE, "tftp.cache", PARAM_ENUM, PARAM_NODE, 0, 0,
	    "memory|disk", "memory", "", "at once",
	    "Where signatures of phone files are kept; on disk they survive "
	    "a restart." },
	{ PARAM_TFTP_CACHE_BYTES, "tftp.cache_bytes", PARAM_INT, PARAM_NODE,
	    0, INT64_C(17179869184), NULL, "67108864", "bytes", "at once",
	    "Enable Caching of Constant and Bin Files: memory for files made "
	    "for phones; 0 keeps none." },
	{ PARAM_TFTP_MAX_TRANSFERS, "tftp.max_transfers", PARAM_INT,
	    PARAM_NODE, 1, 65536, NULL, "4096", "transfers", NEW_TRANSFERS,
	    "Maximum Serving Count: TFTP transfers at a time, all phones "
	    "together." },
	{ PARAM_TFTP_MAX_PER_ADDRESS, "tftp.max_per_address", PARAM_INT,
	    PARAM_NODE, 1, 65536, NULL, "2000", "transfers", NEW_TRANSFERS,
	    "TFTP transfers at a time to one address." },
	{ PARAM_TFTP_TIMEOUT_MS, "tftp.timeout_ms", PARAM_INT, PARAM_NODE,
	    100, 10000, NULL, "1000", "ms", NEW_TRANSFERS,
	    "Wait before the first packet is sent again; later ones wait for "
	    "what the phone needed." },
	{ PARAM_TFTP_TIMEOUT_MIN_MS, "tftp.timeout_min_ms", PARAM_INT,
	    PARAM_NODE, 10, 10000, NULL, "50", "ms", NEW_TRANSFERS,
	    "Shortest wait before a packet is sent again, however quick the "
	    "phone." },
	{ PARAM_TFTP_RETRIES, "tftp.retries", PARAM_INT, PARAM_NODE, 1, 20,
	    NULL, "5", "times", NEW_TRANSFERS,
	    "How often a packet is sent again, not counting what comes sooner "
	    "than tftp.timeout_ms, before the transfer ends." },
	{ PARAM_TFTP_LIFE_S, "tftp.life_s", PARAM_INT, PARAM_NODE, 10, 86400,
	    NULL, "600", "s", NEW_TRANSFERS,
	    "Longest time one TFTP transfer may take." },
	{ PARAM_TFTP_BLKSIZE_MAX, "tftp.blksize_max", PARAM_INT, PARAM_NODE,
	    512, 65464, NULL, "1468", "bytes", NEW_TRANSFERS,
	    "Largest block size granted; 1468 fits an Ethernet frame." },
	{ PARAM_TFTP_WINDOWSIZE_MAX, "tftp.windowsize_max", PARAM_INT,
	    PARAM_NODE, 1, 65535, NULL, "64", "blocks", NEW_TRANSFERS,
	    "Largest window granted: blocks sent without waiting." },
	{ PARAM_HTTP_MAX_CONNECTIONS, "http.max_connections", PARAM_INT,
	    PARAM_NODE, 1, 65536, NULL, "4096", "connections",
	    NEW_CONNECTIONS, "HTTP connections at a time, all phones "
	    "together." },
	{ PARAM_HTTP_MAX_PER_ADDRESS, "http.max_per_address", PARAM_INT,
	    PARAM_NODE, 1, 65536, NULL, "2000", "connections",
	    NEW_CONNECTIONS, "HTTP connections at a time from one address." },
	{ PARAM_HTTP_HEAD_TIMEOUT_MS, "http.head_timeout_ms", PARAM_INT,
	    PARAM_NODE, 100, 120000, NULL, "10000", "ms", NEW_CONNECTIONS,
	    "Time within which a whole request head must have come." },
	{ PARAM_HTTP_IDLE_TIMEOUT_MS, "http.idle_timeout_ms", PARAM_INT,
	    PARAM_NODE, 100, 600000, NULL, "30000", "ms", NEW_CONNECTIONS,
	    "How long a kept connection may be silent between requests." },
	{ PARAM_HTTP_MIN_RATE, "http.min_rate", PARAM_INT, PARAM_NODE, 1,
	    1000000, NULL, "500", "bytes/s", NEW_CONNECTIONS,
	    "A client that takes a reply more slowly is disconnected." },
	{ PARAM_OBSERVED_RING, "observed.ring", PARAM_INT, PARAM_NODE, 1,
	    1000, NULL, "16", "fetches", "with the next fetch of a device",
	    "Fetches remembered per device." },
	{ PARAM_OBSERVED_DEVICES, "observed.devices", PARAM_INT, PARAM_NODE,
	    1, 1000000, NULL, "200000", "devices",
	    "with the next fetch of a new device",
	    "Devices remembered; the longest unseen is forgotten first, phones "
	    "of this cluster last." },
	{ PARAM_TVS_MIN_VERSION, "tvs.min_version", PARAM_ENUM,
	    PARAM_NODE, 0, 0, "1.2|1.3|1.0", "1.2", "", NEW_CONNECTIONS,
	    "Lowest TLS version of the Trust Verification Service; 1.0 is for "
	    "7900 series phones." },
	{ PARAM_TVS_STATIC_RSA, "tvs.static_rsa", PARAM_ENUM,
	    PARAM_NODE, 0, 0, "no|yes", "no", "", NEW_CONNECTIONS,
	    "RSA key exchange as well, without forward secrecy: for phones "
	    "that know nothing else (7900 series)." },
	{ PARAM_TVS_MAX_CONNECTIONS, "tvs.max_connections", PARAM_INT,
	    PARAM_NODE, 1, 65536, NULL, "10000", "connections",
	    NEW_CONNECTIONS, "Connections to the Trust Verification Service "
	    "at a time, all phones together." },
	{ PARAM_TVS_MAX_PER_ADDRESS, "tvs.max_per_address", PARAM_INT,
	    PARAM_NODE, 1, 65536, NULL, "2000", "connections",
	    NEW_CONNECTIONS, "Connections to the Trust Verification Service "
	    "at a time from one address." },
	{ PARAM_TVS_HANDSHAKE_TIMEOUT_MS, "tvs.handshake_timeout_ms",
	    PARAM_INT, PARAM_NODE, 100, 120000, NULL, "5000", "ms",
	    NEW_CONNECTIONS, "Time within which the TLS handshake of the "
	    "Trust Verification Service must be over." },
	{ PARAM_TVS_MESSAGE_TIMEOUT_MS, "tvs.message_timeout_ms",
	    PARAM_INT, PARAM_NODE, 100, 120000, NULL, "5000", "ms",
	    NEW_CONNECTIONS, "Time within which a request that has begun "
	    "must be whole, and its answer be taken." },
	{ PARAM_TVS_IDLE_TIMEOUT_MS, "tvs.idle_timeout_ms", PARAM_INT,
	    PARAM_NODE, 100, 600000, NULL, "30000", "ms", NEW_CONNECTIONS,
	    "How long a connection to the Trust Verification Service may be "
	    "silent before and between requests." },
	{ PARAM_TVS_TTL, "tvs.ttl", PARAM_INT, PARAM_CLUSTER, 60, 2592000,
	    NULL, "86400", "seconds", NEW_ANSWERS,
	    "How long a phone may keep the answer that a certificate is "
	    "trusted; for that long a removed one stays trusted by it." },
	{ PARAM_TVS_TTL_APP_SERVER, "tvs.ttl_app_server", PARAM_INT,
	    PARAM_CLUSTER, 60, 2592000, NULL, "3600", "seconds", NEW_ANSWERS,
	    "The same for certificates of HTTPS and application servers." },
	{ PARAM_TVS_ACCEPT_CHAINS, "tvs.accept_chains", PARAM_ENUM,
	    PARAM_CLUSTER, 0, 0, "no|https|all", "no", "", NEW_ANSWERS,
	    "Vouch also for certificates issued by a CA: of https-trust as "
	    "application servers, with all of CallManager-trust too as call "
	    "managers; only where such a CA issues to servers of yours alone." },
	{ PARAM_TVS_SERIAL_ALONE, "tvs.serial_alone", PARAM_ENUM,
	    PARAM_CLUSTER, 0, 0, "no|yes", "no", "", NEW_ANSWERS,
	    "A phone that asks by name gets the only certificate with the "
	    "serial number it names when the issuer's name is written in a "
	    "way that matches none." },
	{ PARAM_CAPF_MIN_VERSION, "capf.min_version", PARAM_ENUM,
	    PARAM_NODE, 0, 0, "1.2|1.3|1.0", "1.2", "", NEW_CONNECTIONS,
	    "Lowest TLS version of CAPF; 1.0 is for 7900 series phones." },
	{ PARAM_CAPF_STATIC_RSA, "capf.static_rsa", PARAM_ENUM,
	    PARAM_NODE, 0, 0, "no|yes", "no", "", NEW_CONNECTIONS,
	    "RSA key exchange as well, without forward secrecy: for phones "
	    "that know nothing else (7900 series)." },
	{ PARAM_CAPF_MAX_CONNECTIONS, "capf.max_connections", PARAM_INT,
	    PARAM_NODE, 1, 65536, NULL, "4000", "connections",
	    NEW_CONNECTIONS, "Sessions with CAPF at a time, all phones "
	    "together; a phone that makes its key takes one for a minute." },
	{ PARAM_CAPF_MAX_PER_ADDRESS, "capf.max_per_address", PARAM_INT,
	    PARAM_NODE, 1, 65536, NULL, "2000", "connections",
	    NEW_CONNECTIONS, "Sessions with CAPF at a time from one "
	    "address." },
	{ PARAM_CAPF_HANDSHAKE_TIMEOUT_MS, "capf.handshake_timeout_ms",
	    PARAM_INT, PARAM_NODE, 100, 120000, NULL, "15000", "ms",
	    NEW_CONNECTIONS, "Time within which the TLS handshake of CAPF "
	    "must be over." },
	{ PARAM_CAPF_REPLY_TIMEOUT_MS, "capf.reply_timeout_ms",
	    PARAM_INT, PARAM_NODE, 100, 600000, NULL, "30000", "ms",
	    NEW_SESSIONS, "Time within which a phone must answer CAPF, and "
	    "say that it is making a key." },
	{ PARAM_HTTPS_MIN_VERSION, "https.min_version", PARAM_ENUM,
	    PARAM_NODE, 0, 0, "1.2|1.3|1.0", "1.2", "", NEW_CONNECTIONS,
	    "Lowest TLS version of HTTPS on port 6971; 1.0 is for 7900 series "
	    "phones." },
	{ PARAM_HTTPS2_MIN_VERSION, "https2.min_version", PARAM_ENUM,
	    PARAM_NODE, 0, 0, "1.2|1.3|1.0", "1.2", "", NEW_CONNECTIONS,
	    "Lowest TLS version of HTTPS on port 6972." },
	{ PARAM_HTTPS_PLAIN_SGN, "https.plain_sgn", PARAM_ENUM, PARAM_NODE, 0,
	    0, "yes|no", "yes", "", "within a second",
	    "SEP<MAC>.cnf.xml.sgn on port 6971 gives the plain file." },
	{ PARAM_TFTP_ADDRESS, "tftp.address", PARAM_TEXT, PARAM_NODE,
	    0, 1024, NULL, "", "", NEW_SOCKETS,
	    "Where TFTP listens: any, or addresses of the node separated by "
	    "','; empty is every address, or loopback alone for a node that "
	    "has no other." },
	{ PARAM_HTTP_ADDRESS, "http.address", PARAM_TEXT, PARAM_NODE,
	    0, 1024, NULL, "", "", NEW_SOCKETS,
	    "Where HTTP listens: any, or addresses of the node separated by "
	    "','; empty is every address, or loopback alone for a node that "
	    "has no other." },
	{ PARAM_HTTPS_ADDRESS, "https.address", PARAM_TEXT, PARAM_NODE,
	    0, 1024, NULL, "", "", NEW_SOCKETS,
	    "Where the first HTTPS port listens: any, or addresses of the "
	    "node separated by ','; empty is every address, or loopback alone "
	    "for a node that has no other." },
	{ PARAM_HTTPS2_ADDRESS, "https2.address", PARAM_TEXT, PARAM_NODE,
	    0, 1024, NULL, "", "", NEW_SOCKETS,
	    "Where the second HTTPS port listens: any, or addresses of the "
	    "node separated by ','; empty is every address, or loopback alone "
	    "for a node that has no other." },
	{ PARAM_TVS_ADDRESS, "tvs.address", PARAM_TEXT, PARAM_NODE,
	    0, 1024, NULL, "", "", NEW_SOCKETS,
	    "Where the Trust Verification Service listens: any, or addresses "
	    "of the node separated by ','; empty is every address, or "
	    "loopback alone for a node that has no other." },
	{ PARAM_CAPF_ADDRESS, "capf.address", PARAM_TEXT, PARAM_NODE,
	    0, 1024, NULL, "", "", NEW_SOCKETS,
	    "Where CAPF listens: any, or addresses of the node separated by "
	    "','; empty is every address, or loopback alone for a node that "
	    "has no other." },
	{ PARAM_TFTP_PORT, "tftp.port", PARAM_INT, PARAM_NODE,
	    0, 65535, NULL, "0", "port", NEW_SOCKETS,
	    "Port of TFTP, udp" OWN_PORT "69 plus its "
	    " --port-offset." },
	{ PARAM_HTTP_PORT, "http.port", PARAM_INT, PARAM_NODE,
	    0, 65535, NULL, "0", "port", NEW_SOCKETS,
	    "Port of HTTP" OWN_PORT "6970 plus its "
	    "--port-offset." },
	{ PARAM_HTTPS_PORT, "https.port", PARAM_INT, PARAM_NODE,
	    0, 65535, NULL, "0", "port", NEW_SOCKETS,
	    "First port of HTTPS" OWN_PORT "6971 plus its "
	    "--port-offset." },
	{ PARAM_HTTPS2_PORT, "https2.port", PARAM_INT, PARAM_NODE,
	    0, 65535, NULL, "0", "port", NEW_SOCKETS,
	    "Second port of HTTPS" OWN_PORT "6972 plus its "
	    "--port-offset." },
	{ PARAM_TVS_PORT, "tvs.port", PARAM_INT, PARAM_NODE,
	    0, 65535, NULL, "0", "port",
	    "within a second; in the files of phones at once, which read them "
	    "at their next restart",
	    "Port of the Trust Verification Service" OWN_PORT "2445 plus its "
	    "--port-offset." },
	{ PARAM_CAPF_PORT, "capf.port", PARAM_INT, PARAM_NODE,
	    0, 65535, NULL, "0", "port",
	    "within a second; in the files of phones at once, which read them "
	    "at their next restart",
	    "Port of CAPF" OWN_PORT "3804 plus its "
	    "--port-offset." },
	{ PARAM_SIP_PORT, "sip.port", PARAM_INT, PARAM_NODE,
	    0, 65535, NULL, "0", "port", NEW_PORT,
	    "Port of SIP, udp and tcp" OWN_PORT "5060 plus its "
	    "--port-offset." },
	{ PARAM_SIPS_PORT, "sips.port", PARAM_INT, PARAM_NODE,
	    0, 65535, NULL, "0", "port", NEW_PORT,
	    "Port of SIP over TLS" OWN_PORT "5061 plus its "
	    "--port-offset." },
	{ PARAM_ROLE_VIEWER_GROUPS, "role.viewer_groups", PARAM_TEXT,
	    PARAM_CLUSTER, 0, 1024, NULL, "", "", NEW_COMMANDS,
	    "Groups of the operating system, separated by ',', whose accounts "
	    "may look." },
	{ PARAM_ROLE_OPERATOR_GROUPS, "role.operator_groups", PARAM_TEXT,
	    PARAM_CLUSTER, 0, 1024, NULL, "", "", NEW_COMMANDS,
	    "Groups whose accounts may also change phones, files and "
	    "services." },
	{ PARAM_ROLE_OWNER_GROUPS, "role.owner_groups", PARAM_TEXT,
	    PARAM_CLUSTER, 0, 1024, NULL, "", "", NEW_COMMANDS,
	    "Groups whose accounts may do everything; root and the owner of "
	    "the state folder always may." },
	{ PARAM_CLUSTER_ID, "cluster.id", PARAM_TEXT, PARAM_CLUSTER,
	    1, 50, NULL, "StandAloneCluster", "", KEPT_TRUNK,
	    "Cluster ID: realm of challenges to trunks, and this "
	    "cluster's name for proxy TFTP." },
	{ PARAM_ROLLBACK, "cluster.rollback_pre_8", PARAM_ENUM, PARAM_CLUSTER,
	    0, 0, "no|yes", "no", "", KEPT_LISTS,
	    "Prepare Cluster for Rollback to pre-8.0: an ITL with empty "
	    "TVS and TFTP sections, so that phones take unsigned files "
	    "and any list." },
	{ PARAM_ENABLE_IPV6, "cluster.enable_ipv6", PARAM_ENUM, PARAM_CLUSTER,
	    0, 0, "yes|no", "yes", "", NEW_SOCKETS,
	    "Enable IPv6: whether CAPF takes phones that come over IPv6; no "
	    "leaves out IPv6 addresses of capf.address, all of them." },
	{ PARAM_ITLRECOVERY_YEARS, "itlrecovery.validity_years",
	    PARAM_ENUM, PARAM_CLUSTER,
	    0, 0, "20|5|10|15", "20", "", NEW_CERTIFICATES,
	    "ITLRecovery Certificate Validity: years of the next "
	    "ITLRecovery certificate." },
	{ PARAM_CERT_CHECK, "certificate.validity_check",
	    PARAM_ENUM, PARAM_CLUSTER,
	    0, 0, "no|yes", "no", "", KEPT_CERT,
	    "Certificate Validity Check: ask OCSP about the certificates "
	    "of connections that last." },
	{ PARAM_CERT_CHECK_HOURS, "certificate.validity_check_hours",
	    PARAM_INT, PARAM_CLUSTER,
	    1, 8760, NULL, "24", "h", KEPT_CERT,
	    "Validity Check Frequency: how often a lasting connection's "
	    "certificate is asked about." },
	{ PARAM_CERT_OCSP, "cert.ocsp", PARAM_ENUM, PARAM_CLUSTER, 0, 0,
	    "no|yes", "no", "", "at once, for the next certificate",
	    "Whether issuers' OCSP responders are asked about certificates "
	    "that trusted CAs have issued; no answer keeps a certificate." },
	{ PARAM_TLS_CIPHERS, "tls.ciphers", PARAM_ENUM, PARAM_CLUSTER,
	    0, 0, "all-rsa|all-ecdsa|medium-rsa|medium-ecdsa|"
	    "strongest-rsa|strongest-ecdsa", "all-rsa", "", KEPT_TLS,
	    "TLS Ciphers: suites of SIP over TLS and their order; phones "
	    "of the 7900 series need one of the all lists." },
	{ PARAM_SRTP_CIPHERS, "srtp.ciphers", PARAM_ENUM, PARAM_CLUSTER,
	    0, 0, "all|medium|strongest", "all", "", KEPT_TLS,
	    "SRTP Ciphers: suites offered for media; medium is AEAD "
	    "AES-256 and AES-128, strongest AES-256 alone." },
	{ PARAM_SIP_REALM, "sip.station_realm", PARAM_TEXT, PARAM_CLUSTER,
	    1, 127, NULL, "ccmsipline", "", KEPT_LINE,
	    "SIP Station Realm: realm of challenges to phones." },
	{ PARAM_SIP_PHONE_PORT, "sip.phone_port", PARAM_INT, PARAM_CLUSTER,
	    0, 65535, NULL, "0", "port", NEW_PHONE_FILES,
	    "SIP Phone Port: port of the call manager in phones' files; 0 "
	    "is each node's own (sip.port)." },
	{ PARAM_SIP_PHONE_SECURE_PORT, "sip.phone_secure_port",
	    PARAM_INT, PARAM_CLUSTER,
	    0, 65535, NULL, "0", "port", NEW_PHONE_FILES,
	    "SIP Phone Secure Port: the same for SIP over TLS; 0 is each "
	    "node's own (sips.port)." },
	{ PARAM_SCCP_PHONE_PORT, "sccp.phone_port", PARAM_INT, PARAM_CLUSTER,
	    1, 65535, NULL, "2000", "port", NEW_PHONE_FILES,
	    "SCCP Phone Port: port of the call manager in the files of "
	    "SCCP phones." },
	{ PARAM_SCCP_PHONE_SECURE_PORT, "sccp.phone_secure_port",
	    PARAM_INT, PARAM_CLUSTER,
	    1, 65535, NULL, "2443", "port", NEW_PHONE_FILES,
	    "SCCP Phone Secure Port: the same for SCCP over TLS." },
	{ PARAM_AUTOREG_ENABLED, "autoregistration.enabled", PARAM_ENUM,
	    PARAM_NODE, 0, 0, "no|yes", "no", "", AUTOREG,
	    "Auto-registration: whether phones that nobody added are added "
	    "when they ask for their configuration, and XMLDefault.cnf.xml "
	    "is made for them." },
	{ PARAM_AUTOREG_RANGE, "autoregistration.range", PARAM_TEXT, PARAM_NODE,
	    0, 33, NULL, "", "", AUTOREG,
	    "Auto-registration: directory numbers that SIP phones get when "
	    "they are added, the lowest free one first, as 1000-1999; when "
	    "none is free nobody is added; empty: they get none." },
	{ PARAM_AUTOREG_NAMES, "autoregistration.names", PARAM_TEXT, PARAM_NODE,
	    0, 31, NULL, "", "", AUTOREG,
	    "Auto-registration: names of the phones that are added, the first "
	    "and the last, as SEP001122000000-SEP001122FFFFFF; empty is "
	    "none." },
	{ PARAM_AUTOREG_MAX, "autoregistration.max", PARAM_INT, PARAM_NODE,
	    1, 100000, NULL, "1000", "phones", AUTOREG,
	    "Auto-registration: how many phones of the cluster may have been "
	    "added by it." },
	{ PARAM_AUTOREG_PER_MINUTE, "autoregistration.per_minute", PARAM_INT,
	    PARAM_NODE, 1, 60000, NULL, "600", "phones", AUTOREG,
	    "Auto-registration: how many phones it may add in a minute; the "
	    "others are added when they ask again." },
	{ PARAM_AUTOREG_PROFILE, "autoregistration.profile", PARAM_TEXT,
	    PARAM_NODE, 0, 64, NULL, "", "", AUTOREG,
	    "Auto-registration: phone security profile of the phones that "
	    "are added; empty is the predefined one for SIP." },
	{ PARAM_USER_PASSWORD_MIN, "user.password_min_length", PARAM_INT,
	    PARAM_CLUSTER, 1, 128, NULL, "8", "characters",
	    "with the next password that is set",
	    "Minimum length of users' passwords." },
	{ PARAM_USER_PIN_MIN, "user.pin_min_length", PARAM_INT,
	    PARAM_CLUSTER, 1, 32, NULL, "5", "digits",
	    "with the next PIN that is set",
	    "Minimum length of users' PINs." },
	{ PARAM_USER_HASH_ROUNDS, "user.hash_rounds", PARAM_INT,
	    PARAM_CLUSTER, 5000, 1000000, NULL, "50000", "rounds",
	    "hashes with fewer are out of date and made anew at the next "
	    "right password",
	    "Work that one check of a password or PIN costs: rounds of "
	    "SHA-512 crypt." },
	{ PARAM_USER_MAX_TRIES, "user.max_tries", PARAM_INT,
	    PARAM_CLUSTER, 1, 1000, NULL, "5", "tries", "with the next try",
	    "Wrong passwords or PINs of one user, one after the other, before "
	    "no more is taken for user.lock_minutes." },
	{ PARAM_USER_MAX_TRIES_TOTAL, "user.max_tries_total", PARAM_INT,
	    PARAM_CLUSTER, 1, 1000000, NULL, "300", "tries",
	    "with the next try",
	    "The same of all users together within user.lock_minutes." },
	{ PARAM_USER_LOCK_MINUTES, "user.lock_minutes", PARAM_INT,
	    PARAM_CLUSTER, 1, 10080, NULL, "15", "minutes",
	    "with the next try",
	    "How long no password or PIN is taken after too many wrong "
	    "ones." },
	{ PARAM_CERT_UPDATE, "phone.interaction_on_certificate_update",
	    PARAM_ENUM, PARAM_CLUSTER,
	    0, 0, "automatic|manual|staged", "automatic", "", KEPT_CERT,
	    "Phone Interaction on Certificate Update: whether phones are "
	    "reset when a TVS, CAPF or TFTP certificate changes; staged "
	    "goes through announced, active and retired." },
	{ PARAM_CAPF_ISSUER, "capf.issuer", PARAM_ENUM, PARAM_CLUSTER,
	    0, 0, "self|offline|est|scep|exec", "self", "", NEW_SESSIONS,
	    "Certificate Issuer to Endpoint: who signs phones' "
	    "certificates: CAPF itself, a CA that is given requests as "
	    "files (Offline CA), or one that is asked (Online CA)." },
	{ PARAM_CAPF_VALIDITY_DAYS, "capf.validity_days",
	    PARAM_INT, PARAM_CLUSTER,
	    1, 3650, NULL, "1825", "days", "at once, for certificates issued after it",
	    "Duration Of Certificate Validity: life of the certificates "
	    "issued to phones, at most the CA's own." },
	{ PARAM_CAPF_KEY_SIZE, "capf.key_size", PARAM_ENUM, PARAM_CLUSTER,
	    0, 0, "2048|3072|4096", "2048", "", NEW_SESSIONS,
	    "Key Size: RSA key of phones without a profile that says "
	    "otherwise." },
	{ PARAM_CAPF_KEYGEN_MINUTES, "capf.key_generation_minutes",
	    PARAM_INT, PARAM_CLUSTER,
	    1, 180, NULL, "30", "min", NEW_SESSIONS,
	    "Maximum Allowable Time For Key Generation: old phones need "
	    "long." },
	{ PARAM_CAPF_KEYGEN_ATTEMPTS, "capf.key_generation_attempts",
	    PARAM_INT, PARAM_CLUSTER,
	    1, 20, NULL, "3", "times", NEW_SESSIONS,
	    "Maximum Allowable Attempts for Key Generation." },
	{ PARAM_CAPF_ONLINE_HOST, "capf.online_ca_host",
	    PARAM_TEXT, PARAM_CLUSTER,
	    0, 253, NULL, "", "", NEW_REQUESTS,
	    "Online CA Hostname: common name of the certificate that CA "
	    "shows over HTTPS." },
	{ PARAM_CAPF_ONLINE_PORT, "capf.online_ca_port",
	    PARAM_INT, PARAM_CLUSTER,
	    1, 65535, NULL, "443", "port", NEW_REQUESTS,
	    "Online CA Port." },
	{ PARAM_CAPF_ONLINE_SCHEME, "capf.online_ca_scheme",
	    PARAM_ENUM, PARAM_CLUSTER,
	    0, 0, "https|http", "https", "", NEW_REQUESTS,
	    "How an online CA is spoken to: https, its server trusted by "
	    "https-trust or CAPF-trust; http only by SCEP, whose messages "
	    "are signed and encrypted by themselves." },
	{ PARAM_CAPF_ONLINE_PATH, "capf.online_ca_path",
	    PARAM_TEXT, PARAM_CLUSTER,
	    0, 128, NULL, "", "", NEW_REQUESTS,
	    "Where at the online CA: the label of an EST server, empty for "
	    "none; the path of a SCEP server, empty for "
	    "cgi-bin/pkiclient.exe." },
	{ PARAM_CAPF_ONLINE_USER, "capf.online_ca_user",
	    PARAM_TEXT, PARAM_CLUSTER,
	    0, 128, NULL, "", "", NEW_REQUESTS,
	    "Online CA Username: to log in to an EST server with; the "
	    "password is given with utils capf ca password; empty logs in "
	    "nowhere." },
	{ PARAM_CAPF_EXEC, "capf.exec",
	    PARAM_TEXT, PARAM_NODE, 0, 1024, NULL, "", "", NEW_REQUESTS,
	    "Program that certifies phones' keys where capf.issuer is exec: "
	    "an absolute path, run without arguments and without a shell as "
	    "the daemons' user; empty is none." },
	{ PARAM_CAPF_KEEP_ALIVE, "capf.keep_alive_minutes",
	    PARAM_INT, PARAM_CLUSTER,
	    5, 60, NULL, "15", "min", NEW_SESSIONS,
	    "Keep-alive timer of CAPF: how long a phone that makes a key may "
	    "be silent, within capf.key_generation_minutes." },
	{ PARAM_CAPF_PHONE_PORT, "capf.phone_port", PARAM_INT, PARAM_CLUSTER,
	    0, 65535, NULL, "0", "port", NEW_PHONE_FILES,
	    "CAPF Phone Port: port of CAPF in phones' files; 0 is each "
	    "node's own (capf.port)." },
	{ PARAM_CAPF_OPERATION_DAYS, "capf.operation_expires_days",
	    PARAM_INT, PARAM_CLUSTER,
	    1, 365, NULL, "10", "days", "at once, for operations asked for after it",
	    "CAPF Operation Expires in: after so many days a certificate "
	    "operation that no phone asked for ends." },
	{ PARAM_CAPF_EXPIRED_MIC, "capf.expired_mic", PARAM_ENUM,
	    PARAM_CLUSTER, 0, 0, "never|allow-list|always", "allow-list", "",
	    NEW_SESSIONS,
	    "Whose factory certificate (MIC) CAPF takes although it, or "
	    "its vendor's CA, has expired: nobody's, that of phones named by "
	    "utils capf mic-allow, or any phone's." },
	{ PARAM_CAPF_SHA1, "capf.sha1_signatures", PARAM_ENUM,
	    PARAM_CLUSTER, 0, 0, "no|yes", "no", "", NEW_SESSIONS,
	    "Whether a phone may prove its certificate to CAPF by SHA-1 "
	    "alone, as old firmware does." },
	{ PARAM_PHONE_SECURITY_MODE, "phone.device_security_mode",
	    PARAM_ENUM, PARAM_CLUSTER,
	    0, 0, "non-secure|authenticated|encrypted", "non-secure", "",
	    NEW_PHONE_FILES,
	    "Device Security Mode of profiles that leave it at the "
	    "default (System Default)." },
	{ PARAM_PHONE_BUILTIN_BRIDGE, "phone.builtin_bridge",
	    PARAM_ENUM, PARAM_CLUSTER,
	    0, 0, "off|on", "off", "", BRIDGE,
	    "Builtin Bridge Enable: of phones that leave it at the "
	    "default." },
	{ PARAM_PHONE_SETTINGS_ACCESS, "phone.settings_access",
	    PARAM_ENUM, PARAM_CLUSTER,
	    0, 0, "default|disabled|restricted|enabled",
	    "default", "", NEW_PHONE_FILES,
	    "Settings Access: the phone's own settings menu.  default is "
	    "the model's." },
	{ PARAM_PHONE_WEB_ACCESS, "phone.web_access", PARAM_ENUM, PARAM_CLUSTER,
	    0, 0, "default|disabled|read-only|full",
	    "default", "", NEW_PHONE_FILES,
	    "Web Access: the phone's own web page; disabled also blinds "
	    "programs that take inventory.  default is the model's." },
	{ PARAM_PHONE_WEB_PROTOCOL, "phone.web_protocol",
	    PARAM_ENUM, PARAM_CLUSTER,
	    0, 0, "default|http-and-https|https-only",
	    "default", "", NEW_PHONE_FILES,
	    "HTTPS Server: how the phone's own web page is reached.  "
	    "default is the model's." },
	{ PARAM_PHONE_TLS12_ONLY, "phone.tls12_only", PARAM_ENUM, PARAM_CLUSTER,
	    0, 0, "default|yes|no", "default", "", NEW_PHONE_FILES,
	    "TLS 1.2 Only: the phone's own web page takes nothing older.  "
	    "default is the model's." },
	{ PARAM_PHONE_PC_PORT, "phone.pc_port", PARAM_ENUM, PARAM_CLUSTER,
	    0, 0, "default|enabled|disabled", "default", "", NEW_PHONE_FILES,
	    "PC Port: the socket behind the phone.  default is the "
	    "model's." },
	{ PARAM_PHONE_PC_VOICE_VLAN, "phone.pc_voice_vlan_access",
	    PARAM_ENUM, PARAM_CLUSTER,
	    0, 0, "default|enabled|disabled", "default", "", NEW_PHONE_FILES,
	    "PC Voice VLAN Access: whether a computer behind the phone "
	    "reaches the voice VLAN.  default is the model's." },
	{ PARAM_PHONE_GARP, "phone.gratuitous_arp", PARAM_ENUM, PARAM_CLUSTER,
	    0, 0, "default|enabled|disabled", "default", "", NEW_PHONE_FILES,
	    "Gratuitous ARP: whether the phone believes ARP answers it "
	    "did not ask for.  default is the model's." },
	{ PARAM_PHONE_SSH_ACCESS, "phone.ssh_access", PARAM_ENUM, PARAM_CLUSTER,
	    0, 0, "default|disabled|enabled", "default", "", NEW_PHONE_FILES,
	    "SSH Access to the phone.  default is the model's." },
	{ PARAM_PHONE_USER_LOCALE, "phone.user_locale",
	    PARAM_TEXT, PARAM_CLUSTER,
	    0, 63, NULL, "", "", NEW_PHONE_FILES,
	    "User Locale: folder of the phones' language, as "
	    "German_Germany." },
	{ PARAM_PHONE_USER_LOCALE_VERSION, "phone.user_locale_version",
	    PARAM_TEXT, PARAM_CLUSTER,
	    0, 31, NULL, "", "", NEW_PHONE_FILES,
	    "Version of the user locale; phones fetch it again when it "
	    "changes." },
	{ PARAM_PHONE_NETWORK_LOCALE, "phone.network_locale",
	    PARAM_TEXT, PARAM_CLUSTER,
	    0, 63, NULL, "", "", NEW_PHONE_FILES,
	    "Network Locale: folder of the phones' tones, as Germany." },
	{ PARAM_PHONE_NETWORK_LOCALE_VERSION, "phone.network_locale_version",
	    PARAM_TEXT, PARAM_CLUSTER,
	    0, 31, NULL, "", "", NEW_PHONE_FILES,
	    "Version of the network locale; phones fetch it again when it "
	    "changes." },
	{ PARAM_PHONE_AUTHENTICATION_URL, "phone.authentication_url",
	    PARAM_TEXT, PARAM_CLUSTER,
	    0, 255, NULL, "", "", NEW_PHONE_FILES,
	    "URL Authentication: where phones ask about the sender of "
	    "pushed pages." },
	{ PARAM_PHONE_DIRECTORY_URL, "phone.directory_url",
	    PARAM_TEXT, PARAM_CLUSTER,
	    0, 255, NULL, "", "", NEW_PHONE_FILES,
	    "URL Directories: what the directories key shows." },
	{ PARAM_PHONE_IDLE_URL, "phone.idle_url", PARAM_TEXT, PARAM_CLUSTER,
	    0, 255, NULL, "", "", NEW_PHONE_FILES,
	    "URL Idle: what idle phones show." },
	{ PARAM_PHONE_INFORMATION_URL, "phone.information_url",
	    PARAM_TEXT, PARAM_CLUSTER,
	    0, 255, NULL, "", "", NEW_PHONE_FILES,
	    "URL Information: what the help key asks." },
	{ PARAM_PHONE_MESSAGES_URL, "phone.messages_url",
	    PARAM_TEXT, PARAM_CLUSTER,
	    0, 255, NULL, "", "", NEW_PHONE_FILES,
	    "URL Messages: what the messages key shows." },
	{ PARAM_PHONE_SERVICES_URL, "phone.services_url",
	    PARAM_TEXT, PARAM_CLUSTER,
	    0, 255, NULL, "", "", NEW_PHONE_FILES,
	    "URL Services: what the services key shows." },
	{ PARAM_PHONE_SECURED_AUTHENTICATION_URL,
	    "phone.secured_authentication_url",
	    PARAM_TEXT, PARAM_CLUSTER,
	    0, 255, NULL, "", "", NEW_PHONE_FILES,
	    "Secured Authentication URL: over HTTPS, for phones that can." },
	{ PARAM_PHONE_SECURED_DIRECTORY_URL, "phone.secured_directory_url",
	    PARAM_TEXT, PARAM_CLUSTER,
	    0, 255, NULL, "", "", NEW_PHONE_FILES,
	    "Secured Directory URL: over HTTPS, for phones that can." },
	{ PARAM_PHONE_SECURED_IDLE_URL, "phone.secured_idle_url",
	    PARAM_TEXT, PARAM_CLUSTER,
	    0, 255, NULL, "", "", NEW_PHONE_FILES,
	    "Secured Idle URL: over HTTPS, for phones that can." },
	{ PARAM_PHONE_SECURED_INFORMATION_URL, "phone.secured_information_url",
	    PARAM_TEXT, PARAM_CLUSTER,
	    0, 255, NULL, "", "", NEW_PHONE_FILES,
	    "Secured Information URL: over HTTPS, for phones that can." },
	{ PARAM_PHONE_SECURED_MESSAGES_URL, "phone.secured_messages_url",
	    PARAM_TEXT, PARAM_CLUSTER,
	    0, 255, NULL, "", "", NEW_PHONE_FILES,
	    "Secured Messages URL: over HTTPS, for phones that can." },
	{ PARAM_PHONE_SECURED_SERVICES_URL, "phone.secured_services_url",
	    PARAM_TEXT, PARAM_CLUSTER,
	    0, 255, NULL, "", "", NEW_PHONE_FILES,
	    "Secured Services URL: over HTTPS, for phones that can." },
	{ PARAM_PHONE_IDLE_TIMER, "phone.idle_timer", PARAM_INT, PARAM_CLUSTER,
	    0, 7200, NULL, "0", "s", NEW_PHONE_FILES,
	    "URL Idle Time: seconds until an idle phone shows the idle "
	    "URL; 0 is never." },
	{ PARAM_PHONE_LOADS, "phone.loads", PARAM_TEXT, PARAM_CLUSTER,
	    0, 4096, NULL, "", "", NEW_PHONE_FILES,
	    "Device Defaults: firmware by model, as "
	    "8841=sip88xx.14-2-1,7965=SIP45.9-4-2SR3-1S, for phones without "
	    "a load of their own and in XMLDefault.cnf.xml." },
	{ PARAM_CERT_ORGANIZATION, "certificate.organization",
	    PARAM_TEXT, PARAM_CLUSTER, 0, 64, NULL, "", "",
	    NEW_CERTIFICATES,
	    "Organization (O) in the subject of new certificates and "
	    "requests; empty is the name of the cluster." },
	{ PARAM_CERT_ORGANIZATIONAL_UNIT, "certificate.organizational_unit",
	    PARAM_TEXT, PARAM_CLUSTER, 0, 64, NULL, "", "",
	    NEW_CERTIFICATES,
	    "Organizational unit (OU) in the subject of new certificates "
	    "and requests; empty leaves it out." },
	{ PARAM_CERT_LOCALITY, "certificate.locality",
	    PARAM_TEXT, PARAM_CLUSTER, 0, 128, NULL, "", "",
	    NEW_CERTIFICATES,
	    "Locality (L) in the subject of new certificates and "
	    "requests; empty leaves it out." },
	{ PARAM_CERT_STATE, "certificate.state",
	    PARAM_TEXT, PARAM_CLUSTER, 0, 128, NULL, "", "",
	    NEW_CERTIFICATES,
	    "State or province (ST) in the subject of new certificates "
	    "and requests; empty leaves it out." },
	{ PARAM_CERT_COUNTRY, "certificate.country",
	    PARAM_TEXT, PARAM_CLUSTER, 0, 2, NULL, "", "",
	    NEW_CERTIFICATES,
	    "Country (C) in the subject of new certificates and requests: "
	    "two letters of ISO 3166; empty leaves it out." },
	{ PARAM_CERT_KEEP_DAYS, "certificate.keep_days",
	    PARAM_INT, PARAM_CLUSTER, 1, 3650, NULL, "30", "days",
	    "at the next command or daily look that purges",
	    "How long retired own certificates with their keys, and removed "
	    "certificates of trust stores, can be had back; of the latter "
	    "those that a CA has issued until they end." },
	{ PARAM_SRST_CHECK_HOURS, "srst.check_hours",
	    PARAM_INT, PARAM_CLUSTER, 0, 8760, NULL, "24", "hours",
	    "at the next look",
	    "How often the certificate of each secure SRST reference is "
	    "compared with what its gateway shows; 0 never." },
	{ PARAM_ALARM_DAYS, "alarm.days",
	    PARAM_TEXT, PARAM_CLUSTER, 1, 80, NULL, "180,90,30,14,7,1", "days",
	    NEW_ALARMS,
	    "Days before the end of a certificate on which alarms are raised, "
	    "most first, separated by ','." },
	{ PARAM_ALARM_LSC, "alarm.lsc",
	    PARAM_ENUM, PARAM_CLUSTER, 0, 0, "yes|no", "no", "", NEW_ALARMS,
	    "Enable LSC Monitoring: whether alarms are raised about phones' "
	    "certificates too, one for all that the same CA has issued and "
	    "that end on the same day." },
	{ PARAM_ALARM_EXEC, "alarm.exec",
	    PARAM_TEXT, PARAM_NODE, 0, 1024, NULL, "", "", NEW_ALARMS,
	    "Program that is given alarms as JSON on its standard input: an "
	    "absolute path, run without arguments and without a shell as the "
	    "daemons' user; empty is none." },
	{ PARAM_ALARM_WEBHOOK, "alarm.webhook",
	    PARAM_TEXT, PARAM_CLUSTER, 0, 1024, NULL, "", "", NEW_ALARMS,
	    "URL that alarms are posted to as JSON; an https server is "
	    "trusted by https-trust; empty is none." },
	{ PARAM_ALARM_MAIL_TO, "alarm.mail_to",
	    PARAM_TEXT, PARAM_CLUSTER, 0, 1024, NULL, "", "", NEW_ALARMS,
	    "E-mail addresses that alarms are sent to, separated by ','; "
	    "empty sends none." },
	{ PARAM_ALARM_MAIL_FROM, "alarm.mail_from",
	    PARAM_TEXT, PARAM_CLUSTER, 0, 254, NULL, "", "", NEW_ALARMS,
	    "E-mail address that alarms are sent from; empty is the first "
	    "one of alarm.mail_to." },
	{ PARAM_ALARM_SMTP_URL, "alarm.smtp_url",
	    PARAM_TEXT, PARAM_CLUSTER, 0, 300, NULL, "smtp://127.0.0.1", "",
	    NEW_ALARMS,
	    "Mail server for alarms: smtp://HOST[:PORT], or smtps:// where "
	    "TLS comes first." },
	{ PARAM_ALARM_SMTP_TLS, "alarm.smtp_tls",
	    PARAM_ENUM, PARAM_CLUSTER, 0, 0, "required|none", "required", "",
	    NEW_ALARMS,
	    "Whether mail over smtp:// goes through STARTTLS, the server "
	    "trusted by https-trust; a server on this machine is not asked "
	    "for it." },
	{ PARAM_ALARM_SMTP_USER, "alarm.smtp_user",
	    PARAM_TEXT, PARAM_CLUSTER, 0, 128, NULL, "", "", NEW_ALARMS,
	    "Name to log in to the mail server with; its password is given "
	    "with utils cert alarm password; empty logs in nowhere." },
};

const struct param_def *
param_table(void)
{
	return params;
}
