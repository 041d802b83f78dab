/*
 * team.c - teams: made, destroyed, and who is who in them. Their collectives are in
 * collective.c.
 *
 * Rules: a team is made on all ranks of its parent, or on none. Its ranks find each other by
 * MPI; once it is made they meet by its places (node.h), one on each of its nodes. A place is
 * taken and returned by the first member on the node, which leads there. Whom a leader tells
 * is found once, log2(nodes) others; no table of the members is kept, except where all are on
 * one node.
 *
 * Threads: one of a rank at a time, like all collectives.
 *
 * Not here: a team without a place when a node has no more of them. It could only meet inside
 * MPI, which nobody may leave before all are through (collective.c).
 */
#include "team.h"

#include <stdlib.h>

giga_team gi_no_team;

giga_status gi_team_check(const char *function, const giga_team *team)
{
    giga_status status = gi_job_check(function);

    if (status == GIGA_OK && team == &gi_no_team)
        return giga_fail(GIGA_ERR_ARG, "%s: this rank is not in the team", function);
    return status;
}

/* The members, while their meeting is planned; room for as many as the parent has. */
typedef struct roll {
    const char *function; /* of the caller, for sentences */
    int32_t *ranks;       /* in the job, by rank in the team */
    int32_t *places;      /* the same of the places that leaders have taken */
    int32_t *leaders;     /* ranks in the team of the first members on each node */
    bool *seen;           /* nodes that have a leader */
    int32_t nodes;        /* of the team */
    int32_t mine;         /* which of them is this rank's */
} roll;

static giga_status out_of_memory(const gi_job *job, const char *function)
{
    return giga_fail(GIGA_ERR_MEMORY, "%s: rank %d: out of memory", function, job->rank);
}

static giga_status open_roll(const gi_job *job, const char *function, size_t size, roll *out)
{
    size_t nodes = (size_t)gi_node_count(job->node);
    int32_t *words = malloc(3 * size * sizeof *words);
    bool *seen = calloc(nodes, sizeof *seen);

    *out = (roll){.function = function, .ranks = words, .seen = seen};
    if (!words || !seen)
        return out_of_memory(job, function);
    out->places = words + size;
    out->leaders = words + 2 * size;
    return GIGA_OK;
}

static void close_roll(roll *members)
{
    free(members->ranks);
    free(members->seen);
}

/* Nodes of the team in the order of their first members, and this node's members. */
static void find_nodes(const gi_job *job, giga_team *team, roll *members)
{
    for (int32_t i = 0; i < gi_boot_size(team->boot, GI_SCOPE_JOB); i++) {
        int32_t node = gi_node_peer(job, members->ranks[i])->node;
        if (node == gi_node_mine(job) && team->meeting.near++ == 0) {
            members->mine = members->nodes;
            team->meeting.leads = members->ranks[i] == job->rank;
        }
        if (!members->seen[node])
            members->leaders[members->nodes++] = i;
        members->seen[node] = true;
    }
}

/* Leaders take places and all hear of them. A team of one needs none. */
static giga_status find_places(gi_job *job, giga_team *team, roll *members)
{
    gi_meeting *m = &team->meeting;
    int32_t mine = m->leads && gi_boot_size(team->boot, GI_SCOPE_JOB) > 1
                       ? gi_node_take_place(job->node)
                       : GI_NO_PLACE;
    giga_status status = gi_boot_allgather(team->boot, GI_SCOPE_JOB, &mine, sizeof mine,
                                           members->places);

    m->place = mine; /* to be returned if this fails */
    if (status != GIGA_OK || gi_boot_size(team->boot, GI_SCOPE_JOB) == 1)
        return status;
    for (int32_t n = 0; n < members->nodes; n++) {
        int32_t leader = members->leaders[n];
        if (members->places[leader] == GI_NO_PLACE)
            return giga_fail(GIGA_ERR_MEMORY, "%s: no room for another team on the node of rank "
                             "%d, which has as many as it can", members->function,
                             members->ranks[leader]);
    }
    m->place = members->places[members->leaders[members->mine]];
    return GIGA_OK;
}

