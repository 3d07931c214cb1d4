/**
 * Where what grows is kept: the commands of each team, in LevelDB or, by the same port, in memory; and a few small
 * records by name. It refuses to know what a command means. What it acknowledged is durable.
 *
 * @example
 * import { openStore } from '../store/index.ts'
 * const store = await openStore('/var/lib/hyrax/store')
 * const { commands } = await store.team(teamId).load()
 */
export { memoryStore, openStore, type Store } from './store.ts'
export type { LevelOptions } from './level-key-value.ts'
