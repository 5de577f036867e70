/* SPDX-License-Identifier: ISC */
#include "transfer/zbar_alone.h"

#include <errno.h>
#include <iconv.h>
#include <stddef.h>
#include <string.h>

/*
 * dbus.h is not needed for functions that only fail: what zbar passes them is
 * not looked at, and each says that there is no bus, no message, no memory.
 */
void *dbus_bus_get(int type, void *error);
int dbus_bus_release_name(void *bus, const char *name, void *error);
int
dbus_bus_request_name(void *bus, const char *name, unsigned flags, void *error);
void dbus_connection_flush(void *bus);
unsigned dbus_connection_send(void *bus, void *message, void *serial);
void dbus_error_free(void *error);
void dbus_error_init(void *error);
unsigned dbus_error_is_set(const void *error);
unsigned dbus_message_iter_append_basic(void *iter, int type, const void *v);
unsigned dbus_message_iter_append_fixed_array(void *iter, int type,
    const void *value, int n);
unsigned dbus_message_iter_close_container(void *iter, void *sub);
void dbus_message_iter_init_append(void *message, void *iter);
unsigned dbus_message_iter_open_container(void *iter, int type,
    const char *signature, void *sub);
void *dbus_message_new_signal(const char *path, const char *interface,
    const char *name);
void dbus_message_unref(void *message);

void
zbar_alone(void)
{
}

void *
dbus_bus_get(int type, void *error)
{
	(void)type;
	(void)error;
	return NULL;
}

int
dbus_bus_release_name(void *bus, const char *name, void *error)
{
	(void)bus;
	(void)name;
	(void)error;
	return -1;
}

int
dbus_bus_request_name(void *bus, const char *name, unsigned flags, void *error)
{
	(void)bus;
	(void)name;
	(void)flags;
	(void)error;
	return -1;
}

void
dbus_connection_flush(void *bus)
{
	(void)bus;
}

unsigned
dbus_connection_send(void *bus, void *message, void *serial)
{
	(void)bus;
	(void)message;
	(void)serial;
	return 0;
}

void
dbus_error_free(void *error)
{
	(void)error;
}

void
dbus_error_init(void *error)
{
	(void)error;
}

unsigned
dbus_error_is_set(const void *error)
{
	(void)error;
	return 0;
}

unsigned
dbus_message_iter_append_basic(void *iter, int type, const void *v)
{
	(void)iter;
	(void)type;
	(void)v;
	return 0;
}

unsigned
dbus_message_iter_append_fixed_array(void *iter, int type, const void *value,
    int n)
{
	(void)iter;
	(void)type;
	(void)value;
	(void)n;
	return 0;
}

unsigned
dbus_message_iter_close_container(void *iter, void *sub)
{
	(void)iter;
	(void)sub;
	return 0;
}

void
dbus_message_iter_init_append(void *message, void *iter)
{
	(void)message;
	(void)iter;
}

unsigned
dbus_message_iter_open_container(void *iter, int type, const char *signature,
    void *sub)
{
	(void)iter;
	(void)type;
	(void)signature;
	(void)sub;
	return 0;
}

void *
dbus_message_new_signal(const char *path, const char *interface,
    const char *name)
{
	(void)path;
	(void)interface;
	(void)name;
	return NULL;
}

void
dbus_message_unref(void *message)
{
	(void)message;
}

/* A code may name a charset; its octets stay as they are whatever it says. */
static char as_it_is;

iconv_t
iconv_open(const char *to, const char *from)
{
	(void)to;
	(void)from;
	return &as_it_is;
}

size_t
iconv(iconv_t cd, char **in, size_t *in_left, char **out, size_t *out_left)
{
	size_t n;

	(void)cd;
	if (in == NULL || *in == NULL)
		return 0;
	n = *in_left < *out_left ? *in_left : *out_left;
	memcpy(*out, *in, n);
	*in += n;
	*in_left -= n;
	*out += n;
	*out_left -= n;
	if (*in_left == 0)
		return 0;
	errno = E2BIG;
	return (size_t)-1;
}

int
iconv_close(iconv_t cd)
{
	(void)cd;
	return 0;
}