/* Round k tells the leader 2^k nodes on: see gi_remote_meet. */
static void plan_rounds(gi_meeting *m, const roll *members)
{
    for (int64_t step = 1; step < members->nodes; step *= 2) {
        int32_t to = members->leaders[(members->mine + step) % members->nodes];
        m->to[m->rounds].leader = members->ranks[to];
        m->to[m->rounds++].place = members->places[to];
    }
}

static giga_status keep_near(gi_job *job, giga_team *team, const roll *members)
{
    int32_t size = gi_boot_size(team->boot, GI_SCOPE_JOB);

    if (members->nodes > 1)
        return GIGA_OK;
    team->near = malloc((size_t)size * sizeof *team->near);
    if (!team->near)
        return out_of_memory(job, members->function);
    for (int32_t i = 0; i < size; i++)
        team->near[i] = gi_node_peer(job, members->ranks[i])->near_index;
    return GIGA_OK;
}

/* From a communicator to ranks that can meet. Collective over the team, inside MPI. */
static giga_status plan_meeting(gi_job *job, giga_team *team, roll *members)
{
    giga_status status = gi_boot_allgather(team->boot, GI_SCOPE_JOB, &job->rank,
                                           sizeof job->rank, members->ranks);

    if (status != GIGA_OK)
        return status;
    find_nodes(job, team, members);
    status = find_places(job, team, members);
    if (status == GIGA_OK)
        plan_rounds(&team->meeting, members);
    return status == GIGA_OK ? keep_near(job, team, members) : status;
}

static giga_status open_team(const gi_job *job, const char *function, giga_team **out)
{
    giga_team *team = calloc(1, sizeof *team);

    *out = team;
    if (team) {
        team->meeting.place = GI_NO_PLACE;
        team->boot = gi_boot_open_team();
    }
    return team && team->boot ? GIGA_OK : out_of_memory(job, function);
}

/* Give back what is left of a team: its communicator may be gone. */
static void close_team(gi_job *job, giga_team *team)
{
    if (!team)
        return;
    gi_boot_close_team(team->boot);
    if (team->meeting.leads && team->meeting.place != GI_NO_PLACE)
        gi_node_return_place(job->node, team->meeting.place);
    free(team->near);
    free(team);
}

static void list_team(gi_job *job, giga_team *team)
{
    team->next = job->teams;
    team->from = &job->teams;
    if (team->next)
        team->next->from = &team->next;
    job->teams = team;
}

static void unlist_team(giga_team *team)
{
    *team->from = team->next;
    if (team->next)
        team->next->from = team->from;
}

/* The end of making a team: the one that was made, or nothing. */
static giga_status hand_out(gi_job *job, giga_status status, giga_team *team, giga_team **team_out)
{
    if (status == GIGA_OK && gi_boot_size(team->boot, GI_SCOPE_JOB) > 0) {
        list_team(job, team);
        *team_out = team;
        return GIGA_OK;
    }
    close_team(job, team);
    if (status == GIGA_OK)
        *team_out = &gi_no_team;
    return status;
}

static giga_status check_split(int32_t color, giga_team **team_out)
{
    if (!team_out)
        return giga_fail(GIGA_ERR_ARG, "giga_team_split: rank %d passes no team_out", giga_rank());
    if (color < 0 && color != GIGA_TEAM_NONE)
        return giga_fail(GIGA_ERR_ARG, "giga_team_split: rank %d passes the color %d, expected 0 "
                         "or more, or GIGA_TEAM_NONE", giga_rank(), color);
    return GIGA_OK;
}

/* What a new team of at most `most` ranks needs of memory before it is made. */
static giga_status prepare(const gi_job *job, const char *function, int32_t most,
                           giga_team **team_out, roll *members_out)
{
    giga_status status = open_team(job, function, team_out);

    return status == GIGA_OK ? open_roll(job, function, (size_t)most, members_out) : status;
}

/* All ranks of the parent are there, so MPI may poll. */
static giga_status divide(gi_job *job, giga_team *parent, int32_t color, int32_t key,
                          giga_team *team, roll *members)
{
    giga_status status = gi_boot_divide(gi_team_boot(job, parent), color, key, team->boot);

    if (status == GIGA_OK && gi_boot_size(team->boot, GI_SCOPE_JOB) > 0)
        status = plan_meeting(job, team, members);
    gi_leave_mpi(job, parent);
    return giga_team_agree(parent, status);
}

