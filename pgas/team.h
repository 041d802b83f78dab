/*
 * team.h - a team, as the collectives see it.
 *
 * Where a team is taken NULL is the job. What is built here is of one rank: another rank's
 * team of the same ranks is another structure, and only the place and the communicator tie
 * them together.
 */
#ifndef PGAS_TEAM_H
#define PGAS_TEAM_H

#include "node.h"

struct giga_team {
    gi_boot *boot; /* its communicator */
    gi_meeting meeting;
    int32_t *near; /* near index of each member, when all are on this node; else NULL */
    giga_team *next, **from; /* of the list of live teams: the next, and what points here */
};

/* The team of ranks that are in none. It has no communicator. */
extern giga_team gi_no_team;

static inline gi_boot *gi_team_boot(const gi_job *job, const giga_team *team)
{
    return team ? team->boot : job->boot;
}

/* GIGA_OK when giga runs and this rank is in the team. */
giga_status gi_team_check(const char *function, const giga_team *team);

/* Meet the ranks of a team, or with NULL of the job. Collective over them. */
void gi_team_meet(gi_job *job, giga_team *team);

/* giga_team_create_comm with an MPI_Comm *. */
giga_status gi_team_adopt(const void *comm, giga_team **team_out);

/* Free what teams are left, while giga stops. Collective. */
void gi_teams_stop(gi_job *job);

#endif
