/*
 * word.h - copying between private memory and the window: aligned words of 4 and 8 bytes whole.
 *
 * A store releases and a load acquires, so that a home's answer carries what was before it; where
 * nobody asks for that it costs nothing on x86-64. The private side may be unaligned.
 */
#ifndef PGAS_WORD_H
#define PGAS_WORD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline void gi_word_store(void *to, const void *from, size_t bytes)
{
    uint64_t word;
    uint32_t half;

    if (bytes == 8 && ((uintptr_t)to & 7) == 0) {
        memcpy(&word, from, sizeof word);
        __atomic_store_n((uint64_t *)to, word, __ATOMIC_RELEASE);
    } else if (bytes == 4 && ((uintptr_t)to & 3) == 0) {
        memcpy(&half, from, sizeof half);
        __atomic_store_n((uint32_t *)to, half, __ATOMIC_RELEASE);
    } else {
        memcpy(to, from, bytes);
    }
}

static inline void gi_word_load(void *to, const void *from, size_t bytes)
{
    uint64_t word;
    uint32_t half;

    if (bytes == 8 && ((uintptr_t)from & 7) == 0) {
        word = __atomic_load_n((const uint64_t *)from, __ATOMIC_ACQUIRE);
        memcpy(to, &word, sizeof word);
    } else if (bytes == 4 && ((uintptr_t)from & 3) == 0) {
        half = __atomic_load_n((const uint32_t *)from, __ATOMIC_ACQUIRE);
        memcpy(to, &half, sizeof half);
    } else {
        memcpy(to, from, bytes);
    }
}

#endif
