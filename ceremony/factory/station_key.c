/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ca/cert.h"
#include "ceremony/factory/clock.h"
#include "ceremony/factory/command.h"
#include "ceremony/factory/input.h"
#include "ceremony/factory/say.h"
#include "ceremony/factory/station.h"
#include "transfer/file.h"
#include "transfer/sealed.h"
#include "transfer/text.h"

enum {
	FACTORY,
	LINE,
	KEY,
	OUT,
	DATE
};

static const struct option_row options[] = {
	[FACTORY] = { "factory", "NAME", true, "name of the factory" },
	[LINE] = { "line", "NAME", true, "name of the line" },
	[KEY] = { "key", "FILE", true, "new file for the station's key",
	    PLACE_MAKE },
	[OUT] = { "out", "FILE", true, "new .station file for the ceremony",
	    PLACE_MAKE },
	[DATE] = { "date", "RFC3339", false, "instead of the clock" },
	{ 0 },
};

static bool
copy_name(const char *option, const char *name, char out[ORDER_NAME_MAX + 1])
{
	if (!text_is_printable(name, ORDER_NAME_MAX)) {
		say_error("--%s: 1 to %d printable ASCII characters", option,
		    ORDER_NAME_MAX);
		return false;
	}
	strcpy(out, name);
	return true;
}

/* Payload and seal of the .station file; *out OPENSSL_free(). */
static enum transfer_error
seal(struct station *station, const struct station_key *key, int64_t now,
    uint8_t **out, size_t *len)
{
	enum transfer_error err = TRANSFER_ERR_MEMORY;
	char *payload = NULL;
	size_t payload_len = 0;

	if (cert_der(key->cert, &station->certificate,
		&station->certificate_len) == CA_OK)
		err = station_write(station, &payload, &payload_len);
	if (err == TRANSFER_OK)
		err = sealed_sign(payload, payload_len, key->key, key->cert,
		    now, out, len);
	OPENSSL_free(station->certificate);
	station->certificate = NULL;
	free(payload);
	return err;
}

static bool
is_free(const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return true;
	input_failed(path, TRANSFER_ERR_EXISTS);
	return false;
}

/* Both files or none. */
static enum outcome
write_both(const struct arguments *args, const struct station_key *key,
    const uint8_t *sealed, size_t len)
{
	enum transfer_error err;
	enum outcome ret = station_key_write(key, args->option[KEY]);

	if (ret != OUTCOME_DONE)
		return ret;
	err = file_create(AT_FDCWD, args->option[OUT], sealed, len, 0644);
	if (err == TRANSFER_OK)
		return OUTCOME_DONE;
	ret = input_failed(args->option[OUT], err);
	unlink(args->option[KEY]);
	return ret;
}

static enum outcome
make(const struct arguments *args, struct station *station, int64_t now)
{
	struct station_key key;
	uint8_t *sealed = NULL;
	size_t len = 0;
	enum transfer_error err;
	enum outcome ret;

	if (!station_key_make(station->factory, station->line, now, &key)) {
		say_error("station-key: no key could be made");
		return OUTCOME_TROUBLE;
	}
	err = seal(station, &key, now, &sealed, &len);
	ret = err == TRANSFER_OK ? write_both(args, &key, sealed, len)
				 : input_failed(args->option[OUT], err);
	if (ret == OUTCOME_DONE) {
		say("station %s, line %s", station->factory, station->line);
		say_digest("SPKI digest, to be compared when the work order "
			   "is made",
		    key.spki_sha256);
	}
	OPENSSL_free(sealed);
	station_key_clear(&key);
	return ret;
}

static enum outcome
run(const struct arguments *args)
{
	struct station station = { 0 };
	int64_t now;

	if (!copy_name("factory", args->option[FACTORY], station.factory) ||
	    !copy_name("line", args->option[LINE], station.line) ||
	    !clock_read(args->option[DATE], &now))
		return OUTCOME_USAGE;
	if (!command_cell(&station_key_command, args))
		return OUTCOME_TROUBLE;
	if (!is_free(args->option[KEY]) || !is_free(args->option[OUT]))
		return OUTCOME_REFUSED;
	return make(args, &station, now);
}

const struct command station_key_command = {
	.name = "station-key",
	.run = run,
	.summary = "make the key this station seals its requests with",
	.options = options,
};
