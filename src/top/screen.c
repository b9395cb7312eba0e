/* SPDX-License-Identifier: MIT */
#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1

#include "top/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <ncurses.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "output/utf8.h"
#include "top/terminal.h"

#undef lines /* term.h's: a capability */

/* What follows an Esc so late is a key of its own. */
#define ESCAPE_MS 25

/* The largest terminal drawn on: what says that it is larger is believed no further. */
#define SIZE_MAX_DRAWN 2000

enum { PAIR_WARNING = 1 };

/* --- may it be done at all --- */

/* AT_SECURE: the program's file gives more than the caller has, an identity or capabilities. */
static bool trusts_environment(void)
{
	return geteuid() != 0 && !getauxval(AT_SECURE);
}

static const char *const distrusted[] = {"TERMINFO", "TERMINFO_DIRS", "TERMCAP",   "TERMPATH",
					 "HOME",     "LOCPATH",	      "GCONV_PATH"};
#define DISTRUSTED (sizeof(distrusted) / sizeof(distrusted[0]))

struct hidden {
	char *values[DISTRUSTED];
};

static void hide_environment(struct hidden *h)
{
	for (size_t i = 0; i < DISTRUSTED; i++) {
		const char *value = getenv(distrusted[i]);

		h->values[i] = value ? strdup(value) : NULL;
		if (!trusts_environment())
			unsetenv(distrusted[i]);
	}
}

/* A command that is run gets all of it. */
static void restore_environment(struct hidden *h)
{
	for (size_t i = 0; i < DISTRUSTED; i++) {
		if (h->values[i])
			setenv(distrusted[i], h->values[i], 1);
		else
			unsetenv(distrusted[i]);
		free(h->values[i]);
	}
}

/* Whether there is a description of that name, which is then the current one. 1: known, but on paper. */
static bool describe(const char *name)
{
	int error = 0;

	return setupterm(name, STDOUT_FILENO, &error) == OK || error == 1;
}

/*
 * The name to open the terminal by: its own, or that of our description where
 * nobody described it and it is known to understand ours. NULL: neither. With the
 * environment hidden, which has ours from then on.
 */
static const char *describe_any(const char *name)
{
	if (describe(name))
		return name;
	if (!terminal_is_alike(name) || setenv("TERMINFO", terminal_own, 1))
		return NULL;
	return describe(TERMINAL_OWN) ? TERMINAL_OWN : NULL;
}

/* A capability with a text: NULL without. */
static const char *capability(char *name)
{
	const char *text = tigetstr(name);

	return text == (const char *)-1 ? NULL : text;
}

static int unknown_terminal(const char *name, struct error *e)
{
	bool plain = utf8_plain(name, strlen(name)) == strlen(name);

	return error_set(e, "top knows nothing of the terminal TERM=%.64s%s", plain ? name : "?",
			 trusts_environment() ? "" : " (with privileges, it looks at the system's descriptions only)");
}

static bool can_draw(void)
{
	char cup[] = "cup", clear_all[] = "clear";

	return capability(cup) && capability(clear_all);
}

static int check_terminal(const char *name, struct error *e)
{
	struct hidden hidden;
	bool drawable;

	hide_environment(&hidden);
	if (!describe_any(name)) {
		restore_environment(&hidden);
		return unknown_terminal(name, e);
	}
	drawable = can_draw();
	del_curterm(cur_term);
	restore_environment(&hidden);
	if (drawable)
		return 0;
	return error_set(e, "top cannot draw on the terminal TERM=%.64s; without one: falloctrace -s -i 1", name);
}

int screen_check(struct error *e)
{
	const char *name = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return error_set(e, "top needs a terminal, and standard %s is none; without one: falloctrace -s -i 1",
				 isatty(STDIN_FILENO) ? "output" : "input");
	if (!name || !*name)
		return error_set(e, "top needs to know the terminal, and TERM is not set");
	return check_terminal(name, e);
}

/* --- open and close --- */

/* The user's. Statically linked: no other than UTF-8, since for those the C library would load code of the machine's. */
static void set_character_set(void)
{
#ifdef STATIC_LINK
	const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	const char *value = NULL;

	for (size_t i = 0; i < 3 && !(value && *value); i++)
		value = getenv(names[i]);
	if (value && (strcasestr(value, "utf8") || strcasestr(value, "utf-8")))
		setlocale(LC_CTYPE, "C.UTF-8");
#else
	setlocale(LC_CTYPE, "");
#endif
}

