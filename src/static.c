// SPDX-License-Identifier: MIT
#ifdef STATIC_LINK
/*
 * libtraceevent can load plugins, which we never ask it to do. In a statically
 * linked program that would need the very C library that it was built with, and
 * the linker warns of it: this is in place of dlopen (ld's --wrap).
 */
void *__wrap_dlopen(const char *file, int mode);
void *__wrap_dlopen(const char *file, int mode)
{
	(void)file;
	(void)mode;
	return (void *)0;
}
#endif
