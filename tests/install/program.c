/* A program of a user, built against the installed package. */
#include <giga/giga.h>
#include <stdio.h>

int main(void)
{
    uint64_t *counter;

    if (giga_init(NULL) != GIGA_OK || giga_alloc(8, NULL, (void **)&counter) != GIGA_OK) {
        fprintf(stderr, "%s\n", giga_error());
        return 1;
    }
    giga_fetch_add(counter, (uint64_t)giga_rank() + 1);
    giga_barrier();
    uint64_t n = (uint64_t)giga_size(), sum = giga_load(counter);
    if (giga_rank() == 0)
        printf("%s: %llu\n", sum == n * (n + 1) / 2 ? "right" : "wrong", (unsigned long long)sum);
    giga_free(counter);
    return giga_fini() != 0 || sum != n * (n + 1) / 2;
}