/* The terminal's own size, which may be more than is drawn on. */
static void find_size(struct screen *s)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col)
		resizeterm(size.ws_row < SIZE_MAX_DRAWN ? size.ws_row : SIZE_MAX_DRAWN,
			   size.ws_col < SIZE_MAX_DRAWN ? size.ws_col : SIZE_MAX_DRAWN);
	s->width = (size_t)getmaxx(stdscr);
	s->height = (size_t)getmaxy(stdscr);
}

static void use_colors(struct screen *s, bool wanted)
{
	s->color = wanted && has_colors() && start_color() == OK;
	if (!s->color)
		return;
	use_default_colors();
	init_pair(PAIR_WARNING, COLOR_YELLOW, -1);
}

/*
 * ncurses writes a picture at once, and waits where the terminal does not take it:
 * stopped, or of somebody whose connection hangs. So it has a descriptor of its own,
 * which is memory while a picture is made. It asks what it writes to for the modes
 * of a terminal, too; then it is the terminal.
 */
static int open_files(struct screen *s, FILE *to)
{
	int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	s->to = to;
	s->tty = STDOUT_FILENO;
	s->memory = memfd_create("picture", MFD_CLOEXEC);
	s->file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!s->file && fd >= 0)
		close(fd);
	s->modes = malloc(sizeof(struct termios));
	return s->file && s->memory >= 0 && s->modes ? tcgetattr(s->tty, s->modes) : -1;
}

static void close_files(struct screen *s)
{
	if (s->file)
		fclose(s->file);
	if (s->memory >= 0)
		close(s->memory);
	free(s->modes);
	s->file = NULL;
	s->modes = NULL;
	s->memory = -1;
}

/* Ctrl-S and Ctrl-Q are keys; a terminal that was stopped goes on. */
static void take_flow_keys(const struct screen *s)
{
	struct termios modes;

	if (tcgetattr(s->tty, &modes))
		return;
	modes.c_iflag &= ~(tcflag_t)(IXON | IXOFF);
	tcsetattr(s->tty, TCSANOW, &modes);
	def_prog_mode();
}

int screen_open(struct screen *s, bool color, FILE *to, struct error *e)
{
	const char *name = getenv("TERM");
	struct hidden hidden;
	char character[MB_LEN_MAX];

	if (open_files(s, to)) {
		error_errno(e, "top cannot draw on this terminal");
		close_files(s);
		return -1;
	}
	hide_environment(&hidden);
	set_character_set();
	/* Its converter is a library that is loaded at the first use: later, no code may be. */
	(void)!wctomb(character, L'x');
	restore_environment(&hidden);
	s->utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	/* Not by LINES and COLUMNS, which don't change with the terminal. */
	use_env(FALSE);
	use_tioctl(TRUE);
	set_escdelay(ESCAPE_MS);
	hide_environment(&hidden);
	name = name ? describe_any(name) : NULL;
	if (name) {
		del_curterm(cur_term);
		s->terminal = newterm(name, s->file, stdin);
	}
	restore_environment(&hidden);
	if (!s->terminal) {
		close_files(s);
		return error_set(e, "top cannot draw on this terminal");
	}
	/* Not raw: Ctrl-C, Ctrl-Z and Ctrl-\ stay signals. */
	cbreak();
	noecho();
	nonl();
	take_flow_keys(s);
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	intrflush(stdscr, FALSE);
	scrollok(stdscr, FALSE);
	use_colors(s, color);
	find_size(s);
	return 0;
}

/* All that ncurses writes goes into memory from here on, or to the terminal again. */
static void write_into(const struct screen *s, int fd)
{
	while (dup3(fd, fileno(s->file), O_CLOEXEC) < 0 && (errno == EINTR || errno == EBUSY))
		;
}

/* What was written into memory goes to the terminal where it takes that at once: a write may have failed that will not fail again. */
static void give_at_once(const struct screen *s)
{
	struct pollfd tty = {.fd = s->tty, .events = POLLOUT};
	char text[1024]; /* more than any terminal needs to be left */
	ssize_t n;

	lseek(s->memory, 0, SEEK_SET);
	n = read(s->memory, text, sizeof(text));
	if (n > 0 && poll(&tty, 1, 0) == 1 && tty.revents == POLLOUT)
		(void)!write(s->tty, text, (size_t)n);
}

