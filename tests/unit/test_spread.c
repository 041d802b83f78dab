/*
 * test_spread.c - the statistics of giga-graph500 against values worked out by hand.
 */
#include <CUnit/Basic.h>
#include <math.h>

#include "../../apps/spread.h"

#define NEAR(a, b) CU_ASSERT_DOUBLE_EQUAL(a, b, 1e-12)

/* 1 to 8 in some order: quartiles lie between 2 and 3, 4 and 5, 6 and 7; squares add up to 42. */
static void quartiles_of_eight_values_lie_between_two(void)
{
    static const double values[] = {8, 1, 6, 3, 5, 4, 7, 2};
    spread s = spread_of(values, 8);

    NEAR(s.min, 1);
    NEAR(s.first_quartile, 2.5);
    NEAR(s.median, 4.5);
    NEAR(s.third_quartile, 6.5);
    NEAR(s.max, 8);
    NEAR(s.mean, 4.5);
    NEAR(s.stddev, sqrt(42.0 / 7));
    NEAR(values[0], 8);
}

static void quartiles_of_five_values_are_among_them(void)
{
    static const double values[] = {10, 50, 30, 20, 40};
    spread s = spread_of(values, 5);

    NEAR(s.first_quartile, 20);
    NEAR(s.median, 30);
    NEAR(s.third_quartile, 40);
    NEAR(s.mean, 30);
    NEAR(s.stddev, sqrt(1000.0 / 4));
}

static void a_single_value_has_no_deviation(void)
{
    static const double value[] = {3};
    spread s = spread_of(value, 1);

    NEAR(s.min, 3);
    NEAR(s.first_quartile, 3);
    NEAR(s.median, 3);
    NEAR(s.max, 3);
    NEAR(s.mean, 3);
    NEAR(s.stddev, 0);
    NEAR(spread_of_rates(value, 1).stddev, 0);
}

/* Rates 1, 2 and 4: the harmonic mean is 3 / (1 + 1/2 + 1/4) = 12/7. The inverted values have mean
 * 7/12 and deviation sqrt(((5/12)^2 + (1/12)^2 + (4/12)^2) / 2) = sqrt(42) / (12 sqrt 2). */
static void rates_have_a_harmonic_mean(void)
{
    static const double inverted[] = {1, 0.5, 0.25};
    spread s = spread_of_rates(inverted, 3);
    double deviation = sqrt(42.0) / (12 * sqrt(2.0));

    NEAR(s.min, 1);
    NEAR(s.median, 2);
    NEAR(s.max, 4);
    NEAR(s.mean, 12.0 / 7);
    NEAR(s.stddev, deviation / (49.0 / 144 * sqrt(2.0)));
}

int main(void)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("spread", NULL, NULL);
    CU_ADD_TEST(suite, quartiles_of_eight_values_lie_between_two);
    CU_ADD_TEST(suite, quartiles_of_five_values_are_among_them);
    CU_ADD_TEST(suite, a_single_value_has_no_deviation);
    CU_ADD_TEST(suite, rates_have_a_harmonic_mean);
    CU_basic_run_tests();
    unsigned failed = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failed != 0;
}
