/**
 * Bugs that a test can switch on, one at a time, to see whether the tests find them (`TEAM.md` 12). The product never
 * switches any: nothing in it writes to this set, and a test of tidiness keeps it so.
 *
 * | Name | What is wrong then |
 * |---|---|
 * | acknowledge-before-flush | 1: a command is acknowledged before it is durable |
 * | order-by-timestamp | 2: replay goes by the clocks of the authors |
 * | skip-parent-check | 3: parents that are missing are not missed |
 * | heads-unsorted | 4: heads are not sorted when they are encoded |
 * | recalled-applied | 5: a recalled command has its effect all the same |
 * | dependents-of-void-kept | 6: what depends on a void command stays |
 * | self-reducers-hit | 7: who leaves or steps down hits as if it were done to another |
 * | no-fork-rule | 8: forks are ignored (no R1) |
 * | forker-discredits | 9: the forker's own reducers take witnesses their say |
 * | generation-ignored | 10: generations are not compared |
 * | stale-checkpoint | 11: a late branch is put on the state that was, not below it |
 * | leaves-unconfirmed | 12: nobody confirms a leave |
 * | resolution-throws | none of the twelve: what several heads amount to cannot be computed |
 */
export type PlantedBug =
  | 'acknowledge-before-flush'
  | 'order-by-timestamp'
  | 'skip-parent-check'
  | 'heads-unsorted'
  | 'recalled-applied'
  | 'dependents-of-void-kept'
  | 'self-reducers-hit'
  | 'no-fork-rule'
  | 'forker-discredits'
  | 'generation-ignored'
  | 'stale-checkpoint'
  | 'leaves-unconfirmed'
  | 'resolution-throws'

/** The bugs that are switched on. Written by tests alone. */
export const planted = new Set<PlantedBug>()

/** True where a test has switched this bug on. */
export function isPlanted(bug: PlantedBug): boolean {
  return planted.size > 0 && planted.has(bug)
}