void screen_close(struct screen *s, bool stuck)
{
	if (!s->terminal)
		return;
	if (stuck) {
		lseek(s->memory, 0, SEEK_SET);
		(void)!ftruncate(s->memory, 0);
		write_into(s, s->memory);
		endwin();
		give_at_once(s);
		tcsetattr(s->tty, TCSANOW, s->modes);
	} else {
		write_into(s, s->tty); /* where it could not be put back to that */
		erase();
		refresh();
		endwin();
	}
	delscreen(s->terminal);
	s->terminal = NULL;
	close_files(s);
}

void screen_leave(struct screen *s)
{
	(void)s;
	endwin();
}

void screen_wipe(struct screen *s)
{
	(void)s;
	clearok(curscr, TRUE);
}

void screen_resize(struct screen *s)
{
	reset_prog_mode();
	find_size(s);
	screen_wipe(s);
}

/* --- pictures --- */

static attr_t attribute(const struct screen *s, enum top_style style)
{
	switch (style) {
	case TOP_STRONG:
		return A_BOLD;
	case TOP_TITLES:
		return A_REVERSE;
	case TOP_MARKED:
		return A_BOLD | A_UNDERLINE | A_REVERSE;
	case TOP_WARNING:
		return s->color ? A_BOLD | (attr_t)COLOR_PAIR(PAIR_WARNING) : A_BOLD;
	case TOP_FAINT:
		return A_DIM;
	case TOP_PLAIN:
		break;
	}
	return A_NORMAL;
}

static void put(const struct screen *s, const char *text, size_t size, enum top_style style)
{
	attrset((int)attribute(s, style));
	addnstr(text, (int)size);
}

static void draw_line(const struct screen *s, const struct top_line *l, size_t y)
{
	const char *text = l->text.data;
	size_t after = l->mark + l->mark_size;

	if (!l->text.size || move((int)y, 0) == ERR)
		return;
	if (!l->mark_size) {
		put(s, text, l->text.size, l->style);
		return;
	}
	put(s, text, l->mark, l->style);
	put(s, text + l->mark, l->mark_size, TOP_MARKED);
	put(s, text + after, l->text.size - after, l->style);
}

/* What was written into memory goes on. */
static void hand_on(const struct screen *s)
{
	off_t size = lseek(s->memory, 0, SEEK_CUR);
	char part[4096];
	ssize_t n = 1;

	lseek(s->memory, 0, SEEK_SET);
	for (; size > 0 && n > 0; size -= n) {
		n = read(s->memory, part, size < (off_t)sizeof(part) ? (size_t)size : sizeof(part));
		if (n > 0)
			fwrite(part, 1, (size_t)n, s->to);
	}
	lseek(s->memory, 0, SEEK_SET);
	fflush(s->to);
}

void screen_draw(struct screen *s, const struct top_picture *p)
{
	write_into(s, s->memory);
	erase();
	for (size_t y = 0; y < p->count && y < s->height; y++)
		draw_line(s, &p->lines[y], y);
	attrset(A_NORMAL);
	curs_set(p->has_cursor);
	if (p->has_cursor)
		move((int)p->cursor_y, (int)p->cursor_x);
	else
		move((int)s->height - 1, 0);
	refresh();
	write_into(s, s->tty);
	hand_on(s);
}

/* --- keys --- */

static uint32_t special(wint_t key)
{
	static const struct {
		int key;
		enum top_special is;
	} keys[] = {
		{KEY_UP, TOP_UP},	  {KEY_DOWN, TOP_DOWN},		  {KEY_LEFT, TOP_LEFT}, {KEY_RIGHT, TOP_RIGHT},
		{KEY_PPAGE, TOP_PAGE_UP}, {KEY_NPAGE, TOP_PAGE_DOWN},	  {KEY_HOME, TOP_HOME}, {KEY_END, TOP_END},
		{KEY_ENTER, TOP_ENTER},	  {KEY_BACKSPACE, TOP_BACKSPACE},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (key == (wint_t)keys[i].key)
			return keys[i].is;
	return TOP_OTHER_KEY;
}

bool screen_key(struct screen *s, uint32_t *key)
{
	wint_t c;
	int result;

	(void)s;
	do
		result = get_wch(&c);
	while (result == KEY_CODE_YES && c == KEY_RESIZE); /* that is told elsewhere */
	if (result == ERR)
		return false;
	*key = result == KEY_CODE_YES ? special(c) : (uint32_t)c;
	return true;
}
