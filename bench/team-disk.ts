import { Replica, type Command, type CommandStore, type ReplicaEvent } from '../src/team/index.ts'

type Kept = [ConstructorParameters<typeof Replica>[1], ConstructorParameters<typeof Replica>[2]?]

/** A replica of somebody who authors nothing. */
export function readerOf(team: Uint8Array, ...kept: Kept): Replica {
  const random = { bytes: (size: number) => new Uint8Array(size) }
  const sign = (): Uint8Array => new Uint8Array(64)
  return new Replica({ team, device: new Uint8Array(32), signingKey: new Uint8Array(32), sign, random }, ...kept)
}

/** Takes commands in, so many at once, as if a peer had sent them and all signatures held; writes what the replica wants. */
export async function takeIn(store: CommandStore, commands: readonly Command[], some: number): Promise<void> {
  await store.load()
  const replica = readerOf(commands[0]!.id, [])
  const take = async (event: Record<string, unknown> & { kind: ReplicaEvent['kind'] }): Promise<void> => {
    for (const effect of replica.step({ ...event, now: 1 } as ReplicaEvent)) {
      if (effect.kind === 'verify')
        await take({ kind: 'verified', token: effect.token, verdicts: effect.checks.map(() => true) })
      if (effect.kind === 'checkpoint') await store.keepCheckpoint(effect.checkpoint, effect.gone)
      if (effect.kind !== 'append') continue
      await store.append(effect.records, effect.page)
      await take({ kind: 'stored', count: replica.graph.size })
    }
  }
  for (let at = 0; at < commands.length; at += some)
    await take({ kind: 'revive', commands: commands.slice(at, at + some).map(({ bytes }) => bytes) })
}
