# Tests of the one-sided layer that were written against it: laws of lists and boxes.
giga_job_test(vector SOURCES job/test_vector.c
    ONE 1 3 SPLIT 2 5 PAIRS 5 MESSAGE 3 HOSTS 2)
