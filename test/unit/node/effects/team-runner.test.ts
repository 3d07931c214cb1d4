import { beforeAll, describe, expect, it } from 'vitest'
import { silentLog } from '../../../../src/base/index.ts'
import { compareBytes, parsePeerId } from '../../../../src/codec/index.ts'
import { generateIdentity, openKeys, systemRandom, type Keys } from '../../../../src/keys/index.ts'
import { EpochGrants } from '../../../../src/node/effects/epoch-grants.ts'
import { TeamRunner } from '../../../../src/node/effects/team-runner.ts'
import type { TeamStream } from '../../../../src/node/effects/team-stream.ts'
import { createVerifier } from '../../../../src/node/effects/verifier.ts'
import { memoryStore } from '../../../../src/store/index.ts'
import { memoryOwnKeys } from '../../../helpers/key-ring.ts'
import { realClock } from '../../../helpers/swarm-nodes.ts'

let keys: Keys
beforeAll(async () => {
  keys = await openKeys()
})

const [one, two] = [generateIdentity(systemRandom), generateIdentity(systemRandom)]

async function runnerOf(identity: typeof one): Promise<TeamRunner> {
  const team = systemRandom.bytes(32)
  return TeamRunner.open({
    team,
    store: memoryStore().team(team),
    keys,
    own: memoryOwnKeys(identity),
    clock: realClock,
    random: systemRandom,
    log: silentLog,
    grants: new EpochGrants({ store: memoryStore() }),
    onRights: () => ({ peers: [], ms: 0 }),
    onPenalty: () => undefined,
    onStored: () => undefined,
    onEpoch: () => undefined,
    onStanding: () => undefined,
    verifier: createVerifier(keys, { threads: 0 }),
  })
}

/** A stream that says nothing, and remembers whether it was ended. */
function stream(peer: string, isOurs: boolean): TeamStream & { ended: boolean } {
  return {
    peer,
    isOurs,
    ended: false,
    send: () => undefined,
    flushed: () => Promise.resolve(),
    abort() {
      this.ended = true
    },
    read: () => undefined,
  }
}

describe('two sync streams with one peer', () => {
  it.each([
    ['here', 'before', true],
    ['here', 'after', true],
    ['there', 'before', false],
    ['there', 'after', false],
  ])('the one that was opened by the side that sorts first stays: %s, %s the other', async (_, order, isFirst) => {
    const isOneFirst = compareBytes(one.publicKey, two.publicKey) < 0
    const [self, other] = isOneFirst === isFirst ? [one, two] : [two, one]
    expect(compareBytes(self.publicKey, parsePeerId(other.peer)) < 0).toBe(isFirst)
    const runner = await runnerOf(self)
    const [ours, theirs] = [stream(other.peer, true), stream(other.peer, false)]
    const [good, spare] = isFirst ? [ours, theirs] : [theirs, ours]
    const device = systemRandom.bytes(32)
    // Given, so that a node without a state keeps the stream.
    for (const next of order === 'before' ? [good, spare] : [spare, good]) runner.adopt(next, device, true)
    expect([good.ended, spare.ended, runner.linked]).toEqual([false, true, [other.peer]])
    runner.stop()
  })
})
