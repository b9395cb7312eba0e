/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 (FIPS 180-4), by which a page tells a browser which scripts are its own.
 */
#ifndef FALLOCTRACE_OUTPUT_HTML_SHA256_H
#define FALLOCTRACE_OUTPUT_HTML_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32
#define SHA256_BASE64 45 /* with the NUL */

void sha256(const void *data, size_t size, uint8_t digest[SHA256_SIZE]);
/* As in "sha256-…" of a Content-Security-Policy. Returns buf. */
char *sha256_base64(const uint8_t digest[SHA256_SIZE], char buf[SHA256_BASE64]);

#endif
