/* SPDX-License-Identifier: MIT */
/*
 * Output to who may be slow (a pager, a full pipe, a stopped terminal) without
 * ever waiting for it: what is printed stands in a queue, and goes on from there
 * as it is taken. Whole lines go out in one write as long as they fit into one.
 */
#ifndef FALLOCTRACE_CMD_QUEUE_H
#define FALLOCTRACE_CMD_QUEUE_H

#include <stddef.h>
#include <stdio.h>

#include "falloctrace/error.h"

struct queue;

/* What of it stands in the queue, in bytes, is too much to print more. */
#define QUEUE_ENOUGH (256u << 10)

/*
 * For a pipe, a socket or a terminal; NULL for anything else, which takes all at
 * once, and where memory is out. Borrows fd.
 */
struct queue *queue_open(int fd);
/* Takes NULL. What has not been taken is gone. */
void queue_close(struct queue *q);
/* To print to; the queue's. */
FILE *queue_file(struct queue *q);
/* To poll for POLLOUT while there is a backlog, and for a reader's going always. */
int queue_fd(const struct queue *q);
/* Hands on what is taken at once. -1: errno (EPIPE: nobody reads any more), for ever. */
int queue_pump(struct queue *q);
/* Bytes printed and flushed, and not taken yet; 0 for NULL. */
size_t queue_backlog(const struct queue *q);

#endif