giga_status giga_team_split(giga_team *parent, int32_t color, int32_t key, giga_team **team_out)
{
    gi_job *job = &gi_the_job;
    giga_team *team = NULL;
    roll members = {0};
    giga_status status = gi_team_check("giga_team_split", parent);

    if (status != GIGA_OK)
        return status;
    status = check_split(color, team_out);
    if (status == GIGA_OK)
        status = prepare(job, "giga_team_split", giga_team_size(parent), &team, &members);
    status = giga_team_agree(parent, status);
    if (status == GIGA_OK)
        status = divide(job, parent, color, key, team, &members);
    close_roll(&members);
    return hand_out(job, status, team, team_out);
}

/* While the ranks of a new team cannot meet yet, they agree inside MPI; then they leave it
 * together. Where they fail they cannot, but the last that was sent is one small message. */
static giga_status adopt(gi_job *job, giga_team *team, roll *members)
{
    int32_t mine = plan_meeting(job, team, members), worst;
    giga_status status = gi_boot_allreduce(team->boot, &mine, &worst, 1, GIGA_I32, GIGA_MIN);

    if (status != GIGA_OK || mine != GIGA_OK)
        return status != GIGA_OK ? status : (giga_status)mine;
    if (worst != GIGA_OK)
        return giga_fail((giga_status)worst, "giga_team_create_comm: it failed on another rank");
    gi_leave_mpi(job, team);
    return GIGA_OK;
}

giga_status gi_team_adopt(const void *comm, giga_team **team_out)
{
    gi_job *job = &gi_the_job;
    giga_team *team = NULL;
    roll members = {0};
    giga_status status = gi_job_check("giga_team_create_comm");

    if (status != GIGA_OK)
        return status;
    status = team_out ? prepare(job, "giga_team_create_comm", job->size, &team, &members)
                      : giga_fail(GIGA_ERR_ARG, "giga_team_create_comm: team_out is NULL");
    status = gi_boot_adopt(job->boot, comm, status, team ? team->boot : NULL);
    if (status == GIGA_OK)
        status = adopt(job, team, &members);
    close_roll(&members);
    return hand_out(job, status, team, team_out);
}

giga_status giga_team_near(giga_team **team_out)
{
    return giga_team_split(NULL, giga_node_of(giga_rank()), 0, team_out);
}

giga_status giga_team_leaders(giga_team **team_out)
{
    return giga_team_split(NULL, giga_near_index() == 0 ? 0 : GIGA_TEAM_NONE, 0, team_out);
}

giga_status giga_team_destroy(giga_team *team)
{
    gi_job *job = &gi_the_job;
    giga_status status = gi_job_check("giga_team_destroy");

    if (status != GIGA_OK || !team || team == &gi_no_team)
        return status;
    gi_team_meet(job, team); /* MPI_Comm_free may poll for the others */
    gi_boot_close_team(team->boot);
    team->boot = NULL;
    gi_leave_mpi(job, team);
    unlist_team(team);
    close_team(job, team);
    return GIGA_OK;
}

/* The youngest first: ranks that share teams have made them in the same order. */
void gi_teams_stop(gi_job *job)
{
    while (job->teams) {
        giga_team *team = job->teams;
        unlist_team(team);
        close_team(job, team);
    }
}

int32_t giga_team_rank(const giga_team *team)
{
    if (!gi_the_job.running || team == &gi_no_team)
        return -1;
    return gi_boot_rank(gi_team_boot(&gi_the_job, team), GI_SCOPE_JOB);
}

int32_t giga_team_size(const giga_team *team)
{
    if (!gi_the_job.running || team == &gi_no_team)
        return 0;
    return gi_boot_size(gi_team_boot(&gi_the_job, team), GI_SCOPE_JOB);
}

int32_t giga_team_job_rank(const giga_team *team, int32_t team_rank)
{
    if (team_rank < 0 || team_rank >= giga_team_size(team))
        return -1;
    return team ? gi_boot_translate(team->boot, team_rank, gi_the_job.boot) : team_rank;
}

int32_t giga_team_rank_of(const giga_team *team, int32_t job_rank)
{
    if (job_rank < 0 || job_rank >= giga_size() || team == &gi_no_team)
        return -1;
    return team ? gi_boot_translate(gi_the_job.boot, job_rank, team->boot) : job_rank;
}
